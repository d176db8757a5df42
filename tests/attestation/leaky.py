"""Keys in a TPM that may leave it, and how they do."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from tpm2_pytss.constants import ESYS_TR, TPM2_ALG, TPM2_CC, TPM2_SE, TPMA_OBJECT
from tpm2_pytss.types import TPM2B_PUBLIC, TPM2B_SENSITIVE_CREATE, TPMT_SYM_DEF, TPMT_SYM_DEF_OBJECT

from demo_client.tpm import KeyBlobs, Tpm

LEAKY = TPMA_OBJECT.SENSITIVEDATAORIGIN | TPMA_OBJECT.USERWITHAUTH | TPMA_OBJECT.NODA | TPMA_OBJECT.SIGN_ENCRYPT


def _policy_session(tpm: Tpm, kind: TPM2_SE) -> ESYS_TR:
    session = tpm._context.start_auth_session(
        ESYS_TR.NONE, ESYS_TR.NONE, kind, TPMT_SYM_DEF(algorithm=TPM2_ALG.NULL), TPM2_ALG.SHA256
    )
    tpm._context.policy_command_code(session, TPM2_CC.Duplicate)
    return session


def create_leaky_attestation_key(tpm: Tpm) -> KeyBlobs:
    """A restricted key whose policy lets it be duplicated. No TPM would make it fixedTPM."""
    session = _policy_session(tpm, TPM2_SE.TRIAL)
    policy = tpm._context.policy_get_digest(session)
    tpm._context.flush_context(session)
    area = TPM2B_PUBLIC.parse(
        "ecc256:ecdsa-sha256:null", objectAttributes=LEAKY | TPMA_OBJECT.RESTRICTED, authPolicy=bytes(policy)
    )
    with tpm._parent() as parent:
        private, public, *_ = tpm._context.create(parent, TPM2B_SENSITIVE_CREATE(), area)
    return KeyBlobs(public.marshal(), private.marshal())


def duplicated(tpm: Tpm, key: KeyBlobs) -> ec.EllipticCurvePrivateKey:
    """The private key outside the TPM, in the clear (TPM2_Duplicate for no parent, part 3 §13.1)."""
    with tpm._loaded(key) as (handle,):
        session = _policy_session(tpm, TPM2_SE.POLICY)
        try:
            _, private, _ = tpm._context.duplicate(
                handle, ESYS_TR.RH_NULL, b"", TPMT_SYM_DEF_OBJECT(algorithm=TPM2_ALG.NULL), session1=session
            )
        finally:
            tpm._context.flush_context(session)
    # TPM2B_SENSITIVE: its length, the kind, the authorization, the seed, and the number itself.
    sensitive = bytes(private)
    return ec.derive_private_key(int.from_bytes(sensitive[-32:]), ec.SECP256R1())
