"""One certificate for every host of the laboratory, made for the run and trusted by its key's hash alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme

from boundgate.certificates import spki_sha256

NAMES = ("example.test", "*.example.test", "provider.test", "*.provider.test", "other.test", "*.other.test")
"""Sites that a case makes up for itself (`x1.test`) are not in it: the browser accepts the key under any name."""


@dataclass(frozen=True, slots=True)
class LabCertificate:
    """PEM files, and what the browser is told about them."""

    cert_file: Path
    key_file: Path
    spki: str


def lab_certificate(directory: Path) -> LabCertificate:
    """Make one under `directory`. Its authority is forgotten at once."""
    leaf = trustme.CA(organization_name="Boundgate laboratory").issue_cert(*NAMES)
    cert_file, key_file = directory / "cert.pem", directory / "key.pem"
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    cert_file.write_bytes(chain)
    key_file.write_bytes(leaf.private_key_pem.bytes())
    return LabCertificate(cert_file, key_file, spki_sha256(chain))
