from __future__ import annotations

import pytest

from boundgate.attestation.errors import NotAttested
from boundgate.attestation.names import thumbprint_of
from boundgate.attestation.public_area import read_public
from boundgate.jose.jwk import read_public_key
from tests.support.keys import b64u, ec_key, rsa_key
from tests.support.soft_tpm import SoftKey


@pytest.mark.parametrize("name", ["one", "two", "three"])
def test_a_thumbprint_is_that_of_the_keys_jwk(name: str) -> None:
    numbers = ec_key(name).public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": b64u(numbers.x.to_bytes(32)), "y": b64u(numbers.y.to_bytes(32))}
    area = read_public(SoftKey(ec_key(name)).public, what="key")
    assert thumbprint_of(area) == read_public_key(jwk, algorithm="ES256").thumbprint


def test_an_rsa_key_makes_no_proof() -> None:
    with pytest.raises(NotAttested, match="is RSA"):
        thumbprint_of(read_public(SoftKey(rsa_key(2048)).public, what="key"))
