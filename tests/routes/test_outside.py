"""Sign-in that begins at an outside provider: what it leads to, and everything that it must not lead to."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import ECKey, OctKey

from tests.support.authenticator import Lies
from tests.support.keys import FakeClock
from tests.support.outside import SoftProvider, SoftWeb
from tests.support.site import LOGIN, ORIGIN, Site, SoftBrowser, running_site

OUTSIDE = "__Host-bg-outside"
ACME, OTHER = "https://id.acme.example", "https://id.other.example"
LONG = "/oauth/authorize?" + "a" * 4000
SECRET = "s3cret of more than a few characters %&+"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def acme(clock: FakeClock) -> SoftProvider:
    provider = SoftProvider(ACME, clock=clock)
    provider.register("bg", f"{ORIGIN}/sign-in/outside/acme/callback", secret=SECRET)
    return provider


@pytest.fixture
def other(clock: FakeClock) -> SoftProvider:
    provider = SoftProvider(OTHER, clock=clock, subject="other-1")
    provider.register("bg-other", f"{ORIGIN}/sign-in/outside/other/callback", secret=None)
    return provider


@pytest.fixture
def web(acme: SoftProvider, other: SoftProvider) -> SoftWeb:
    return SoftWeb(acme, other)


@pytest.fixture
async def site(tmp_path: Path, clock: FakeClock, web: SoftWeb) -> AsyncIterator[Site]:
    secret = tmp_path / "acme.secret"
    secret.write_text(SECRET + "\n")
    providers = {
        "acme": {"name": "Acme ID", "issuer": ACME, "client_id": "bg", "client_secret_file": secret},
        "other": {"name": "Other", "issuer": OTHER, "client_id": "bg-other"},
    }
    async with running_site(tmp_path / "data", clock=clock, outside_web=web, outside_providers=providers) as running:
        yield running


@pytest.fixture
async def owner(site: Site) -> SoftBrowser:
    return await site.owner()


async def leave(browser: SoftBrowser, provider: str = "acme", *, linking: bool = False, **more: str) -> str:
    """Press the button; gives where the browser is sent."""
    path = "/account/outside/start" if linking else "/sign-in/outside/start"
    response = await browser.fetch("POST", path, {"provider": provider, **more})
    assert response.status_code == 200, await response.get_data(as_text=True)
    location: str = (await response.get_json())["location"]
    return location


async def come_back(browser: SoftBrowser, url: str) -> Any:
    """A provider's redirect to us: a navigation from another site."""
    assert url.startswith(ORIGIN)
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    return await browser.send("GET", url.removeprefix(ORIGIN), headers=headers | {"Sec-Fetch-Dest": "document"})


async def link(browser: SoftBrowser, provider: SoftProvider, name: str = "acme") -> Any:
    """Show an account and link it with the passkey."""
    back = await come_back(browser, provider.authorize(await leave(browser, name, linking=True)))
    assert back.headers["Location"] == "/account#outside", await back.get_data(as_text=True)
    account = f"{provider.issuer} {provider.subject}"
    body = {"id": account, "credential": await browser.confirm("outside.link", account)}
    return await browser.fetch("POST", "/account/outside", body)


async def identify(browser: SoftBrowser, provider: SoftProvider, name: str = "acme") -> Any:
    return await come_back(browser, provider.authorize(await leave(browser, name)))


async def touch(browser: SoftBrowser, lies: Lies | None = None) -> str:
    options = await (await browser.fetch("POST", "/sign-in/outside/options", {})).get_json()
    answer = browser.authenticator.get(options["publicKey"], *([lies] if lies else []))
    return json.dumps(answer)


async def user_id(site: Site, name: str = "alice") -> str:
    user = await site.services.store.user_by_name(name)
    assert user is not None
    return user.id


def visitor(owner: SoftBrowser) -> SoftBrowser:
    """The owner at another browser, with the same passkey."""
    browser = owner.site.browser()
    browser.authenticator = owner.authenticator
    return browser


async def refusal(response: Any, status: int, code: str) -> str:
    text: str = await response.get_data(as_text=True)
    assert (response.status_code, code in text) == (status, True), text
    assert LOGIN not in "".join(response.headers.getlist("Set-Cookie"))
    return text


