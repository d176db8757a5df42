"""Proofs in, fresh cookies out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from boundgate.dbsc import (
    STRICT,
    BoundCredential,
    Challenges,
    ChallengeStale,
    ConfigurationError,
    Instructions,
    KeyedSession,
    KnownMint,
    ProofEndpoints,
    ProofRefused,
    RenewalRules,
    Renewals,
    read_public_key,
    unseal,
)
from boundgate.storage import MemoryHotState
from tests.support.keys import FakeClock, StaticMacs, counting_random
from tests.support.soft_browser import SoftDbsc, read_challenge

ORIGIN, HOME = "https://app.example.com", b"\x04home"
NOTHING = KnownMint(0, 0.0)
BOUND, FRESH = BoundCredential("__Host-bound"), BoundCredential("__Host-fresh")


@dataclass
class World:
    """One session, its key, and everything that renewals need."""

    leniencies: Any = None
    clock: FakeClock = field(default_factory=FakeClock)
    macs: StaticMacs = field(default_factory=StaticMacs)
    key: SoftDbsc = field(default_factory=SoftDbsc)
    ledger: MemoryHotState = field(default_factory=lambda: MemoryHotState(counting_random()))

    def __post_init__(self) -> None:
        challenges = Challenges(macs=self.macs, used=self.ledger, clock=self.clock, random=counting_random())
        instructions = Instructions(
            origin=ORIGIN, refresh_path="/dbsc/refresh", excluded_paths=("/dbsc",), credentials=(BOUND, FRESH)
        )
        self.renewals = Renewals(
            ledger=self.ledger,
            challenges=challenges,
            macs=self.macs,
            endpoints=ProofEndpoints(
                registration_url=f"{ORIGIN}/dbsc/register",
                refresh_url=f"{ORIGIN}/dbsc/refresh",
                bound=BOUND,
                fresh=FRESH,
                instructions=instructions,
            ),
            rules=RenewalRules(),
            clock=self.clock,
            **({"leniencies": self.leniencies} if self.leniencies else {}),
        )

    def session(self, newest: KnownMint = NOTHING) -> KeyedSession:
        return KeyedSession("sid", "alice", read_public_key(self.key.jwk, algorithm="ES256"), newest)

    def proof(self, **misbehaviour: Any) -> str:
        challenge = read_challenge(self.renewals.challenge_header("sid"), "sid")
        return self.key.refresh_proof(challenge, **misbehaviour)


async def test_a_renewal_is_everything_that_the_browser_needs() -> None:
    world = World()
    renewal = await world.renewals.refresh(world.session(), world.proof(), prefix=HOME)
    bound, fresh = renewal.set_cookies
    assert bound == BOUND.set_cookie(bound.partition("=")[2].partition(";")[0], max_age_seconds=300)
    assert fresh == FRESH.set_cookie("", max_age_seconds=300)
    value = unseal(bound.partition("=")[2].partition(";")[0], macs=world.macs)
    assert value is not None
    assert (value.session_id, value.mint, value.network_prefix) == ("sid", renewal.mint, HOME)
    assert value.minted_at == renewal.proved_at == world.clock()
    assert (renewal.user, renewal.signatures) == ("alice", 1)
    assert read_challenge(renewal.challenge_header, "sid")
    assert b'"session_identifier":"sid"' in renewal.body


async def test_a_challenge_proves_once() -> None:
    world = World()
    proof = world.proof()
    await world.renewals.refresh(world.session(), proof, prefix=HOME)
    with pytest.raises(ChallengeStale):
        await world.renewals.refresh(world.session(), proof, prefix=HOME)
    assert await world.ledger.signatures("sid", now=world.clock(), window_seconds=540) == 1


async def test_a_proof_by_another_key_uses_nothing_up() -> None:
    world = World()
    challenge = read_challenge(world.renewals.challenge_header("sid"), "sid")
    with pytest.raises(ProofRefused):
        await world.renewals.refresh(world.session(), SoftDbsc().refresh_proof(challenge), prefix=HOME)
    assert await world.renewals.refresh(world.session(), world.key.refresh_proof(challenge), prefix=HOME)


async def test_mints_grow_over_what_the_record_knows_also_with_an_empty_ledger() -> None:
    world = World()
    later = round(world.clock() * 1000) + 5_000
    renewal = await world.renewals.refresh(world.session(KnownMint(later, world.clock())), world.proof(), prefix=HOME)
    assert renewal.mint == later + 1
    assert (await world.renewals.first(world.session(), prefix=HOME)).mint == later + 2


async def test_a_challenge_older_than_its_life_is_stale() -> None:
    world = World()
    proof = world.proof()
    world.clock.advance(901)
    with pytest.raises(ChallengeStale):
        await world.renewals.refresh(world.session(), proof, prefix=HOME)


async def test_older_shapes_of_proofs_can_be_switched_off() -> None:
    lenient, strict = World(), World(leniencies=STRICT)
    assert await lenient.renewals.refresh(lenient.session(), lenient.proof(typ="jwt"), prefix=HOME)
    with pytest.raises(ProofRefused):
        await strict.renewals.refresh(strict.session(), strict.proof(typ="jwt"), prefix=HOME)


@pytest.mark.parametrize(
    "lives", [{"bound_cookie_seconds": 120}, {"challenge_seconds": 300}, {"registration_seconds": 0}], ids=str
)
def test_lives_that_no_browser_could_keep_up_with_are_refused(lives: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        RenewalRules(**lives)


async def test_instructions_are_told_at_registration_and_once_more_after_a_start_and_then_stay() -> None:
    world = World()
    session = b'"session_identifier":"sid"'
    assert session in (await world.renewals.first(world.session(), prefix=HOME)).body
    before = world.session(KnownMint(1, world.clock() - 0.001))
    assert session in (await world.renewals.refresh(before, world.proof(), prefix=HOME)).body
    since = world.session(KnownMint(1, world.clock()))
    assert (await world.renewals.refresh(since, world.proof(), prefix=HOME)).body == b""
