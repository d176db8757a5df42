"""Endorsement key certificates (TCG EK Credential Profile) and the roots of the makers that an operator trusts."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import (
    ClientVerifier,
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from boundgate.attestation.errors import NotAttested
from boundgate.attestation.make_credential import EndorsementKey, kind_of

EK_CERTIFICATE = x509.ObjectIdentifier("2.23.133.8.1")
"""tcg-kp-EKCertificate (EK Credential Profile §3.2.16)."""
TPM_MANUFACTURER = x509.ObjectIdentifier("2.23.133.2.1")
"""tcg-at-tpmManufacturer (§3.1.2)."""

CERTIFICATE_MOST_OCTETS = 8192
CHAIN_MOST = 4
"""Certificates between that of the endorsement key and a root."""
_MAKER_MOST = 64
_UNREADABLE = (
    *(ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension),
    *(x509.UnsupportedGeneralNameType, x509.ExtensionNotFound),
)
"""What the library raises where a certificate, or a part that is looked at only later, is not what it should be."""


class RootsError(Exception):
    """The file of roots cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Endorsement:
    """An endorsement key that a maker vouches for."""

    fingerprint: str
    """SHA-256 of its SubjectPublicKeyInfo, hexadecimal: the key, whatever certificate it is presented with."""
    maker: str
    """The certificate's tcg-at-tpmManufacturer, such as `id:53544D20`."""
    key: EndorsementKey = field(compare=False, repr=False)


class EndorsementRoots:
    """The certificates that chains must end at. None makes every key `software`.

    Args:
        certificates: trusted as they are; an issuing authority may stand for itself, without its root.
    """

    def __init__(self, certificates: Sequence[x509.Certificate] = ()) -> None:
        self._store = Store(list(certificates)) if certificates else None

    @classmethod
    def from_pem(cls, bundle: bytes) -> EndorsementRoots:
        """Read a PEM bundle.

        Raises:
            RootsError: it holds no certificate, or one that cannot be read.
        """
        try:
            return cls(x509.load_pem_x509_certificates(bundle))
        except _UNREADABLE:
            raise RootsError("it holds no certificate in PEM, or one that cannot be read") from None

    def verify(self, certificate: bytes, *, chain: Sequence[bytes], now: float) -> Endorsement:
        """Verify the certificate of an endorsement key.

        Args:
            certificate: DER.
            chain: DER of issuing authorities that the roots do not hold, in any order.
            now: Unix seconds.

        Raises:
            NotAttested: there are no roots, no chain leads to one, a certificate is not valid now, or it is none of
                an endorsement key.
        """
        if self._store is None:
            raise NotAttested("This server lists no maker of TPMs, so it attests no key.")
        if len(chain) > CHAIN_MOST:
            raise NotAttested(f"The chain holds more than {CHAIN_MOST} certificates.")
        with warnings.catch_warnings():
            # A maker that counts its certificates from zero down is judged as long as the library can read them.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            leaf = _read(certificate)
            try:
                self._verifier(now).verify(leaf, [_read(one) for one in chain])
            except (VerificationError, *_UNREADABLE):
                raise NotAttested(_why(leaf)) from None
            return _endorsement(leaf)

    def _verifier(self, now: float) -> ClientVerifier:
        assert self._store is not None, "asked before"
        return (
            PolicyBuilder()
            .store(self._store)
            .time(dt.datetime.fromtimestamp(now, dt.UTC).replace(tzinfo=None))
            .max_chain_depth(CHAIN_MOST)
            .extension_policies(ca_policy=_AUTHORITY, ee_policy=_ENDORSEMENT)
            .build_client_verifier()
        )


def _read(certificate: bytes) -> x509.Certificate:
    try:
        if len(certificate) <= CERTIFICATE_MOST_OCTETS:
            return x509.load_der_x509_certificate(certificate)
    except _UNREADABLE:
        pass
    raise NotAttested("A certificate cannot be read: it must be X.509 in DER, at most 8 KiB, with nothing behind it.")


def _why(leaf: x509.Certificate) -> str:
    # The library's words tell no reader what to do; what is wrong with the certificate itself can be said.
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        usage = x509.ExtendedKeyUsage([])
    except _UNREADABLE:
        return "The extensions of the endorsement key's certificate cannot be read."
    if EK_CERTIFICATE not in usage:
        return "The certificate is not that of an endorsement key: it lacks the usage tcg-kp-EKCertificate."
    return (
        "No valid chain leads from the endorsement key's certificate to a maker that this server lists. "
        "Send the certificates between, or have the operator list the maker."
    )


def _endorsement(leaf: x509.Certificate) -> Endorsement:
    try:
        key = leaf.public_key()
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        maker = _maker_of(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except _UNREADABLE:
        raise NotAttested("The endorsement key in the certificate cannot be read.") from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise NotAttested("The endorsement key is neither RSA nor of an elliptic curve.")
    kind_of(key)
    return Endorsement(sha256(spki).hexdigest(), maker, key)


def _maker_of(names: x509.SubjectAlternativeName) -> str:
    # §3.1.2: a directory name that carries the TPM's manufacturer, model and version.
    for directory in names.get_values_for_type(x509.DirectoryName):
        for attribute in directory.get_attributes_for_oid(TPM_MANUFACTURER):
            maker = attribute.value
            if isinstance(maker, str) and maker.isascii() and maker.isprintable() and len(maker) <= _MAKER_MOST:
                return maker
    raise ValueError("the subject alternative name names no maker of a TPM")


def _check_usage(policy: Policy, leaf: x509.Certificate, usage: x509.ExtendedKeyUsage) -> None:
    del policy, leaf
    # §3.2.16: it tells an endorsement key's certificate from whatever else the same authority signs.
    if EK_CERTIFICATE not in usage:
        raise ValueError("no certificate of an endorsement key")


def _check_leaf(policy: Policy, leaf: x509.Certificate, constraints: x509.BasicConstraints | None) -> None:
    del policy, leaf
    if constraints is not None and constraints.ca:
        raise ValueError("an authority, and no endorsement key")


def _check_leaf_key(policy: Policy, leaf: x509.Certificate, usage: x509.KeyUsage) -> None:
    del policy, leaf
    # §3.2.15: RSA deciphers keys, elliptic curves agree on them; neither signs.
    if not (usage.key_encipherment or usage.key_agreement) or usage.digital_signature or usage.key_cert_sign:
        raise ValueError("the usage of no endorsement key")


def _check_names(policy: Policy, leaf: x509.Certificate, names: x509.SubjectAlternativeName) -> None:
    del policy, leaf
    _maker_of(names)


def _check_authority(policy: Policy, authority: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    del policy, authority
    if not constraints.ca:
        raise ValueError("no authority")


def _check_authority_key(policy: Policy, authority: x509.Certificate, usage: x509.KeyUsage) -> None:
    del policy, authority
    if not usage.key_cert_sign:
        raise ValueError("an authority that may not sign certificates")


# The library's defaults are those of the web: a name of a host, and usages that no endorsement key has. Signatures,
# dates, lengths of paths, and critical extensions that nobody here knows are still its business.
_ENDORSEMENT = (
    ExtensionPolicy.permit_all()
    .require_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _check_usage)
    .require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, _check_names)
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _check_leaf)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _check_leaf_key)
)
_AUTHORITY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.CRITICAL, _check_authority)
    .require_present(x509.KeyUsage, Criticality.CRITICAL, _check_authority_key)
)