async def test_the_account_that_was_linked_leads_to_the_passkey_of_its_user_and_that_to_a_session(
    site: Site, owner: SoftBrowser, acme: SoftProvider, web: SoftWeb
) -> None:
    assert (await link(owner, acme)).status_code == 201
    browser = visitor(owner)
    answer = await identify(browser, acme)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/outside")
    assert (await browser.state())["state"] == "signed_out"
    page = await (await browser.page("/sign-in/outside")).get_data(as_text=True)
    assert "Acme ID says that you are <strong>alice</strong>" in page
    options = await (await browser.fetch("POST", "/sign-in/outside/options", {})).get_json()
    keys = await site.services.store.passkeys_of(await user_id(site))
    assert len(options["publicKey"]["allowCredentials"]) == len(keys) == 1
    done = await browser.submit("/sign-in/outside", credential=await touch(browser))
    assert (done.status_code, done.headers["Location"]) == (303, "/playground")
    assert (await browser.state())["state"] == "bound"
    assert OUTSIDE not in browser.jar
    sent = "".join(web.sent)
    assert "code_verifier=" in sent
    assert "s3cret" not in sent, "the secret goes into the header"


async def test_who_came_for_a_program_goes_on_to_its_decision(owner: SoftBrowser, acme: SoftProvider) -> None:
    await link(owner, acme)
    browser = visitor(owner)
    target = "/oauth/authorize/consent?request=abc"
    await come_back(browser, acme.authorize(await leave(browser, next=target)))
    done = await browser.submit("/sign-in/outside", credential=await touch(browser))
    assert done.headers["Location"] == target


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", LONG], ids=["site", "host", "long"])
async def test_nobody_is_sent_on_to_anywhere_else(owner: SoftBrowser, acme: SoftProvider, target: str) -> None:
    await link(owner, acme)
    browser = visitor(owner)
    await come_back(browser, acme.authorize(await leave(browser, next=target)))
    done = await browser.submit("/sign-in/outside", credential=await touch(browser))
    assert done.headers["Location"] == "/playground"


async def test_the_buttons_are_there_and_without_providers_nothing_is(
    site: Site, owner: SoftBrowser, tmp_path: Path
) -> None:
    page = await (await site.browser().page("/")).get_data(as_text=True)
    assert "Continue with Acme ID" in page
    assert "Link an account of Other" in await (await owner.page("/account")).get_data(as_text=True)
    async with running_site(tmp_path / "bare") as bare:
        assert "Continue with" not in await (await bare.browser().page("/")).get_data(as_text=True)
        account = await (await (await bare.owner()).page("/account")).get_data(as_text=True)
        assert "Accounts elsewhere" not in account
        response = await bare.browser().fetch("POST", "/sign-in/outside/start", {"provider": "acme"})
        assert response.status_code == 404


async def test_an_account_that_nobody_has_linked_is_told_how_to_link_it(
    site: Site, owner: SoftBrowser, acme: SoftProvider
) -> None:
    text = await refusal(await identify(site.browser(), acme), 403, "outside_unlinked")
    assert "link it under Account" in text


async def test_an_email_address_links_nothing(site: Site, owner: SoftBrowser, acme: SoftProvider) -> None:
    await link(owner, acme)
    acme.subject = "another account with the same address"
    await refusal(await identify(site.browser(), acme), 403, "outside_unlinked")


async def test_the_same_subject_at_another_issuer_is_somebody_else(
    site: Site, owner: SoftBrowser, acme: SoftProvider, other: SoftProvider
) -> None:
    await link(owner, acme)
    other.subject = acme.subject
    await refusal(await identify(site.browser(), other, "other"), 403, "outside_unlinked")


# A relayed login


async def test_a_callback_that_somebody_else_obtained_stops_at_the_cookie(
    site: Site, owner: SoftBrowser, acme: SoftProvider
) -> None:
    mallory = await site.owner("mallory")
    await link(mallory, acme)
    relayed = acme.authorize(await leave(site.browser()))
    victim = visitor(owner)
    text = await refusal(await come_back(victim, relayed), 403, "outside_elsewhere")
    assert "somebody else made it" in text
    own = await leave(victim)
    await refusal(await come_back(victim, relayed), 403, "outside_elsewhere")
    assert acme.codes, "the code was not sent to the provider"
    acme.subject = "nobody"
    await refusal(await come_back(victim, acme.authorize(own)), 403, "outside_unlinked")


async def test_a_stolen_callback_is_worth_nothing_in_another_browser(
    site: Site, owner: SoftBrowser, acme: SoftProvider
) -> None:
    await link(owner, acme)
    stolen = acme.authorize(await leave(visitor(owner)))
    thief = site.browser()
    await leave(thief)
    await refusal(await come_back(thief, stolen), 403, "outside_elsewhere")


