"""Challenges: free to ask for, good for one purpose, one session, one time."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import Challenges, ValidChallenge
from tests.support.keys import FakeClock, MemoryUsed, StaticMacs, b64u, counting_random

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
LIFE = 900.0


@dataclass
class World:
    clock: FakeClock = field(default_factory=FakeClock)
    macs: StaticMacs = field(default_factory=StaticMacs)
    used: MemoryUsed = field(default_factory=MemoryUsed)

    def __post_init__(self) -> None:
        self.challenges = Challenges(macs=self.macs, used=self.used, clock=self.clock, random=counting_random())

    def issue(self, *, purpose: str = "refresh", context: str = "sid") -> str:
        return self.challenges.issue(purpose=purpose, context=context)

    def check(self, text: str, *, purpose: str = "refresh", context: str = "sid") -> ValidChallenge | None:
        return self.challenges.check(text, purpose=purpose, context=context, max_age_seconds=LIFE)

    async def redeem(self, text: str, *, purpose: str = "refresh", context: str = "sid") -> bool:
        return await self.challenges.redeem(text, purpose=purpose, context=context, max_age_seconds=LIFE)


async def test_a_challenge_is_redeemed_once() -> None:
    world = World()
    challenge = world.issue()
    assert [await world.redeem(challenge) for _ in range(3)] == [True, False, False]


async def test_of_many_callers_at_once_one_redeems() -> None:
    world = World()
    challenge = world.issue()
    results = await asyncio.gather(*(world.redeem(challenge) for _ in range(200)))
    assert results.count(True) == 1


async def test_challenges_are_redeemed_independently_of_each_other() -> None:
    world = World()
    first, second = world.issue(), world.issue()
    assert await world.redeem(second)
    assert await world.redeem(first)


async def test_asking_stores_nothing_and_uses_nothing() -> None:
    world = World()
    for _ in range(10_000):
        assert world.check(world.issue())
    assert world.used.consume_calls == 0
    assert world.used.entries == {}


async def test_what_is_not_a_valid_challenge_never_reaches_the_memory() -> None:
    world = World()
    challenge = world.issue()
    world.clock.advance(LIFE + 1)
    for text in ("", "x", "A" * 64, challenge, "\u00e9" * 64):
        assert not await world.redeem(text)
    assert world.used.consume_calls == 0


async def test_checking_does_not_use_up() -> None:
    world = World()
    challenge = world.issue()
    assert world.check(challenge) == world.check(challenge)
    assert await world.redeem(challenge)
    assert world.check(challenge) is not None


def test_a_challenge_is_url_safe_and_never_repeats() -> None:
    world = World()
    issued = [world.issue() for _ in range(2000)]
    assert len(set(issued)) == 2000
    assert all(len(text) == 64 and set(text) <= set(ALPHABET) for text in issued)


def test_randomness_and_mac_have_128_bits_each() -> None:
    asked: list[int] = []

    def random(size: int) -> bytes:
        asked.append(size)
        return bytes(size)

    Challenges(macs=StaticMacs(), used=MemoryUsed(), clock=FakeClock(), random=random).issue(purpose="p", context="c")
    assert asked == [16]
    assert len(b64u(bytes(6 + 16 + 8 + 18))) == 64


def test_a_challenge_answers_for_its_own_purpose_and_context_only() -> None:
    world = World()
    pairs = [
        ("refresh", "sid"),
        ("register", "sid"),
        ("refresh", "sid2"),
        ("refreshs", "id"),
        ("", ""),
        ("refresh", ""),
    ]
    pairs += [("refresh\0sid", ""), ("", "refreshsid"), ("ref", "reshsid")]
    for issued, asked in itertools.product(pairs, pairs):
        challenge = world.issue(purpose=issued[0], context=issued[1])
        valid = world.check(challenge, purpose=asked[0], context=asked[1])
        assert (valid is not None) == (issued == asked)


@given(issued=st.tuples(st.text(), st.text()), asked=st.tuples(st.text(), st.text()))
def test_no_two_purposes_and_contexts_are_confused(issued: tuple[str, str], asked: tuple[str, str]) -> None:
    world = World()
    challenge = world.issue(purpose=issued[0], context=issued[1])
    assert world.check(challenge, purpose=issued[0], context=issued[1])
    assert (world.check(challenge, purpose=asked[0], context=asked[1]) is not None) == (issued == asked)


async def test_a_memory_that_started_empty_takes_no_challenge_of_before() -> None:
    world = World()
    unused, used = world.issue(), world.issue()
    assert await world.redeem(used)
    world.used.forget_everything()
    assert not await world.redeem(used)
    assert not await world.redeem(unused)
    assert await world.redeem(world.issue())


def test_every_change_of_every_character_undoes_it() -> None:
    world = World()
    challenge = world.issue()
    for position, other in itertools.product(range(64), ALPHABET + "+/=. "):
        if other != challenge[position]:
            assert world.check(challenge[:position] + other + challenge[position + 1 :]) is None, (position, other)


def test_the_other_base64_alphabet_is_not_accepted() -> None:
    world = World()
    challenge = next(text for text in iter(world.issue, None) if "-" in text and "_" in text)
    assert world.check(challenge)
    assert world.check(challenge.replace("-", "+")) is None
    assert world.check(challenge.replace("_", "/")) is None


def test_wrong_lengths_and_decorations_are_refused() -> None:
    world = World()
    challenge = world.issue()
    shortened = [challenge[:size] for size in range(64)]
    decorated = [
        f"{challenge}A",
        f"{challenge}==",
        f" {challenge}",
        f"{challenge}\n",
        challenge * 2,
        f"{challenge[:-1]}\n",
    ]
    for text in [*shortened, *decorated]:
        assert world.check(text) is None


@given(text=st.text() | st.text(ALPHABET + "=+/ \n\u00e9\ud800", min_size=60, max_size=64))
def test_any_text_is_just_not_a_challenge(text: str) -> None:
    assert World().check(text) is None


@pytest.mark.parametrize(
    ("age", "valid"),
    [(0, True), (LIFE - 0.001, True), (LIFE, True), (LIFE + 0.001, False), (LIFE * 100, False)],
)
def test_a_challenge_lives_as_long_as_it_may_and_no_longer(age: float, valid: bool) -> None:
    world = World()
    challenge = world.issue()
    world.clock.advance(age)
    assert (world.check(challenge) is not None) == valid


@pytest.mark.parametrize(("ahead", "valid"), [(1, True), (5, True), (5.001, False), (60, False), (1e9, False)])
def test_a_challenge_from_a_clock_that_is_ahead_is_taken_within_5_seconds(ahead: float, valid: bool) -> None:
    world = World()
    world.clock.advance(ahead)
    challenge = world.issue()
    world.clock.advance(-ahead)
    assert (world.check(challenge) is not None) == valid


def test_the_time_of_issue_is_kept_to_the_millisecond() -> None:
    world = World(clock=FakeClock(1_800_000_000.0))
    world.clock.advance(0.25)
    valid = world.check(world.issue())
    assert valid is not None
    assert valid.expires_at == 1_800_000_000.25 + LIFE


def test_each_challenge_has_its_own_identity_for_the_memory() -> None:
    world = World()
    valid = [world.check(world.issue()) for _ in range(500)]
    assert len({challenge.id for challenge in valid if challenge}) == 500


@pytest.mark.parametrize("late", [-0.001, 0.0, 0.001, 1.0, 4.9])
async def test_a_used_challenge_is_remembered_beyond_its_last_moment(late: float) -> None:
    """A store that forgets on time, or whose clock is ahead, must not open a second use."""
    world = World()
    challenge = world.issue()
    world.clock.advance(LIFE)
    assert await world.redeem(challenge)
    # Between the check and the store the clock goes on.
    valid = world.check(challenge)
    assert valid is not None
    assert not await world.used.consume(valid, now=world.clock() + late)


async def test_a_rotated_key_still_redeems_and_a_retired_one_does_not() -> None:
    world = World(macs=StaticMacs("kid-0001"))
    kept, dropped = world.issue(), world.issue()
    world.macs.rotate("kid-0002")
    assert await world.redeem(kept)
    assert world.check(world.issue())
    world.macs.retire("kid-0001")
    assert not await world.redeem(dropped)


def test_a_tag_of_one_key_does_not_pass_as_that_of_another() -> None:
    world = World(macs=StaticMacs("kid-0001"))
    challenge = world.issue()
    world.macs.rotate("kid-0002")
    relabelled = _with_kid(challenge, b"kid-0002")
    assert relabelled != challenge
    assert world.check(relabelled) is None
    assert world.check(_with_kid(challenge, b"kid-0001")) is not None


@pytest.mark.parametrize("kid", [b"\xff" * 8, bytes(8), "\u00e9".encode() * 4, b"kid-9999"])
def test_an_unknown_or_unreadable_key_id_is_just_not_a_challenge(kid: bytes) -> None:
    world = World()
    assert world.check(_with_kid(world.issue(), kid)) is None


def test_a_tag_made_for_another_purpose_of_the_keys_is_refused() -> None:
    class OtherPurpose(StaticMacs):
        def sign(self, purpose: bytes, message: bytes) -> tuple[str, bytes]:
            return super().sign(b"not-" + purpose, message)

    world, other = World(), World(macs=OtherPurpose())
    assert world.check(other.issue()) is None


async def test_a_failing_memory_is_not_taken_for_a_no() -> None:
    class Broken(MemoryUsed):
        async def consume(self, challenge: ValidChallenge, *, now: float) -> bool:
            raise ConnectionError

    world = World(used=Broken())
    with pytest.raises(ConnectionError):
        await world.redeem(world.issue())
    with contextlib.suppress(ConnectionError):
        assert not await world.redeem("junk")


def _with_kid(challenge: str, kid: bytes) -> str:
    import base64

    octets = base64.urlsafe_b64decode(challenge + "==")
    return b64u(octets[:22] + kid + octets[30:])
