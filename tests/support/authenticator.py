"""A browser and its passkey authenticator in one object: real keys, real CBOR, and every lie a thief might tell.

    device = SoftAuthenticator("https://localhost:8443")
    answer = device.create(options)            # what navigator.credentials.create(...).toJSON() gives
    answer = device.get(options)               # what navigator.credentials.get(...).toJSON() gives
    answer = device.get(options, Lies(user_verified=False))

`options` may be the bare options JSON or an object that holds it as `publicKey`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

ES256, EDDSA, RS256 = -7, -8, -257
UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


class CeremonyRefused(Exception):
    """What a browser throws: `InvalidStateError` for an excluded credential, `NotAllowedError` otherwise."""


@dataclass(frozen=True, kw_only=True)
class Lies:
    """Departures from the truth in one answer; None means "be honest"."""

    type: str | None = None
    origin: str | None = None
    rp_id: str | None = None
    challenge: bytes | None = None
    cross_origin: bool = False
    top_origin: str | None = None
    user_present: bool = True
    user_verified: bool = True
    backup_eligible: bool | None = None
    backed_up: bool | None = None
    sign_count: int | None = None
    user_handle: bytes | None = None
    omit_user_handle: bool = False
    other_key: bool = False
    """Sign with a key that was never registered."""
    cose_key: bytes | None = None
    """Claim this public key in a registration."""
    client_data: Mapping[str, Any] = field(default_factory=dict)
    """Members to set in the client data, after everything else."""


HONEST = Lies()


@dataclass(frozen=True, kw_only=True)
class SoftCredential:
    """One passkey that the authenticator holds."""

    id: bytes
    rp_id: str
    user_handle: bytes
    algorithm: int
    key: PrivateKey
    sign_count: int


class SoftAuthenticator:
    """Answers ceremonies like a browser at `origin` with a built-in authenticator.

    Args:
        origin: what the page's address bar shows.
        algorithm: COSE number of the keys it makes: ES256, EDDSA or RS256.
        attestation: "none", or "packed" for self attestation.
        counting: whether the signature counter grows; synced passkeys keep it at 0.
        synced: the backup flags that it reports (both).
    """

    def __init__(
        self,
        origin: str,
        *,
        algorithm: int = ES256,
        attestation: str = "none",
        counting: bool = True,
        synced: bool = False,
    ) -> None:
        self.origin = origin
        self.algorithm = algorithm
        self.attestation = attestation
        self.counting = counting
        self.synced = synced
        self.credentials: list[SoftCredential] = []

    def create(self, options: Mapping[str, Any], lies: Lies = HONEST) -> dict[str, Any]:
        """A new passkey for `PublicKeyCredentialCreationOptionsJSON`, as `RegistrationResponseJSON`."""
        options = options.get("publicKey", options)
        excluded = {descriptor["id"] for descriptor in options.get("excludeCredentials", ())}
        if any(encode(credential.id) in excluded for credential in self.credentials):
            raise CeremonyRefused("InvalidStateError")
        if self.algorithm not in {parameter["alg"] for parameter in options["pubKeyCredParams"]}:
            raise CeremonyRefused("NotAllowedError")
        return self._make(secrets.token_bytes(32), options, lies)

    def create_again(self, credential_id: bytes, options: Mapping[str, Any]) -> dict[str, Any]:
        """A new key under an id that exists already, which no honest authenticator makes."""
        return self._make(credential_id, options.get("publicKey", options), HONEST)

    def get(self, options: Mapping[str, Any], lies: Lies = HONEST) -> dict[str, Any]:
        """A signature for `PublicKeyCredentialRequestOptionsJSON`, as `AuthenticationResponseJSON`."""
        options = options.get("publicKey", options)
        credential = self._chosen(options)
        if self.counting:
            credential = replace(credential, sign_count=credential.sign_count + 1)
            self.credentials = [credential if known.id == credential.id else known for known in self.credentials]
        client_data = self._client_data("webauthn.get", options, lies)
        data = self._authenticator_data(credential, lies, 0)
        key = new_key(credential.algorithm) if lies.other_key else credential.key
        response = {
            "clientDataJSON": encode(client_data),
            "authenticatorData": encode(data),
            "signature": encode(sign(key, data + hashlib.sha256(client_data).digest())),
        }
        if not lies.omit_user_handle:
            response["userHandle"] = encode(lies.user_handle or credential.user_handle)
        return self._credential(credential, response)

    def _make(self, credential_id: bytes, options: Mapping[str, Any], lies: Lies) -> dict[str, Any]:
        credential = SoftCredential(
            id=credential_id,
            rp_id=self._rp_id(options["rp"].get("id")),
            user_handle=decode(options["user"]["id"]),
            algorithm=self.algorithm,
            key=new_key(self.algorithm),
            sign_count=1 if self.counting else 0,
        )
        self.credentials.append(credential)
        client_data = self._client_data("webauthn.create", options, lies)
        cose = lies.cose_key or cose_key(credential.key)
        attested = bytes(16) + len(credential.id).to_bytes(2, "big") + credential.id + cose
        data = self._authenticator_data(credential, lies, AT) + attested
        statement = self._statement(credential, data + hashlib.sha256(client_data).digest())
        attestation = cbor2.dumps({"fmt": self.attestation, "attStmt": statement, "authData": data})
        response = {
            "clientDataJSON": encode(client_data),
            "attestationObject": encode(attestation),
            "authenticatorData": encode(data),
            "transports": ["internal", "hybrid"] if self.synced else ["internal"],
            "publicKeyAlgorithm": self.algorithm,
        }
        return self._credential(credential, response)

    def _chosen(self, options: Mapping[str, Any]) -> SoftCredential:
        allowed = {descriptor["id"] for descriptor in options.get("allowCredentials", ())}
        rp_id = self._rp_id(options.get("rpId"))
        for credential in reversed(self.credentials):
            if credential.rp_id == rp_id and (not allowed or encode(credential.id) in allowed):
                return credential
        raise CeremonyRefused("NotAllowedError")

    def _rp_id(self, asked: str | None) -> str:
        host = urlsplit(self.origin).hostname or ""
        if asked is not None and asked != host and not host.endswith(f".{asked}"):
            raise CeremonyRefused("SecurityError")
        return asked or host

    def _client_data(self, kind: str, options: Mapping[str, Any], lies: Lies) -> bytes:
        data: dict[str, Any] = {
            "type": lies.type or kind,
            "challenge": options["challenge"] if lies.challenge is None else encode(lies.challenge),
            "origin": lies.origin or self.origin,
            "crossOrigin": lies.cross_origin,
        }
        if lies.top_origin is not None:
            data["topOrigin"] = lies.top_origin
        return json.dumps(data | dict(lies.client_data), separators=(",", ":")).encode()

    def _authenticator_data(self, credential: SoftCredential, lies: Lies, flags: int) -> bytes:
        flags |= UP if lies.user_present else 0
        flags |= UV if lies.user_verified else 0
        flags |= BE if (self.synced if lies.backup_eligible is None else lies.backup_eligible) else 0
        flags |= BS if (self.synced if lies.backed_up is None else lies.backed_up) else 0
        count = credential.sign_count if lies.sign_count is None else lies.sign_count
        rp_hash = hashlib.sha256((lies.rp_id or credential.rp_id).encode()).digest()
        return rp_hash + bytes([flags]) + count.to_bytes(4, "big")

    def _statement(self, credential: SoftCredential, signed: bytes) -> dict[str, Any]:
        if self.attestation == "none":
            return {}
        return {"alg": credential.algorithm, "sig": sign(credential.key, signed)}

    def _credential(self, credential: SoftCredential, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": encode(credential.id),
            "rawId": encode(credential.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }


def encode(value: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes of unpadded base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def new_key(algorithm: int, *, rsa_bits: int = 2048) -> PrivateKey:
    """A fresh private key for a COSE algorithm number."""
    if algorithm == ES256:
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)


def cose_key(key: PrivateKey) -> bytes:
    """The public half as a COSE key (RFC 9053 §7)."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        size = (key.curve.key_size + 7) // 8
        curve = {"secp256r1": 1, "secp384r1": 2, "secp521r1": 3}[key.curve.name]
        x, y = point.x.to_bytes(size, "big"), point.y.to_bytes(size, "big")
        return cbor2.dumps({1: 2, 3: ES256, -1: curve, -2: x, -3: y})
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return cbor2.dumps({1: 1, 3: EDDSA, -1: 6, -2: key.public_key().public_bytes_raw()})
    numbers = key.public_key().public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    return cbor2.dumps({1: 3, 3: RS256, -1: modulus, -2: numbers.e.to_bytes(3, "big")})


def sign(key: PrivateKey, data: bytes) -> bytes:
    """A signature in the form that WebAuthn §6.5.5 wants."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(SHA256()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, padding.PKCS1v15(), SHA256())
