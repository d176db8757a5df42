from __future__ import annotations

from dataclasses import replace

import pytest

from boundgate.attestation.errors import NotAttested
from boundgate.attestation.names import name_of, thumbprint_of
from boundgate.attestation.public_area import read_public
from boundgate.attestation.verify import check_attestation_key, check_certified_key, verify_certification
from boundgate.attestation.words import Algorithm, Attributes
from tests.support.keys import ec_key, rsa_key
from tests.support.soft_tpm import ATTESTATION_KEY, KEY, SoftKey, attest, tpm2b, u16

SIGNER = SoftKey(ec_key("attestation key"), attributes=ATTESTATION_KEY)
RSA_SIGNER = SoftKey(rsa_key(2048), attributes=ATTESTATION_KEY)
CERTIFIED = SoftKey(ec_key("certified key"))


def area(key: SoftKey):
    return read_public(key.public, what="key")


THUMBPRINT = thumbprint_of(area(CERTIFIED))


@pytest.mark.parametrize("more", [0, Attributes.NO_DA, Attributes.ADMIN_WITH_POLICY, Attributes.ST_CLEAR])
@pytest.mark.parametrize("key", [SIGNER, RSA_SIGNER])
def test_an_attestation_key_may_have_attributes_that_change_nothing(key: SoftKey, more: int) -> None:
    check_attestation_key(area(replace(key, attributes=ATTESTATION_KEY | more)))


@pytest.mark.parametrize("word", ["fixedTPM", "fixedParent", "sensitiveDataOrigin", "restricted", "sign"])
def test_an_attestation_key_that_lacks_one_attribute_is_refused_with_its_name(word: str) -> None:
    bits = {
        "fixedTPM": Attributes.FIXED_TPM,
        "fixedParent": Attributes.FIXED_PARENT,
        "sensitiveDataOrigin": Attributes.SENSITIVE_DATA_ORIGIN,
        "restricted": Attributes.RESTRICTED,
        "sign": Attributes.SIGN,
    }
    with pytest.raises(NotAttested, match=f"attestation key is not {word},"):
        check_attestation_key(area(replace(SIGNER, attributes=ATTESTATION_KEY & ~bits[word])))
    if word == "restricted":
        return
    with pytest.raises(NotAttested, match=f"certified key is not {word},"):
        check_certified_key(
            area(replace(CERTIFIED, attributes=KEY & ~bits[word])),
            expected_thumbprint=THUMBPRINT,
        )


def test_an_attestation_key_that_decrypts_or_has_no_scheme_is_refused() -> None:
    with pytest.raises(NotAttested, match="is decrypt"):
        check_attestation_key(area(replace(SIGNER, attributes=ATTESTATION_KEY | Attributes.DECRYPT)))
    with pytest.raises(NotAttested, match="no signing scheme"):
        check_attestation_key(area(replace(SIGNER, scheme=u16(Algorithm.NULL))))


def test_the_certified_key_is_the_one_of_the_proofs() -> None:
    check_certified_key(area(CERTIFIED), expected_thumbprint=THUMBPRINT)
    with pytest.raises(NotAttested, match="not the key of this token"):
        check_certified_key(area(SIGNER), expected_thumbprint=THUMBPRINT)


def verify(said: bytes, signature: bytes, *, signer: SoftKey = SIGNER) -> None:
    verify_certification(
        certification=said,
        signature=signature,
        attestation_key=area(signer),
        expected_name=name_of(area(CERTIFIED)),
        expected_extra_data=b"nonce",
    )


SAID = attest(name=CERTIFIED.name, extra_data=b"nonce")


@pytest.mark.parametrize("signer", [SIGNER, RSA_SIGNER])
def test_a_certification_by_either_kind_of_key_holds(signer: SoftKey) -> None:
    verify(SAID, signer.sign(SAID), signer=signer)


def test_a_name_by_another_algorithm_than_sha_256_holds() -> None:
    certified = replace(CERTIFIED, name_algorithm=Algorithm.SHA384)
    said = attest(name=certified.name, extra_data=b"nonce")
    verify_certification(
        certification=said,
        signature=SIGNER.sign(said),
        attestation_key=area(SIGNER),
        expected_name=name_of(area(certified)),
        expected_extra_data=b"nonce",
    )


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (attest(name=CERTIFIED.name, extra_data=b"another"), "another nonce"),
        (attest(name=CERTIFIED.name, extra_data=b""), "another nonce"),
        (attest(name=SIGNER.name, extra_data=b"nonce"), "another key"),
        (attest(name=CERTIFIED.name[:-1], extra_data=b"nonce"), "another key"),
        (attest(name=CERTIFIED.name, extra_data=b"nonce", magic=1), "magic"),
        (attest(name=CERTIFIED.name, extra_data=b"nonce", kind=0x8018), "type"),
    ],
)
def test_what_says_something_else_is_refused_although_it_is_signed(said: bytes, why: str) -> None:
    with pytest.raises(NotAttested, match=why):
        verify(said, SIGNER.sign(said))


@pytest.mark.parametrize(
    "signature",
    [
        CERTIFIED.sign(SAID),
        RSA_SIGNER.sign(SAID),
        SIGNER.sign(SAID + b"\0"),
        u16(Algorithm.ECDSA) + u16(Algorithm.SHA384) + SIGNER.sign(SAID)[4:],
        u16(Algorithm.ECDSA) + u16(Algorithm.SHA256) + tpm2b(b"\0") + tpm2b(b"\0"),
        u16(Algorithm.RSASSA) + u16(Algorithm.SHA256) + tpm2b(bytes(256)),
    ],
    ids=["another key", "another scheme", "another text", "another hash", "zeros", "RSA zeros"],
)
def test_a_signature_by_another_key_scheme_or_hash_is_refused(signature: bytes) -> None:
    with pytest.raises(NotAttested, match="not signed by the attestation key"):
        verify(SAID, signature)
