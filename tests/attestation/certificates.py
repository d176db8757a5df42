"""Certificates that a maker's authority might have signed."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from boundgate.attestation.chain import EK_CERTIFICATE, TPM_MANUFACTURER

BEFORE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
AFTER = dt.datetime(2120, 1, 1, tzinfo=dt.UTC)
NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC).timestamp()
MAKER = x509.SubjectAlternativeName(
    [x509.DirectoryName(x509.Name([x509.NameAttribute(TPM_MANUFACTURER, "id:54455354")]))]
)
EK_USAGE = x509.ExtendedKeyUsage([EK_CERTIFICATE])
NO_AUTHORITY = x509.BasicConstraints(ca=False, path_length=None)


def usage(**bits: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    names += ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: bits.get(name, False) for name in names})


EK_EXTENSIONS: tuple[tuple[Any, bool], ...] = (
    (EK_USAGE, False),
    (MAKER, True),
    (NO_AUTHORITY, True),
    (usage(key_encipherment=True), True),
)
AUTHORITY_EXTENSIONS: tuple[tuple[Any, bool], ...] = (
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (usage(key_cert_sign=True), True),
)


def without(kind: type, *, of: Sequence[tuple[Any, bool]] = EK_EXTENSIONS) -> tuple[tuple[Any, bool], ...]:
    return tuple(one for one in of if not isinstance(one[0], kind))


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A self-signed root, or an authority that `by` another was made."""

    def __init__(
        self, text: str, *, by: Authority | None = None, extensions=AUTHORITY_EXTENSIONS, after=AFTER, key=None
    ) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.name = name(text)
        self.certificate = certificate(by or self, self.key.public_key(), extensions, subject=self.name, after=after)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def certificate(
    authority: Any,
    key: Any,
    extensions: Sequence[tuple[Any, bool]] = EK_EXTENSIONS,
    *,
    subject: x509.Name | None = None,
    after: dt.datetime = AFTER,
    before: dt.datetime = BEFORE,
) -> x509.Certificate:
    """A certificate for `key`, signed by an authority with `name` and `key`."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name("an endorsement key") if subject is None else subject)
        .issuer_name(authority.name)
        .public_key(key)
        .serial_number(int.from_bytes(hashlib.sha256(spki).digest()[:16]) >> 1)
        .not_valid_before(before)
        .not_valid_after(after)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    # The same every time, for inputs that were found once must be found again.
    deterministic = isinstance(authority.key, ec.EllipticCurvePrivateKey) or None
    return builder.sign(authority.key, hashes.SHA256(), ecdsa_deterministic=deterministic)
