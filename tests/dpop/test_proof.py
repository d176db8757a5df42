"""RFC 9449 §4.3, step by step: what each step refuses, and what none may refuse. The published proofs first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dpop import DpopError, DpopNonces, DpopProof, InvalidDpopProof, UseDpopNonce, token_hash, verify_proof
from tests.support.dpop import LEFT_OUT, ProgramKey, public_jwk, sign_compact
from tests.support.keys import FakeClock, MemoryUsed, StaticMacs, b64u, ec_key

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/dpop/rfc9449.json").read_text())
NOW = 1_800_000_000.0
URL = "https://api.example.com/v1/chat/completions"
TOKEN = "header.claims.signature"
CLIENT = ProgramKey("owner")
CLOCK = FakeClock(NOW)
NONCES = DpopNonces(macs=StaticMacs(), used=MemoryUsed(), clock=CLOCK)
PRIVATE = {"d": b64u(ec_key("owner").private_numbers().private_value.to_bytes(32))}


def proof(**changes: Any) -> str:
    given: dict[str, Any] = {
        "method": "POST",
        "url": URL,
        "now": NOW,
        "token": TOKEN,
        "nonce": NONCES.issue(CLIENT.jkt),
    }
    return CLIENT.proof(**(given | changes))


def verify(*fields: str, **changes: Any) -> DpopProof:
    expected: dict[str, Any] = {
        "expected_method": "POST",
        "expected_url": URL,
        "expected_jkt": CLIENT.jkt,
        "expected_token_hash": token_hash(TOKEN),
        "nonces": NONCES,
        "now": NOW,
    }
    return verify_proof(fields=fields, **(expected | changes))


@pytest.mark.parametrize("case", VECTORS["proofs"], ids=lambda case: case["name"])
def test_the_published_proofs_verify_at_their_time(case: dict[str, Any]) -> None:
    expected: dict[str, Any] = {
        "expected_method": case["method"],
        "expected_url": case["url"],
        "expected_jkt": VECTORS["thumbprint"],
        "expected_token_hash": case["access_token"] and token_hash(case["access_token"]),
        "nonces": None,
        "now": case["now"],
    }
    found = verify_proof(fields=[case["proof"]], **expected)
    assert found.jkt == VECTORS["thumbprint"]
    assert found.issued_at == case["now"]
    for change in ({"now": case["now"] + 61}, {"expected_url": URL}, {"expected_method": "PUT"}, {"nonces": NONCES}):
        with pytest.raises(DpopError):
            verify_proof(fields=[case["proof"]], **(expected | change))


def test_the_published_token_has_the_published_hash() -> None:
    assert token_hash("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU") == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_a_good_proof_says_whose_and_when() -> None:
    found = verify(proof(jti="one", iat=NOW - 3))
    assert (found.jkt, found.jti, found.issued_at) == (CLIENT.jkt, "one", NOW - 3)
    assert found.nonce_issued_at == pytest.approx(NOW)


# What may differ


@pytest.mark.parametrize(
    "changes",
    [
        {"htu": URL + "?stream=true#top"},
        {"htu": "HTTPS://API.EXAMPLE.COM/v1/chat/completions"},
        {"htu": "https://api.example.com:443/v1/chat/completions"},
        {"htu": "https://api.example.com/v1/ch%61t/completions"},
        {"iat": int(NOW) - 10},
        {"iat": int(NOW) + 10},
        {"iat": NOW - 0.5},
        {"exp": int(NOW) + 5, "nbf": int(NOW) - 5},
        {"exp": int(NOW) - 59},
        {"extra": {"deep": [1]}, "sub": 7, "iss": None},
        {
            "header": {
                "kid": "k",
                "extra": 1,
                "x5t": "z",
                "jwk": CLIENT.jwk | {"use": "sig", "kid": "k", "alg": "ES256"},
            }
        },
    ],
    ids=str,
)
def test_what_the_standard_lets_differ_is_accepted(changes: dict[str, Any]) -> None:
    assert verify(proof(**changes)).jkt == CLIENT.jkt


# Step 1


def test_one_header_field_and_no_more() -> None:
    good = proof()
    for fields in ((), (good, good), (good, proof()), (good, "")):
        with pytest.raises(InvalidDpopProof, match="exactly one"):
            verify(*fields)


# Step 2


@pytest.mark.parametrize(
    "text",
    ["", "x", "a.b", "a.b.c.d", "....", "not a proof", "eyJ.eyJ.AAAA", "\u00e9.b.c", "a.b.c\n", "null.null.null"],
)
def test_what_is_no_jwt_is_refused(text: str) -> None:
    with pytest.raises(InvalidDpopProof):
        verify(text)


def test_two_proofs_in_one_field_are_refused() -> None:
    with pytest.raises(InvalidDpopProof, match="compact"):
        verify(f"{proof()}, {proof()}")


@pytest.mark.parametrize("size", [8_192, 16_384, 1_000_000])
def test_a_long_proof_is_refused(size: int) -> None:
    with pytest.raises(InvalidDpopProof, match="longer than 8192"):
        verify(proof(padding="A" * size))


def test_a_member_named_twice_is_refused() -> None:
    header, _, _ = proof().split(".")
    claims = b'{"jti":"a","jti":"b","htm":"POST","htu":"u","iat":1}'
    with pytest.raises(InvalidDpopProof, match="payload"):
        verify(f"{header}.{b64u(claims)}.{b64u(bytes(64))}")


# Step 3


@pytest.mark.parametrize("name", ["jti", "htm", "htu", "iat", "ath"])
@pytest.mark.parametrize("value", [LEFT_OUT, None, 7.5e200, True, [], {}, ""], ids=str)
def test_a_required_claim_is_there_and_of_its_type(name: str, value: Any) -> None:
    with pytest.raises(InvalidDpopProof, match=f'"{name}"'):
        verify(proof(**{name: value}))


@pytest.mark.parametrize("value", ["1800000000", -1, 1e16, 2**53])
def test_a_time_is_a_number_of_seconds(value: Any) -> None:
    with pytest.raises(InvalidDpopProof, match="Unix seconds"):
        verify(proof(iat=value))


def test_a_jti_has_its_limit() -> None:
    assert verify(proof(jti="j" * 256)).jti == "j" * 256
    with pytest.raises(InvalidDpopProof, match="256"):
        verify(proof(jti="j" * 257))


# Steps 4, 5, 7: the header


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ({"typ": LEFT_OUT}, "typ"),
        ({"typ": "jwt"}, "typ"),
        ({"typ": "at+jwt"}, "typ"),
        ({"typ": "dbsc+jwt"}, "typ"),
        ({"typ": "DPOP+JWT"}, "typ"),
        ({"typ": None}, "typ"),
        ({"alg": LEFT_OUT}, "alg"),
        ({"alg": "none"}, "alg"),
        ({"alg": "NONE"}, "alg"),
        ({"alg": "HS256"}, "alg"),
        ({"alg": "RS256"}, "alg"),
        ({"alg": "ES384"}, "alg"),
        ({"alg": "EdDSA"}, "alg"),
        ({"alg": ["ES256"]}, "alg"),
        ({"jwk": LEFT_OUT}, "jwk"),
        ({"jwk": None}, "jwk"),
        ({"jwk": []}, "jwk"),
        ({"jwk": "text"}, "jwk"),
        ({"jwk": {}}, "P-256"),
        ({"jwk": CLIENT.jwk | PRIVATE}, "private members"),
        ({"jwk": CLIENT.jwk | {"d": "AA"}}, "private members"),
        ({"jwk": {"kty": "oct", "k": b64u(bytes(32))}}, "private members"),
        ({"alg": "HS256", "jwk": {"kty": "oct", "k": b64u(bytes(32))}}, "alg"),
        ({"jwk": CLIENT.jwk | {"kty": "OKP", "crv": "Ed25519"}}, "P-256"),
        ({"jwk": CLIENT.jwk | {"crv": "P-384"}}, "P-256"),
        ({"jwk": CLIENT.jwk | {"x": b64u(bytes(32)), "y": b64u(bytes(32))}}, "curve"),
        ({"jwk": CLIENT.jwk | {"x": b64u(bytes(31))}}, "32 octets"),
        ({"jwk": {"kty": "RSA", "n": b64u(bytes([255]) * 256), "e": "AQAB"}}, "P-256"),
        ({"crit": ["exp"], "exp": 1}, "crit"),
        ({"crit": []}, "crit"),
        ({"b64": False, "crit": ["b64"]}, "crit"),
    ],
    ids=str,
)
def test_another_header_is_refused(header: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidDpopProof, match=says) as refused:
        verify(proof(header=header))
    assert refused.value.jkt is None


# Step 6


def test_a_signature_that_does_not_verify_is_refused() -> None:
    signed, _, signature = proof().rpartition(".")
    for other in (b64u(bytes(64)), signature[:-4] + "AAAA", signature[:-2], signature + "AA", "AAAA"):
        with pytest.raises(InvalidDpopProof, match="signature"):
            verify(f"{signed}.{other}")


def test_a_proof_that_carries_the_owners_key_and_is_signed_by_another_is_refused() -> None:
    with pytest.raises(InvalidDpopProof, match="signature"):
        verify(ProgramKey("thief").proof(method="POST", url=URL, now=NOW, token=TOKEN, header={"jwk": CLIENT.jwk}))


def test_an_unsigned_proof_is_refused() -> None:
    for alg in ("none", "ES256"):
        with pytest.raises(InvalidDpopProof):
            verify(proof(header={"alg": alg}).rpartition(".")[0] + ".")


# Steps 8 and 9


@pytest.mark.parametrize("method", ["GET", "PUT", "post", "Post", "POST "])
def test_the_method_is_that_of_the_request(method: str) -> None:
    with pytest.raises(InvalidDpopProof, match="htm"):
        verify(proof(htm=method))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1/models",
        "http://api.example.com/v1/chat/completions",
        "http://127.0.0.1:8080/v1/chat/completions",
        "https://api.example.com:8443/v1/chat/completions",
        "https://other.example/v1/chat/completions",
        "/v1/chat/completions",
    ],
)
def test_the_url_is_that_of_the_request(url: str) -> None:
    with pytest.raises(InvalidDpopProof, match="htu"):
        verify(proof(htu=url))


# Step 10


@pytest.mark.parametrize("nonce", [LEFT_OUT, None, 7, "", "n" * 43, NONCES.issue(ProgramKey("thief").jkt)], ids=str)
def test_without_a_current_nonce_of_this_key_one_is_asked_for(nonce: Any) -> None:
    with pytest.raises(UseDpopNonce, match="DPoP-Nonce") as refused:
        verify(proof(nonce=nonce))
    assert refused.value.jkt == CLIENT.jkt


# Step 11


@pytest.mark.parametrize(("age", "accepted"), [(-61, False), (-60, True), (0, True), (60, True), (61, False)])
def test_a_clock_may_be_a_minute_off(age: int, accepted: bool) -> None:
    given = proof(iat=int(NOW) - age)
    if accepted:
        assert verify(given).issued_at == NOW - age
        return
    with pytest.raises(InvalidDpopProof, match="iat"):
        verify(given)


@pytest.mark.parametrize("age", [-3600, 3600, -86_400, 10**9])
def test_a_proof_from_another_time_is_refused_though_its_nonce_is_current(age: int) -> None:
    with pytest.raises(InvalidDpopProof, match="iat"):
        verify(proof(iat=int(NOW) - age))


@pytest.mark.parametrize("claims", [{"exp": int(NOW) - 61}, {"nbf": int(NOW) + 61}, {"exp": "never"}, {"nbf": None}])
def test_what_a_proof_says_of_its_own_life_counts(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidDpopProof):
        verify(proof(**claims))


# Step 12


@pytest.mark.parametrize("ath", [LEFT_OUT, "", "x", token_hash(TOKEN + "x"), token_hash(TOKEN) + "=", TOKEN, "\ud800"])
def test_the_hash_is_that_of_the_token(ath: Any) -> None:
    with pytest.raises(InvalidDpopProof):
        verify(proof(ath=ath))


def test_where_there_is_no_token_no_hash_is_asked_for() -> None:
    assert verify(proof(token=None), expected_token_hash=None).jkt == CLIENT.jkt
    assert verify(proof(), expected_token_hash=None).jkt == CLIENT.jkt


def test_a_perfect_proof_by_another_key_is_refused() -> None:
    thief = ProgramKey("thief")
    theirs = thief.proof(method="POST", url=URL, now=NOW, token=TOKEN, nonce=NONCES.issue(thief.jkt))
    with pytest.raises(InvalidDpopProof, match="bound to") as refused:
        verify(theirs)
    assert refused.value.jkt == thief.jkt
    assert verify(theirs, expected_jkt=None).jkt == thief.jkt


# All of it


def test_refusals_quote_nothing_of_what_was_sent() -> None:
    for changes in ({"htm": "SECRET"}, {"htu": "https://SECRET/"}, {"jti": ["SECRET"]}, {"nonce": "SECRET"}):
        with pytest.raises(DpopError) as refused:
            verify(proof(**changes))
        assert "SECRET" not in str(refused.value)
        assert refused.value.status == 401


def test_a_header_that_was_seen_before_is_not_taken_for_its_own_proof() -> None:
    good = proof()
    verify(good)
    header, _, signature = good.split(".")
    claims = b64u(json.dumps({"jti": "x", "htm": "POST", "htu": URL, "iat": int(NOW)}).encode())
    with pytest.raises(InvalidDpopProof, match="signature"):
        verify(f"{header}.{claims}.{signature}")


@given(data=st.data())
def test_any_change_of_a_proof_is_refused(data: st.DataObject) -> None:
    good = proof(jti="one")
    position = data.draw(st.integers(0, len(good) - 1))
    changed = good[:position] + data.draw(st.text("AZaz09-_.=", max_size=3)) + good[position + 1 :]
    if changed != good:
        with pytest.raises(DpopError):
            verify(changed)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    header=st.dictionaries(st.sampled_from(["typ", "alg", "jwk", "crit", "kid"]), JSON, max_size=4),
    claims=st.dictionaries(
        st.sampled_from(["jti", "htm", "htu", "iat", "ath", "nonce", "exp", "nbf"]), JSON, max_size=8
    ),
    good_header=st.booleans(),
)
def test_any_header_and_claims_are_judged_in_a_declared_way(
    header: dict[str, Any], claims: dict[str, Any], good_header: bool
) -> None:
    made = {"typ": "dpop+jwt", "alg": "ES256", "jwk": CLIENT.jwk} | ({} if good_header else header)
    said = {"jti": "one", "htm": "POST", "htu": URL, "iat": int(NOW), "nonce": NONCES.issue(CLIENT.jkt)} | claims
    try:
        found = verify(sign_compact(made, said, CLIENT.private), expected_token_hash=None)
    except DpopError:
        return
    assert found.jkt == CLIENT.jkt


@given(st.lists(st.text(max_size=60) | st.text("eyJ.AZaz09-_=,", max_size=60), max_size=3))
def test_any_fields_are_refused_in_a_declared_way(fields: list[str]) -> None:
    with pytest.raises(InvalidDpopProof):
        verify(*fields)


def test_a_key_on_another_curve_cannot_be_named_as_ours() -> None:
    other = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": b64u(other.x.to_bytes(48)), "y": b64u(other.y.to_bytes(48))}
    with pytest.raises(InvalidDpopProof, match="32 octets"):
        verify(proof(header={"jwk": jwk}))
    assert public_jwk(CLIENT.private) == CLIENT.jwk
