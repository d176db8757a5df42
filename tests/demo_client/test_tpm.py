"""A client's key in a TPM: it signs, and it neither leaves nor is read."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from tpm2_pytss.constants import ESYS_TR, TPM2_ALG
from tpm2_pytss.types import TPM2B_PRIVATE, TPM2B_PUBLIC, TPMT_SYM_DEF_OBJECT

from demo_client.tpm import KeyBlobs, TpmError, open_tpm
from tests.attestation.leaky import duplicated
from tests.support.swtpm import running_tpm


@pytest.fixture(scope="module")
def key(tpm: str) -> KeyBlobs:
    with open_tpm(tpm) as opened:
        return opened.create_key()


def test_the_key_signs_for_es256_again_and_again(tpm: str, key: KeyBlobs) -> None:
    public = ec.EllipticCurvePublicNumbers(*key.point, ec.SECP256R1()).public_key()
    with open_tpm(tpm) as opened:
        for count in range(30):
            message = count.to_bytes(4)
            signature = opened.sign(key, hashlib.sha256(message).digest())
            assert len(signature) == 64
            r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
            public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))


def test_no_two_keys_are_equal(tpm: str, key: KeyBlobs) -> None:
    with open_tpm(tpm) as opened:
        assert opened.create_key().point != key.point


def test_the_key_cannot_be_duplicated(tpm: str, key: KeyBlobs) -> None:
    with pytest.raises(TpmError), open_tpm(tpm) as opened:
        duplicated(opened, key)
    null = TPMT_SYM_DEF_OBJECT(algorithm=TPM2_ALG.NULL)
    with pytest.raises(TpmError), open_tpm(tpm) as opened, opened._loaded(key) as (handle,):
        opened._context.duplicate(handle, ESYS_TR.RH_NULL, b"", null)


def test_the_key_cannot_be_read(tpm: str, key: KeyBlobs) -> None:
    with open_tpm(tpm) as opened, opened._loaded(key) as (handle,):
        public, *_ = opened._context.read_public(handle)
        assert public.marshal() == key.public
    with pytest.raises(TpmError), open_tpm(tpm) as opened, opened._loaded(key) as (handle,):
        opened._context.unseal(handle)


def test_the_blobs_are_worth_nothing_elsewhere(other_tpm: str, key: KeyBlobs) -> None:
    with pytest.raises(TpmError), open_tpm(other_tpm) as opened:
        opened.sign(key, bytes(32))


def test_blobs_that_were_made_to_look_better_are_not_loaded(tpm: str, key: KeyBlobs) -> None:
    private, _ = TPM2B_PRIVATE.unmarshal(key.private)
    public, _ = TPM2B_PUBLIC.unmarshal(key.public)
    public.publicArea.objectAttributes ^= 1 << 10
    with pytest.raises(TpmError), open_tpm(tpm) as opened, opened._parent() as parent:
        opened._context.load(parent, private, public)


def test_operations_leave_no_object_behind(tpm: str, key: KeyBlobs) -> None:
    with open_tpm(tpm) as opened:
        attestation_key = opened.create_attestation_key()
        for _ in range(10):
            opened.certify(key, attestation_key, b"nonce")
        assert opened._handles(0x80000000) == []


def test_a_tpm_without_certificates_has_none() -> None:
    with running_tpm() as tcti, open_tpm(tcti) as opened:
        assert opened.endorsement_certificates() == []


def test_a_tpm_that_is_not_there_is_an_error_with_its_name() -> None:
    with pytest.raises(TpmError, match="swtpm:path=/nowhere/tpm"), open_tpm("swtpm:path=/nowhere/tpm"):
        pass


def test_what_is_no_key_of_a_tpm_has_no_point() -> None:
    for public in (b"", b"\0", bytes(90)):
        with pytest.raises(TpmError):
            _ = KeyBlobs(public, b"").point


def test_a_key_does_not_show_its_private_blob(key: KeyBlobs) -> None:
    assert "private" not in repr(key)