async def test_a_relayed_login_with_the_cookie_and_all_stops_at_the_passkey(
    site: Site, owner: SoftBrowser, acme: SoftProvider
) -> None:
    await link(owner, acme)
    browser = visitor(owner)
    await identify(browser, acme)
    thief = browser.copy_jar()
    assert (await thief.page("/sign-in/outside")).status_code == 200
    assert (await thief.state())["state"] == "signed_out"
    for path in ("/account", "/playground"):
        assert (await thief.page(path)).status_code == 303
    assert (await thief.bare_chat()).status_code == 401
    mallory = await site.owner("mallory")
    thief.authenticator = mallory.authenticator
    options = (await (await thief.fetch("POST", "/sign-in/outside/options", {})).get_json())["publicKey"]
    forged = json.dumps(thief.authenticator.get(options | {"allowCredentials": []}))
    await refusal(await thief.submit("/sign-in/outside", credential=forged), 401, "does not belong to the account")
    assert (await thief.state())["state"] == "signed_out"


async def test_an_assertion_for_an_ordinary_sign_in_does_not_count_here_nor_the_other_way(
    owner: SoftBrowser, acme: SoftProvider
) -> None:
    await link(owner, acme)
    browser = visitor(owner)
    await identify(browser, acme)
    options = await (await browser.fetch("POST", "/sign-in/options", {})).get_json()
    ordinary = json.dumps(browser.authenticator.get(options["publicKey"]))
    await refusal(await browser.submit("/sign-in/outside", credential=ordinary), 401, "belongs to another step")
    await refusal(await browser.submit("/sign-in", credential=await touch(browser)), 401, "belongs to another step")


async def test_whom_a_provider_named_counts_for_one_sign_in_and_ten_minutes(
    site: Site, owner: SoftBrowser, acme: SoftProvider
) -> None:
    await link(owner, acme)
    browser = visitor(owner)
    await identify(browser, acme)
    copied = browser.copy_jar()
    copied.authenticator = owner.authenticator
    assert (await browser.submit("/sign-in/outside", credential=await touch(browser))).status_code == 303
    await refusal(await copied.submit("/sign-in/outside", credential=await touch(copied)), 410, "used before")
    late = visitor(owner)
    await identify(late, acme)
    site.clock.advance(601)
    assert (await late.page("/sign-in/outside")).status_code == 303
    text = await refusal(await late.submit("/sign-in/outside", credential="{}"), 410, "outside_stale")
    assert "Begin again" in text
    response = await late.fetch("POST", "/sign-in/outside/options", {})
    assert (await response.get_json())["code"] == "outside_stale"


# Answers that are not ours, not now, or not true


async def test_an_answer_counts_once(owner: SoftBrowser, acme: SoftProvider) -> None:
    await link(owner, acme)
    browser = visitor(owner)
    url = acme.authorize(await leave(browser))
    copied = browser.copy_jar()
    assert (await come_back(browser, url)).status_code == 303
    await refusal(await come_back(browser, url), 403, "outside_elsewhere")
    await refusal(await come_back(copied, url), 410, "outside_replayed")


async def test_an_answer_that_comes_too_late_is_refused(site: Site, owner: SoftBrowser, acme: SoftProvider) -> None:
    browser = visitor(owner)
    url = acme.authorize(await leave(browser))
    value, _ = browser.jar[OUTSIDE]
    site.clock.advance(601)
    browser.jar[OUTSIDE] = (value, site.clock() + 600)
    await refusal(await come_back(browser, url), 410, "outside_stale")


@pytest.mark.parametrize("query", ["", "state=", "state=x", "code=a", "state=a&state=b", "%ff", "state=%zz"])
async def test_a_callback_that_answers_nothing_uses_nothing_up(
    owner: SoftBrowser, acme: SoftProvider, query: str
) -> None:
    await link(owner, acme)
    browser = visitor(owner)
    url = acme.authorize(await leave(browser))
    response = await come_back(browser, f"{ORIGIN}/sign-in/outside/acme/callback?{query}")
    assert response.status_code in {400, 403}
    assert (await come_back(browser, url)).status_code == 303


async def test_declining_at_the_provider_is_said_calmly(site: Site, acme: SoftProvider) -> None:
    browser = site.browser()
    url = acme.authorize(await leave(browser), error="access_denied")
    await refusal(await come_back(browser, url), 403, "outside_denied")
    await refusal(await come_back(browser, url), 403, "outside_elsewhere")


@pytest.mark.parametrize(("error", "shown"), [("server_error", True), ("<b>evil</b>", False)])
async def test_an_error_of_the_provider_is_told_where_it_is_a_known_one(
    site: Site, acme: SoftProvider, error: str, shown: bool
) -> None:
    browser = site.browser()
    text = await refusal(
        await come_back(browser, acme.authorize(await leave(browser), error=error)), 502, "outside_refused"
    )
    assert (f"({error})" in text, "evil" in text) == (shown, False)


