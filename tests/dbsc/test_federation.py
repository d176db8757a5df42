"""Federated registration: the provider vouches for a key, and no other is accepted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import (
    ConfigurationError,
    KeyNotVouched,
    Voucher,
    accept_only,
    read_public_key,
    verify_registration_proof,
    vouch,
)
from tests.support.keys import ec_key, rsa_key
from tests.support.soft_browser import SoftDbsc

OWNER, THIEF = SoftDbsc("ES256", key=ec_key("owner")), SoftDbsc("ES256", key=ec_key("thief"))
KEY = read_public_key(OWNER.jwk, algorithm="ES256")
VOUCHER = vouch(KEY, session_id="sid-1", provider_url="https://IDP.example:443/dbsc?x")


def registered(soft: SoftDbsc) -> Any:
    proof = soft.registration_proof("c")
    return verify_registration_proof(proof=proof, expected_audience="https://shop.example/dbsc/register").key


def test_a_voucher_names_the_key_by_its_thumbprint() -> None:
    assert VOUCHER.key_thumbprint == OWNER.thumbprint
    assert VOUCHER.provider_origin == "https://idp.example"


def test_only_the_vouched_key_is_accepted() -> None:
    assert accept_only(registered(OWNER), expected_thumbprint=VOUCHER.key_thumbprint) == KEY
    for other in (THIEF, SoftDbsc("RS256", key=rsa_key())):
        with pytest.raises(KeyNotVouched, match="vouched"):
            accept_only(registered(other), expected_thumbprint=VOUCHER.key_thumbprint)


@given(thumbprint=st.text(max_size=50))
def test_no_text_but_the_thumbprint_itself_is_accepted(thumbprint: str) -> None:
    with pytest.raises(KeyNotVouched):
        accept_only(KEY, expected_thumbprint=thumbprint)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"key_thumbprint": ""}, "federated_key_thumbprint_mismatch"),
        ({"key_thumbprint": "A" * 42}, "federated_key_thumbprint_mismatch"),
        ({"key_thumbprint": "A" * 43 + "="}, "federated_key_thumbprint_mismatch"),
        ({"key_thumbprint": "A" * 42 + "B"}, "federated_key_thumbprint_mismatch"),
        ({"key_thumbprint": "\u00e9" * 43}, "federated_key_thumbprint_mismatch"),
        ({"session_id": ""}, "invalid_federated_session_provider_session_missing"),
        ({"provider_url": ""}, "offer_provider_url"),
        ({"provider_url": "idp.example"}, "offer_provider_url"),
        ({"provider_url": "http://idp.example"}, "offer_provider_url"),
    ],
)
def test_a_voucher_that_chromium_would_not_take_is_refused(changed: dict[str, Any], code: str) -> None:
    members = {"key_thumbprint": KEY.thumbprint, "session_id": "sid-1", "provider_url": "https://idp.example"}
    with pytest.raises(ConfigurationError) as refused:
        Voucher(**members | changed)
    assert [problem.code for problem in refused.value.problems] == [code]
