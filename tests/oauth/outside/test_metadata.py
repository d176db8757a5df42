"""What a provider publishes about itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey

from boundgate.oauth.outside.errors import OutsideUnacceptable
from boundgate.oauth.outside.metadata import is_https_url, read_keys, read_metadata
from tests.support.outside import SoftProvider

ISSUER = "https://id.example"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.sampled_from(
    [
        *("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported"),
        *("id_token_signing_alg_values_supported", "code_challenge_methods_supported"),
        *("token_endpoint_auth_methods_supported", "dpop_signing_alg_values_supported"),
    ]
)


def document(**changes: Any) -> bytes:
    return json.dumps(SoftProvider(ISSUER, metadata=changes).published()).encode()


def test_what_is_needed_is_read() -> None:
    found = read_metadata(document(dpop_signing_alg_values_supported=["ES256"]), expected_issuer=ISSUER)
    assert (found.issuer, found.token_endpoint, found.jwks_uri) == (ISSUER, f"{ISSUER}/token", f"{ISSUER}/jwks")
    assert (found.algorithms, found.names_itself, found.binds_tokens) == (("ES256",), True, True)


def test_what_is_left_out_has_the_defaults_of_the_standard() -> None:
    absent = dict.fromkeys(
        ("code_challenge_methods_supported", "id_token_signing_alg_values_supported", "response_types_supported")
    )
    found = read_metadata(
        document(**absent, authorization_response_iss_parameter_supported=None), expected_issuer=ISSUER
    )
    assert (found.algorithms, found.names_itself, found.binds_tokens) == (("RS256",), False, False)
    assert found.secret_method == "client_secret_basic"


@pytest.mark.parametrize(
    ("methods", "chosen"),
    [
        (["client_secret_post"], "client_secret_post"),
        (["client_secret_post", "client_secret_basic"], "client_secret_basic"),
        (["private_key_jwt"], "client_secret_basic"),
    ],
    ids=["post", "both", "neither"],
)
def test_how_a_secret_is_sent_is_the_providers_choice(methods: list[str], chosen: str) -> None:
    found = read_metadata(document(token_endpoint_auth_methods_supported=methods), expected_issuer=ISSUER)
    assert found.secret_method == chosen


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"issuer": "https://id.other.example"}, "another issuer"),
        ({"issuer": f"{ISSUER}/"}, "another issuer"),
        ({"issuer": None}, "another issuer"),
        ({"response_types_supported": ["id_token"]}, "authorization code"),
        ({"response_types_supported": "code"}, "authorization code"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "algorithm"),
        ({"authorization_endpoint": "http://id.example/authorize"}, "authorization_endpoint"),
        ({"token_endpoint": None}, "token_endpoint"),
        ({"jwks_uri": "javascript:alert(1)"}, "jwks_uri"),
    ],
    ids=lambda value: json.dumps(value)[:50] if isinstance(value, dict) else None,
)
def test_a_provider_that_lacks_what_is_needed_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(OutsideUnacceptable, match=said):
        read_metadata(document(**changes), expected_issuer=ISSUER)


@given(MEMBERS, JSON)
def test_whatever_a_member_holds_it_is_read_or_refused(name: str, value: Any) -> None:
    published = SoftProvider(ISSUER).published() | {name: value}
    try:
        found = read_metadata(json.dumps(published).encode(), expected_issuer=ISSUER)
    except OutsideUnacceptable:
        return
    assert found.issuer == ISSUER
    assert is_https_url(found.token_endpoint)


@given(st.binary(max_size=60))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    for read in (lambda: read_metadata(octets, expected_issuer=ISSUER), lambda: read_keys(octets)):
        with pytest.raises(OutsideUnacceptable):
            read()


@pytest.mark.parametrize(
    "url",
    ["http://a", "https://", "https://a b", "https://u@a", "https://a#b", "https://a:x", "https://ä", "a", None, 7],
)
def test_what_is_no_place_behind_tls(url: object) -> None:
    assert not is_https_url(url)


def test_keys_of_no_use_are_passed_over() -> None:
    good = ECKey.generate_key("P-256", parameters={"kid": "good"})
    entries = [
        *(None, 7, {}, {"kty": "oct", "k": "AAAA"}, {"kty": "EC"}, {"kty": "EC", "crv": "P-256", "x": "!", "y": 7}),
        ECKey.generate_key("P-256", parameters={"kid": "private"}).as_dict(private=True),
        RSAKey.generate_key(2048, parameters={"kid": "rsa"}).as_dict(private=False) | {"n": "AQAB"},
        good.as_dict(private=False) | {"use": "enc", "kid": "enc"},
        good.as_dict(private=False) | {"use": "sig", "alg": "ES256", "x5t": "unknown members do no harm"},
    ]
    found = read_keys(json.dumps({"keys": entries}).encode())
    assert [(key.kid, key.algorithm) for key in found] == [("good", "ES256")]


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "kid"]),
            JSON | st.sampled_from(["EC", "RSA", "OKP", "P-256", "Ed25519", "AQAB"]),
            max_size=6,
        ),
        max_size=3,
    )
)
def test_whatever_a_key_set_holds_it_is_read_or_passed_over(entries: list[Any]) -> None:
    read_keys(json.dumps({"keys": entries}).encode())
