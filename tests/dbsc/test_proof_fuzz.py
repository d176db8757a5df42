"""Whatever comes in, a proof is verified or refused by a declared error."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import (
    KeyRefused,
    ProofMalformed,
    ProofRefused,
    read_public_key,
    verify_refresh_proof,
    verify_registration_proof,
)
from tests.support.keys import b64u, ec_key
from tests.support.soft_browser import SoftDbsc

OWNER = SoftDbsc("ES256", key=ec_key("owner"))
KEY = read_public_key(OWNER.jwk, algorithm="ES256")
DECLARED = (ProofMalformed, ProofRefused, KeyRefused)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
HEADER = st.fixed_dictionaries(
    {},
    optional={
        "alg": st.sampled_from(["ES256", "RS256", "none", "HS256"]) | JSON,
        "typ": st.just("dbsc+jwt") | JSON,
        "jwk": st.just(OWNER.jwk) | JSON,
        "crit": JSON,
        "b64": JSON,
        "kid": JSON,
        "jku": JSON,
        "x5c": JSON,
    },
)
CLAIMS = st.fixed_dictionaries({}, optional={"jti": JSON, "authorization": JSON, "aud": JSON})


def verify(proof: str) -> list[Any]:
    accepted: list[Any] = []
    with contextlib.suppress(*DECLARED):
        accepted.append(verify_registration_proof(proof=proof, expected_audience="https://a.example/r"))
    with contextlib.suppress(*DECLARED):
        accepted.append(verify_refresh_proof(proof=proof, expected_key=KEY, expected_audience="https://a.example/r"))
    return accepted


@given(proof=st.text() | st.text("ab.=-_A\n\u0661\ud800"))
def test_any_text(proof: str) -> None:
    assert verify(proof) == []


@given(parts=st.lists(st.binary(max_size=40), min_size=3, max_size=3))
def test_any_three_parts(parts: list[bytes]) -> None:
    assert verify(".".join(b64u(part) for part in parts)) == []


@given(header=st.binary(max_size=40), claims=st.binary(max_size=40))
def test_any_octets_that_the_owner_signed(header: bytes, claims: bytes) -> None:
    assert verify(OWNER.sign(header, claims)) == []


@given(header=HEADER, claims=CLAIMS)
def test_any_members_that_the_owner_signed(header: dict[str, Any], claims: dict[str, Any]) -> None:
    accepted = verify(OWNER.sign(json.dumps(header).encode(), json.dumps(claims).encode()))
    if accepted:
        assert header["alg"] == "ES256"
        assert header["typ"] == "dbsc+jwt"
        assert "crit" not in header
        assert [proof.challenge for proof in accepted] == [claims["jti"]] != [""]


@given(claims=CLAIMS, header=st.just({"alg": "ES256", "typ": "dbsc+jwt"}))
def test_any_claims_under_a_good_header(header: dict[str, Any], claims: dict[str, Any]) -> None:
    for proof in verify(OWNER.sign(json.dumps(header).encode(), json.dumps(claims).encode())):
        assert isinstance(proof.challenge, str)
        assert proof.challenge == claims["jti"]


@given(position=st.integers(0, 400), inserted=st.text(max_size=4), cut=st.integers(0, 4))
def test_any_small_change_of_a_good_proof(position: int, inserted: str, cut: int) -> None:
    proof = OWNER.refresh_proof("challenge")
    changed = proof[:position] + inserted + proof[position + cut :]
    if changed != proof:
        assert verify(changed) == []
