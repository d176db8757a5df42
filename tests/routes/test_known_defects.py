"""Defects that other DBSC servers shipped. Under each stands the test that fails where this server has it.

Where a test elsewhere shows it already, it is named and not repeated; `test_every_named_test_exists` keeps the list
true.

* the bound value never rotates, or is the session id
    test_dbsc.py::test_each_refresh_gives_another_value
* the login cookie, renamed, is accepted
    test_theft.py::test_the_login_cookie_under_another_name_is_worth_nothing
* leaving the bound cookie out reads as never bound
    test_theft.py::test_the_login_cookie_alone_buys_nothing
* a thief's bad proof demotes or ends the owner
    test_a_thiefs_bad_proofs_leave_the_owner_bound_and_served
* a bad or stale proof is answered 400 or 401
    test_dbsc.py::test_a_proof_that_fails_is_answered_with_a_new_challenge_and_harms_nobody
* the challenge itself is answered 401
    test_being_asked_for_a_proof_is_403_with_a_challenge_for_this_session
* an unreadable proof goes unrecorded
    test_a_proof_that_cannot_be_read_is_recorded
* the refresh's signature is not checked
    test_dbsc.py::test_a_proof_that_fails_is_answered_with_a_new_challenge_and_harms_nobody
* a refresh proof may bring its own key
    test_a_refresh_proof_cannot_bring_its_own_key
* a captured proof is good again
    test_dbsc.py::test_a_challenge_is_accepted_once
* a challenge of another session, or of an offer, is accepted
    test_a_challenge_is_worth_nothing_elsewhere
* a challenge never expires
    test_a_challenge_that_was_never_used_expires_all_the_same
* asking for challenges with unknown ids fills a memory
    test_asking_for_challenges_with_unknown_ids_is_remembered_nowhere
* asking for challenges with unknown ids fills a table
    test_junk_ids_from_one_place_fill_no_table
* asking for challenges pushes the owner's out
    test_dbsc.py::test_asking_for_challenges_stores_and_evicts_nothing
* no challenge on the 2xx answers
    test_every_accepted_proof_brings_the_next_challenge_cookies_and_instructions
* a refresh sets no cookie, or answers without JSON and without a challenge
    test_every_accepted_proof_brings_the_next_challenge_cookies_and_instructions
* challenges and cookies may be cached
    test_nothing_of_the_protocol_may_be_cached
* a challenge lives shorter than the cookie
    test_settings_under_which_challenges_or_quotas_run_out_are_refused
* a cookie life inside the browser's proactive window
    test_settings_under_which_challenges_or_quotas_run_out_are_refused
* a junk registration burns the offer
    test_dbsc.py::test_a_junk_registration_does_not_burn_the_offer
* a registration without a proof is accepted
    test_nothing_registers_without_a_proof
* an offer is taken for whoever's cookie comes with it
    test_an_offer_binds_its_own_sign_in_whatever_cookies_come_with_it
* a copied login cookie can have an offer
    test_session_ends.py::test_no_other_answer_than_that_to_a_passkey_form_carries_an_offer
* a second registration replaces the key
    test_dbsc.py::test_the_first_key_wins_and_a_second_one_makes_the_session_contested
* two registrations can both win
    test_dbsc.py::test_of_many_registrations_at_once_one_wins
* a late refresh resurrects a revoked session
    test_a_refresh_that_an_end_overtakes_brings_nothing_back
* the owner's refreshes keep a copied value alive
    test_theft.py::test_a_whole_jar_dies_within_ten_seconds_of_the_owners_next_proof
* a value has no expiry on the server
    test_theft.py::test_a_whole_jar_dies_after_three_hundred_seconds_in_any_case
* a lapsed session still reads as bound
    test_a_session_whose_proof_is_too_old_is_never_called_bound
* a request that crosses a rotation fails
    test_theft.py::test_an_older_value_is_still_good_for_ten_seconds_after_a_newer_one_was_used
* sign-out, or a pass, on `quota_exceeded`
    test_a_browser_without_quota_is_neither_signed_out_nor_let_in
* demands without regard to the quota
    test_v1.py::test_at_the_signature_limit_a_demand_becomes_step_up_and_destroys_nothing
* `include_site` is true, or the origin is the Host header's
    test_the_scope_is_this_origin_alone
* Max-Age within `attributes`
    test_the_scope_is_this_origin_alone
* cookies and instructions disagree
    test_dbsc.py::test_a_registration_binds_the_session_and_sets_both_credentials
* the endpoints redirect
    test_dbsc.py::test_the_endpoints_never_redirect_and_take_only_posts
* X-Forwarded-For is believed by default
    test_guard.py::test_forwarding_headers_of_strangers_change_nothing
* corrupt state reads as no state
    test_damaged_records_refuse_and_bind_nothing_new
* a failing store ends sessions
    test_a_failing_store_is_503_and_ends_no_session
* the previous user's session comes back
    test_session_ends.py::test_a_sign_in_ends_the_session_that_any_one_cookie_names
* a grace after sign-in serves without a key
    test_v1.py::test_an_unbound_sign_in_is_told_what_to_do
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from boundgate.dbsc import Minted
from boundgate.errors import StorageUnavailable
from boundgate.settings import SettingsError, load_settings
from boundgate.storage import MemoryHotState
from boundgate.terms import EndReason
from tests.support.keys import counting_random
from tests.support.site import BOUND, FRESH, LOGIN, ORIGIN, Site, SoftBrowser, running_site
from tests.support.soft_browser import SoftDbsc, read_challenge, read_offers, refresh_headers, registration_headers


async def post_refresh(sender: SoftBrowser, session_id: str, proof: str | None):
    """One POST to the refresh endpoint for any session, from anybody."""
    return await sender.send("POST", "/dbsc/refresh", headers=refresh_headers(session_id, proof, origin=ORIGIN))


async def code_of(response) -> str:
    return (await response.get_json())["error"]["code"]


async def unbound(site: Site, name: str) -> SoftBrowser:
    """A browser that has signed in and holds its offer unanswered."""
    return await site.owner(name, dbsc=False)


def test_every_named_test_exists() -> None:
    rows = re.findall(r"^\* (.+)\n    (?:(test_\w+\.py)::)?(test_\w+)$", __doc__ or "", re.MULTILINE)
    assert len(rows) == (__doc__ or "").count("\n* ") > 0, "a row of the list cannot be read"
    for defect, file, name in rows:
        source = Path(__file__).with_name(file or Path(__file__).name).read_text()
        assert f"def {name}(" in source, defect


async def test_a_thiefs_bad_proofs_leave_the_owner_bound_and_served(site: Site, owner: SoftBrowser) -> None:
    thief = owner.copy_jar()
    before = await owner.state()
    for proof in (SoftDbsc().refresh_proof("guess"), SoftDbsc().refresh_proof(owner.challenge), "a.b.c", "junk"):
        for sender in (thief, site.browser(address="198.51.100.7")):
            assert (await post_refresh(sender, owner.session_id or "", proof)).status_code == 403
    assert await owner.state() == before
    assert (await owner.bare_chat()).status_code == 200
    assert (await owner.refresh()).status_code == 200
    assert await site.events("dbsc.challenge") == [], "the owner's own challenge was still good"


async def test_being_asked_for_a_proof_is_403_with_a_challenge_for_this_session(site: Site, owner: SoftBrowser) -> None:
    session_id = owner.session_id or ""
    assert owner.key is not None
    asked = await post_refresh(owner, session_id, None)
    assert asked.status_code == 403, "on 401 Chromium ends the session"
    challenge = read_challenge(asked.headers["Secure-Session-Challenge"], session_id)
    assert (await post_refresh(owner, session_id, owner.key.refresh_proof(challenge))).status_code == 200


async def test_a_proof_that_cannot_be_read_is_recorded(site: Site, owner: SoftBrowser) -> None:
    await post_refresh(owner, owner.session_id or "", "a.b.c")
    await owner.send("POST", "/dbsc/register", headers=registration_headers("a.b.c", origin=ORIGIN))
    refused = [event for event in await site.events("dbsc.") if event[1] != "ok"]
    assert refused == [("dbsc.refresh", "proof_malformed"), ("dbsc.register", "proof_malformed")]


async def test_a_refresh_proof_cannot_bring_its_own_key(site: Site, owner: SoftBrowser) -> None:
    thief_key, owner_key = SoftDbsc(), owner.key
    assert owner_key is not None
    challenge = owner.challenge
    proofs = [
        thief_key.refresh_proof(challenge, jwk=thief_key.jwk),
        owner_key.refresh_proof(challenge, jwk=owner_key.jwk),
        owner_key.refresh_proof(challenge, jwk=thief_key.jwk),
    ]
    for proof in proofs:
        response = await post_refresh(owner.copy_jar(), owner.session_id or "", proof)
        assert (response.status_code, response.headers.getlist("Set-Cookie")) == (403, [])
    assert (await owner.state())["key_thumbprint"] == owner_key.thumbprint
    assert (await post_refresh(owner, owner.session_id or "", owner_key.refresh_proof(challenge))).status_code == 200


async def test_a_challenge_is_worth_nothing_elsewhere(site: Site, owner: SoftBrowser) -> None:
    other = await site.owner("mallory")
    assert owner.key is not None
    offered = read_offers(owner.offer or "")[0].challenge
    for challenge in (other.challenge, offered):
        response = await post_refresh(owner, owner.session_id or "", owner.key.refresh_proof(challenge))
        assert response.status_code == 403
    waiting = await unbound(site, "carol")
    offer = read_offers(waiting.offer or "")[0]
    proof = SoftDbsc().registration_proof(owner.challenge, offer.authorization)
    refused = await waiting.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=ORIGIN))
    assert refused.status_code == 403
    assert (await waiting.register()).status_code == 200


async def test_a_challenge_that_was_never_used_expires_all_the_same(site: Site, owner: SoftBrowser) -> None:
    assert owner.key is not None
    proof = owner.key.refresh_proof(owner.challenge)
    site.clock.advance(site.services.settings.dbsc_challenge_seconds + 1)
    assert (await post_refresh(owner, owner.session_id or "", proof)).status_code == 403


async def test_asking_for_challenges_with_unknown_ids_is_remembered_nowhere(tmp_path: Path) -> None:
    hot = MemoryHotState(counting_random())
    async with running_site(tmp_path / "data", hot=hot) as site:
        await site.owner()
        await site.services.flush()
        before = _held(hot, site), _rows(site) | {"events": 0}
        await _ask_with_junk(site)
        assert (_held(hot, site), _rows(site) | {"events": 0}) == before


async def test_junk_ids_from_one_place_fill_no_table(site: Site) -> None:
    await _ask_with_junk(site)
    # Equal refusals of one minute and one place are one row, however many there were.
    assert _rows(site)["events"] <= 4


async def _ask_with_junk(site: Site) -> None:
    stranger = site.browser(address="198.51.100.7")
    for number in range(100):
        for proof in (None, SoftDbsc().refresh_proof("guess") if number < 5 else "a.b.c"):
            response = await post_refresh(stranger, f"unknown-{number:04}", proof)
            assert response.status_code == 404
            assert "Secure-Session-Challenge" not in response.headers
    await site.services.flush()


def _held(hot: MemoryHotState, site: Site) -> tuple[int, ...]:
    cache = site.services.sessions._cache
    return len(hot._consumed), len(hot._activity), len(cache._views), len(cache._ids_by_login)


def _rows(site: Site) -> dict[str, int]:
    with closing(_database(site)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}


def _database(site: Site) -> sqlite3.Connection:
    return sqlite3.connect(next(site.services.settings.data_dir.glob("*.sqlite3")))


async def test_every_accepted_proof_brings_the_next_challenge_cookies_and_instructions(site: Site) -> None:
    browser = await unbound(site, "alice")
    answers = [await browser.register()]
    for _ in range(2):
        site.clock.advance(299)
        answers.append(await browser.refresh())
    registered, *refreshed = answers
    assert registered.mimetype == "application/json"
    assert (await registered.get_json())["session_identifier"] == browser.session_id
    # Nothing has changed since: an empty body says so, and the challenge beside it keeps the browser from signing an
    # old one again (Chromium 156).
    assert [await answer.get_data() for answer in refreshed] == [b"", b""]
    for answer in answers:
        assert answer.status_code == 200
        assert read_challenge(answer.headers["Secure-Session-Challenge"], browser.session_id or "")
        lines = answer.headers.getlist("Set-Cookie")
        assert [line.partition("=")[0] for line in lines] == [BOUND, FRESH]
        assert all(line.endswith("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=300") for line in lines)
    assert await site.events("dbsc.challenge") == [], "each refresh was one round trip"


async def test_nothing_of_the_protocol_may_be_cached(site: Site) -> None:
    browser = await unbound(site, "alice")
    registered = await browser.register()
    session_id = browser.session_id or ""
    answers = [registered, await browser.refresh(), await post_refresh(browser, session_id, None)]
    answers.append(await post_refresh(browser, "unknown", None))
    assert [answer.status_code for answer in answers] == [200, 200, 403, 404]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


@pytest.mark.parametrize(
    "options",
    [
        {"dbsc_challenge_seconds": 300},
        {"dbsc_challenge_seconds": 600, "bound_cookie_seconds": 600},
        {"bound_cookie_seconds": 120},
        {"bound_cookie_seconds": 60},
        {"signature_limit": 6},
    ],
    ids=str,
)
def test_settings_under_which_challenges_or_quotas_run_out_are_refused(tmp_path: Path, options) -> None:
    with pytest.raises(SettingsError):
        load_settings(data_dir=tmp_path, **options)


async def test_nothing_registers_without_a_proof(site: Site) -> None:
    browser = await unbound(site, "alice")
    bare = registration_headers("", origin=ORIGIN)
    for headers in (bare, {name: value for name, value in bare.items() if name != "Secure-Session-Response"}):
        response = await browser.send("POST", "/dbsc/register", headers=headers)
        assert response.status_code == 400
        assert response.headers.getlist("Set-Cookie") == []
    unsigned = SoftDbsc().registration_proof(*_offered(browser)).rpartition(".")[0]
    for proof in (f"{unsigned}.", f"{unsigned}.AAAA", unsigned):
        response = await browser.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=ORIGIN))
        assert 400 <= response.status_code < 500
    assert (await browser.state())["state"] == "binding"
    assert await code_of(await browser.bare_chat()) == "binding_required"


def _offered(browser: SoftBrowser) -> tuple[str | None, str | None]:
    offer = read_offers(browser.offer or "")[0]
    return offer.challenge, offer.authorization


async def test_an_offer_binds_its_own_sign_in_whatever_cookies_come_with_it(site: Site) -> None:
    alice, mallory = await unbound(site, "alice"), await unbound(site, "mallory")
    key = SoftDbsc()
    proof = key.registration_proof(*_offered(mallory))
    taken = await alice.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=ORIGIN))
    assert taken.status_code == 200
    # Alice's sign-in has not got mallory's key, and its own offer is still there to be taken.
    del alice.jar[BOUND], alice.jar[FRESH]
    assert (await alice.state())["state"] == "binding"
    assert (await mallory.state())["key_thumbprint"] == key.thumbprint
    assert (await alice.register()).status_code == 200
    assert (await alice.state())["key_thumbprint"] not in {key.thumbprint, None}
    assert (await alice.chat()).status_code == 200
    await site.services.flush()
    paid = (await site.services.usage.calls(limit=1))[0].user_id
    assert (await site.services.store.user(paid or "")).name == "alice"


class GatedHotState(MemoryHotState):
    """Holds whoever calls the named method, once told to."""

    def __init__(self) -> None:
        super().__init__(counting_random())
        self.held_method = ""
        self.reached, self.released = asyncio.Event(), asyncio.Event()

    async def prove(self, session_id: str, **proved: Any) -> Minted | None:
        result = await super().prove(session_id, **proved)
        await self._hold("prove")
        return result

    async def _hold(self, method: str) -> None:
        if method == self.held_method:
            self.reached.set()
            await self.released.wait()


async def test_a_refresh_that_an_end_overtakes_brings_nothing_back(tmp_path: Path) -> None:
    hot = GatedHotState()
    async with running_site(tmp_path / "data", hot=hot) as site:
        owner = await site.owner()
        session_id = owner.session_id or ""
        hot.held_method = "prove"
        late = asyncio.create_task(owner.refresh())
        await hot.reached.wait()
        await site.services.sessions.end([session_id], EndReason.ENDED_BY_OWNER)
        hot.released.set()
        response = await late
        assert response.headers.getlist("Set-Cookie") == []
        assert await response.get_json() == {"session_identifier": session_id, "continue": False}
        await site.services.flush()
        assert await code_of(await owner.copy_jar().bare_chat()) == "session_revoked"
        site.clock.advance(2)
        assert (await owner.state())["state"] == "ended"
        view = await site.services.sessions._store.view(session_id)
        assert view is not None
        assert view.session.ended_reason is EndReason.ENDED_BY_OWNER


async def test_a_session_whose_proof_is_too_old_is_never_called_bound(site: Site, owner: SoftBrowser) -> None:
    other = site.browser()
    other.authenticator = owner.authenticator
    await other.sign_in()
    site.clock.advance(301)
    owner.jar[BOUND] = (owner.jar[BOUND][0], float("inf"))
    state = await owner.state()
    assert (state["state"], state["bound_until"]) == ("lapsed", None)
    await other.refresh()
    assert await _other_sessions(other) == ["lapsed"]
    await owner.refresh()
    assert await _other_sessions(other) == ["bound"]


async def _other_sessions(browser: SoftBrowser) -> list[str]:
    """What the account page says of the user's sessions elsewhere."""
    page = await (await browser.page("/account")).get_data(as_text=True)
    return re.findall(r'data-state="(\w+)"', page.partition("Other sessions")[2])


