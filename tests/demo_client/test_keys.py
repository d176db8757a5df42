"""Where keys live: a file, a PKCS#11 token (SoftHSM), a TPM (swtpm); the ladder; what each leaves on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from demo_client import keys
from demo_client.errors import KeyUnusable
from demo_client.jose import from_b64url
from demo_client.keys import KeyKind, create_key, load_key, pkcs11
from demo_client.keys.file import FileKey
from tests.support.swtpm import running_tpm

ROOT = Path(__file__).parents[2]
NOWHERE = {"BOUNDGATE_CLIENT_TCTI": "device:/dev/there-is-none"}
PIN = "241957"


def verify(jwk, signature, message):
    x, y = (int.from_bytes(from_b64url(jwk[name]), "big") for name in "xy")
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))


def comes_back_and_signs(key, environment):
    again = load_key(key.kind, key.record(), environment)
    assert again.jwk == key.jwk
    for one in (key, again):
        signature = one.sign(b"message")
        assert len(signature) == 64
        verify(key.jwk, signature, b"message")


@pytest.fixture
def token(tmp_path, monkeypatch):
    """A fresh SoftHSM token; the environment that names it."""
    if shutil.which("softhsm2-util") is None:
        if sys.platform == "linux":
            pytest.fail("no SoftHSM: `make test` installs it")
        pytest.skip("no SoftHSM")
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    named = {"SOFTHSM2_CONF": str(configuration)}
    command = ["softhsm2-util", "--init-token", "--free", "--label", "demo", "--pin", PIN, "--so-pin", "57913248"]
    subprocess.run(command, env=os.environ | named, check=True, capture_output=True, timeout=30)
    return named | {pkcs11.MODULE: softhsm(), pkcs11.TOKEN: "demo", pkcs11.PIN: PIN}


def softhsm():
    places = ("/usr/lib/softhsm", "/usr/lib64/pkcs11", "/usr/local/lib/softhsm", "/opt/homebrew/lib/softhsm")
    return next(str(path) for place in places if (path := Path(place) / "libsofthsm2.so").exists())


def in_a_process(program, environment):
    """A PKCS#11 library reads its configuration once a process, so each test has one of its own."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "server")])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": path} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_key_in_a_file_comes_back_and_signs():
    comes_back_and_signs(FileKey.create(), {})


def test_a_key_of_another_curve_is_refused():
    other = FileKey(ec.generate_private_key(ec.SECP256R1())).record()
    p384 = ec.generate_private_key(ec.SECP384R1())
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    other["pem"] = p384.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(KeyUnusable, match="no P-256 key"):
        FileKey.load(other)


def test_a_software_key_says_so_when_it_is_made_and_what_that_means():
    warning = keys.warning(FileKey.create())
    assert "SOFTWARE" in warning
    assert "Whoever copies the state directory can use your login" in warning


def test_without_tpm_and_token_the_key_is_software_and_the_reasons_are_told():
    made = create_key(environment=NOWHERE)
    assert made.key.kind == KeyKind.SOFTWARE
    assert len(made.better) == 2
    assert "there is no TPM at /dev/there-is-none" in made.better[0]
    assert pkcs11.MODULE in made.better[1] or "PKCS#11" in made.better[1]


def test_a_kind_that_was_asked_for_is_not_replaced_by_a_weaker_one():
    for kind in (KeyKind.TPM, KeyKind.PKCS11):
        with pytest.raises(KeyUnusable):
            create_key(kind, NOWHERE)


def test_a_missing_package_is_said_with_its_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "demo_client.keys.tpm", None)
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(KeyUnusable) as tpm:
        create_key(KeyKind.TPM)
    with pytest.raises(KeyUnusable) as token:
        create_key(KeyKind.PKCS11, {pkcs11.MODULE: "/lib/x.so", pkcs11.TOKEN: "t"})
    assert ("boundgate[tpm]" in tpm.value.hint, "boundgate[pkcs11]" in token.value.hint) == (True, True)


USE_TOKEN = """
import json, os
from demo_client.keys import create_key, load_key, KeyKind
from tests.demo_client.test_keys import comes_back_and_signs
made = create_key()
assert made.key.kind == KeyKind.PKCS11, made
comes_back_and_signs(made.key, os.environ)
import pkcs11
for attribute in (pkcs11.Attribute.SENSITIVE, pkcs11.Attribute.NEVER_EXTRACTABLE):
    assert made.key._private[attribute] is True
try:
    made.key._private[pkcs11.Attribute.VALUE]
except pkcs11.AttributeSensitive:
    print("does not leave")
assert os.environ["BOUNDGATE_CLIENT_PKCS11_PIN"] not in json.dumps(made.key.record())
"""


def test_a_key_in_a_pkcs11_token_comes_back_signs_and_cannot_leave(token):
    assert in_a_process(USE_TOKEN, token | NOWHERE) == "does not leave\n"


FAIL = """
from demo_client.errors import KeyUnusable
from demo_client.keys import KeyKind, create_key
try:
    create_key(KeyKind.PKCS11)
except KeyUnusable as error:
    print(error, error.hint)
"""


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({pkcs11.PIN: "0000"}, "refused: PinIncorrect"),
        ({pkcs11.PIN: None}, "the PIN of the token 'demo' is not known"),
        ({pkcs11.TOKEN: "other"}, "other"),
        ({pkcs11.MODULE: "/bin/true"}, "/bin/true"),
        ({pkcs11.MODULE: None}, "no PKCS#11 token is named"),
    ],
)
def test_what_is_wrong_with_a_token_is_said_without_its_pin(token, changed, sentence):
    environment = {name: value for name, value in (token | changed).items() if value is not None}
    said = in_a_process(FAIL, environment)
    assert sentence in said
    assert "Traceback" not in said
    assert PIN not in said


def test_a_key_in_a_tpm_comes_back_and_signs_and_is_preferred():
    with running_tpm() as tcti:
        environment = {"BOUNDGATE_CLIENT_TCTI": tcti}
        made = create_key(environment=environment)
        assert (made.key.kind, made.better) == (KeyKind.TPM, ())
        assert keys.warning(made.key) is None
        comes_back_and_signs(made.key, environment)


def test_a_tpm_key_is_worth_nothing_at_another_tpm():
    with running_tpm() as tcti, running_tpm() as other:
        made = create_key(KeyKind.TPM, {"BOUNDGATE_CLIENT_TCTI": tcti}).key
        stolen = load_key("tpm", made.record(), {"BOUNDGATE_CLIENT_TCTI": other})
        with pytest.raises(KeyUnusable) as refused:
            stolen.sign(b"message")
    assert "only with the TPM that made it" in refused.value.hint


@pytest.mark.parametrize(
    "record", [{}, {"public": "!", "private": ""}, {"public": "AAAA", "private": "AAAA"}, {"public": 1}]
)
def test_a_record_that_describes_no_tpm_key_is_refused(record):
    with pytest.raises(KeyUnusable):
        load_key("tpm", record, {})
