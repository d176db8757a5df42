"""Strict reading of what `PublicKeyCredential.toJSON()` sends (WebAuthn Level 3 §5.1.8), client data (§5.8.1) included.

Everything here is shape only: what passes may still be a lie, and `ceremonies` finds out. Only `BadRequest` and
`TooLarge` are ever raised, whatever the text.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from boundgate.errors import BadRequest, TooLarge

CREDENTIAL_MAX_CHARACTERS = 65_536
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_MALFORMED = "The passkey's answer cannot be read. Reload the page and try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientData:
    """What the browser says about the ceremony it ran. `challenge` is our text, decoded."""

    type: str
    challenge: str
    origin: str
    cross_origin: bool
    """Whether a frame of another site was involved, by `crossOrigin` or by the presence of `topOrigin`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationAnswer:
    """The answer to `navigator.credentials.create()`, unverified."""

    credential_id: bytes
    client_data: ClientData
    client_data_json: bytes
    attestation_object: bytes
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionAnswer:
    """The answer to `navigator.credentials.get()`, unverified."""

    credential_id: bytes
    client_data: ClientData
    client_data_json: bytes
    authenticator_data: bytes
    signature: bytes
    user_handle: bytes | None


def encode_base64url(value: bytes) -> str:
    """Base64url without padding (RFC 4648 §5), as WebAuthn writes all bytes in JSON."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode_base64url(text: object, *, param: str) -> bytes:
    """The bytes of unpadded base64url; anything else, padding and line breaks included, is refused.

    Raises:
        BadRequest: naming `param`.
    """
    if isinstance(text, str) and _BASE64URL.fullmatch(text) and len(text) % 4 != 1:
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            pass
    raise BadRequest(f"`{param}` must be base64url without padding. Reload the page and try again.", param=param)


def parse_registration(text: str) -> RegistrationAnswer:
    """Read a `RegistrationResponseJSON`.

    Raises:
        BadRequest: not JSON, not this shape, or client data that cannot be read.
        TooLarge: more than `CREDENTIAL_MAX_CHARACTERS`.
    """
    credential_id, response = _credential(text)
    client_data_json = decode_base64url(response.get("clientDataJSON"), param="clientDataJSON")
    return RegistrationAnswer(
        credential_id=credential_id,
        client_data=parse_client_data(client_data_json),
        client_data_json=client_data_json,
        attestation_object=decode_base64url(response.get("attestationObject"), param="attestationObject"),
        transports=_texts(response.get("transports")),
    )


def parse_assertion(text: str) -> AssertionAnswer:
    """Read an `AuthenticationResponseJSON`.

    Raises:
        BadRequest: not JSON, not this shape, or client data that cannot be read.
        TooLarge: more than `CREDENTIAL_MAX_CHARACTERS`.
    """
    credential_id, response = _credential(text)
    client_data_json = decode_base64url(response.get("clientDataJSON"), param="clientDataJSON")
    handle = response.get("userHandle")
    return AssertionAnswer(
        credential_id=credential_id,
        client_data=parse_client_data(client_data_json),
        client_data_json=client_data_json,
        authenticator_data=decode_base64url(response.get("authenticatorData"), param="authenticatorData"),
        signature=decode_base64url(response.get("signature"), param="signature"),
        user_handle=None if handle is None else decode_base64url(handle, param="userHandle"),
    )


def parse_client_data(raw: bytes) -> ClientData:
    """Read `clientDataJSON`. Members that we do not know are passed over, as §5.8.1 demands.

    Raises:
        BadRequest: not UTF-8, not JSON, a member twice or of a wrong type, or a challenge that is not ASCII.
    """
    try:
        data = _object(raw.decode())
    except UnicodeDecodeError:
        raise BadRequest(_MALFORMED, param="clientDataJSON") from None
    kind, origin, cross_origin = data.get("type"), data.get("origin"), data.get("crossOrigin", False)
    if not (isinstance(kind, str) and isinstance(origin, str) and isinstance(cross_origin, bool)):
        raise BadRequest(_MALFORMED, param="clientDataJSON")
    challenge = decode_base64url(data.get("challenge"), param="challenge")
    if not challenge.isascii():
        raise BadRequest(_MALFORMED, param="challenge")
    return ClientData(
        type=kind,
        challenge=challenge.decode("ascii"),
        origin=origin,
        cross_origin=cross_origin or "topOrigin" in data,
    )


def _credential(text: str) -> tuple[bytes, dict[str, Any]]:
    if len(text) > CREDENTIAL_MAX_CHARACTERS:
        raise TooLarge("The passkey's answer is longer than any real one. Reload the page and try again.")
    credential = _object(text)
    response = credential.get("response")
    if credential.get("type") != "public-key" or not isinstance(response, dict):
        raise BadRequest(_MALFORMED)
    if credential.get("id") != credential.get("rawId"):
        raise BadRequest(_MALFORMED, param="rawId")
    return decode_base64url(credential.get("id"), param="id"), response


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadRequest(_MALFORMED) from None
    if not isinstance(value, dict):
        raise BadRequest(_MALFORMED)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(dict.fromkeys(item for item in value if isinstance(item, str)))
