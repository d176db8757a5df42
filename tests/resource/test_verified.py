"""Tokens verified before: as good as when they were verified, for as long as they are good, and no longer."""

from __future__ import annotations

from typing import Any

import pytest

from boundgate.keyring import SigningKey
from boundgate.oauth.access_tokens import AccessClaims, AccessTokens
from boundgate.oauth.errors import InvalidToken
from boundgate.oauth.keys import TokenKeys
from boundgate.oauth.rules import OAuthRules
from boundgate.resource.verified import MAX_TOKEN_CHARS, VerifiedTokens
from tests.contract.oauth_builders import a_family
from tests.support.keys import FakeClock, counting_random, ec_key

RULES = OAuthRules(issuer="https://a.example", resource="https://a.example/v1")
FAMILY, SCOPE = a_family(), frozenset({"chat"})


def pem(name: str) -> SigningKey:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    text = ec_key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return SigningKey(kid=name, pem=text)


class Keys:
    def __init__(self, *names: str) -> None:
        self.signing_keys = tuple(map(pem, names))


class Counting(AccessTokens):
    verifications = 0

    def read(self, token: str) -> AccessClaims:
        self.verifications += 1
        return super().read(token)


def setting(**options: Any) -> tuple[VerifiedTokens, Counting, Keys, FakeClock]:
    keys, clock = Keys("one"), FakeClock()
    tokens = Counting(keys=TokenKeys(keys), rules=RULES, clock=clock, random=counting_random())
    return VerifiedTokens(tokens, keys=keys, clock=clock, **options), tokens, keys, clock


def test_a_token_is_verified_once() -> None:
    verified, tokens, _, clock = setting()
    token = tokens.issue(FAMILY, scope=SCOPE)
    first = verified.read(token)
    assert first.claims.family_id == FAMILY.id
    clock.advance(299)
    assert verified.read(token) is first
    assert tokens.verifications == 1


def test_it_expires_to_the_second() -> None:
    verified, tokens, _, clock = setting()
    token = tokens.issue(FAMILY, scope=SCOPE)
    verified.read(token)
    clock.advance(RULES.access_seconds)
    with pytest.raises(InvalidToken):
        verified.read(token)
    assert token not in repr(vars(verified))


def test_where_the_keys_change_everything_is_verified_again() -> None:
    verified, tokens, keys, _ = setting()
    token = tokens.issue(FAMILY, scope=SCOPE)
    verified.read(token)
    keys.signing_keys = (pem("two"), *keys.signing_keys)
    verified.read(token)
    assert tokens.verifications == 2
    keys.signing_keys = keys.signing_keys[:1]
    with pytest.raises(InvalidToken):
        verified.read(token)


def test_what_does_not_verify_is_not_remembered() -> None:
    verified, tokens, _, _ = setting()
    token = tokens.issue(FAMILY, scope=SCOPE)
    for _ in range(2):
        with pytest.raises(InvalidToken):
            verified.read(token[:-4] + "AAAA")
    assert tokens.verifications == 2


def test_a_change_of_a_remembered_token_is_another_token() -> None:
    verified, tokens, _, _ = setting()
    token = tokens.issue(FAMILY, scope=SCOPE)
    verified.read(token)
    for other in (token + "A", token[:-1], token.swapcase(), " " + token, token + "="):
        with pytest.raises(InvalidToken):
            verified.read(other)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "\u00e9" * 10, "A" * (MAX_TOKEN_CHARS + 1)])
def test_any_other_text_is_refused(text: str) -> None:
    verified, tokens, _, _ = setting()
    with pytest.raises(InvalidToken):
        verified.read(text)
    assert tokens.verifications <= 1


def test_the_one_unused_for_longest_goes_first() -> None:
    verified, tokens, _, _ = setting(max_entries=2)
    one, two, three = (tokens.issue(FAMILY, scope=SCOPE) for _ in range(3))
    for token in (one, two, one, three):
        verified.read(token)
    assert tokens.verifications == 3
    verified.read(one)
    assert tokens.verifications == 3
    verified.read(two)
    assert tokens.verifications == 4


def test_it_can_be_switched_off() -> None:
    verified, tokens, _, _ = setting(max_entries=0)
    token = tokens.issue(FAMILY, scope=SCOPE)
    for _ in range(3):
        verified.read(token)
    assert tokens.verifications == 3
