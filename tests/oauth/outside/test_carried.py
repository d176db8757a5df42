"""What a browser carries while somebody is away: nobody else can make it, change it, or use it twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import Challenges
from boundgate.keyring import KeyringFile
from boundgate.oauth.outside.carried import Carried, Carrier, cookie_value, read_cookie_value, record_of
from boundgate.oauth.outside.model import Identified, Purpose, Waiting
from boundgate.storage.memory_hot import MemoryHotState
from tests.support.keys import FakeClock

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
WAITING = Waiting(
    purpose=Purpose.SIGN_IN,
    provider_id="acme",
    issuer="https://id.example",
    session_id="",
    target="",
    verifier="v" * 43,
    nonce="n" * 43,
)
NAMED = Identified(
    purpose=Purpose.SIGN_IN,
    provider_id="acme",
    issuer="https://id.example",
    subject="248289761001",
    session_id="",
    target="",
    user_id="alice",
)


def carrier(tmp_path, clock: FakeClock) -> Carrier:
    random = iter(range(1, 10_000))
    draw = lambda size: next(random).to_bytes(size)  # noqa: E731
    keys = KeyringFile.load_or_create(tmp_path / "keys.json", clock=clock, random=draw)
    return Carrier(Challenges(macs=keys, used=MemoryHotState(draw), clock=clock, random=draw))


async def test_it_comes_back_as_it_was_once_and_within_ten_minutes(tmp_path) -> None:
    clock = FakeClock()
    ours = carrier(tmp_path, clock)
    back = read_cookie_value(cookie_value(ours.seal(WAITING)))
    assert back is not None
    assert record_of(back, Waiting) == WAITING
    assert ours.is_good(back, Waiting)
    assert await ours.use_up(back, Waiting)
    assert not await ours.use_up(back, Waiting)
    late = ours.seal(WAITING)
    clock.advance(601)
    assert not ours.is_good(late, Waiting)


async def test_nothing_of_it_can_be_changed_nor_taken_for_the_other_kind(tmp_path) -> None:
    ours = carrier(tmp_path, FakeClock())
    named = ours.seal(NAMED)
    assert len(named.values) == len(ours.seal(WAITING).values), "or the next line would show nothing"
    assert not ours.is_good(named, Waiting)
    assert not await ours.use_up(named, Waiting)
    for position in range(len(named.values)):
        values = list(named.values)
        values[position] = "link" if position == 0 else values[position] + "x"
        assert not ours.is_good(replace(named, values=tuple(values)), Identified)
    assert ours.is_good(named, Identified)


@given(st.lists(TEXT, max_size=8), st.from_regex(r"[A-Za-z0-9_-]{1,80}", fullmatch=True))
def test_any_values_are_read_as_they_were_written(values: list[str], token: str) -> None:
    carried = Carried(tuple(values), token)
    assert read_cookie_value(cookie_value(carried)) == carried


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}", fullmatch=True))
def test_any_text_is_read_or_passed_over(text: str) -> None:
    found = read_cookie_value(text)
    if found is not None:
        assert record_of(found, Waiting) is None
        assert record_of(found, Identified) is None
