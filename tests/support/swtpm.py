"""TPM 2.0 in software: swtpm with state, certificates and socket in a directory of its own.

A *maker* is a local authority (a root and the authority that issues). TPMs that it endorses hold certificates of an RSA
and a P-384 endorsement key in their memory, as a real maker's do.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

START_SECONDS = 30.0
SETUP = """create_certs_tool = {program}
create_certs_tool_config = {directory}/ca.conf
create_certs_tool_options = {directory}/ca.options
active_pcr_banks = sha256
"""
AUTHORITY = """statedir = {directory}
signingkey = {directory}/signkey.pem
issuercert = {directory}/issuercert.pem
certserial = {directory}/certserial
"""
OPTIONS = "--platform-manufacturer Boundgate\n--platform-version 1\n--platform-model Test\n"


class Maker:
    """An authority that endorses TPMs; it comes into being with its first one.

    Args:
        directory: empty, and the maker's own.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        program = shutil.which("swtpm_localca")
        assert program, "no swtpm: `make test` installs it, or install Debian's swtpm-tools"
        for name, text in {"setup.conf": SETUP, "ca.conf": AUTHORITY, "ca.options": OPTIONS}.items():
            (directory / name).write_text(text.format(directory=directory, program=program))

    def endorse(self, state: Path) -> None:
        """Make the state of a new TPM with certificates."""
        command = ["swtpm_setup", "--tpm2", "--tpmstate", str(state), "--config", str(self.directory / "setup.conf")]
        made = subprocess.run(
            [*command, "--create-ek-cert", "--ecc", "--overwrite"], capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, made.stdout + made.stderr

    @property
    def root_pem(self) -> bytes:
        """For `attestation_roots_file`."""
        return (self.directory / "swtpm-localca-rootca-cert.pem").read_bytes()

    @property
    def issuer(self) -> x509.Certificate:
        """The authority between the root and the endorsement keys; no TPM holds its certificate."""
        return x509.load_pem_x509_certificate((self.directory / "issuercert.pem").read_bytes())

    @property
    def issuer_der(self) -> bytes:
        """The same, as a client sends it."""
        return self.issuer.public_bytes(Encoding.DER)

    @property
    def issuer_key(self):
        """What it signs with."""
        return load_pem_private_key((self.directory / "signkey.pem").read_bytes(), password=None)


@contextlib.contextmanager
def new_maker() -> Iterator[Maker]:
    """A maker, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="bg-maker-") as directory:
        yield Maker(Path(directory))


@contextlib.contextmanager
def running_tpm(maker: Maker | None = None) -> Iterator[str]:
    """A TPM of its own; gives its TCTI. Without a maker it has no certificates.

    Its socket is a file in a directory with a short name, for sockets' names are short, and no port is taken.
    """
    with tempfile.TemporaryDirectory(prefix="bg-tpm-") as name:
        directory = Path(name)
        state, socket = directory / "state", directory / "tpm"
        state.mkdir()
        if maker is not None:
            maker.endorse(state)
        command = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--flags", "not-need-init,startup-clear"]
        command += ["--server", f"type=unixio,path={socket}", "--ctrl", f"type=unixio,path={socket}.ctrl"]
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not (socket.exists() and Path(f"{socket}.ctrl").exists()):
                assert process.poll() is None, (directory / "log").read_text()
                assert time.monotonic() < deadline, "swtpm does not come up"
                time.sleep(0.01)
            yield f"swtpm:path={socket}"
        finally:
            process.terminate()
            process.wait()


@pytest.fixture(scope="session")
def maker() -> Iterator[Maker]:
    """The maker whose root a server lists. Both TPMs are of it."""
    with new_maker() as made:
        yield made


@pytest.fixture(scope="session")
def tpm(maker: Maker) -> Iterator[str]:
    """The TCTI of a TPM that tests share; each leaves it as it was."""
    with running_tpm(maker) as tcti:
        yield tcti


@pytest.fixture(scope="session")
def other_tpm(maker: Maker, tpm: str) -> Iterator[str]:
    """The TCTI of another, by the same maker."""
    with running_tpm(maker) as tcti:
        yield tcti
