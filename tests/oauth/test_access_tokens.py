from __future__ import annotations

import base64
import contextlib
import json
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet

from boundgate.oauth.access_tokens import AccessTokens, read_access_claims
from boundgate.oauth.errors import InvalidToken
from boundgate.oauth.keys import TokenKeys
from tests.contract.oauth_builders import a_family, a_service_family
from tests.oauth.builders import ISSUER, RULES
from tests.support.keys import FakeClock, counting_random, ec_key

JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=3), max_size=2)


@dataclass
class Key:
    kid: str

    @property
    def pem(self) -> str:
        return ec_key(self.kid).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass
class Ring:
    signing_keys: list[Key]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ring() -> Ring:
    return Ring([Key("first")])


@pytest.fixture
def tokens(clock: FakeClock, ring: Ring) -> AccessTokens:
    return AccessTokens(keys=TokenKeys(ring), rules=RULES, clock=clock, random=counting_random())


def test_a_token_is_read_back_until_it_expires(tokens: AccessTokens, clock: FakeClock) -> None:
    token = tokens.issue(a_family(), scope=frozenset({"chat"}))
    claims = tokens.read(token)
    assert (claims.family_id, claims.client_id, claims.subject) == ("family of code", "client-1", "user-alice")
    assert (claims.jkt, claims.scope) == ("j" * 43, {"chat"})
    assert claims.expires_at == clock() + 300
    clock.advance(299)
    tokens.read(token)
    clock.advance(1)
    with pytest.raises(InvalidToken):
        tokens.read(token)


def test_no_two_tokens_are_alike(tokens: AccessTokens) -> None:
    family = a_service_family("f")
    assert tokens.issue(family, scope=frozenset()) != tokens.issue(family, scope=frozenset())


def test_a_rotation_signs_with_the_new_key_and_verifies_with_both(tokens: AccessTokens, ring: Ring) -> None:
    before = tokens.issue(a_family(), scope=frozenset({"chat"}))
    ring.signing_keys.insert(0, Key("second"))
    after = tokens.issue(a_family(), scope=frozenset({"chat"}))
    keys = KeySet.import_key_set(TokenKeys(ring).jwks())
    assert [jwt.decode(token, keys, algorithms=["ES256"]).header["kid"] for token in (before, after)] == [
        "first",
        "second",
    ]
    tokens.read(before)
    ring.signing_keys.pop()
    tokens.read(after)
    with pytest.raises(InvalidToken):
        tokens.read(before)


def test_the_published_keys_hold_nothing_private(ring: Ring) -> None:
    (key,) = TokenKeys(ring).jwks()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kid"], key["use"], key["alg"]) == ("first", "sig", "ES256")


def test_an_id_token_is_no_access_token(ring: Ring, tokens: AccessTokens, clock: FakeClock) -> None:
    claims = claims_of(tokens.issue(a_family(), scope=frozenset({"chat"})))
    tokens.read(TokenKeys(ring).sign(claims, kind="at+jwt"))
    for kind in ("JWT", "dpop+jwt", ""):
        with pytest.raises(InvalidToken):
            tokens.read(TokenKeys(ring).sign(claims, kind=kind))


@given(st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9_-]{1,30}\.[A-Za-z0-9_-]{1,30}\.[A-Za-z0-9_-]{1,30}"))
def test_any_text_is_refused(text: str) -> None:
    tokens = AccessTokens(keys=TokenKeys(Ring([])), rules=RULES, clock=FakeClock(), random=counting_random())
    with pytest.raises(InvalidToken):
        tokens.read(text)


GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "alice",
    "aud": f"{ISSUER}/v1",
    "exp": 1300,
    "iat": 1000,
    "jti": "one",
    "client_id": "client",
    "scope": "chat",
    "cnf": {"jkt": "j"},
    "fam": "family",
}


def read(claims: dict[str, Any], now: float = 1100.0) -> Any:
    return read_access_claims(claims, expected_issuer=ISSUER, expected_audience=f"{ISSUER}/v1", now=now)


@pytest.mark.parametrize("missing", GOOD)
def test_every_claim_is_needed(missing: str) -> None:
    read(GOOD)
    with pytest.raises(InvalidToken):
        read({name: value for name, value in GOOD.items() if name != missing})


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": ISSUER},
        {"aud": [f"{ISSUER}/v1"]},
        {"exp": "1300"},
        {"exp": 1300.5},
        {"cnf": {}},
        {"cnf": {"x5t#S256": "j"}},
        {"cnf": "j"},
        {"scope": ["chat"]},
    ],
)
def test_claims_of_another_kind_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        read(GOOD | change)


@pytest.mark.parametrize(("now", "good"), [(994.9, False), (995.0, True), (1299.9, True), (1300.0, False)])
def test_a_token_is_good_from_its_issue_to_its_end(now: float, good: bool) -> None:
    if good:
        read(GOOD, now)
        return
    with pytest.raises(InvalidToken):
        read(GOOD, now)


@given(st.dictionaries(st.sampled_from(list(GOOD)), JSON, min_size=1))
def test_any_claims_are_read_or_refused(change: dict[str, Any]) -> None:
    with contextlib.suppress(InvalidToken):
        read(GOOD | change)


def claims_of(token: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return payload
