"""A user's own programs and what programs were allowed: each change takes an assertion made for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from boundgate.oauth.clients import CLIENTS_PER_USER
from tests.support.oauth import Program, program_of
from tests.support.site import Site, SoftBrowser

URIS = "http://127.0.0.1/callback\nhttps://app.example/callback"


async def user_id(site: Site, name: str = "alice") -> str:
    user = await site.services.store.user_by_name(name)
    assert user is not None
    return user.id


async def confirmed(browser: SoftBrowser, name: str, uris: str = URIS) -> str:
    """An assertion made for one registration."""
    response = await browser.fetch("POST", "/account/clients/options", {"name": name, "redirect_uris": uris})
    assert response.status_code == 200, await response.get_data(as_text=True)
    return json.dumps(browser.authenticator.get((await response.get_json())["publicKey"]))


async def add(browser: SoftBrowser, name: str, uris: str = URIS) -> Any:
    body = {"name": name, "redirect_uris": uris, "credential": await confirmed(browser, name, uris)}
    return await browser.fetch("POST", "/account/clients", body)


async def test_a_user_registers_a_program_that_works_for_that_user_alone(site: Site, owner: SoftBrowser) -> None:
    response = await add(owner, "Notebook")
    assert response.status_code == 201
    client = await site.services.oauth.registry.client((await response.get_json())["client_id"])
    assert (client.name, client.owner_id, client.published) == ("Notebook", await user_id(site), False)
    assert client.redirect_uris == tuple(URIS.split("\n"))
    assert client.jwks == ()
    page = await (await owner.page("/account")).get_data(as_text=True)
    assert client.id in page
    assert "For you alone" in page
    assert ("client.add", "ok") in await site.events("client")


async def test_an_assertion_is_worth_the_registration_that_it_was_made_for(site: Site, owner: SoftBrowser) -> None:
    assertion = await confirmed(owner, "Notebook")
    for changed in (
        {"name": "Notebooks", "redirect_uris": URIS},
        {"name": "Notebook", "redirect_uris": "https://evil.example/callback"},
    ):
        refused = await owner.fetch("POST", "/account/clients", changed | {"credential": assertion})
        assert refused.status_code == 401
    assert await site.services.oauth.registry.clients() == []


@pytest.mark.parametrize("act", ["client.add", "nonsense"])
async def test_the_general_confirmation_gives_no_options_for_it(site: Site, owner: SoftBrowser, act: str) -> None:
    refused = await owner.fetch("POST", "/account/confirm", {"act": act, "target": f"Notebook\n{URIS}"})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("name", "uris"),
    [
        ("", URIS),
        ("x" * 65, URIS),
        ("left\u202eright", URIS),
        ("two\nlines", URIS),
        ("Notebook", ""),
        ("Notebook", "http://app.example/callback"),
        ("Notebook", "http://localhost/callback"),
        ("Notebook", "https://app.example/#fragment"),
        ("Notebook", "javascript:alert(1)"),
        ("Notebook", "\n".join(f"https://app.example/{number}" for number in range(11))),
    ],
    ids=str,
)
async def test_what_cannot_be_registered_is_refused_before_anybody_confirms_it(
    site: Site, owner: SoftBrowser, name: str, uris: str
) -> None:
    response = await owner.fetch("POST", "/account/clients/options", {"name": name, "redirect_uris": uris})
    assert (response.status_code, (await response.get_json())["code"]) == (400, "invalid_request")


async def test_a_user_has_so_many_programs_and_no_more(site: Site, owner: SoftBrowser) -> None:
    for number in range(CLIENTS_PER_USER):
        assert (await add(owner, f"Notebook {number}")).status_code == 201
    assert (await add(owner, "One more")).status_code == 409


async def test_a_program_is_deleted_by_its_maker_and_nobody_else(site: Site, owner: SoftBrowser) -> None:
    client_id = (await (await add(owner, "Notebook")).get_json())["client_id"]
    mallory = await site.owner("mallory")
    body = {"id": client_id, "credential": await mallory.confirm("client.remove", client_id)}
    assert (await mallory.fetch("POST", "/account/clients/remove", body)).status_code == 404
    body = {"id": client_id, "credential": await owner.confirm("client.remove", client_id)}
    assert (await owner.fetch("POST", "/account/clients/remove", body)).status_code == 200
    assert await site.services.oauth.registry.clients() == []


@pytest.fixture
async def program(site: Site, owner: SoftBrowser) -> Program:
    """A program that alice has allowed something."""
    program = await program_of(site, await user_id(site))
    await program.tokens()
    return program


async def test_the_page_lists_what_programs_may_do_with_which_key(
    site: Site, owner: SoftBrowser, program: Program
) -> None:
    page = await (await owner.page("/account")).get_data(as_text=True)
    assert program.key.jkt in page
    assert "Send prompts in your name" in page
    assert "End access" in page
    other = await site.owner("bob")
    assert program.key.jkt not in await (await other.page("/account")).get_data(as_text=True)


async def test_access_is_ended_by_whoever_gave_it_and_nobody_else(
    site: Site, owner: SoftBrowser, program: Program
) -> None:
    (family,) = await site.services.oauth.families.live(await user_id(site))
    mallory = await site.owner("mallory")
    body = {"id": family.id, "credential": await mallory.confirm("authorization.end", family.id)}
    assert (await mallory.fetch("POST", "/account/authorizations/end", body)).status_code == 404
    assert len(await site.services.oauth.families.live(await user_id(site))) == 1
    body = {"id": family.id, "credential": await owner.confirm("authorization.end", family.id)}
    assert (await owner.fetch("POST", "/account/authorizations/end", body)).status_code == 200
    assert await site.services.oauth.families.live(await user_id(site)) == []
    ended = await site.services.oauth.grants.family(family.id)
    assert ended is not None
    assert ended.end_reason == "ended_by_owner"


async def test_the_metadata_is_where_the_standards_look_for_it(site: Site) -> None:
    browser = site.browser()
    server = await (await browser.page("/.well-known/oauth-authorization-server")).get_json()
    assert server == await (await browser.page("/.well-known/openid-configuration")).get_json()
    resource = await (await browser.page("/.well-known/oauth-protected-resource")).get_json()
    assert resource == await (await browser.page("/.well-known/oauth-protected-resource/v1")).get_json()
    assert resource["authorization_servers"] == [server["issuer"]]
    served = {path for _, path in site.routes()}
    assert {url.removeprefix(server["issuer"]) for name, url in server.items() if name.endswith("_endpoint")} <= served
