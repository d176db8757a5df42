"""Requests that were recorded, sent again exactly so: before and after the server's process was killed."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator

import pytest

from e2e.support.person import Person
from e2e.support.secrets import Secrets
from e2e.support.server import Server
from e2e.support.wire_program import CALLBACK, WireProgram

PROOF_SECONDS = 60


@pytest.fixture
def wire_program(secrets: Secrets) -> Iterator[Callable[[Server, str], WireProgram]]:
    started: list[WireProgram] = []

    def start(server: Server, client_id: str) -> WireProgram:
        started.append(WireProgram(server, client_id, secrets))
        return started[-1]

    yield start
    for program in started:
        program.web.close()


def test_requests_recorded_before_a_kill_are_refused_after_it_and_end_nothing(
    start_server: Callable[..., Server], person: Callable[..., Person], wire_program: Callable[..., WireProgram]
) -> None:
    server = start_server()
    owner = person(at=server)
    owner.enrol(server.invite("Grace"))
    client_id = server.command("clients", "add", "Recorded", "--redirect-uri", CALLBACK).strip()
    program = wire_program(server, client_id)
    code = program.allowed(owner)["code"]
    started = time.monotonic()
    assert program.send(program.code(code))[:2] == (400, "use_dpop_nonce")

    redeemed = program.code(code)
    status, _, tokens = program.send(redeemed)
    assert status == 200
    pushed = program.post("/oauth/par", **program.asked())
    assert program.send(pushed)[0] == 201
    called = program.call(tokens["access_token"])
    assert program.send(called)[0] == 200
    refreshed = program.refresh(tokens["refresh_token"])
    status, _, newer = program.send(refreshed)
    assert status == 200
    # Taken on their way: nobody has seen them yet, and their nonce is the newest.
    held_call, held_refresh = program.call(newer["access_token"]), program.refresh(newer["refresh_token"])

    for recorded in (redeemed, pushed, refreshed):
        assert program.send(recorded)[:2] == (400, "invalid_dpop_proof"), "used, while the server remembers"
    assert program.send(called)[:2] == (401, "invalid_dpop_proof")

    process = server._process
    server.kill()
    assert process is not None
    assert process.returncode == -signal.SIGKILL
    server.start()

    for recorded in (redeemed, pushed, refreshed, held_refresh):
        assert program.send(recorded)[:2] == (400, "use_dpop_nonce"), "its nonce died with the memory of its use"
    for recorded in (called, held_call):
        assert program.send(recorded)[:2] == (401, "use_dpop_nonce")
    assert time.monotonic() - started < PROOF_SECONDS, "each proof was still of this minute"

    # The thief has the owner's nonce now, and not the key; the owner has both.
    status, error, _ = program.send(program.call(newer["access_token"]))
    assert (status, error) == (200, None)
    status, error, _ = program.send(program.refresh(newer["refresh_token"]))
    assert (status, error) == (200, None)
