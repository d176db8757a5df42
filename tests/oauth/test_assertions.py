from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from boundgate.oauth.assertions import claimed_client, verify_assertion
from boundgate.oauth.errors import InvalidClient
from tests.support.dpop import ProgramKey
from tests.support.keys import ec_key
from tests.support.oauth import assertion as signed

NOW = 1_800_000_000.0
ISSUER = "https://gate.example"
KEY = ProgramKey("identity")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), st.lists, max_leaves=5
)


def check(assertion: str, **changes: object) -> str:
    expected = {
        "keys": [KEY.canonical],
        "expected_client": "client",
        "expected_audiences": {ISSUER},
        "now": NOW,
        "skew_seconds": 60,
        "longest_seconds": 300,
    }
    return verify_assertion(assertion=assertion, **expected | changes).jti  # type: ignore[arg-type]


def assertion(**claims: object) -> str:
    return signed(KEY, "client", now=NOW, aud=ISSUER, **{"jti": "one"} | claims)


def test_an_assertion_by_an_independent_library_is_verified() -> None:
    claims = {"iss": "client", "sub": "client", "aud": ISSUER, "exp": int(NOW) + 60, "jti": "one"}
    text = jwt.encode({"alg": "ES256"}, claims, ECKey.import_key(ec_key("identity")), algorithms=["ES256"])
    assert claimed_client(text) == "client"
    assert check(text) == "one"


def test_any_of_several_registered_keys_will_do() -> None:
    assert check(assertion(), keys=[ProgramKey("other").canonical, KEY.canonical]) == "one"
    with pytest.raises(InvalidClient):
        check(assertion(), keys=[])


@pytest.mark.parametrize(
    ("exp", "good"), [(-60, False), (-59, True), (0, True), (360, True), (361, False), (1e300, False)]
)
def test_the_life_of_an_assertion_allows_for_clocks(exp: float, good: bool) -> None:
    text = assertion(exp=NOW + exp)
    if good:
        assert check(text) == "one"
        return
    with pytest.raises(InvalidClient):
        check(text)


@given(st.text(max_size=100) | st.from_regex(r"[A-Za-z0-9_-]{1,30}\.[A-Za-z0-9_-]{1,30}\.[A-Za-z0-9_-]{1,30}"))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidClient):
        claimed_client(text)
    with pytest.raises(InvalidClient):
        check(text)


@given(st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti"]), JSON, min_size=1))
def test_any_signed_claims_are_verified_or_refused(claims: dict[str, object]) -> None:
    good = {"iss": "client", "sub": "client", "aud": ISSUER, "exp": int(NOW) + 60, "jti": "one"}
    try:
        json.dumps(claims, allow_nan=False)
    except ValueError:
        return
    with contextlib.suppress(InvalidClient):
        check(KEY.jws({"alg": "ES256"}, good | claims))