async def test_a_provider_that_does_not_answer_stops_before_anybody_leaves(site: Site, web: SoftWeb) -> None:
    web.down = True
    response = await site.browser().fetch("POST", "/sign-in/outside/start", {"provider": "acme"})
    assert (response.status_code, (await response.get_json())["code"]) == (502, "outside_unreachable")
    web.down = False
    response = await site.browser().fetch("POST", "/sign-in/outside/start", {"provider": "acme"})
    assert response.status_code == 502, "it is not asked again at once"
    site.clock.advance(11)
    assert await leave(site.browser())


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": OTHER},
        {"nonce": "another"},
    ],
    ids=["another issuer's", "another sign-in's"],
)
async def test_an_id_token_that_is_not_ours_is_not_believed(
    site: Site, owner: SoftBrowser, acme: SoftProvider, lies: dict[str, Any]
) -> None:
    await link(owner, acme)
    acme.lies = lies
    await refusal(await identify(site.browser(), acme), 502, "outside_unacceptable")


async def test_an_id_token_of_another_key_or_kind_is_not_believed(
    site: Site, owner: SoftBrowser, acme: SoftProvider
) -> None:
    await link(owner, acme)
    genuine = acme.key
    acme.key = ECKey.generate_key("P-256", parameters={"kid": "one"})
    await refusal(await identify(site.browser(), acme), 502, "outside_unacceptable")
    acme.key, acme.algorithm = OctKey.import_key(SECRET), "HS256"
    await refusal(await identify(site.browser(), acme), 502, "outside_unacceptable")
    acme.key, acme.algorithm, acme.header = genuine, "ES256", {"typ": "at+jwt"}
    await refusal(await identify(site.browser(), acme), 502, "outside_unacceptable")


async def test_a_key_that_is_new_is_fetched(site: Site, owner: SoftBrowser, acme: SoftProvider) -> None:
    await link(owner, acme)
    acme.key, acme.header = ECKey.generate_key("P-256", parameters={"kid": "two"}), {"kid": "two"}
    site.clock.advance(11)
    assert (await identify(site.browser(), acme)).status_code == 303


# Two providers


async def test_an_answer_that_comes_to_another_providers_address_is_a_mix_up(
    site: Site, owner: SoftBrowser, acme: SoftProvider, other: SoftProvider, web: SoftWeb
) -> None:
    """RFC 9700 §4.4: the browser is at a hostile provider, which sends it on to an honest one."""
    await link(owner, acme)
    browser = visitor(owner)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(await leave(browser, "other")).query).items()}
    relayed = asked | {"client_id": "bg", "redirect_uri": f"{ORIGIN}/sign-in/outside/acme/callback"}
    answer = acme.authorize(f"{ACME}/authorize?{urlencode(relayed)}")
    web.sent.clear()
    await refusal(await come_back(browser, answer), 403, "outside_mixed_up")
    assert web.sent == [], "nobody got the code"


async def test_an_answer_with_the_name_of_another_issuer_is_a_mix_up(
    site: Site, owner: SoftBrowser, acme: SoftProvider, other: SoftProvider, web: SoftWeb
) -> None:
    """Should the honest provider send to any address of ours, `iss` stops it (RFC 9207 §2.4)."""
    browser = visitor(owner)
    url = await leave(browser, "other")
    acme.register("bg-other", f"{ORIGIN}/sign-in/outside/other/callback")
    web.sent.clear()
    await refusal(await come_back(browser, acme.authorize(url)), 403, "outside_mixed_up")
    assert web.sent == [], "nobody got the code"


async def test_an_answer_without_iss_is_refused_where_the_provider_says_that_it_always_sends_it(
    site: Site, owner: SoftBrowser, acme: SoftProvider, other: SoftProvider
) -> None:
    await link(owner, acme)
    acme.answers_with_iss, acme.metadata = False, {"authorization_response_iss_parameter_supported": True}
    site.clock.advance(3601)
    await owner.sign_in()
    await refusal(await identify(visitor(owner), acme), 403, "outside_mixed_up")
    other.answers_with_iss = False
    await refusal(await identify(visitor(owner), other, "other"), 403, "outside_unlinked")


# Linking


