from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from boundgate.attestation.chain import CHAIN_MOST, EndorsementRoots, RootsError
from boundgate.attestation.errors import NotAttested
from demo_client.tpm import open_tpm
from tests.attestation.certificates import (
    AUTHORITY_EXTENSIONS,
    BEFORE,
    EK_EXTENSIONS,
    EK_USAGE,
    NOW,
    Authority,
    certificate,
    name,
    usage,
    without,
)
from tests.support.keys import rsa_key
from tests.support.swtpm import Maker

ROOT = Authority("root")
ISSUER = Authority("issuer", by=ROOT)
EK = rsa_key(2048).public_key()
NOT_AN_EK, NO_CHAIN = "not that of an endorsement key", "No valid chain"


def der(*arguments, **named) -> bytes:
    return certificate(*arguments, **named).public_bytes(Encoding.DER)


def verify(leaf: bytes, *, chain=(ISSUER.der,), roots: bytes = ROOT.pem, now: float = NOW):
    return EndorsementRoots.from_pem(roots).verify(leaf, chain=chain, now=now)


def test_a_tpms_own_certificates_are_of_its_maker(maker: Maker, tpm: str) -> None:
    with open_tpm(tpm) as opened:
        certificates = opened.endorsement_certificates()
    assert [one.template for one in certificates] == ["EK-RSA2048", "EK-HIGH-ECC384"]
    now = dt.datetime.now(dt.UTC).timestamp()
    found = [verify(one.der, chain=[maker.issuer_der], roots=maker.root_pem, now=now) for one in certificates]
    assert isinstance(found[0].key, rsa.RSAPublicKey)
    assert isinstance(found[1].key, ec.EllipticCurvePublicKey)
    assert {one.maker for one in found} == {"id:00001014"}
    assert len({one.fingerprint for one in found}) == 2


def test_a_chain_may_be_sent_in_any_order_with_certificates_that_are_not_needed() -> None:
    below = Authority("below", by=ISSUER)
    leaf = der(below, EK)
    assert verify(leaf, chain=[below.der, ISSUER.der, ROOT.der]).key == EK
    with pytest.raises(NotAttested, match=NO_CHAIN):
        verify(leaf, chain=[below.der])


def test_an_issuing_authority_may_be_listed_without_its_root() -> None:
    assert verify(der(ISSUER, EK), chain=[], roots=ISSUER.pem).maker == "id:54455354"


def test_a_fingerprint_is_that_of_the_key_whatever_the_certificate() -> None:
    assert verify(der(ISSUER, EK)).fingerprint == verify(der(ROOT, EK)).fingerprint
    assert verify(der(ISSUER, EK)).fingerprint != verify(der(ISSUER, ISSUER.key.public_key())).fingerprint


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_an_elliptic_endorsement_key_agrees_on_keys(curve: ec.EllipticCurve) -> None:
    extensions = (*without(x509.KeyUsage), (usage(key_agreement=True), True))
    assert verify(der(ISSUER, ec.generate_private_key(curve).public_key(), extensions)).key.key_size == curve.key_size


WEB = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False)
OTHERS = {
    "no usage at all": (without(x509.ExtendedKeyUsage), NOT_AN_EK),
    "a server's usage": ((*without(x509.ExtendedKeyUsage), WEB), NOT_AN_EK),
    "any usage": (
        (*without(x509.ExtendedKeyUsage), (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), False)),
        NOT_AN_EK,
    ),
    "no maker's name": (without(x509.SubjectAlternativeName), NO_CHAIN),
    "a host's name": (
        (
            *without(x509.SubjectAlternativeName),
            (x509.SubjectAlternativeName([x509.DNSName("a.example")]), True),
        ),
        NO_CHAIN,
    ),
    "an authority": ((*AUTHORITY_EXTENSIONS, (EK_USAGE, False), EK_EXTENSIONS[1]), NO_CHAIN),
    "a key that signs": (
        (*without(x509.KeyUsage), (usage(digital_signature=True, key_encipherment=True), True)),
        NO_CHAIN,
    ),
    "no key usage": (without(x509.KeyUsage), NO_CHAIN),
    "a critical extension that nobody knows": (
        (*EK_EXTENSIONS, (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)),
        NO_CHAIN,
    ),
}


@pytest.mark.parametrize(("extensions", "reason"), OTHERS.values(), ids=OTHERS)
def test_what_the_same_maker_signs_and_is_no_endorsement_key_is_refused(extensions, reason: str) -> None:
    with pytest.raises(NotAttested, match=reason):
        verify(der(ISSUER, EK, extensions))


def test_a_maker_that_is_not_listed_is_refused() -> None:
    namesake = Authority("root")
    with pytest.raises(NotAttested, match=NO_CHAIN):
        verify(der(namesake, EK), chain=[namesake.der])


def test_without_roots_nothing_is_attested() -> None:
    with pytest.raises(NotAttested, match="lists no maker"):
        EndorsementRoots().verify(der(ISSUER, EK), chain=[ISSUER.der], now=NOW)


