"""Offers that nothing remembers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import ChallengeStale, ProofRefused, RegistrationProof, read_public_key
from boundgate.errors import BoundgateError
from boundgate.protect.offers import MAX_AUTHORIZATION_CHARS, Offers
from tests.support.keys import FakeClock, StaticMacs, counting_random
from tests.support.soft_browser import SoftDbsc

HASH = bytes(range(32))
KEY = read_public_key(SoftDbsc().jwk, algorithm="ES256")


def make(macs: StaticMacs | None = None, clock: FakeClock | None = None) -> Offers:
    return Offers(
        macs=macs or StaticMacs(),
        clock=clock or FakeClock(),
        random=counting_random(),
        life_seconds=60,
        new_seconds=15,
    )


def proof(challenge: str, authorization: str | None) -> RegistrationProof:
    return RegistrationProof(KEY, challenge, authorization)


@given(user=st.none() | st.text(max_size=80), thumbprint=st.none() | st.just(KEY.thumbprint))
def test_an_offer_comes_back_as_it_was_made(user: str | None, thumbprint: str | None) -> None:
    offers = make()
    try:
        tokens = offers.make(HASH, user=user, thumbprint=thumbprint)
    except UnicodeEncodeError:
        return
    assert tokens.authorization.isascii()
    assert len(tokens.authorization) <= MAX_AUTHORIZATION_CHARS
    offer = offers.read(proof(tokens.challenge, tokens.authorization))
    assert (offer.app_hash, offer.user, offer.thumbprint) == (HASH, user, thumbprint)


def test_no_two_offers_are_alike() -> None:
    offers = make()
    first, second = offers.make(HASH), offers.make(HASH)
    assert first.authorization != second.authorization
    with pytest.raises(ChallengeStale):
        offers.read(proof(second.challenge, first.authorization))


def test_an_offer_lives_as_long_as_it_says() -> None:
    clock = FakeClock()
    offers = make(clock=clock)
    tokens = offers.make(HASH)
    clock.advance(60)
    offers.read(proof(tokens.challenge, tokens.authorization))
    clock.advance(0.002)
    with pytest.raises(ChallengeStale):
        offers.read(proof(tokens.challenge, tokens.authorization))


def test_an_offer_from_the_future_is_none() -> None:
    clock = FakeClock()
    offers = make(clock=clock)
    tokens = offers.make(HASH)
    clock.advance(-6)
    with pytest.raises(ChallengeStale):
        offers.read(proof(tokens.challenge, tokens.authorization))


def test_a_compromised_key_voids_its_offers() -> None:
    macs = StaticMacs("kid-0001")
    offers = make(macs)
    tokens = offers.make(HASH)
    macs.rotate("kid-0002")
    offers.read(proof(tokens.challenge, tokens.authorization))
    macs.retire("kid-0001")
    with pytest.raises(ProofRefused):
        offers.read(proof(tokens.challenge, tokens.authorization))


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_is_an_offer(challenge: str, authorization: str) -> None:
    with pytest.raises(BoundgateError):
        make().read(proof(challenge, authorization))


@given(st.text(max_size=200))
def test_no_text_makes_a_session_new(value: str) -> None:
    assert not make().is_new(value, HASH)


@given(place=st.integers(0, 500), character=st.sampled_from("AZaz09-_."))
def test_a_changed_character_is_noticed(place: int, character: str) -> None:
    offers = make()
    tokens, new = offers.make(HASH, user="alice"), offers.new_session(HASH)
    changed = _put(tokens.authorization, place, character)
    if changed != tokens.authorization:
        with pytest.raises(ProofRefused):
            offers.read(proof(tokens.challenge, changed))
    changed = _put(new, place, character)
    assert offers.is_new(changed, HASH) is (changed == new)


def _put(text: str, place: int, character: str) -> str:
    place %= len(text)
    return text[:place] + character + text[place + 1 :]


def test_what_makes_one_session_new_makes_no_other_so() -> None:
    offers = make()
    assert not offers.is_new(offers.new_session(HASH), bytes(32))


def test_an_offer_of_another_version_is_none() -> None:
    macs = StaticMacs()
    kid, tag = macs.sign(b"protect-offer", b"e30")
    import base64

    authorization = f"e30.{kid}.{base64.urlsafe_b64encode(tag).rstrip(b'=').decode()}"
    with pytest.raises(ProofRefused):
        make(macs).read(proof("x" * 30, authorization))