@pytest.mark.parametrize("reason", ["quota_exceeded", "unreachable", "server_error", "unheard_of"])
async def test_a_browser_without_quota_is_neither_signed_out_nor_let_in(
    site: Site, owner: SoftBrowser, reason: str
) -> None:
    site.clock.advance(301)
    header = {"Secure-Session-Skipped": f'{reason};session_identifier="{owner.session_id}"'}
    jar = {LOGIN: owner.jar[LOGIN]}
    owner.jar = dict(jar)
    assert await code_of(await owner.bare_chat(**header)) == "proof_required"
    assert owner.jar == jar, "the sign-in stays"
    assert (await owner.page("/account")).status_code == 200
    assert (await owner.state())["state"] == "lapsed"
    assert (await owner.chat()).status_code == 200, "as soon as the browser can sign again"


async def test_the_scope_is_this_origin_alone(site: Site) -> None:
    browser = await unbound(site, "alice")
    headers = registration_headers(SoftDbsc().registration_proof(*_offered(browser)), origin=ORIGIN)
    moved = await browser.send("POST", "/dbsc/register", headers=headers | {"Host": "evil.example"})
    assert moved.status_code == 421, "no instructions for a host that is not ours"
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "Forwarded": "host=evil.example"}
    response = await browser.send("POST", "/dbsc/register", headers=headers | forwarded)
    instructions = await response.get_json()
    assert instructions["scope"]["origin"] == ORIGIN
    assert instructions["scope"]["include_site"] is False
    assert instructions["refresh_url"] == "/dbsc/refresh"
    for credential in instructions["credentials"]:
        named = {attribute.partition("=")[0].strip().lower() for attribute in credential["attributes"].split(";")}
        assert named == {"path", "secure", "httponly", "samesite"}, "Chromium refuses all of it for a Max-Age"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE bindings SET last_proof_at = 'junk'",
        "UPDATE bindings SET provenance = 'unheard of'",
        "UPDATE sessions SET user_agent = x'00'",
        "UPDATE sessions SET login_hash = 7",
        "UPDATE bindings SET thumbprint = x'00'",
    ],
)
async def test_damaged_records_refuse_and_bind_nothing_new(site: Site, owner: SoftBrowser, damage: str) -> None:
    offer, proof = owner.offer, SoftDbsc().registration_proof(*_offered(owner))
    assert offer is not None
    with closing(_database(site)) as connection, connection:
        connection.execute(damage)
    site.clock.advance(2)
    answers = [
        await owner.bare_chat(),
        await owner.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=ORIGIN)),
        await post_refresh(owner, owner.session_id or "", owner.key and owner.key.refresh_proof(owner.challenge)),
    ]
    for answer in answers:
        assert answer.status_code >= 400
        assert "Set-Cookie" not in answer.headers
    if "login_hash" not in damage:
        assert (answers[0].status_code, answers[2].status_code) == (503, 503)
        assert (await owner.send("GET", "/session")).status_code == 503, "in doubt nobody is called signed out"


async def test_a_failing_store_is_503_and_ends_no_session(
    site: Site, owner: SoftBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, jar = site.services.sessions._store, dict(owner.jar)

    async def fail(*_: object, **__: object) -> None:
        raise StorageUnavailable("The server cannot reach its records just now. Try again in a moment.")

    assert owner.key is not None
    proof = owner.key.refresh_proof(owner.challenge)
    site.clock.advance(2)
    with monkeypatch.context() as patch:
        for method in ("view", "view_by_login", "offer_session"):
            patch.setattr(store, method, fail)
        statuses = [
            (await post_refresh(owner, owner.session_id or "", proof)).status_code,
            (await post_refresh(owner, owner.session_id or "", None)).status_code,
            (await owner.register()).status_code,
            (await owner.bare_chat()).status_code,
        ]
    assert statuses == [503, 503, 503, 503], "a 4xx to a refresh would make the browser drop its session"
    assert owner.jar == jar
    assert (await post_refresh(owner, owner.session_id or "", proof)).status_code == 200, "nothing was used up"
    assert (await owner.bare_chat()).status_code == 200