def test_a_certificate_of_the_maker_that_is_no_authority_endorses_nothing() -> None:
    for extensions in (EK_EXTENSIONS, without(x509.BasicConstraints, of=AUTHORITY_EXTENSIONS)):
        liar = Authority("liar", by=ROOT, extensions=extensions)
        with pytest.raises(NotAttested, match=NO_CHAIN):
            verify(der(liar, EK), chain=[liar.der])
    silent = Authority("silent", by=ROOT, extensions=(AUTHORITY_EXTENSIONS[0], (usage(crl_sign=True), True)))
    with pytest.raises(NotAttested, match=NO_CHAIN):
        verify(der(silent, EK), chain=[silent.der])


def test_a_path_longer_than_an_authority_allows_is_refused() -> None:
    short = ((x509.BasicConstraints(ca=True, path_length=0), True), AUTHORITY_EXTENSIONS[1])
    last = Authority("last", by=ROOT, extensions=short)
    beyond = Authority("beyond", by=last)
    assert verify(der(last, EK), chain=[last.der]).key == EK
    with pytest.raises(NotAttested, match=NO_CHAIN):
        verify(der(beyond, EK), chain=[beyond.der, last.der])


@pytest.mark.parametrize("now", [BEFORE.timestamp() - 1, 4_800_000_000.0])
def test_a_certificate_counts_within_its_dates_alone(now: float) -> None:
    with pytest.raises(NotAttested, match=NO_CHAIN):
        verify(der(ISSUER, EK), now=now)


def test_an_authority_that_has_expired_endorses_nothing() -> None:
    old = Authority("old", by=ROOT, after=dt.datetime(2029, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(NotAttested, match=NO_CHAIN):
        verify(der(old, EK), chain=[old.der])


def test_a_changed_certificate_is_refused() -> None:
    leaf = bytearray(der(ISSUER, EK))
    leaf[-1] ^= 1
    with pytest.raises(NotAttested):
        verify(bytes(leaf))


def test_octets_around_a_certificate_are_refused() -> None:
    for leaf in (
        der(ISSUER, EK) + b"\0",
        b"",
        b"\x30",
        bytes(9000),
        certificate(ISSUER, EK).public_bytes(Encoding.PEM),
    ):
        with pytest.raises(NotAttested, match="cannot be read"):
            verify(leaf)
    with pytest.raises(NotAttested, match="cannot be read"):
        verify(der(ISSUER, EK), chain=[b"\0"])
    with pytest.raises(NotAttested, match="more than"):
        verify(der(ISSUER, EK), chain=[ISSUER.der] * (CHAIN_MOST + 1))


def raw(kind: type, octets: bytes, *, critical: bool = False):
    """The extensions of an endorsement key, one of them with other octets."""
    (own,) = [one for one in EK_EXTENSIONS if isinstance(one[0], kind)]
    return (*without(kind), (x509.UnrecognizedExtension(own[0].oid, octets), critical))


@pytest.mark.parametrize(
    "extensions",
    [
        raw(x509.SubjectAlternativeName, b"\x30\x02\xa3\x00", critical=True),
        raw(x509.ExtendedKeyUsage, b"\x30\x01"),
        raw(x509.KeyUsage, b""),
        raw(x509.BasicConstraints, b"\x05\x00"),
    ],
)
def test_extensions_that_cannot_be_read_are_refused(extensions) -> None:
    with pytest.raises(NotAttested):
        verify(der(ISSUER, EK, extensions))


def test_a_version_that_there_is_not_is_refused() -> None:
    leaf = der(ISSUER, EK)
    for version in (b"\x03", b"\x7f"):
        with pytest.raises(NotAttested, match="cannot be read"):
            verify(leaf.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01" + version, 1))


@given(st.data())
def test_any_change_is_refused_and_nothing_else_happens(data: st.DataObject) -> None:
    leaf = bytearray(der(ISSUER, EK))
    for _ in range(data.draw(st.integers(1, 3))):
        leaf[data.draw(st.integers(0, len(leaf) - 1))] ^= data.draw(st.integers(1, 255))
    if leaf == der(ISSUER, EK):
        return
    with pytest.raises(NotAttested):
        verify(bytes(leaf))


@pytest.mark.parametrize(
    "key",
    [
        rsa_key(4096).public_key(),
        ec.generate_private_key(ec.SECP521R1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
    ],
)
def test_an_endorsement_key_of_another_kind_is_refused_with_the_kinds_that_there_are(key) -> None:
    with pytest.raises(NotAttested):
        verify(der(ISSUER, key))


def test_a_bundle_may_hold_several_roots_and_must_hold_one(tmp_path: Path) -> None:
    other = Authority("another maker")
    assert verify(der(ISSUER, EK), roots=other.pem + ROOT.pem).key == EK
    for bundle in (b"", b"no PEM", ROOT.pem.replace(b"M", b"!"), name("x").public_bytes()):
        with pytest.raises(RootsError):
            EndorsementRoots.from_pem(bundle)
