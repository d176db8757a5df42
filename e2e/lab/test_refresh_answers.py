"""Every row of "what a refresh may be answered, and what Chromium does" (docs/dbsc.md), answered by a faulty server.

The session is fresh, its cookie lost; the page then asks for `/app`, which waits for the refresh.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from e2e.lab.outcome import Outcome, refresh
from e2e.lab.site import Site
from e2e.lab.visit import Visit
from e2e.lab.wire import CHALLENGE, RESET, Answer, challenge, cookie, json_answer

REFRESHED = Outcome("Refreshed", "Success", ended=None, kept=True, skipped=None, cookie=True, asked=1)
BARE = replace(REFRESHED, cookie=False)
INVALID = Outcome("FatalError", None, ended="InvalidSessionParams", kept=False, skipped=None, cookie=True, asked=1)
ENDED = Outcome("FatalError", None, ended="RefreshFatalError", kept=False, skipped=None, cookie=False, asked=1)
REFUSED = replace(ENDED, fetch="PersistentHttpError")
TRANSIENT = Outcome(
    "ServerError", "TransientHttpError", ended=None, kept=True, skipped="server_error", cookie=False, asked=1
)
UNREACHABLE = Outcome("Unreachable", "NetError", ended=None, kept=True, skipped="unreachable", cookie=False, asked=1)

Answers = Callable[[Site], tuple[Answer, ...]]


def always(answer: Answer) -> Answers:
    return lambda _: (answer,)


def stop(**members: object) -> Answers:
    return always(json_answer(members | {"continue": False}))


ROWS: dict[str, tuple[Answers, Outcome]] = {
    # 2xx + valid config / empty
    "2xx-valid": (lambda site: (site.config(),), REFRESHED),
    "2xx-valid-202": (lambda site: (replace(site.config(), status=202),), REFRESHED),
    "2xx-valid-without-cookie": (lambda site: (json_answer(site.document()),), BARE),
    "2xx-empty-200": (always(Answer(200, (cookie(),))), REFRESHED),
    "2xx-empty-204": (always(Answer(204, (cookie(),))), REFRESHED),
    "2xx-empty-without-cookie": (always(Answer(200)), BARE),
    # 2xx invalid config / wrong id / non-JSON: the session is gone, the cookie of that answer is not
    "2xx-invalid": (
        always(json_answer({"session_identifier": "s1"}, cookie())),
        replace(INVALID, fetch="MissingScope"),
    ),
    "2xx-wrong-id": (lambda site: (site.config("s2"),), replace(INVALID, fetch="MismatchedSessionId")),
    "2xx-html": (always(Answer(200, (cookie(),), b"<html>")), replace(INVALID, fetch="InvalidConfigJson")),
    "2xx-array": (always(json_answer([], cookie())), replace(INVALID, fetch="InvalidConfigJson")),
    # continue: false
    "continue-false": (
        stop(session_identifier="s1"),
        Outcome(
            "FatalError",
            "ServerRequestedTermination",
            "ServerRequested",
            kept=False,
            skipped=None,
            cookie=False,
            asked=1,
        ),
    ),
    "continue-false-without-id": (stop(), replace(INVALID, fetch="InvalidSessionId", cookie=False)),
    "continue-false-with-another-id": (
        stop(session_identifier="s2"),
        replace(INVALID, fetch="MismatchedSessionId", cookie=False),
    ),
    # 403
    "403-challenge": (lambda site: (Answer(403, (challenge("n1"),)), site.config()), replace(REFRESHED, asked=2)),
    "403-four-challenges": (
        lambda site: (*(Answer(403, (challenge(f"n{n}"),)) for n in range(4)), site.config()),
        replace(REFRESHED, asked=5),
    ),
    "403-five-challenges": (
        lambda site: (*(Answer(403, (challenge(f"n{n}"),)) for n in range(5)), site.config()),
        replace(ENDED, fetch="TooManyChallenges", asked=5),
    ),
    "403-without-challenge": (always(Answer(403)), replace(ENDED, fetch="InvalidChallenge")),
    "403-challenge-without-id": (
        always(Answer(403, ((CHALLENGE, '"n1"'),))),
        replace(ENDED, fetch="InvalidChallenge"),
    ),
    "403-challenge-for-another-session": (
        always(Answer(403, (challenge("n1", "s2"),))),
        replace(ENDED, fetch="InvalidChallenge"),
    ),
    # Any other 4xx but 407; the network stack itself repeats 408 and 421 once
    **{f"{status}": (always(Answer(status)), REFUSED) for status in (400, 401, 404, 405, 409, 410, 418, 429, 451)},
    "429-with-retry-after": (always(Answer(429, (("Retry-After", "1"),))), REFUSED),
    "408": (always(Answer(408)), replace(REFUSED, asked=2)),
    "421": (always(Answer(421)), replace(REFUSED, asked=2)),
    "407": (always(Answer(407)), UNREACHABLE),
    # 304 / 3xx without Location
    **{f"{status}-without-location": (always(Answer(status)), REFUSED) for status in (300, 302, 304, 307)},
    # 5xx
    **{f"{status}": (always(Answer(status)), TRANSIENT) for status in (500, 502, 503, 504, 599)},
    # Network error: Chromium tries once more, and a connection that was open already counts as none
    "reset-once": (lambda site: (RESET, site.config()), replace(REFRESHED, asked=2)),
    "reset-again": (always(RESET), replace(UNREACHABLE, asked=2)),
}


@pytest.mark.parametrize("row", ROWS)
def test_refresh_answered_with(row: str, site: Site, visit: Visit) -> None:
    answers, expected = ROWS[row]
    site.bind(visit)
    found = refresh(site, visit, *answers(site))
    if row.startswith("reset"):
        # Whether one was open already is a matter of moments.
        assert expected.asked <= found.asked <= expected.asked + 1
        found = replace(found, asked=expected.asked)
    assert found == expected


def test_403_without_a_new_challenge_makes_the_browser_repeat_its_last_proof_until_it_gives_up(
    site: Site, visit: Visit
) -> None:
    site.bind(visit, challenge("c2"))
    expected = replace(ENDED, fetch="TooManyChallenges", asked=4)
    assert refresh(site, visit, Answer(403)) == expected
    assert len({seen.proof for seen in site.seen("/ref")}) == 1, "the same bytes four times"


def test_a_refresh_that_sets_no_cookie_is_repeated_by_the_next_request(site: Site, visit: Visit) -> None:
    site.bind(visit)
    assert refresh(site, visit, json_answer(site.document())) == BARE
    assert refresh(site, visit, site.config()) == REFRESHED


def test_an_empty_2xx_keeps_the_used_challenge_and_the_same_proof_comes_again(site: Site, visit: Visit) -> None:
    site.bind(visit, challenge("c2"))
    assert refresh(site, visit, Answer(204, (cookie(),))) == REFRESHED
    assert refresh(site, visit) == REFRESHED
    first, second = (seen.proof for seen in site.seen("/ref"))
    assert first == second


def test_instructions_without_a_challenge_drop_the_used_one(site: Site, visit: Visit) -> None:
    site.bind(visit, challenge("c2"))
    assert refresh(site, visit, site.config()) == REFRESHED
    assert refresh(site, visit) == REFRESHED
    first, second = (seen.proof for seen in site.seen("/ref"))
    assert first is not None
    assert second is None, "the next refresh begins without a proof"


def test_no_answer_blocks_the_page_for_twenty_seconds_and_keeps_the_session(site: Site, visit: Visit) -> None:
    never = threading.Event()
    site.bind(visit)
    site.on("/ref", Answer(hold=never))
    visit.lose("bound")
    visit.page.evaluate(
        """url => { const start = performance.now();
        globalThis.waited = null;
        void fetch(url).then(() => { globalThis.waited = performance.now() - start; }); }""",
        site.url("/app"),
    )
    details = visit.wait_for("refresh")[0]["details"]
    visit.page.wait_for_function("() => globalThis.waited !== null")
    never.set()
    assert (details["refreshResult"], details["failedRequest"]["netError"]) == ("Unreachable", "net::ERR_TIMED_OUT")
    assert visit.page.evaluate("() => globalThis.waited") > 15_000
    sent = site.seen("/app")[0]
    assert sent.skipped == 'unreachable;session_identifier="s1"'
    assert [session["key"]["id"] for session in visit.sessions()] == ["s1"]
