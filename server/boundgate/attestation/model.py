"""The two round trips as values. Times are Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass, field

from boundgate.terms import Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who asks: of the family whose token the call carries, as the server's record has it."""

    user_id: str | None
    client_id: str
    jkt: str
    """RFC 7638 thumbprint of the family's key, with which the call itself was proved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a client says about its TPM, the same in both trips."""

    certificate: bytes = field(repr=False)
    """Of the endorsement key, DER."""
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    """Issuing authorities, DER."""
    attestation_key: bytes = field(repr=False)
    """TPM2B_PUBLIC."""
    key: bytes = field(repr=False)
    """TPM2B_PUBLIC of the key of the tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What the client's TPM is to do: activate the credential, and certify the key for the nonce."""

    nonce: str
    credential_blob: bytes
    """TPM2B_ID_OBJECT."""
    encrypted_seed: bytes = field(repr=False)
    """TPM2B_ENCRYPTED_SECRET."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the client's TPM did."""

    nonce: str
    secret: bytes = field(repr=False)
    """What TPM2_ActivateCredential gave out."""
    certification: bytes = field(repr=False)
    """TPMS_ATTEST of TPM2_Certify, whose qualifying data is the SHA-256 of the nonce."""
    signature: bytes = field(repr=False)
    """TPMT_SIGNATURE."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A key that is in the TPM with this endorsement key: verified, whether or not the user has accepted that TPM."""

    user_id: str
    client_id: str
    jkt: str
    ek_fingerprint: str
    maker: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTpm:
    """An endorsement key that a user has accepted."""

    user_id: str
    ek_fingerprint: str
    maker: str
    accepted_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`attested`, or `software` and why."""

    provenance: Provenance
    reason: str | None = None
    """One or two sentences for the client's user; None where it is attested."""
    touch_wanted: str | None = None
    """The fingerprint of an endorsement key that is new for the user: everything else holds, and once the user accepts
    it with a passkey, the key is attested."""
