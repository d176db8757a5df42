"""A key in a TPM 2.0. It is made there and cannot leave: the blobs in the state directory are worth nothing elsewhere.

Needs the extra `boundgate[tpm]`. BOUNDGATE_CLIENT_TCTI names another TPM than the system's, such as a simulator
(`swtpm:host=127.0.0.1,port=2321`).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from demo_client.errors import KeyUnusable
from demo_client.jose import b64url, from_b64url, public_jwk
from demo_client.tpm import KeyBlobs, Tpm, TpmError, open_tpm

KIND = "tpm"
TCTI = "BOUNDGATE_CLIENT_TCTI"
DEVICE = "device:/dev/tpmrm0"
_BUSY = threading.Lock()
"""A simulator serves one connection at a time."""


class TpmKey:
    """A key that only this machine's TPM can use; it is loaded for each signature."""

    kind = KIND

    def __init__(self, blobs: KeyBlobs, tcti: str) -> None:
        self.blobs, self.tcti = blobs, tcti
        with _explained():
            self.jwk: Mapping[str, str] = public_jwk(*blobs.point)
        self.place = f"the TPM at {tcti}"

    @classmethod
    def create(cls, environment: Mapping[str, str] = os.environ) -> TpmKey:
        """A new one. Raises KeyUnusable."""
        tcti = environment.get(TCTI, DEVICE)
        device = tcti.removeprefix("device:")
        if device != tcti and not os.path.exists(device):  # noqa: PTH110 - a device, not a file of ours
            raise KeyUnusable(f"there is no TPM at {device}.", f"Name another in {TCTI}.")
        with opened(tcti) as tpm:
            return cls(tpm.create_key(), tcti)

    @classmethod
    def load(cls, record: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> TpmKey:
        """The one that `record` describes; the TPM itself is not asked yet. Raises KeyUnusable."""
        try:
            blobs = KeyBlobs(public=from_b64url(record["public"]), private=from_b64url(record["private"]))
        except (KeyError, ValueError, TypeError):
            raise KeyUnusable("the key file does not describe a key of a TPM.") from None
        return cls(blobs, environment.get(TCTI) or str(record.get("tcti", DEVICE)))

    def record(self) -> dict[str, Any]:
        """What `load` needs. Only the TPM that made the key can load it."""
        return {"tcti": self.tcti, "public": b64url(self.blobs.public), "private": b64url(self.blobs.private)}

    def sign(self, message: bytes) -> bytes:
        """As `demo_client.jose.Key`."""
        with opened(self.tcti) as tpm:
            return tpm.sign(self.blobs, hashlib.sha256(message).digest())


@contextlib.contextmanager
def opened(tcti: str) -> Iterator[Tpm]:
    """The TPM, for one thread at a time. Raises KeyUnusable: it does not answer, or the key is another TPM's."""
    with _BUSY, _explained(), open_tpm(tcti) as tpm:
        yield tpm


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except TpmError as error:
        raise KeyUnusable(
            str(error), "A key works only with the TPM that made it; `key rotate` makes another."
        ) from None
