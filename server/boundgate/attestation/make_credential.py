"""TPM2_MakeCredential in software (part 1 §24.4): a secret that one TPM gives out for one object and nobody else can.

The TPM with the endorsement key decrypts it only where an object of this very name is loaded beside that key. A name is
a digest of the public area, attributes included, so nothing about the object can be claimed that is not so.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from boundgate.attestation.errors import NotAttested
from boundgate.attestation.kdf import kdfa, kdfe
from boundgate.attestation.octets import sized
from boundgate.clock import RandomBytes

SECRET_OCTETS = 32
"""The longest secret that every kind of endorsement key below can carry."""

EndorsementKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
_IDENTITY = b"IDENTITY"


@dataclass(frozen=True, slots=True)
class Credential:
    """What TPM2_ActivateCredential takes."""

    blob: bytes
    """TPM2B_ID_OBJECT."""
    encrypted_seed: bytes = field(repr=False)
    """TPM2B_ENCRYPTED_SECRET."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the TCG EK Credential Profile fixes for one kind of endorsement key (§B.3, §B.4)."""

    digest: hashes.HashAlgorithm
    aes_bits: int


_RSA_KINDS = {2048: _Kind(hashes.SHA256(), 128)}
_CURVE_KINDS = {"secp256r1": _Kind(hashes.SHA256(), 128), "secp384r1": _Kind(hashes.SHA384(), 256)}


def make_credential(*, endorsement_key: EndorsementKey, name: bytes, secret: bytes, random: RandomBytes) -> Credential:
    """Wrap `secret` for the TPM with this endorsement key and an object of this name.

    Args:
        secret: at most 32 octets.

    Raises:
        NotAttested: the endorsement key is of a kind for which nothing is defined here.
    """
    if len(secret) > SECRET_OCTETS:
        raise ValueError("a credential carries at most 32 octets")
    kind = kind_of(endorsement_key)
    if isinstance(endorsement_key, rsa.RSAPublicKey):
        seed = random(kind.digest.digest_size)
        encrypted = _encrypted_seed(endorsement_key, seed, kind.digest)
    else:
        seed, encrypted = _agreed_seed(endorsement_key, kind.digest)
    return Credential(_sealed(sized(secret), seed=seed, name=name, kind=kind), sized(encrypted))


def kind_of(key: EndorsementKey) -> _Kind:
    """The algorithms that go with an endorsement key.

    Raises:
        NotAttested: it is neither RSA with 2048 bits nor of P-256 or P-384.
    """
    kind = _RSA_KINDS.get(key.key_size) if isinstance(key, rsa.RSAPublicKey) else _CURVE_KINDS.get(key.curve.name)
    if kind is None:
        raise NotAttested("The endorsement key is neither RSA with 2048 bits nor of P-256 or P-384.")
    return kind


def _sealed(content: bytes, *, seed: bytes, name: bytes, kind: _Kind) -> bytes:
    # Part 1 §24.4 to §24.5: encrypt, then authenticate together with the name.
    key = kdfa(kind.digest, key=seed, label=b"STORAGE", context_u=name, bits=kind.aes_bits)
    encryptor = Cipher(algorithms.AES(key), CFB(bytes(16))).encryptor()
    identity = encryptor.update(content) + encryptor.finalize()
    mac_key = kdfa(kind.digest, key=seed, label=b"INTEGRITY", bits=kind.digest.digest_size * 8)
    return sized(sized(hmac.digest(mac_key, identity + name, kind.digest.name)) + identity)


def _encrypted_seed(key: rsa.RSAPublicKey, seed: bytes, digest: hashes.HashAlgorithm) -> bytes:
    # Part 1 §B.10.3: OAEP by the key's name algorithm, whose label ends with an octet 0.
    return key.encrypt(seed, padding.OAEP(padding.MGF1(digest), digest, _IDENTITY + b"\0"))


def _agreed_seed(key: ec.EllipticCurvePublicKey, digest: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
    # Part 1 §C.6.4: an ephemeral key; the seed comes from what it and the endorsement key agree on.
    ephemeral = ec.generate_private_key(key.curve)
    own, other = ephemeral.public_key().public_numbers(), key.public_numbers()
    size = (key.curve.key_size + 7) // 8
    seed = kdfe(
        digest,
        z=ephemeral.exchange(ec.ECDH(), key),
        label=_IDENTITY,
        party_u=own.x.to_bytes(size),
        party_v=other.x.to_bytes(size),
        bits=digest.digest_size * 8,
    )
    return seed, sized(own.x.to_bytes(size)) + sized(own.y.to_bytes(size))
