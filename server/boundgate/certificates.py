"""Which certificate the server shows, and the development certificate that it makes for itself.

The development authority signs one leaf and is gone: its private key is never written and not kept in memory, so
nobody can sign a second certificate with it, and nothing is put into a trust store. Browsers are told the leaf's key
hash instead (`spki_sha256`).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from boundgate.clock import Clock
from boundgate.errors import BoundgateError
from boundgate.private_files import make_private_directory, write_private
from boundgate.settings import Settings

DEVELOPMENT_NAMES = ("localhost", "127.0.0.1", "::1")
LIFE = dt.timedelta(days=90)
RENEW_BEFORE = dt.timedelta(days=7)
BACKDATE = dt.timedelta(hours=1)


class CertificateError(BoundgateError):
    """The certificate cannot be used; the message says which file and why."""

    code = "certificate_unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """A certificate chain and its key, both PEM, ready to serve."""

    cert_file: Path
    key_file: Path
    spki_sha256: str
    not_after: dt.datetime
    names: tuple[str, ...]
    development: bool


def tls_files(settings: Settings, *, clock: Clock) -> TlsFiles:
    """The certificate that these settings ask for, made now where it is a development one.

    Raises:
        CertificateError: a configured file is missing, unreadable, expired or does not fit its key.
        OSError: the data directory cannot be written.
    """
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return development_certificate(settings.data_dir / "tls", clock=clock)
    files = _load(settings.tls_cert_file, settings.tls_key_file, development=False)
    if files.not_after <= _now(clock):
        raise CertificateError(f"{files.cert_file}: the certificate expired at {files.not_after:%Y-%m-%d %H:%M} UTC")
    return files


def development_certificate(directory: Path, *, clock: Clock, renew: bool = False) -> TlsFiles:
    """The certificate for this machine's loopback names, kept under `directory`.

    It is reused until 7 days before it expires, and made anew then, when it cannot be read, or on `renew`.

    Raises:
        OSError: the directory cannot be written.
    """
    cert_file, key_file = directory / "cert.pem", directory / "key.pem"
    if not renew:
        try:
            files = _load(cert_file, key_file, development=True)
        except CertificateError:
            pass
        else:
            if files.not_after - RENEW_BEFORE > _now(clock):
                return files
    _make(directory, cert_file, key_file, now=_now(clock))
    return _load(cert_file, key_file, development=True)


def spki_sha256(cert_pem: bytes | str) -> str:
    """SHA-256 of the first certificate's SubjectPublicKeyInfo in DER, as padded base64.

    Raises:
        ValueError: there is no certificate in `cert_pem`.
    """
    data = cert_pem.encode() if isinstance(cert_pem, str) else cert_pem
    return _spki_hash(x509.load_pem_x509_certificate(data))


def _spki_hash(certificate: x509.Certificate) -> str:
    der = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def _make(directory: Path, cert_file: Path, key_file: Path, *, now: dt.datetime) -> None:
    import trustme  # noqa: PLC0415 - only needed on the day that a certificate is made

    authority = trustme.CA(organization_name="Boundgate development, not trusted by anything")
    leaf = authority.issue_cert(
        *DEVELOPMENT_NAMES, organization_name="Boundgate development", not_before=now - BACKDATE, not_after=now + LIFE
    )
    make_private_directory(directory)
    write_private(key_file, leaf.private_key_pem.bytes())
    write_private(cert_file, b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    write_private(directory / "ca.pem", authority.cert_pem.bytes())


def _load(cert_file: Path, key_file: Path, *, development: bool) -> TlsFiles:
    certificate = _read_certificate(cert_file)
    try:
        # What the TLS library refuses must be known before the socket is opened; "" keeps it from asking a password.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert_file, key_file, password="")
    except ssl.SSLError:
        raise CertificateError(f"{key_file}: not the unencrypted PEM private key of {cert_file}") from None
    except OSError as error:
        raise CertificateError(f"{key_file}: {error.strerror}") from None
    return TlsFiles(
        cert_file=cert_file,
        key_file=key_file,
        spki_sha256=_spki_hash(certificate),
        not_after=certificate.not_valid_after_utc,
        names=_names(certificate),
        development=development,
    )


def _read_certificate(cert_file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(cert_file.read_bytes())
    except OSError as error:
        raise CertificateError(f"{cert_file}: {error.strerror}") from None
    except ValueError:
        raise CertificateError(f"{cert_file}: not a PEM certificate") from None


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(str(name.value) for name in names)


def _now(clock: Clock) -> dt.datetime:
    return dt.datetime.fromtimestamp(clock(), dt.UTC)
