"""The bound cookie's value: readable by us, changeable by nobody."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import BoundValue, Challenges, seal, unseal
from tests.support.keys import FakeClock, MemoryUsed, StaticMacs, counting_random

MACS = StaticMacs()
VALUE = BoundValue("session-1_A", 42, 1_800_000_000.125, b"\x04\x7f\x00\x00")
# RFC 6265 §4.1.1, and nothing that would need quotes.
COOKIE_OCTETS = re.compile(r"[!#-+\--:<-\[\]-~]+")
VALUES = st.builds(
    BoundValue,
    session_id=st.from_regex(r"[A-Za-z0-9_-]{1,128}", fullmatch=True),
    mint=st.integers(0, 10**18 - 1),
    minted_at=st.integers(0, 10**14).map(lambda milliseconds: milliseconds / 1000),
    network_prefix=st.binary(max_size=24),
)


@given(value=VALUES)
def test_what_was_sealed_is_read_back(value: BoundValue) -> None:
    text = seal(value, macs=MACS)
    assert unseal(text, macs=MACS) == value
    assert COOKIE_OCTETS.fullmatch(text)
    assert len(text) <= 512


def test_every_change_of_every_character_undoes_it() -> None:
    text = seal(VALUE, macs=MACS)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/= "
    for position, other in itertools.product(range(len(text)), alphabet):
        if other != text[position]:
            assert unseal(text[:position] + other + text[position + 1 :], macs=MACS) is None, (position, other)


def test_cuts_and_additions_undo_it() -> None:
    text = seal(VALUE, macs=MACS)
    pieces = [text[:size] for size in range(len(text))]
    longer = [f"{text}A", f"{text}=", f"{text}.", f"{text}\n", f" {text}", f'"{text}"', text + text, f"v1.{text}"]
    for other in [*pieces, *longer]:
        assert unseal(other, macs=MACS) is None


@pytest.mark.parametrize(
    ("field", "written"),
    [(0, "v2"), (1, "session-2"), (2, "43"), (2, "042"), (3, "1800000000126"), (4, ""), (5, "kid-0002")],
)
def test_no_field_can_be_exchanged(field: int, written: str) -> None:
    macs = StaticMacs("kid-0001")
    macs.rotate("kid-0002")
    macs.rotate("kid-0001")
    fields = seal(VALUE, macs=macs).split(".")
    assert fields[field] != written
    fields[field] = written
    assert unseal(".".join(fields), macs=macs) is None


def test_fields_cannot_flow_into_each_other() -> None:
    prefix, tail = "1", "2"
    one = BoundValue("s", int(prefix + tail), 3.0, b"")
    other = BoundValue("s", int(prefix), float(tail + "3") / 1000, b"")
    fields, others = (seal(value, macs=MACS).split(".") for value in (one, other))
    assert unseal(".".join([*fields[:5], *others[5:]]), macs=MACS) is None


@given(
    text=st.text()
    | st.from_regex(r"v1\.[a-z]{1,4}\.[0-9]{1,20}\.[0-9]{1,17}\.[A-Za-z]{0,5}\.[a-z0-9-]{8}\.[A-Za-z_-]{43}")
)
def test_any_other_text_is_just_not_a_value(text: str) -> None:
    assert unseal(text, macs=MACS) is None


@pytest.mark.parametrize("digits", ["\u0661\u0662", "\uff11"])
def test_digits_of_another_script_are_not_read(digits: str) -> None:
    assert unseal(seal(VALUE, macs=MACS).replace(".42.", f".{digits}."), macs=MACS) is None


def test_a_tag_made_for_another_purpose_is_refused() -> None:
    class OtherPurpose(StaticMacs):
        def sign(self, purpose: bytes, message: bytes) -> tuple[str, bytes]:
            return super().sign(b"challenge", message)

    assert unseal(seal(VALUE, macs=OtherPurpose()), macs=MACS) is None


def test_a_challenge_is_no_cookie_and_a_cookie_no_challenge() -> None:
    challenges = Challenges(macs=MACS, used=MemoryUsed(), clock=FakeClock(), random=counting_random())
    assert unseal(challenges.issue(purpose="bound-cookie", context="s"), macs=MACS) is None
    assert challenges.check(seal(VALUE, macs=MACS), purpose="bound-cookie", context="s", max_age_seconds=1e9) is None


def test_a_rotated_key_still_reads_and_a_retired_one_does_not() -> None:
    macs = StaticMacs("kid-0001")
    text = seal(VALUE, macs=macs)
    macs.rotate("kid-0002")
    assert unseal(text, macs=macs) == VALUE
    assert unseal(seal(VALUE, macs=macs), macs=macs) == VALUE
    macs.retire("kid-0001")
    assert unseal(text, macs=macs) is None


def test_an_unknown_key_reads_like_any_other_refusal() -> None:
    assert unseal(seal(VALUE, macs=StaticMacs("kid-9999")), macs=MACS) is None


def test_a_shortened_tag_is_refused_although_the_keys_would_take_it() -> None:
    from tests.support.keys import b64u

    head = seal(VALUE, macs=MACS).rsplit(".", 1)[0]
    body = head.rsplit(".", 1)[0]
    _, tag = MACS.sign(b"bound-cookie", body.encode())
    assert unseal(f"{head}.{b64u(tag)}", macs=MACS) == VALUE
    assert unseal(f"{head}.{b64u(tag[:16])}", macs=MACS) is None


def test_each_mint_gives_another_text() -> None:
    texts = {seal(BoundValue("s", mint, 5.0, b"p"), macs=MACS) for mint in range(100)}
    assert len(texts) == 100


def test_the_time_is_kept_to_the_millisecond() -> None:
    value = unseal(seal(BoundValue("s", 1, 1_800_000_000.0004, b""), macs=MACS), macs=MACS)
    assert value is not None
    assert value.minted_at == 1_800_000_000.0
