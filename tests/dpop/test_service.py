"""A proof counts once, also where the server forgets in between, and no window opens at a restart."""

from __future__ import annotations

import asyncio

import pytest

from boundgate.clock import system_random
from boundgate.dbsc import ValidChallenge
from boundgate.dpop import DpopNonces, DpopProofs, InvalidDpopProof, UseDpopNonce
from boundgate.dpop.nonces import NONCE_SECONDS
from boundgate.dpop.service import REMEMBER_SECONDS
from boundgate.storage import MemoryHotState
from tests.support.dpop import ProgramKey
from tests.support.keys import FakeClock, MemoryUsed, StaticMacs

URL = "https://localhost:8443/v1/models"
CLIENT = ProgramKey("owner")
MACS = StaticMacs()


class Server:
    """One life of a server's memory."""

    def __init__(self, clock: FakeClock, used: MemoryUsed | MemoryHotState | None = None) -> None:
        self.clock, self.used = clock, used or MemoryHotState(system_random)
        nonces = DpopNonces(macs=MACS, used=self.used, clock=clock)
        self.proofs = DpopProofs(nonces=nonces, used=self.used, clock=clock)

    def proof(self, client: ProgramKey = CLIENT, **claims: object) -> str:
        said = {"nonce": self.proofs.nonce(client.jkt)} | claims
        return client.proof(method="GET", url=URL, now=self.clock.now, **said)

    async def take(self, *fields: str) -> str:
        return (await self.proofs.take(fields=fields, method="GET", url=URL)).jkt


async def test_a_proof_counts_once() -> None:
    server = Server(FakeClock())
    proof = server.proof()
    assert await server.take(proof) == CLIENT.jkt
    with pytest.raises(InvalidDpopProof, match="used before"):
        await server.take(proof)
    assert await server.take(server.proof()) == CLIENT.jkt


async def test_of_many_at_once_one_counts() -> None:
    server = Server(FakeClock(), MemoryUsed())
    proof = server.proof()
    done = await asyncio.gather(*(server.take(proof) for _ in range(20)), return_exceptions=True)
    assert [outcome for outcome in done if outcome == CLIENT.jkt] == [CLIENT.jkt]
    assert sum(isinstance(outcome, InvalidDpopProof) for outcome in done) == 19


async def test_the_same_jti_by_another_key_is_another_proof() -> None:
    server, other = Server(FakeClock()), ProgramKey("somebody else")
    assert await server.take(server.proof(jti="one")) == CLIENT.jkt
    assert await server.take(server.proof(other, jti="one")) == other.jkt


async def test_a_jti_is_used_up_whatever_else_the_next_proof_says() -> None:
    server = Server(FakeClock())
    await server.take(server.proof(jti="one"))
    server.clock.advance(1)
    with pytest.raises(InvalidDpopProof, match="used before"):
        await server.take(server.proof(jti="one"))


async def test_at_no_moment_does_a_used_proof_count_again() -> None:
    server = Server(FakeClock())
    proof = server.proof(iat=int(server.clock.now) + 55)
    await server.take(proof)
    for _ in range(300):
        server.clock.advance(0.5)
        with pytest.raises((InvalidDpopProof, UseDpopNonce)):
            await server.take(proof)


async def test_uses_are_remembered_for_longer_than_nonces_live() -> None:
    clock, used = FakeClock(), MemoryUsed()
    server = Server(clock, used)
    await server.take(server.proof())
    assert list(used.entries.values()) == [pytest.approx(clock.now + REMEMBER_SECONDS, abs=0.001)]
    assert REMEMBER_SECONDS > NONCE_SECONDS


async def test_a_refused_proof_uses_nothing_up() -> None:
    used = MemoryUsed()
    server = Server(FakeClock(), used)
    for wrong in (server.proof(htm="POST"), server.proof(nonce="x"), server.proof(iat=1)):
        with pytest.raises((InvalidDpopProof, UseDpopNonce)):
            await server.take(wrong)
    assert used.consume_calls == 0


async def test_after_a_restart_that_has_forgotten_everything_no_recorded_proof_counts() -> None:
    clock = FakeClock()
    before = Server(clock)
    used, unused = before.proof(), before.proof()
    await before.take(used)
    after = Server(clock)
    for recorded in (used, unused):
        with pytest.raises(UseDpopNonce) as refused:
            await after.take(recorded)
        assert refused.value.jkt == CLIENT.jkt
    assert await after.take(after.proof()) == CLIENT.jkt


async def test_a_memory_that_forgets_while_the_proof_is_looked_at_asks_for_a_new_nonce() -> None:
    class Forgetting(MemoryUsed):
        async def consume(self, challenge: ValidChallenge, *, now: float) -> bool:
            self.forget_everything()
            return await super().consume(challenge, now=now)

    server = Server(FakeClock(), Forgetting())
    with pytest.raises(UseDpopNonce):
        await server.take(server.proof())


async def test_whoever_has_no_nonce_gets_one_that_works() -> None:
    server = Server(FakeClock())
    without = CLIENT.proof(method="GET", url=URL, now=server.clock.now)
    with pytest.raises(UseDpopNonce) as refused:
        await server.take(without)
    nonce = server.proofs.nonce_for([without], refused.value)
    assert await server.take(server.proof(nonce=nonce)) == CLIENT.jkt


def test_a_nonce_goes_to_whoever_shows_a_key_and_to_nobody_else() -> None:
    server = Server(FakeClock())
    proof = server.proof()
    assert server.proofs.nonce_for([proof]) is not None
    for fields in ([], [proof, proof], ["x"], ["a.b.c"], [""]):
        assert server.proofs.nonce_for(fields) is None
