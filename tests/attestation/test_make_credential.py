"""What this makes, a TPM activates, for the name that it was made for and no other."""

from __future__ import annotations

import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from tpm2_pytss.constants import ESYS_TR
from tpm2_pytss.types import TPM2B_SENSITIVE_CREATE
from tpm2_pytss.utils import NVReadEK, create_ek_template

from boundgate.attestation.errors import NotAttested
from boundgate.attestation.make_credential import make_credential
from boundgate.attestation.names import name_of
from boundgate.attestation.public_area import read_public
from demo_client.tpm import EndorsementCertificate, Tpm, TpmError, open_tpm
from tests.support.keys import rsa_key
from tests.support.soft_tpm import SoftKey

SECRET = bytes(range(32))


def endorsement_key(tpm: Tpm, template: str):
    """The key itself, which every TPM has, with or without a certificate."""
    _, area = create_ek_template(template, NVReadEK(tpm._context))
    handle, public, *_ = tpm._context.create_primary(
        TPM2B_SENSITIVE_CREATE(), area, primary_handle=ESYS_TR.RH_ENDORSEMENT
    )
    tpm._context.flush_context(handle)
    return load_pem_public_key(public.to_pem())


@pytest.mark.parametrize("template", ["EK-RSA2048", "EK-ECC256", "EK-HIGH-ECC384"])
def test_a_tpm_gives_out_the_secret_for_that_name_alone(tpm: str, template: str) -> None:
    with open_tpm(tpm) as opened:
        key = endorsement_key(opened, template)
        mine, another = opened.create_attestation_key(), opened.create_attestation_key()
        name = name_of(read_public(mine.public, what="key"))
        made = make_credential(endorsement_key=key, name=name, secret=SECRET, random=os.urandom)
        own = EndorsementCertificate(template, b"")
        assert opened.activate_credential(own, mine, made.blob, made.encrypted_seed) == SECRET
    with pytest.raises(TpmError), open_tpm(tpm) as opened:
        opened.activate_credential(own, another, made.blob, made.encrypted_seed)


def test_another_tpm_gives_nothing_out(tpm: str, other_tpm: str) -> None:
    with open_tpm(other_tpm) as opened:
        theirs = opened.create_attestation_key()
    with open_tpm(tpm) as opened:
        (certificate, _) = opened.endorsement_certificates()
    key = x509.load_der_x509_certificate(certificate.der).public_key()
    name = name_of(read_public(theirs.public, what="key"))
    made = make_credential(endorsement_key=key, name=name, secret=SECRET, random=os.urandom)
    for tcti in (tpm, other_tpm):
        with pytest.raises(TpmError), open_tpm(tcti) as opened:
            opened.activate_credential(certificate, theirs, made.blob, made.encrypted_seed)


def test_no_two_credentials_are_equal_and_none_shows_the_secret() -> None:
    made = [
        make_credential(endorsement_key=key, name=SoftKey().name, secret=SECRET, random=os.urandom)
        for key in [rsa_key(2048).public_key(), ec.generate_private_key(ec.SECP384R1()).public_key()] * 2
    ]
    assert len({one.blob for one in made}) == 4
    assert not any(SECRET[:8] in one.blob + one.encrypted_seed for one in made)
    assert "encrypted_seed" not in repr(made[0])


def test_other_endorsement_keys_and_longer_secrets_are_refused() -> None:
    for key in (rsa_key(4096).public_key(), ec.generate_private_key(ec.SECP521R1()).public_key()):
        with pytest.raises(NotAttested, match="neither RSA with 2048 bits nor of P-256 or P-384"):
            make_credential(endorsement_key=key, name=b"", secret=SECRET, random=os.urandom)
    with pytest.raises(ValueError, match="32 octets"):
        make_credential(endorsement_key=rsa_key(2048).public_key(), name=b"", secret=bytes(33), random=os.urandom)
