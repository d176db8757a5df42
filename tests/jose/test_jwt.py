"""Tokens verified by hand say the same as joserfc, on what was published and on anything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from boundgate.jose.compact import read_compact
from boundgate.jose.errors import JwsMalformed, JwsRefused
from boundgate.jose.es256 import verify_es256
from boundgate.jose.jwk import read_public_key
from boundgate.jose.jwt import verify_jwt
from tests.support.dpop import LEFT_OUT, public_jwk, sign_compact
from tests.support.keys import P256_ORDER, b64u, ec_key

OURS = ec_key("token key")
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": "now"}
CLAIMS = {"iss": "https://issuer.example", "n": 1}
# RFC 7515 appendix A.3: the key and the token.
RFC_7515_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
RFC_7515_JWS = (
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
DPOP = json.loads((Path(__file__).parents[1] / "vectors/dpop/rfc9449.json").read_text())


def key_of(kid: str) -> ec.EllipticCurvePublicKey | None:
    return OURS.public_key() if kid == "now" else None


def verify(token: str) -> Any:
    return verify_jwt(token=token, expected_type="at+jwt", key_of=key_of)


def by_joserfc(text: str, key: ECKey) -> bool:
    """Whether joserfc takes the signature; what the header says beside `alg` is not its business here."""
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    try:
        jws.deserialize_compact(text, key, registry=registry)
    except (JoseError, ValueError):
        return False
    return True


def by_hand(text: str, key: ec.EllipticCurvePublicKey) -> bool:
    try:
        read = read_compact(text)
    except JwsMalformed:
        return False
    return verify_es256(key, message=read.signing_input, signature=read.signature)


def test_the_published_token_verifies() -> None:
    key = read_public_key(RFC_7515_KEY, algorithm="ES256").ec_key
    assert by_hand(RFC_7515_JWS, key)
    assert by_joserfc(RFC_7515_JWS, ECKey.import_key(RFC_7515_KEY))


@pytest.mark.parametrize("case", DPOP["proofs"], ids=lambda case: case["name"])
def test_the_published_proofs_verify_by_both(case: dict[str, Any]) -> None:
    jwk = dict(read_compact(case["proof"]).header["jwk"])
    key = read_public_key(jwk, algorithm="ES256")
    assert key.thumbprint == DPOP["thumbprint"] == ECKey.import_key(jwk).thumbprint()
    assert by_hand(case["proof"], key.ec_key)
    assert by_joserfc(case["proof"], ECKey.import_key(jwk))
    other = case["proof"][:-4] + "AAAA"
    assert not by_hand(other, key.ec_key)
    assert not by_joserfc(other, ECKey.import_key(jwk))


@given(claims=st.dictionaries(st.text(max_size=8), st.integers(-(2**60), 2**60) | st.text(max_size=20), max_size=5))
def test_what_joserfc_signs_is_read_as_it_was_meant(claims: dict[str, Any]) -> None:
    token = jwt.encode(HEADER, claims, ECKey.import_key(OURS), algorithms=["ES256"], default_type=None)
    assert verify(token) == claims


@given(data=st.data())
def test_any_change_of_a_token_is_refused_by_both(data: st.DataObject) -> None:
    token = sign_compact(HEADER, CLAIMS, OURS)
    position = data.draw(st.integers(0, len(token) - 1))
    changed = token[:position] + data.draw(st.text("AZaz09-_.=", max_size=3)) + token[position + 1 :]
    if changed == token:
        return
    with pytest.raises((JwsMalformed, JwsRefused)):
        verify(changed)
    assert not by_hand(changed, OURS.public_key())
    # joserfc drops spare bits of the last character, so it may read a second spelling of the very same octets.
    if by_joserfc(changed, ECKey.import_key(OURS.public_key())):
        assert changed.rpartition(".")[0] == token.rpartition(".")[0]


@given(signature=st.binary(min_size=60, max_size=72) | st.binary(min_size=64, max_size=64))
def test_any_signature_is_judged_alike(signature: bytes) -> None:
    signed = sign_compact(HEADER, CLAIMS, OURS).rpartition(".")[0]
    text = f"{signed}.{b64u(signature)}"
    assert by_hand(text, OURS.public_key()) == by_joserfc(text, ECKey.import_key(OURS.public_key())) is False


@pytest.mark.parametrize("value", [0, 1, P256_ORDER - 1, P256_ORDER, P256_ORDER + 1, 2**256 - 1])
def test_numbers_at_the_edge_of_the_group_sign_nothing(value: int) -> None:
    signed = sign_compact(HEADER, CLAIMS, OURS).rpartition(".")[0]
    for r, s in ((value, 1), (1, value), (value, value)):
        text = f"{signed}.{b64u(r.to_bytes(32) + s.to_bytes(32))}"
        assert not by_hand(text, OURS.public_key())
        assert not by_joserfc(text, ECKey.import_key(OURS.public_key()))


def test_a_signature_in_der_is_none() -> None:
    read = read_compact(sign_compact(HEADER, CLAIMS, OURS))
    assert read.signature is not None
    der = encode_dss_signature(int.from_bytes(read.signature[:32]), int.from_bytes(read.signature[32:]))
    assert not verify_es256(OURS.public_key(), message=read.signing_input, signature=der)
    assert not verify_es256(OURS.public_key(), message=read.signing_input, signature=None)


def test_a_key_on_another_curve_verifies_nothing() -> None:
    other = ec.derive_private_key(7, ec.SECP256K1()).public_key()
    read = read_compact(sign_compact(HEADER, CLAIMS, OURS))
    assert not verify_es256(other, message=read.signing_input, signature=read.signature)


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"])
def test_the_type_is_a_media_type(kind: str) -> None:
    assert verify(sign_compact(HEADER | {"typ": kind}, CLAIMS, OURS)) == CLAIMS


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"typ": LEFT_OUT}, "typ"),
        ({"typ": "jwt"}, "typ"),
        ({"typ": "dpop+jwt"}, "typ"),
        ({"typ": ["at+jwt"]}, "typ"),
        ({"alg": LEFT_OUT}, "alg"),
        ({"alg": "none"}, "alg"),
        ({"alg": "HS256"}, "alg"),
        ({"alg": "RS256"}, "alg"),
        ({"alg": "es256"}, "alg"),
        ({"alg": ["ES256"]}, "alg"),
        ({"crit": ["b64"], "b64": False}, "crit"),
        ({"crit": []}, "crit"),
        ({"kid": LEFT_OUT}, "key of this server"),
        ({"kid": "then"}, "key of this server"),
        ({"kid": 7}, "key of this server"),
    ],
)
def test_another_header_is_refused_though_the_signature_holds(change: dict[str, Any], says: str) -> None:
    header = {name: value for name, value in (HEADER | change).items() if value is not LEFT_OUT}
    with pytest.raises(JwsRefused, match=says):
        verify(sign_compact(header, CLAIMS, OURS))


def test_a_key_that_the_token_brings_along_counts_for_nothing() -> None:
    thief = ec_key("thief")
    with pytest.raises(JwsRefused, match="signature"):
        verify(sign_compact(HEADER | {"jwk": public_jwk(thief)}, CLAIMS, thief))


def test_an_unsigned_token_is_no_compact_jws() -> None:
    unsigned = sign_compact(HEADER | {"alg": "none"}, CLAIMS, OURS).rpartition(".")[0] + "."
    with pytest.raises(JwsMalformed):
        verify(unsigned)


@given(st.text(max_size=80) | st.text("ey.AZaz09-_=", max_size=80))
def test_any_text_is_refused_in_a_declared_way(text: str) -> None:
    with pytest.raises((JwsMalformed, JwsRefused)):
        verify(text)
