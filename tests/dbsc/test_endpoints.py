"""One request to a DBSC endpoint in, one answer out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from boundgate.dbsc import (
    ChallengeStale,
    EndpointAnswer,
    EndpointRequest,
    KeyRefused,
    PageScript,
    ProofMalformed,
    ProofRefused,
    Renewal,
    SessionEnded,
    SessionUnknown,
    answer_refresh,
    answer_registration,
)
from boundgate.dbsc.headers import UNNAMED_CLIENT
from boundgate.errors import Conflict, StorageUnavailable

ORIGIN, PREFIX = "https://example.test", b"\x04net"
NEXT = '"next";id="sid"'
RENEWAL = Renewal("sid", "alice", 7, 1.5, 1, b'{"session_identifier":"sid"}', ("a=1", "b="), NEXT)
BROWSER = {"origin": ORIGIN, "fetch_mode": "no-cors", "fetch_site": "same-origin"}


@dataclass
class Sessions:
    """Answers as it is told to."""

    outcome: Exception | None = None
    living: Exception | None = None
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    renewal: Renewal = RENEWAL
    clients: list[tuple[str | None, str | None]] = field(default_factory=list)

    async def register(self, proof: str, *, prefix: bytes, client: str | None, cookies: str | None) -> Renewal:
        self.clients.append((client, cookies))
        return self._answer("register", proof, prefix)

    async def refresh(self, session_id: str, proof: str, *, prefix: bytes) -> Renewal:
        return self._answer("refresh", session_id, proof, prefix)

    async def challenge(self, session_id: str) -> str:
        if self.living:
            raise self.living
        return NEXT

    def ended(self, session_id: str) -> bytes:
        return json.dumps({"session_identifier": session_id, "continue": False}).encode()

    def _answer(self, *asked: Any) -> Renewal:
        self.asked.append(asked)
        if self.outcome:
            raise self.outcome
        return self.renewal


async def refresh(sessions: Sessions, **fields: str | None) -> EndpointAnswer:
    request = EndpointRequest(**{"session_id": "sid", "proof": "p.p.p", **BROWSER, **fields})
    return await answer_refresh(request, sessions=sessions, prefix=PREFIX, expected_origins={ORIGIN})


async def register(sessions: Sessions, **fields: str | None) -> EndpointAnswer:
    request = EndpointRequest(**{"proof": "p.p.p", **BROWSER, **fields})
    return await answer_registration(request, sessions=sessions, prefix=PREFIX, expected_origins={ORIGIN})


def challenge_in(answer: EndpointAnswer) -> str | None:
    return next((value.decode() for name, value in answer.headers if name == b"secure-session-challenge"), None)


def code_in(answer: EndpointAnswer) -> str:
    return str(json.loads(answer.body)["code"])


@pytest.mark.parametrize("endpoint", [refresh, register])
async def test_an_accepted_proof_is_answered_with_everything_that_the_browser_needs(endpoint: Any) -> None:
    sessions = Sessions()
    answer = await endpoint(sessions)
    assert (answer.status, answer.body, answer.outcome) == (200, RENEWAL.body, "ok")
    assert [value for name, value in answer.headers if name == b"set-cookie"] == [b"a=1", b"b="]
    assert challenge_in(answer) == NEXT, "sent ahead, or the next refresh would take two round trips"
    assert sessions.asked[0][-2:] == ("p.p.p", PREFIX)


async def test_an_answer_that_changes_no_instructions_has_no_body_and_no_type_of_one() -> None:
    sessions = Sessions()
    sessions.renewal = replace(RENEWAL, body=b"")
    answer = await refresh(sessions)
    assert (answer.status, answer.body, challenge_in(answer)) == (200, b"", NEXT)
    assert b"content-type" not in dict(answer.headers)


async def test_a_refresh_without_proof_gets_a_challenge() -> None:
    sessions = Sessions()
    answer = await refresh(sessions, proof=None)
    assert (answer.status, answer.kind, challenge_in(answer), answer.body) == (403, "dbsc.challenge", NEXT, b"")
    assert sessions.asked == []


@pytest.mark.parametrize("error", [ProofMalformed, ProofRefused, ChallengeStale, KeyRefused])
async def test_what_may_be_tried_again_is_403_with_a_new_challenge(error: type[Exception]) -> None:
    answer = await refresh(Sessions(error("Why.")))
    assert (answer.status, challenge_in(answer), answer.session_id) == (403, NEXT, "sid")


@pytest.mark.parametrize("proof", [None, "p.p.p"])
async def test_a_session_that_is_over_is_told_so_and_one_that_is_unknown_is_not_there(proof: str | None) -> None:
    over = SessionEnded("Over.")
    answer = await refresh(Sessions(over, living=over), proof=proof)
    assert (answer.status, json.loads(answer.body)) == (200, {"session_identifier": "sid", "continue": False})
    assert answer.outcome == "session_ended"
    unknown = SessionUnknown("Unknown.")
    answer = await refresh(Sessions(unknown, living=unknown), proof=proof)
    assert (answer.status, code_in(answer), answer.session_id) == (404, "session_unknown", None)


async def test_a_session_that_ends_while_its_bad_proof_is_refused_is_told_so() -> None:
    answer = await refresh(Sessions(ProofRefused("Bad."), living=SessionEnded("Over.")))
    assert (answer.status, json.loads(answer.body)["continue"]) == (200, False)


async def test_a_store_that_is_down_is_503_so_that_the_browser_keeps_its_session() -> None:
    down = StorageUnavailable("Down.")
    assert (await refresh(Sessions(down))).status == 503
    assert (await refresh(Sessions(ProofRefused("Bad."), living=down))).status == 503
    assert (await register(Sessions(down))).status == 503


async def test_a_refresh_that_names_no_session_or_an_unreadable_one_asks_nobody() -> None:
    sessions = Sessions()
    answer = await refresh(sessions, session_id=None)
    assert (answer.status, code_in(answer)) == (400, "session_id_missing")
    answer = await refresh(sessions, session_id="not one")
    assert (answer.status, answer.session_id, sessions.asked) == (400, None, [])


async def test_a_registration_without_proof_is_refused() -> None:
    answer = await register(Sessions(), proof=None)
    assert (answer.status, code_in(answer)) == (400, "proof_missing")


@pytest.mark.parametrize("error", [ProofMalformed, ProofRefused, ChallengeStale, KeyRefused])
async def test_a_failed_registration_is_answered_once_and_gets_no_challenge(error: type[Exception]) -> None:
    answer = await register(Sessions(error("Why.")))
    assert 400 <= answer.status < 500
    assert challenge_in(answer) is None


async def test_a_second_key_is_a_conflict() -> None:
    answer = await register(Sessions(Conflict("Taken.", code="second_key")))
    assert (answer.status, code_in(answer), answer.outcome) == (409, "second_key", "second_key")


@pytest.mark.parametrize("endpoint", [refresh, register])
@pytest.mark.parametrize("sign", [{"fetch_mode": "cors"}, {"origin": "https://evil.example.test"}, {"origin": "null"}])
async def test_a_proof_that_a_page_sent_reaches_nobody(endpoint: Any, sign: dict[str, str]) -> None:
    sessions = Sessions()
    answer = await endpoint(sessions, **sign)
    assert (answer.status, code_in(answer), sessions.asked) == (PageScript.status, "page_script", [])
    assert challenge_in(answer) is None


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ({}, None),
        ({"fetch_mode": None, "fetch_site": None, "origin": None}, None),
        ({"client": "boundgate-extension/1.0"}, "boundgate-extension/1.0"),
        ({"client": ""}, UNNAMED_CLIENT),
        ({"client": "\x00" * 9000}, UNNAMED_CLIENT),
        ({"fetch_mode": "cors", "fetch_site": "none", "origin": "chrome-extension://a"}, UNNAMED_CLIENT),
        ({"fetch_mode": "cors", "origin": "moz-extension://1-2", "client": "theirs/2"}, "theirs/2"),
    ],
)
async def test_a_registration_tells_what_sent_it_unless_that_is_the_browser_itself(
    said: dict[str, str | None], client: str | None
) -> None:
    sessions = Sessions()
    answer = await register(sessions, **said, cookies="a=1")
    assert (answer.client, sessions.clients) == (client, [(client, "a=1")])
    sessions.outcome = Conflict("Taken.", code="second_key")
    refused = await register(sessions, **said)
    assert (refused.status, refused.outcome, refused.client) == (409, "second_key", client)


async def test_a_registration_without_proof_tells_what_sent_it() -> None:
    assert (await register(Sessions(), proof=None, client="theirs/2")).client == "theirs/2"
