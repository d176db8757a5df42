"""What a key and a certification must show."""

from __future__ import annotations

from hmac import compare_digest

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from boundgate.attestation.errors import NotAttested
from boundgate.attestation.names import thumbprint_of
from boundgate.attestation.public_area import PublicArea
from boundgate.attestation.structures import Signature, read_certification, read_signature
from boundgate.attestation.words import HASHES, Algorithm, Attributes

_STAYS = Attributes.FIXED_TPM | Attributes.FIXED_PARENT | Attributes.SENSITIVE_DATA_ORIGIN
"""Made in the TPM, and cannot leave it (part 1 §25)."""

_WORDS = {
    Attributes.FIXED_TPM: "fixedTPM",
    Attributes.FIXED_PARENT: "fixedParent",
    Attributes.SENSITIVE_DATA_ORIGIN: "sensitiveDataOrigin",
    Attributes.RESTRICTED: "restricted",
    Attributes.SIGN: "sign",
    Attributes.DECRYPT: "decrypt",
}


def check_attestation_key(area: PublicArea) -> None:
    """Whether what this key signs is the word of its TPM.

    Raises:
        NotAttested: it is not fixedTPM, fixedParent, sensitiveDataOrigin, restricted and sign, or it is decrypt, or
            it has no scheme of its own.
    """
    _require(area, _STAYS | Attributes.RESTRICTED | Attributes.SIGN, whose="attestation key")
    if Attributes.DECRYPT in area.attributes:
        raise NotAttested("The attestation key is decrypt, so it is no key for signing alone.")
    # Part 1 §27.2.3: a restricted signing key has a scheme.
    if area.scheme == Algorithm.NULL:
        raise NotAttested("The attestation key has no signing scheme.")


def check_certified_key(area: PublicArea, *, expected_thumbprint: str) -> None:
    """Whether this is the key that the caller's proofs are made with, and one that cannot leave its TPM.

    Raises:
        NotAttested: it is another key, or it is not fixedTPM, fixedParent, sensitiveDataOrigin and sign.
    """
    if thumbprint_of(area) != expected_thumbprint:
        raise NotAttested("The certified key is not the key of this token.")
    _require(area, _STAYS | Attributes.SIGN, whose="certified key")


def verify_certification(
    *,
    certification: bytes,
    signature: bytes,
    attestation_key: PublicArea,
    expected_name: bytes,
    expected_extra_data: bytes,
) -> None:
    """Verify what TPM2_Certify returned (part 3 §18.2).

    Args:
        certification: TPMS_ATTEST.
        signature: TPMT_SIGNATURE.
        attestation_key: one that `check_attestation_key` let pass.
        expected_name: of the certified key.
        expected_extra_data: what the caller was told to give as qualifying data.

    Raises:
        NotAttested: the signature is not that of the attestation key, or what is signed is something else.
    """
    # Magic and type come first: without them a restricted key may have signed any digest that was brought to it.
    said = read_certification(certification)
    if not _is_signed(certification, read_signature(signature), attestation_key):
        raise NotAttested("The certification is not signed by the attestation key.")
    if not compare_digest(said.extra_data, expected_extra_data):
        raise NotAttested("The certification was made for another nonce.")
    if not compare_digest(said.name, expected_name):
        raise NotAttested("The certification names another key.")


def _is_signed(message: bytes, signature: Signature, key: PublicArea) -> bool:
    if (signature.algorithm, signature.digest) != (key.scheme, key.scheme_hash):
        return False
    digest = HASHES[signature.digest][1]
    try:
        if isinstance(key.key, ec.EllipticCurvePublicKey):
            key.key.verify(encode_dss_signature(signature.r, signature.s), message, ec.ECDSA(digest))
        else:
            key.key.verify(signature.rsa, message, padding.PKCS1v15(), digest)
    except InvalidSignature:
        return False
    return True


def _require(area: PublicArea, required: Attributes, *, whose: str) -> None:
    missing = [_WORDS[one] for one in required if one not in area.attributes]
    if missing:
        raise NotAttested(f"The {whose} is not {' and not '.join(missing)}, so it may be used or copied elsewhere.")
