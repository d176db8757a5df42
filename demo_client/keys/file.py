"""A key in a file of mode 0600: software, and it says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from demo_client.errors import KeyUnusable
from demo_client.jose import public_jwk

KIND = "software"
WARNING = (
    "This key is SOFTWARE: a file that only you may read. Whoever copies the state directory can use your login until "
    "it is ended. A TPM or a PKCS#11 token keeps the key where it cannot be copied."
)


class FileKey:
    """An EC key in this process's memory."""

    kind = KIND

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        numbers = private.public_key().public_numbers()
        self.jwk: Mapping[str, str] = public_jwk(numbers.x, numbers.y)
        self.place = "a file of mode 0600 in the state directory"

    @classmethod
    def create(cls) -> FileKey:
        """A new one."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def load(cls, record: Mapping[str, Any]) -> FileKey:
        """The one that `record` describes. Raises KeyUnusable."""
        try:
            private = load_pem_private_key(str(record["pem"]).encode(), password=None)
        except (KeyError, ValueError):
            private = None
        if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
            raise KeyUnusable("the key file holds no P-256 key.", "`python -m demo_client key rotate` makes another.")
        return cls(private)

    def record(self) -> dict[str, Any]:
        """What `load` needs; it holds the key itself."""
        pem = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return {"pem": pem.decode()}

    def sign(self, message: bytes) -> bytes:
        """As `demo_client.jose.Key`."""
        r, s = decode_dss_signature(self._private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
