"""What the server makes of a client that says that it is not the browser itself: the companion extension."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.site import BOUND, FRESH, LOGIN, ORIGIN, Site, SoftBrowser, running_site
from tests.support.soft_browser import SoftDbsc, read_challenge, read_offers, refresh_headers, registration_headers

CLIENT = "boundgate-extension/1.0"
INSTALL = "4bd9ba48-b0b0-4f7a-9a0f-1d8a0d3a6c8a"
FIREFOX = {"Origin": f"moz-extension://{INSTALL}", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
CHROMIUM = {"Origin": "chrome-extension://hmbc", "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "cors"}
DOCUMENT = {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
TYPED = DOCUMENT | {"Sec-Fetch-Site": "none"}


async def offered(site: Site, **options: str) -> SoftBrowser:
    """A browser without DBSC of its own whose user has just signed in."""
    browser = site.browser(dbsc=False, **options)
    await browser.enrol(await site.services.enrolment.invite("alice"))
    return browser


async def try_key(
    browser: SoftBrowser, key: SoftDbsc, *, client: str | None = CLIENT, said: dict[str, str] = FIREFOX, **how: bool
) -> int:
    """One registration, and its status."""
    offer = read_offers(browser.offer or "")[0]
    proof = key.registration_proof(offer.challenge, offer.authorization)
    headers = registration_headers(proof, origin=ORIGIN) | said | ({"DBSC-Client": client} if client else {})
    response = await browser.send("POST", "/dbsc/register", headers=headers, **how)
    if response.status_code == 200:
        browser.key, browser.session_id = key, (await response.get_json())["session_identifier"]
        browser.challenge = read_challenge(response.headers["Secure-Session-Challenge"], browser.session_id or "")
    return response.status_code


@pytest.fixture
async def extended(site: Site) -> SoftBrowser:
    """A browser whose extension has registered a key. It holds no requests: that is done by hand here."""
    browser = await offered(site)
    assert await try_key(browser, SoftDbsc()) == 200
    return browser


@pytest.mark.parametrize("said", [FIREFOX, CHROMIUM])
@pytest.mark.parametrize("client", [CLIENT, "junk \x00 of somebody", ""])
async def test_its_key_is_a_software_key_whatever_it_calls_itself(site: Site, said: dict, client: str) -> None:
    browser = await offered(site)
    assert await try_key(browser, SoftDbsc(), client=client, said=said) == 200
    state = await browser.state()
    assert (state["state"], state["provenance"]) == ("bound", "software")
    assert (await browser.chat()).status_code == 200
    account = await (await browser.page("/account")).get_data(as_text=True)
    assert "Software key" in account
    assert "a program that reads this browser" in account
    await site.services.flush()
    (call,) = await site.services.usage.calls(limit=10)
    assert call.provenance == "software"


async def test_the_record_of_its_registration_names_it(site: Site, extended: SoftBrowser) -> None:
    await site.services.flush()
    (event,) = await site.services.usage.events(kind_prefix="dbsc.register", limit=10)
    assert (event.outcome, event.reason) == ("ok", f"The client calls itself {CLIENT}.")


async def test_an_extension_that_does_not_say_so_is_no_browser_either(site: Site) -> None:
    browser = await offered(site)
    assert await try_key(browser, SoftDbsc(), client=None, said=CHROMIUM) == 200
    assert (await browser.state())["provenance"] == "software"


async def test_a_browser_that_calls_itself_a_client_only_lowers_its_own_trust(site: Site) -> None:
    browser = await offered(site)
    assert await try_key(browser, SoftDbsc(), said={"Sec-Fetch-Mode": "no-cors"}) == 200
    assert (await browser.state())["provenance"] == "software"


async def test_the_extension_beside_a_browsers_own_key_is_refused_and_costs_nothing(site: Site) -> None:
    owner = await site.owner()
    assert await try_key(owner, SoftDbsc(), said=CHROMIUM) == 409
    state = await owner.state()
    assert owner.key is not None
    assert (state["provenance"], state["key_thumbprint"]) == ("browser", owner.key.thumbprint)
    assert (await owner.chat()).status_code == 200, "no touch is asked for"
    await site.services.flush()
    refused, taken = await site.services.usage.events(kind_prefix="dbsc.register", limit=10)
    assert (refused.outcome, taken.outcome, taken.reason) == ("second_key", "ok", None)
    assert CLIENT in (refused.reason or "")


async def test_a_second_key_that_declares_nothing_contests_as_before(site: Site) -> None:
    owner = await site.owner()
    assert await try_key(owner, SoftDbsc(), client=None, said={}) == 409
    assert await contested(owner)


async def test_a_browser_that_comes_after_the_extension_contests(site: Site, extended: SoftBrowser) -> None:
    assert await try_key(extended, SoftDbsc(), client=None, said={}) == 409
    assert await contested(extended)


@pytest.mark.parametrize("left", ["nothing", "another session's cookie", "a forged cookie", "the login cookie"])
async def test_an_extension_that_comes_after_a_thief_contests_the_thiefs_session(site: Site, left: str) -> None:
    """The thief took the offer first, and has the bound cookie in a jar of his own."""
    owner, other = await offered(site), await site.owner("bob")
    thief = owner.copy_jar(address="203.0.113.9")
    thief.offer = owner.offer
    assert await try_key(thief, SoftDbsc(), client=None, said={}) == 200
    assert (await thief.bare_chat()).status_code == 200
    if left == "another session's cookie":
        owner.jar[BOUND] = other.jar[BOUND]
    elif left == "a forged cookie":
        body, _, tag = (thief.cookie(BOUND) or "").rpartition(".")
        owner.jar[BOUND] = (f"{body}.{tag[::-1]}", float("inf"))
    assert await try_key(owner, SoftDbsc(), cookies=left != "nothing") == 409
    assert await contested(thief)


async def contested(browser: SoftBrowser) -> bool:
    refused = await browser.bare_chat()
    return (refused.status_code, (await refused.get_json())["error"]["code"]) == (401, "step_up_required")


async def test_many_proofs_are_its_ordinary_life(site: Site, extended: SoftBrowser) -> None:
    for _ in range(8):
        assert (await extended.refresh()).status_code == 200
    site.clock.advance(60)
    del extended.jar[BOUND]
    assert (await extended.bare_chat()).status_code == 307, "asked for a proof all the same"
    refused = await extended.bare_chat()
    assert (await refused.get_json())["error"]["code"] == "proof_required"


async def test_of_a_browser_the_limit_stays(site: Site, owner: SoftBrowser) -> None:
    for _ in range(8):
        assert (await owner.refresh()).status_code == 200
    site.clock.advance(60)
    del owner.jar[BOUND]
    refused = await owner.bare_chat()
    assert (await refused.get_json())["error"]["code"] == "step_up_required"


@pytest.mark.parametrize("said", [FIREFOX, CHROMIUM])
async def test_its_refreshes_are_admitted_and_a_pages_are_not(site: Site, extended: SoftBrowser, said: dict) -> None:
    assert extended.key is not None
    proof = extended.key.refresh_proof(extended.challenge)
    headers = refresh_headers(extended.session_id or "", proof, origin=ORIGIN)
    page = headers | {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    refused = await extended.send("POST", "/dbsc/refresh", headers=page | {"DBSC-Client": CLIENT})
    assert (refused.status_code, (await refused.get_json())["code"]) == (403, "page_script")
    assert (await extended.send("POST", "/dbsc/refresh", headers=headers | said)).status_code == 200


async def test_firefoxs_identifier_of_the_installation_is_kept_nowhere(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with running_site(tmp_path / "data") as site:
        browser = await offered(site)
        assert await try_key(browser, SoftDbsc()) == 200
        assert await try_key(browser, SoftDbsc()) == 409
        assert await try_key(browser, SoftDbsc(), client=FIREFOX["Origin"]) == 409
        assert browser.key is not None
        headers = refresh_headers(browser.session_id or "", browser.key.refresh_proof("stale"), origin=ORIGIN)
        assert (await browser.send("POST", "/dbsc/refresh", headers=headers | FIREFOX)).status_code == 403
        await site.services.flush()
    kept = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert kept
    assert not [octets for octets in kept if INSTALL.encode() in octets]
    out, err = capfd.readouterr()
    assert INSTALL not in out + err


async def test_a_page_that_lacks_a_proof_is_answered_with_one_that_can_be_tried_again(
    site: Site, extended: SoftBrowser
) -> None:
    del extended.jar[BOUND]
    site.clock.advance(60)
    demanded = await extended.send("GET", "/v1/models?a=%22%3E%3Cx", headers=TYPED)
    assert (demanded.status_code, extended.cookie(FRESH)) == (307, None)
    page = await extended.send("GET", "/v1/models?a=%22%3E%3Cx", headers=TYPED)
    text = await page.get_data(as_text=True)
    assert (page.status_code, page.content_type) == (401, "text/html; charset=utf-8")
    assert "DPoP" in page.headers["WWW-Authenticate"]
    assert page.headers["Cache-Control"] == "no-store"
    assert 'href="/v1/models?a=%22%3E%3Cx">Try again' in text
    assert 'href="/">Sign in again' in text
    assert "http-equiv" not in text, "it must not go round by itself"
    assert (await extended.refresh()).status_code == 200
    assert (await extended.send("GET", "/v1/models", headers=TYPED)).status_code == 200
    assert "proof_required" in await site.decisions()


async def test_a_page_asked_for_from_another_site_ends_there_too(site: Site, extended: SoftBrowser) -> None:
    del extended.jar[BOUND]
    site.clock.advance(60)
    between = await extended.send("GET", "/v1/models", headers=DOCUMENT | {"Sec-Fetch-Site": "cross-site"})
    assert between.status_code == 200
    page = await extended.send("GET", "/v1/models", headers=DOCUMENT | {"Sec-Fetch-Site": "same-origin"})
    assert (page.status_code, page.content_type) == (401, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "changed", [{"Sec-Fetch-Dest": "empty"}, {"Accept": "application/json"}, {"Sec-Fetch-Dest": "image"}]
)
async def test_everybody_else_gets_the_error_as_before(site: Site, extended: SoftBrowser, changed: dict) -> None:
    extended.jar = {LOGIN: extended.jar[LOGIN]}
    refused = await extended.send("GET", "/v1/models", headers=TYPED | changed)
    assert (refused.status_code, (await refused.get_json())["error"]["code"]) == (401, "proof_required")


async def test_a_refused_cookie_leaves_the_jar_with_the_page_too(site: Site, extended: SoftBrowser) -> None:
    elsewhere = extended.copy_jar(address="203.0.113.9")
    assert (await elsewhere.send("GET", "/v1/models", headers=TYPED)).status_code == 307
    page = await elsewhere.send("GET", "/v1/models", headers=TYPED)
    assert page.content_type == "text/html; charset=utf-8"
    assert elsewhere.cookie(BOUND) is None


async def test_a_lost_cookie_signs_nobody_out_and_no_page_is_a_dead_end(site: Site, extended: SoftBrowser) -> None:
    extended.jar = {LOGIN: extended.jar[LOGIN]}
    for path in ("/playground", "/account"):
        assert (await extended.page(path)).status_code == 200
    front = await (await extended.page("/")).get_data(as_text=True)
    assert "You are still signed in" in front
    assert 'href="/playground"' in front
    assert "Sign in with passkey" in front
    assert extended.cookie(LOGIN) is not None
    assert (await extended.state())["state"] == "lapsed"
    assert (await extended.refresh()).status_code == 200
    assert (await extended.state())["state"] == "bound"


async def test_a_call_that_was_refused_goes_through_when_it_is_sent_again_body_and_all(
    site: Site, extended: SoftBrowser
) -> None:
    """What the extension's wrapper of fetch does in Chromium, where it cannot hold the request."""
    extended.jar = {LOGIN: extended.jar[LOGIN]}
    refused = await extended.bare_chat()
    assert (refused.status_code, (await refused.get_json())["error"]["code"]) == (401, "proof_required")
    assert (await extended.refresh()).status_code == 200
    assert (await extended.bare_chat()).status_code == 200


async def test_a_tier_may_take_browsers_keys_alone(tmp_path: Path) -> None:
    rule = {"standard": {"accepted_provenances": ["browser", "attested"]}}
    async with running_site(tmp_path / "data", tiers=rule) as site:
        browser = await offered(site)
        assert await try_key(browser, SoftDbsc()) == 200
        refused = await browser.chat()
        error = (await refused.get_json())["error"]
        assert (refused.status_code, error["code"]) == (403, "model_forbidden")
        assert error["message"].endswith("this session has a software key.")
        assert (await (await site.owner("bob")).chat()).status_code == 200
