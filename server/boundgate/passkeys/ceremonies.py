"""The two WebAuthn ceremonies as pure functions: options out, answers in, the `webauthn` package in between.

WebAuthn Level 3 §7.1 (registration) and §7.2 (assertion). User verification is always required. Challenges are
compared here, but whether one is ours and unused is for the services to redeem afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from boundgate.errors import AuthenticationError
from boundgate.passkeys.keys import ALGORITHMS, is_sound_key
from boundgate.passkeys.model import Passkey, User
from boundgate.passkeys.wire import AssertionAnswer, ClientData, RegistrationAnswer, encode_base64url

_CREDENTIAL_ID_BYTES = range(16, 1024)
"""At least 100 bits of entropy (§4 "Credential ID"), at most 1023 bytes (§7.1 step 25)."""
_KNOWN_TRANSPORTS = frozenset(transport.value for transport in AuthenticatorTransport)
_REFUSED = (
    "The passkey's answer was not accepted: it must be made on this site, for this step, and be unlocked with a "
    "PIN, fingerprint or face. Start again, or use another passkey."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty:
    """Who asks. `rp_id` is the host of `origin`; `ceremony_seconds` is how long one challenge may be answered."""

    rp_id: str
    origin: str
    organisation: str
    ceremony_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """What a verified registration tells. Everything but the key itself is the authenticator's own claim."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    transports: tuple[str, ...]
    aaguid: str

    def as_passkey(self, *, user_id: str, name: str, created_at: float) -> Passkey:
        """The record to store for it."""
        return Passkey(
            credential_id=self.credential_id,
            user_id=user_id,
            public_key=self.public_key,
            sign_count=self.sign_count,
            name=name,
            created_at=created_at,
            last_used_at=None,
            backup_eligible=self.backup_eligible,
            backed_up=self.backed_up,
            transports=self.transports,
            aaguid=self.aaguid,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAssertion:
    """What a verified assertion tells about its passkey now."""

    sign_count: int
    backed_up: bool


def creation_options(
    party: RelyingParty, *, challenge: str, user: User, existing: Iterable[Passkey] = ()
) -> dict[str, Any]:
    """`PublicKeyCredentialCreationOptionsJSON` for a discoverable passkey; `existing` ones are excluded."""
    options = generate_registration_options(
        rp_id=party.rp_id,
        rp_name=party.organisation or party.rp_id,
        user_id=user.handle,
        user_name=user.name,
        challenge=challenge.encode(),
        timeout=party.ceremony_seconds * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(existing),
        supported_pub_key_algs=list(ALGORITHMS),
    )
    return options_to_json_dict(options)


def request_options(party: RelyingParty, *, challenge: str, allowed: Iterable[Passkey] = ()) -> dict[str, Any]:
    """`PublicKeyCredentialRequestOptionsJSON`; with nothing `allowed`, any discoverable passkey may answer."""
    options = generate_authentication_options(
        rp_id=party.rp_id,
        challenge=challenge.encode(),
        timeout=party.ceremony_seconds * 1000,
        allow_credentials=_descriptors(allowed),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def verify_registration(party: RelyingParty, answer: RegistrationAnswer) -> NewCredential:
    """Verify a new passkey (§7.1), all but the freshness of its challenge.

    Raises:
        AuthenticationError: code `passkey_refused`.
    """
    _same_origin(answer.client_data)
    with _library_errors_declared():
        verified = verify_registration_response(
            credential=RegistrationCredential(
                id=encode_base64url(answer.credential_id),
                raw_id=answer.credential_id,
                response=AuthenticatorAttestationResponse(
                    client_data_json=answer.client_data_json, attestation_object=answer.attestation_object
                ),
            ),
            expected_challenge=answer.client_data.challenge.encode(),
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            require_user_verification=True,
            supported_pub_key_algs=list(ALGORITHMS),
        )
        sound_key = is_sound_key(verified.credential_public_key)
    known_id = verified.credential_id == answer.credential_id and len(verified.credential_id) in _CREDENTIAL_ID_BYTES
    if not (sound_key and known_id):
        raise _refused()
    return NewCredential(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        backup_eligible=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
        transports=tuple(name for name in answer.transports if name in _KNOWN_TRANSPORTS),
        aaguid=verified.aaguid,
    )


def verify_assertion(party: RelyingParty, answer: AssertionAnswer, passkey: Passkey) -> VerifiedAssertion:
    """Verify a signature by `passkey` (§7.2), all but the freshness of its challenge and its counter.

    The counter is left to `is_cloned`, after the challenge: a replayed answer is a replay, not a clone.

    Raises:
        AuthenticationError: code `passkey_refused`.
    """
    _same_origin(answer.client_data)
    with _library_errors_declared():
        verified = verify_authentication_response(
            credential=AuthenticationCredential(
                id=encode_base64url(answer.credential_id),
                raw_id=answer.credential_id,
                response=AuthenticatorAssertionResponse(
                    client_data_json=answer.client_data_json,
                    authenticator_data=answer.authenticator_data,
                    signature=answer.signature,
                ),
            ),
            expected_challenge=answer.client_data.challenge.encode(),
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    # §7.2 step 19: backup eligibility is fixed when a credential is made.
    if (verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE) != passkey.backup_eligible:
        raise _refused()
    return VerifiedAssertion(sign_count=verified.new_sign_count, backed_up=verified.credential_backed_up)


def is_cloned(passkey: Passkey, assertion: VerifiedAssertion) -> bool:
    """Whether the counter failed to grow (§7.2 step 22). Synced passkeys keep it at zero on both sides."""
    counts = passkey.sign_count > 0 or assertion.sign_count > 0
    return counts and assertion.sign_count <= passkey.sign_count


@contextmanager
def _library_errors_declared() -> Iterator[None]:
    try:
        yield
    # The package and its parsers raise far more types than they declare: KeyError, TypeError, binascii.Error and so on.
    except Exception as error:
        raise _refused() from error


def _refused() -> AuthenticationError:
    return AuthenticationError(_REFUSED, code="passkey_refused")


def _same_origin(client_data: ClientData) -> None:
    if client_data.cross_origin:
        raise AuthenticationError(
            "The passkey was asked for inside a frame of another site, which is never accepted here. "
            "Open this site itself and try again.",
            code="passkey_refused",
        )


def _descriptors(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id,
            transports=[AuthenticatorTransport(name) for name in passkey.transports if name in _KNOWN_TRANSPORTS],
        )
        for passkey in passkeys
    ]
