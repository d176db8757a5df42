"""The certificate that the server shows."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import stat
import time

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from boundgate.certificates import CertificateError, development_certificate, spki_sha256, tls_files
from boundgate.settings import load_settings

NOW = 1_790_000_000.0
DAY = 86_400


def at(moment):
    return lambda: moment


def test_a_development_certificate_is_for_loopback_names_only_and_its_key_is_private(tmp_path):
    files = development_certificate(tmp_path / "tls", clock=at(NOW))
    assert files.names == ("localhost", "127.0.0.1", "::1")
    assert files.development
    assert stat.S_IMODE(files.key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_the_authoritys_private_key_is_nowhere_on_disk(tmp_path):
    files = development_certificate(tmp_path, clock=at(NOW))
    with_keys = [path for path in tmp_path.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert with_keys == [files.key_file]
    assert files.key_file.read_bytes().count(b"BEGIN") == 1
    leaf = x509.load_pem_x509_certificate(files.cert_file.read_bytes())
    authority = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    leaf.verify_directly_issued_by(authority)
    assert leaf.public_key() != authority.public_key()


def test_it_is_reused_until_seven_days_before_it_expires(tmp_path):
    first = development_certificate(tmp_path, clock=at(NOW))
    assert development_certificate(tmp_path, clock=at(NOW + 82 * DAY)) == first
    later = development_certificate(tmp_path, clock=at(NOW + 84 * DAY))
    assert later.spki_sha256 != first.spki_sha256
    assert later.not_after > first.not_after


def test_it_is_made_anew_on_request(tmp_path):
    first = development_certificate(tmp_path, clock=at(NOW))
    assert development_certificate(tmp_path, clock=at(NOW), renew=True).spki_sha256 != first.spki_sha256


@pytest.mark.parametrize("broken", ["cert.pem", "key.pem"])
@pytest.mark.parametrize("content", [None, b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"])
def test_an_unreadable_file_means_a_new_certificate(tmp_path, broken, content):
    first = development_certificate(tmp_path, clock=at(NOW))
    if content is None:
        (tmp_path / broken).unlink()
    else:
        (tmp_path / broken).write_bytes(content)
    assert development_certificate(tmp_path, clock=at(NOW)).spki_sha256 != first.spki_sha256


def test_a_key_of_another_certificate_means_a_new_pair(tmp_path):
    other = development_certificate(tmp_path / "other", clock=at(NOW))
    first = development_certificate(tmp_path / "tls", clock=at(NOW))
    first.key_file.write_bytes(other.key_file.read_bytes())
    assert development_certificate(tmp_path / "tls", clock=at(NOW)).spki_sha256 != first.spki_sha256


def test_the_hash_is_that_of_the_public_key_in_padded_base64(tmp_path):
    files = development_certificate(tmp_path, clock=at(NOW))
    pem = files.cert_file.read_text()
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert spki_sha256(pem) == files.spki_sha256 == base64.b64encode(hashlib.sha256(der).digest()).decode()
    assert len(files.spki_sha256) == 44


def test_text_without_a_certificate_has_no_hash():
    with pytest.raises(ValueError, match="PEM"):
        spki_sha256("nothing here")


@pytest.fixture
def own(tmp_path):
    """An operator's certificate and key."""
    leaf = trustme.CA().issue_cert("gate.example", not_after=dt.datetime(2040, 1, 1, tzinfo=dt.UTC))
    cert, key = tmp_path / "own.pem", tmp_path / "own.key"
    leaf.cert_chain_pems[0].write_to_path(cert)
    leaf.private_key_pem.write_to_path(key)
    return cert, key


def settings(tmp_path, cert, key):
    return load_settings(data_dir=tmp_path, tls_cert_file=cert, tls_key_file=key, public_origin="https://gate.example")


def test_an_operators_certificate_is_served_as_it_is(tmp_path, own):
    files = tls_files(settings(tmp_path, *own), clock=time.time)
    assert (files.cert_file, files.key_file) == own
    assert files.names == ("gate.example",)
    assert not files.development
    assert not (tmp_path / "tls").exists()


def test_an_operators_certificate_that_cannot_work_is_refused_by_name(tmp_path, own):
    cert, key = own
    with pytest.raises(CertificateError, match=r"missing\.pem: No such file"):
        tls_files(settings(tmp_path, tmp_path / "missing.pem", key), clock=time.time)
    with pytest.raises(CertificateError, match=r"missing\.key: No such file"):
        tls_files(settings(tmp_path, cert, tmp_path / "missing.key"), clock=time.time)
    with pytest.raises(CertificateError, match=r"own\.key: not a PEM certificate"):
        tls_files(settings(tmp_path, key, key), clock=time.time)
    with pytest.raises(CertificateError, match="not the unencrypted PEM private key"):
        tls_files(settings(tmp_path, cert, cert), clock=time.time)


def test_an_expired_certificate_is_refused(tmp_path, own):
    with pytest.raises(CertificateError, match="expired"):
        tls_files(settings(tmp_path, *own), clock=at(dt.datetime(2041, 1, 1, tzinfo=dt.UTC).timestamp()))
