"""ID tokens: OpenID Connect Core §3.1.3.7, number by number, and whatever else somebody may send instead of one."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from boundgate.oauth.outside.errors import OutsideUnacceptable
from boundgate.oauth.outside.id_token import key_id_of, verify_id_token
from boundgate.oauth.outside.metadata import ALGORITHMS, read_keys
from tests.support.outside import SoftProvider

NOW = 1_800_000_000.0
ASKED = {"client_id": "bg", "nonce": "the nonce"}
RSA = RSAKey.generate_key(2048, parameters={"kid": "one"})


def provider(**fields: Any) -> SoftProvider:
    return SoftProvider("https://id.example", clock=lambda: NOW, **fields)


def published(by: SoftProvider) -> bytes:
    return by.handle("GET", "/jwks", "", {}).body


def verify(token: str, keys: bytes, **changes: Any) -> str:
    expected: dict[str, Any] = {
        "algorithms": ALGORITHMS,
        "expected_issuer": "https://id.example",
        "expected_audience": "bg",
        "expected_nonce": "the nonce",
        "now": NOW,
        "skew_seconds": 60.0,
    }
    return verify_id_token(token, keys=read_keys(keys), **expected | changes)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ECKey.generate_key("P-256", parameters={"kid": "one"}), "ES256"),
        (ECKey.generate_key("P-384", parameters={"kid": "one"}), "ES384"),
        (RSA, "RS256"),
        (RSA, "PS256"),
        (OKPKey.generate_key("Ed25519", parameters={"kid": "one"}), "EdDSA"),
    ],
    ids=["ES256", "ES384", "RS256", "PS256", "EdDSA"],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_every_algorithm_of_the_list_works(key: Any, algorithm: str) -> None:
    by = provider(key=key, algorithm=algorithm)
    assert verify(by.id_token(ASKED), published(by)) == by.subject
    assert key_id_of(by.id_token(ASKED)) == "one"


def test_a_token_without_kid_and_one_for_a_list_of_one_are_fine() -> None:
    by = provider(lies={"aud": ["bg"], "azp": "bg"}, header={"kid": None})
    by.header = {}
    assert verify(by.id_token(ASKED), published(by)) == by.subject


@pytest.mark.parametrize(
    ("lies", "said"),
    [
        ({"iss": "https://id.other.example"}, "issued by somebody else"),
        ({"iss": "https://id.example/"}, "issued by somebody else"),
        ({"iss": None}, "issued by somebody else"),
        ({"aud": "other"}, "not for this server alone"),
        ({"aud": ["bg", "other"]}, "not for this server alone"),
        ({"aud": []}, "not for this server alone"),
        ({"aud": None}, "not for this server alone"),
        ({"azp": "other"}, "issued to another client"),
        ({"exp": int(NOW) - 60}, "has expired"),
        ({"exp": None}, "has expired"),
        ({"exp": True}, "has expired"),
        ({"exp": "1900000000"}, "has expired"),
        ({"iat": int(NOW) - 661}, "not issued just now"),
        ({"iat": int(NOW) + 61}, "not issued just now"),
        ({"iat": None}, "not issued just now"),
        ({"nbf": int(NOW) + 61}, "not valid yet"),
        ({"nbf": "soon"}, "not valid yet"),
        ({"nonce": "another"}, "made for another sign-in"),
        ({"nonce": None}, "made for another sign-in"),
        ({"nonce": ["the nonce"]}, "made for another sign-in"),
        ({"sub": None}, "names nobody"),
        ({"sub": 7}, "names nobody"),
        ({"sub": ""}, "names nobody"),
        ({"sub": "x" * 256}, "names nobody"),
        ({"sub": "a\u200bb"}, "characters"),
        ({"sub": "a\nb"}, "characters"),
    ],
    ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else None,
)
def test_a_claim_that_does_not_fit_is_not_believed(lies: dict[str, Any], said: str) -> None:
    by = provider(lies=lies)
    with pytest.raises(OutsideUnacceptable, match=said):
        verify(by.id_token(ASKED), published(by))


@pytest.mark.parametrize("at", [int(NOW) - 59, int(NOW) + 60])
def test_clocks_may_differ_by_a_minute(at: int) -> None:
    by = provider(lies={"iat": at, "exp": at + 1})
    assert verify(by.id_token(ASKED), published(by)) == by.subject


def unsigned(header: dict[str, Any], claims: str) -> str:
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{encoded}.{claims}."


def test_none_and_macs_are_no_signatures() -> None:
    by = provider()
    claims = by.id_token(ASKED).split(".")[1]
    for algorithm in ("none", "None", "HS256", "RS1", "", None, 7):
        with pytest.raises(OutsideUnacceptable, match="algorithm"):
            verify(unsigned({"alg": algorithm, "kid": "one"}, claims), published(by))
    public = json.dumps(by.key.as_dict(private=False))
    mac = provider(key=OctKey.import_key(public), algorithm="HS256")
    with pytest.raises(OutsideUnacceptable, match="algorithm"):
        verify(mac.id_token(ASKED), published(by))


def test_only_algorithms_that_the_provider_announced_count() -> None:
    by = provider()
    with pytest.raises(OutsideUnacceptable, match="algorithm"):
        verify(by.id_token(ASKED), published(by), algorithms=("RS256",))


@pytest.mark.parametrize("kind", ["at+jwt", "logout+jwt", 7])
def test_a_token_of_another_kind_is_none(kind: Any) -> None:
    by = provider()
    signed = by.id_token(ASKED).split(".")
    with pytest.raises(OutsideUnacceptable, match="another kind"):
        verify(unsigned({"alg": "ES256", "typ": kind}, signed[1]), published(by))


def test_what_another_key_has_signed_is_not_believed() -> None:
    by, forger = provider(), provider()
    with pytest.raises(OutsideUnacceptable, match="not signed by a key"):
        verify(forger.id_token(ASKED), published(by))
    header, claims, signature = by.id_token(ASKED).split(".")
    changed = claims[:-4] + ("AAAA" if claims[-4:] != "AAAA" else "BBBB")
    with pytest.raises(OutsideUnacceptable):
        verify(f"{header}.{changed}.{signature}", published(by))


@pytest.mark.parametrize("change", [{"alg": "ES384"}, {"use": "enc"}, {"kid": "two"}, {"kty": "XX"}], ids=str)
def test_a_key_that_is_for_something_else_verifies_nothing(change: dict[str, str]) -> None:
    by = provider()
    (key,) = json.loads(published(by))["keys"]
    with pytest.raises(OutsideUnacceptable, match="not signed by a key"):
        verify(by.id_token(ASKED), json.dumps({"keys": [key | change]}).encode())


@given(
    st.one_of(
        st.text(), st.from_regex(r"[A-Za-z0-9_-]{1,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}", fullmatch=True)
    )
)
def test_any_text_is_refused_as_declared(text: str) -> None:
    for read in (key_id_of, lambda token: verify(token, b'{"keys":[]}')):
        with pytest.raises(OutsideUnacceptable):
            read(text)


@given(
    st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk"]),
        st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text(max_size=3), max_size=2)),
        max_size=5,
    )
)
def test_any_header_is_refused_as_declared(header: dict[str, Any]) -> None:
    by = provider(key=RSA, algorithm="RS256")
    with pytest.raises(OutsideUnacceptable):
        verify(unsigned(header, "e30"), published(by))