async def test_an_account_is_linked_by_a_passkey_for_that_account_and_by_nothing_else(
    site: Site, owner: SoftBrowser, acme: SoftProvider
) -> None:
    back = await come_back(owner, acme.authorize(await leave(owner, linking=True)))
    assert back.headers["Location"] == "/account#outside"
    assert await site.services.outside.links_of(await user_id(site)) == []
    page = await (await owner.page("/account")).get_data(as_text=True)
    assert "Link this account of Acme ID?" in page
    assert acme.subject in page
    account = f"{ACME} {acme.subject}"
    for act, target in (("outside.link", f"{ACME} other"), ("outside.remove", account), ("passkey.add", None)):
        body = {"id": account, "credential": await owner.confirm(act, target)}
        assert (await owner.fetch("POST", "/account/outside", body)).status_code == 401
    wrong = {"id": f"{ACME} other", "credential": await owner.confirm("outside.link", f"{ACME} other")}
    assert (await owner.fetch("POST", "/account/outside", wrong)).status_code == 410
    body = {"id": account, "credential": await owner.confirm("outside.link", account)}
    assert (await owner.fetch("POST", "/account/outside", body)).status_code == 201
    (found,) = await site.services.outside.links_of(await user_id(site))
    assert (found.issuer, found.subject, found.user_id) == (ACME, acme.subject, await user_id(site))
    page = await (await owner.page("/account")).get_data(as_text=True)
    assert f"Unlink {acme.subject} at Acme ID" in page
    assert "Link this account" not in page
    assert ("outside.link", "ok") in await site.events("outside")


async def test_what_one_session_has_shown_another_cannot_link(
    site: Site, owner: SoftBrowser, acme: SoftProvider
) -> None:
    mallory = await site.owner("mallory")
    url = acme.authorize(await leave(mallory, linking=True))
    owner.jar[OUTSIDE] = mallory.jar[OUTSIDE]
    await refusal(await come_back(owner, url), 403, "outside_elsewhere")
    await come_back(mallory, acme.authorize(await leave(mallory, linking=True)))
    owner.jar[OUTSIDE] = mallory.jar[OUTSIDE]
    account = f"{ACME} {acme.subject}"
    body = {"id": account, "credential": await owner.confirm("outside.link", account)}
    assert (await owner.fetch("POST", "/account/outside", body)).status_code == 410
    assert "Link this account" not in await (await owner.page("/account")).get_data(as_text=True)


async def test_what_was_shown_for_a_link_signs_nobody_in_nor_the_other_way(
    site: Site, owner: SoftBrowser, acme: SoftProvider
) -> None:
    await link(owner, acme)
    acme.subject = "second"
    await come_back(owner, acme.authorize(await leave(owner, linking=True)))
    assert (await owner.page("/sign-in/outside")).status_code == 303
    acme.subject = "248289761001"
    await identify(owner, acme)
    account = f"{ACME} {acme.subject}"
    body = {"id": account, "credential": await owner.confirm("outside.link", account)}
    assert (await owner.fetch("POST", "/account/outside", body)).status_code == 410


async def test_an_account_belongs_to_one_user(site: Site, owner: SoftBrowser, acme: SoftProvider) -> None:
    await link(owner, acme)
    mallory = await site.owner("mallory")
    assert (await link(mallory, acme)).status_code == 409
    (found,) = await site.services.outside.links_of(await user_id(site))
    assert found.user_id == await user_id(site)


async def test_unlinking_takes_a_passkey_and_its_owner(site: Site, owner: SoftBrowser, acme: SoftProvider) -> None:
    await link(owner, acme)
    account, mallory = f"{ACME} {acme.subject}", await site.owner("mallory")
    body = {"id": account, "credential": await mallory.confirm("outside.remove", account)}
    assert (await mallory.fetch("POST", "/account/outside/remove", body)).status_code == 404
    body = {"id": account, "credential": await owner.confirm("outside.link", account)}
    assert (await owner.fetch("POST", "/account/outside/remove", body)).status_code == 401
    body = {"id": account, "credential": await owner.confirm("outside.remove", account)}
    assert (await owner.fetch("POST", "/account/outside/remove", body)).status_code == 200
    await refusal(await identify(site.browser(), acme), 403, "outside_unlinked")


async def test_nobody_links_without_being_signed_in(site: Site) -> None:
    response = await site.browser().fetch("POST", "/account/outside/start", {"provider": "acme"})
    assert (response.status_code, (await response.get_json())["code"]) == (401, "signed_out")


async def test_a_recovery_takes_the_links_away(site: Site, owner: SoftBrowser, acme: SoftProvider) -> None:
    await link(owner, acme)
    await site.services.enrolment.recover("alice")
    assert await site.services.outside.links_of(await user_id(site)) == []
