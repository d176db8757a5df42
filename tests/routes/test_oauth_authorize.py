"""The front channel: a request is checked, shown, and decided by a passkey assertion made for it, every time."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from boundgate.oauth.clients import Registration
from boundgate.oauth.model import Client
from tests.support.site import ORIGIN, Site, SoftBrowser

CALLBACK = "http://127.0.0.1:53123/callback"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
SCOPE = "openid models chat offline_access"


def query(client: Client, **changes: str | None) -> dict[str, str]:
    asked = {
        "client_id": client.id,
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
        "state": "s 1&2",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "dpop_jkt": JKT,
    }
    return {name: value for name, value in (asked | changes).items() if value is not None}


async def register(site: Site, *, owner: str | None = None, published: bool = True) -> Client:
    user = await site.services.store.user_by_name(owner) if owner else None
    registration = Registration(name="Note <b>book</b>", redirect_uris=["http://127.0.0.1/callback"])
    return await site.services.oauth.registry.register(
        registration, owner_id=user.id if user else None, published=published
    )


@pytest.fixture
async def client(site: Site) -> Client:
    """What an operator has registered."""
    return await register(site)


async def ask(browser: SoftBrowser, client: Client, **changes: str | None) -> Any:
    return await browser.page(f"/oauth/authorize?{urlencode(query(client, **changes))}")


async def pushed(site: Site, client: Client, **changes: str | None) -> str:
    answer = await site.services.oauth.pushed.push(client, query(client, **changes), proved_jkt=None)
    return f"/oauth/authorize?{urlencode({'client_id': client.id, 'request_uri': answer.request_uri})}"


async def decision(browser: SoftBrowser, client: Client, **changes: str | None) -> str:
    """The address of the decision that a request leads to."""
    response = await ask(browser, client, **changes)
    assert response.status_code == 303, await response.get_data(as_text=True)
    assert response.headers["Location"].startswith("/oauth/authorize/consent?request=")
    return str(response.headers["Location"])


def handle(address: str) -> str:
    return parse_qs(urlsplit(address).query)["request"][0]


async def allow(browser: SoftBrowser, address: str) -> Any:
    assertion = await browser.confirm("oauth.authorize", handle(address))
    return await browser.submit(
        "/oauth/authorize/consent", request=handle(address), decision="allow", credential=assertion
    )


async def text(response: Any) -> str:
    return html.unescape(await response.get_data(as_text=True))


async def answer(response: Any) -> dict[str, str]:
    """What the page that goes on to the client takes along."""
    assert response.status_code == 200
    target = re.search(r'http-equiv="refresh" content="0;url=([^"]*)"', await response.get_data(as_text=True))
    assert target is not None
    return sent_to_client(html.unescape(target[1]))


def sent_to_client(url: str) -> dict[str, str]:
    assert url.startswith(CALLBACK + "?"), url
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def test_the_page_says_what_is_asked_by_whom_whose_it_is_where_it_goes_and_for_which_key(
    site: Site, owner: SoftBrowser, client: Client
) -> None:
    response = await owner.page(await decision(owner, client))
    page = await text(response)
    assert response.status_code == 200
    for said in (
        "Note <b>book</b>",
        "signed in as alice",
        "Send prompts in your name",
        "Know who you are",
        "Go on without asking again",
        "Published by an operator of Boundgate",
        "a program on this computer",
        "127.0.0.1:53123",
        JKT,
    ):
        assert said in page, said
    assert "<b>book" not in await response.get_data(as_text=True)


async def test_what_is_not_asked_for_is_not_named(site: Site, owner: SoftBrowser, client: Client) -> None:
    page = await text(await owner.page(await decision(owner, client, scope="models", dpop_jkt=None)))
    assert "List the models" in page
    assert "Send prompts in your name" not in page
    assert "not named yet" in page


async def test_a_passkey_assertion_for_this_request_gives_a_code_with_state_and_issuer(
    site: Site, owner: SoftBrowser, client: Client
) -> None:
    found = await answer(await allow(owner, await decision(owner, client)))
    assert set(found) == {"code", "state", "iss"}
    assert (found["state"], found["iss"]) == ("s 1&2", ORIGIN)
    assert await site.events("oauth.authorize") == [("oauth.authorize", "ok")]


async def test_consent_is_asked_for_every_time_and_says_when_it_was_given_before(
    site: Site, owner: SoftBrowser, client: Client
) -> None:
    await answer(await allow(owner, await decision(owner, client)))
    page = await text(await owner.page(await decision(owner, client)))
    assert "you last allowed this program" in page
    bare = await decision(owner, client)
    refused = await owner.submit("/oauth/authorize/consent", request=handle(bare), decision="allow")
    assert refused.status_code == 400
    assert "http-equiv" not in await refused.get_data(as_text=True)


@pytest.mark.parametrize("act", ["passkey.add", "client.remove", "authorization.end", "oauth.authorize"])
async def test_an_assertion_made_for_anything_else_gives_nothing(
    site: Site, owner: SoftBrowser, client: Client, act: str
) -> None:
    address = await decision(owner, client)
    other = handle(await decision(owner, client, scope="models")) if act == "oauth.authorize" else handle(address)
    fields = {"request": handle(address), "decision": "allow", "credential": await owner.confirm(act, other)}
    refused = await owner.submit("/oauth/authorize/consent", **fields)
    assert refused.status_code == 401
    assert "came too late, was used before" in await text(refused)
    assert set(await answer(await allow(owner, address))) == {"code", "state", "iss"}, "the request is still there"


async def test_an_assertion_of_another_user_gives_nothing(site: Site, owner: SoftBrowser, client: Client) -> None:
    mallory = await site.owner("mallory")
    address = await decision(owner, client)
    theirs = await mallory.confirm("oauth.authorize", handle(address))
    refused = await owner.submit(
        "/oauth/authorize/consent", request=handle(address), decision="allow", credential=theirs
    )
    assert refused.status_code == 401


async def test_a_decision_counts_once(site: Site, owner: SoftBrowser, client: Client) -> None:
    address = await decision(owner, client)
    assert (await allow(owner, address)).status_code == 200
    again = await allow(owner, address)
    assert (again.status_code, "was decided before" in await text(again)) == (400, True)
    assert "was decided before" in await text(await owner.page(address))


async def test_of_two_decisions_at_once_one_counts(site: Site, owner: SoftBrowser, client: Client) -> None:
    import asyncio

    address = await decision(owner, client)
    answers = await asyncio.gather(allow(owner, address), allow(owner, address))
    assert sorted(each.status_code for each in answers) == [200, 400]


async def test_declining_takes_no_passkey_and_tells_the_client(site: Site, owner: SoftBrowser, client: Client) -> None:
    address = await decision(owner, client)
    response = await owner.submit(
        "/oauth/authorize/consent", request=handle(address), decision="decline", credential=""
    )
    found = await answer(response)
    assert (found["error"], found["state"], found["iss"]) == ("access_denied", "s 1&2", ORIGIN)
    assert "gets nothing" in await text(response)
    assert (await allow(owner, address)).status_code == 400


async def test_anything_but_allow_and_decline_decides_nothing(site: Site, owner: SoftBrowser, client: Client) -> None:
    address = await decision(owner, client)
    assert (await owner.submit("/oauth/authorize/consent", request=handle(address), decision="")).status_code == 400
    assert (await allow(owner, address)).status_code == 200


async def test_a_request_that_nobody_decides_runs_out(site: Site, owner: SoftBrowser, client: Client) -> None:
    address = await decision(owner, client)
    site.clock.advance(601)
    assert "has expired" in await text(await owner.page(address))


async def test_the_page_may_be_loaded_again(site: Site, owner: SoftBrowser, client: Client) -> None:
    address = await decision(owner, client)
    for _ in range(2):
        assert (await owner.page(address)).status_code == 200
    assert (await allow(owner, address)).status_code == 200


async def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(
    site: Site, owner: SoftBrowser, client: Client
) -> None:
    visitor = site.browser()
    visitor.authenticator = owner.authenticator
    page = await ask(visitor, client)
    assert page.status_code == 200
    target = re.search(r'name="next" value="([^"]*)"', await page.get_data(as_text=True))
    assert target is not None
    back = await sign_in(visitor, html.unescape(target[1]))
    assert back.status_code == 303
    consent = await visitor.page(back.headers["Location"])
    assert consent.status_code == 303
    assert (await allow(visitor, consent.headers["Location"])).status_code == 200


async def sign_in(browser: SoftBrowser, target: str) -> Any:
    import json

    options = await (await browser.fetch("POST", "/sign-in/options", {})).get_json()
    credential = json.dumps(browser.authenticator.get(options["publicKey"]))
    return await browser.submit("/sign-in", credential=credential, next=target)


async def test_a_pushed_request_survives_the_sign_in(site: Site, owner: SoftBrowser, client: Client) -> None:
    visitor = site.browser()
    visitor.authenticator = owner.authenticator
    parked = (await visitor.page(await pushed(site, client))).headers["Location"]
    page = await visitor.page(parked)
    assert "Sign in with passkey" in await text(page)
    back = await sign_in(visitor, parked)
    assert back.headers["Location"] == parked
    assert (await allow(visitor, parked)).status_code == 200


async def test_a_stranger_who_has_pushed_nothing_stores_nothing(site: Site, client: Client) -> None:
    page = await ask(site.browser(), client)
    assert page.status_code == 200
    assert "Sign in with passkey" in await text(page)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/account",
        "/oauth/authorize/../../account?x",
        "/oauth/authorize",
        "/oauth/authorize?a=\r\nSet-Cookie: x=y",
        "/oauth/authorize/consent?request=x#y",
        "/oauth/authorize?x=" + "a" * 20_000,
        "",
    ],
)
async def test_a_sign_in_leads_nowhere_else(site: Site, owner: SoftBrowser, target: str) -> None:
    back = await sign_in(owner, target)
    assert (back.status_code, back.headers["Location"]) == (303, "/playground")


async def test_a_request_uri_is_good_once(site: Site, owner: SoftBrowser, client: Client) -> None:
    address = await pushed(site, client)
    assert (await owner.page(address)).status_code == 303
    replayed = await owner.page(address)
    assert replayed.status_code == 400
    assert "was used before or has expired" in await text(replayed)


async def test_whoever_only_looks_where_the_link_leads_uses_nothing_up(
    site: Site, owner: SoftBrowser, client: Client
) -> None:
    address = await pushed(site, client)
    for browser in (site.browser(), owner):
        looked = await browser.send("HEAD", address)
        assert (looked.status_code, looked.headers.get("Location")) == (200, None)
        assert await looked.get_data() == b""
    parked = (await owner.page(address)).headers["Location"]
    assert (await owner.send("HEAD", parked)).status_code == 200
    assert (await allow(owner, parked)).status_code == 200


async def test_a_browsers_guess_uses_nothing_up_and_is_not_shown(
    site: Site, owner: SoftBrowser, client: Client
) -> None:
    address = await pushed(site, client)
    guessed = await owner.send("GET", address, headers={"Sec-Purpose": "prefetch;prerender"})
    assert guessed.status_code == 503, "an error makes the browser ask again"
    assert (await owner.page(address)).status_code == 303


async def test_between_a_link_and_its_sign_in_the_page_may_be_loaded_again(
    site: Site, owner: SoftBrowser, client: Client
) -> None:
    visitor = site.browser()
    visitor.authenticator = owner.authenticator
    parked = (await visitor.page(await pushed(site, client))).headers["Location"]
    site.clock.advance(120)  # longer than a pushed request lives
    for _ in range(3):
        assert "Sign in with passkey" in await text(await visitor.page(parked))
    back = (await sign_in(visitor, parked)).headers["Location"]
    for _ in range(3):
        assert "Allow with passkey" in await text(await visitor.page(back))
    assert (await allow(visitor, back)).status_code == 200


async def test_a_request_uri_is_good_for_a_minute(site: Site, owner: SoftBrowser, client: Client) -> None:
    address = await pushed(site, client)
    site.clock.advance(61)
    assert (await owner.page(address)).status_code == 400


async def test_another_client_cannot_use_a_request_uri(site: Site, owner: SoftBrowser, client: Client) -> None:
    other = await register(site)
    address = (await pushed(site, client)).replace(client.id, other.id)
    assert (await owner.page(address)).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1:53123/other"},
        {"redirect_uri": "http://127.0.0.1:53123/callback?more"},
        {"redirect_uri": "http://localhost:53123/callback"},
        {"redirect_uri": None},
    ],
    ids=str,
)
async def test_what_may_not_be_redirected_is_shown_here(
    site: Site, owner: SoftBrowser, client: Client, changes: dict[str, str | None]
) -> None:
    response = await ask(owner, client, **changes)
    page = await text(response)
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert "request was stopped here" in page
    assert "evil.example" not in page


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "interaction_required"),
        ({"resource": "https://other.example"}, "invalid_target"),
        ({"dpop_jkt": "short"}, "invalid_request"),
    ],
    ids=str,
)
@pytest.mark.parametrize("signed_in", [True, False])
async def test_other_errors_go_to_the_client_with_state_and_issuer(
    site: Site, owner: SoftBrowser, client: Client, changes: dict[str, str | None], code: str, signed_in: bool
) -> None:
    response = await ask(owner if signed_in else site.browser(), client, **changes)
    assert response.status_code == 303
    found = sent_to_client(response.headers["Location"])
    assert (found["error"], found["state"], found["iss"]) == (code, "s 1&2", ORIGIN)
    assert "code" not in found


async def test_a_parameter_that_stands_twice_is_shown_here(site: Site, owner: SoftBrowser, client: Client) -> None:
    response = await owner.page(f"/oauth/authorize?{urlencode(query(client))}&state=other")
    assert (response.status_code, "Location" in response.headers) == (400, False)


async def test_a_client_that_is_not_published_is_its_makers_alone(site: Site, owner: SoftBrowser) -> None:
    client = await register(site, owner="alice", published=False)
    page = await text(await owner.page(await decision(owner, client)))
    assert "Unverified: made by alice" in page
    bob = await site.owner("bob")
    response = await bob.page(await decision(bob, client))
    page = await text(response)
    assert response.status_code == 403
    assert "registered by another user" in page
    assert "Allow" not in page
    assert "127.0.0.1:53123" not in page
    forced = await allow(bob, await decision(bob, client))
    assert forced.status_code == 403
    await site.services.oauth.registry.publish(client.id)
    assert (await allow(bob, await decision(bob, client))).status_code == 200


async def test_bob_signs_in_at_alices_client_and_is_stopped(site: Site, owner: SoftBrowser) -> None:
    client = await register(site, owner="alice", published=False)
    bob, visitor = await site.owner("bob"), site.browser()
    visitor.authenticator = bob.authenticator
    parked = (await visitor.page(await pushed(site, client))).headers["Location"]
    back = await sign_in(visitor, parked)
    assert (await visitor.page(back.headers["Location"])).status_code == 403


async def test_what_a_client_no_longer_has_is_refused_at_the_decision(
    site: Site, owner: SoftBrowser, client: Client
) -> None:
    address = await decision(owner, client)
    await site.services.oauth.registry.remove(client.id)
    assert (await owner.page(address)).status_code == 400
    assert (await allow(owner, address)).status_code == 400


async def test_a_decision_of_another_site_is_refused(site: Site, owner: SoftBrowser, client: Client) -> None:
    address = await decision(owner, client)
    assertion = await owner.confirm("oauth.authorize", handle(address))
    body = urlencode({"request": handle(address), "decision": "allow", "credential": assertion}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example"}
    refused = await owner.send("POST", "/oauth/authorize/consent", body=body, headers=headers)
    assert refused.status_code == 403


async def test_a_signed_out_decision_leads_to_the_sign_in_and_back(
    site: Site, owner: SoftBrowser, client: Client
) -> None:
    address = await decision(owner, client)
    assertion = await owner.confirm("oauth.authorize", handle(address))
    site.clock.advance(300)
    owner.jar.clear()
    response = await owner.submit(
        "/oauth/authorize/consent", request=handle(address), decision="allow", credential=assertion
    )
    page = await text(response)
    assert (response.status_code, f'name="next" value="{address}"' in page) == (401, True)


async def test_no_answer_is_stored_or_framed(site: Site, owner: SoftBrowser, client: Client) -> None:
    response = await allow(owner, await decision(owner, client))
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert "form-action 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["Referrer-Policy"] == "same-origin"
