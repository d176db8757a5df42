"""The whole way in real Chromium with its own DBSC: enrol, bind, prompt, lose the cookie, sign out."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, expect

from e2e.support.person import BOUND, FRESH, LOGIN, Person
from e2e.support.server import Server

HELLO = {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]}


def test_enrol_bind_prompt_lose_the_cookie_sign_out(person: Callable[..., Person], server: Server) -> None:
    someone = person()
    someone.enrol(server.invite("native"))
    state = someone.wait_until("bound")
    assert state["provenance"] == "browser"
    assert [event["succeeded"] for event in someone.wait_for_dbsc("creation")] == [True]

    someone.ask("What is a nonce?")
    someone.expect_answer("nonce")

    someone.delete_cookie(BOUND)
    someone.ask("And what is a thumbprint?")
    someone.expect_answer("thumbprint")
    refreshed = someone.wait_for_dbsc("refresh")
    assert all(event["succeeded"] for event in refreshed)
    assert refreshed[0]["refreshEventDetails"]["refreshResult"] == "Refreshed"

    someone.sign_out()
    ended = someone.wait_for_dbsc("termination")
    assert ended[0]["terminationEventDetails"]["deletionReason"] == "StoragePartitionCleared"
    assert not {cookie["name"] for cookie in someone.context.cookies()} & {LOGIN, BOUND, FRESH}
    assert someone.session()["state"] == "signed_out"


def test_sign_in_with_the_passkey_binds_a_new_key(owner: Person) -> None:
    first = owner.session()["key_thumbprint"]
    owner.sign_out()
    owner.sign_in()
    state = owner.wait_until("bound")
    assert state["key_thumbprint"] != first


def test_the_page_streams_as_the_model_speaks(owner: Person) -> None:
    owner.ask("stream 40 chunks")
    answer = owner.page.get_by_label("Answer", exact=True)
    expect(answer).to_have_attribute("aria-busy", "true")
    owner.page.wait_for_function("() => document.querySelector('#answer').textContent.length > 20")
    early = len(answer.inner_text())
    expect(answer).to_have_attribute("aria-busy", "false", timeout=20_000)
    assert len(answer.inner_text()) > early


def test_refreshes_are_single_round_trips(owner: Person, server: Server) -> None:
    before = (len(server.recorded("dbsc.refresh")), len(server.recorded("dbsc.challenge")))
    for _ in range(5):
        owner.delete_cookie(BOUND)
        assert owner.call(HELLO)["status"] == 200
    after = (len(server.recorded("dbsc.refresh")), len(server.recorded("dbsc.challenge")))
    assert (after[0] - before[0], after[1] - before[1]) == (5, 0)


def test_twenty_tabs_with_an_expired_cookie_make_one_refresh(owner: Person, server: Server) -> None:
    tabs = [owner.context.new_page() for _ in range(20)]
    for tab in tabs:
        tab.goto(f"{owner.origin}/static/mark.svg")
    before = len(server.recorded("dbsc.refresh"))
    calls_before = len(server.rows("SELECT 1 FROM calls"))
    owner.delete_cookie(BOUND)
    start = "fetch('/v1/models').then(async r => { globalThis.answered = r.status; await r.text(); })"
    for tab in tabs:
        tab.evaluate(f"() => {{ void {start}; }}")
    for tab in tabs:
        tab.wait_for_function("() => globalThis.answered !== undefined")
    assert [tab.evaluate("globalThis.answered") for tab in tabs] == [200] * 20
    assert len(server.recorded("dbsc.refresh")) - before == 1
    decisions = server.rows("SELECT decision FROM calls ORDER BY at LIMIT -1 OFFSET ?", calls_before)
    assert {decision for (decision,) in decisions} == {"allow"}, "none was served bare, none was even asked"


def test_sign_in_as_a_then_b_and_the_next_call_is_bs(person: Callable[..., Person], server: Server) -> None:
    someone = person()
    someone.enrol(server.invite("user-a"))
    someone.wait_until("bound")
    # B enrols in the same browser, over A's running session.
    someone.enrol(server.invite("user-b"))
    someone.wait_until("bound")
    someone.delete_cookie(BOUND)
    someone.delete_cookie(FRESH)
    assert someone.call(HELLO)["status"] == 200
    server.recorded("dbsc.refresh")
    rows = server.rows("SELECT users.name FROM calls JOIN users ON users.id = calls.user_id ORDER BY calls.at DESC")
    assert rows[0] == ("user-b",)


def test_a_killed_server_comes_back_and_the_browser_stays_bound(
    start_server: Callable[..., Server], person: Callable[..., Person], browser: Browser
) -> None:
    server = start_server()
    someone = person(at=server, using=browser)
    someone.enrol(server.invite("survivor"))
    thumbprint = someone.wait_until("bound")["key_thumbprint"]
    server.kill()
    server.start()
    assert someone.call(HELLO)["status"] == 200
    someone.delete_cookie(BOUND)
    assert someone.call(HELLO)["status"] == 200
    assert someone.session()["key_thumbprint"] == thumbprint
    # The challenge sent ahead before the kill is of another epoch: refused, and the next one signed.
    assert server.recorded("dbsc.refresh")[-2:] == ["challenge_stale", "ok"]
