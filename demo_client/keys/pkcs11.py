"""A key in a PKCS#11 token: a smart card, an HSM, tpm2-pkcs11. It is made there, and marked as never to leave.

Needs the extra `boundgate[pkcs11]`. The environment says which token: BOUNDGATE_CLIENT_PKCS11_MODULE (the library),
..._TOKEN (the token's label) and ..._PIN; without the last one the terminal asks. The PIN is stored nowhere.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import secrets
import sys
import threading
from collections.abc import Mapping
from typing import Any

from demo_client.errors import KeyUnusable
from demo_client.jose import public_jwk

KIND = "pkcs11"
MODULE, TOKEN, PIN = (f"BOUNDGATE_CLIENT_PKCS11_{name}" for name in ("MODULE", "TOKEN", "PIN"))
LABEL = "boundgate demo client"


class Pkcs11Key:
    """A key behind an open session with its token."""

    kind = KIND

    def __init__(self, private: Any, jwk: Mapping[str, str], record: dict[str, Any]) -> None:
        self._private, self.jwk, self._record = private, jwk, record
        self._lock = threading.Lock()
        self.place = f"the PKCS#11 token {record['token']!r}"

    @classmethod
    def create(cls, environment: Mapping[str, str] = os.environ) -> Pkcs11Key:
        """A new one in the token that the environment names. Raises KeyUnusable."""
        module, token = environment.get(MODULE), environment.get(TOKEN)
        if not module or not token:
            raise KeyUnusable("no PKCS#11 token is named.", f"Set {MODULE} to its library and {TOKEN} to its label.")
        identifier = secrets.token_bytes(8)
        p11, session = _open(module, token, environment)
        with _explained(p11):
            parameters = session.create_domain_parameters(
                p11.KeyType.EC,
                {p11.Attribute.EC_PARAMS: p11.util.ec.encode_named_curve_parameters("secp256r1")},
                local=True,
            )
            public, private = parameters.generate_keypair(
                id=identifier,
                label=LABEL,
                store=True,
                private_template={
                    p11.Attribute.SENSITIVE: True,
                    p11.Attribute.EXTRACTABLE: False,
                },
            )
            jwk = _jwk(p11, public)
        return cls(private, jwk, {"module": module, "token": token, "id": identifier.hex(), "jwk": jwk})

    @classmethod
    def load(cls, record: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Pkcs11Key:
        """The one that `record` describes. Raises KeyUnusable."""
        try:
            module, token, identifier = str(record["module"]), str(record["token"]), bytes.fromhex(record["id"])
            jwk = {str(name): str(value) for name, value in record["jwk"].items()}
        except (KeyError, ValueError, TypeError, AttributeError):
            raise KeyUnusable("the key file does not describe a PKCS#11 key.") from None
        p11, session = _open(module, token, environment)
        with _explained(p11):
            private = session.get_key(object_class=p11.ObjectClass.PRIVATE_KEY, id=identifier)
        return cls(private, jwk, dict(record))

    def record(self) -> dict[str, Any]:
        """What `load` needs. Nothing in it signs."""
        return self._record

    def sign(self, message: bytes) -> bytes:
        """As `demo_client.jose.Key`. PKCS#11 §2.3.1 (CKM_ECDSA): the token takes the digest and answers r || s."""
        p11 = _library()
        with self._lock, _explained(p11):
            return bytes(self._private.sign(hashlib.sha256(message).digest(), mechanism=p11.Mechanism.ECDSA))


class _explained:  # noqa: N801 - used as a context manager only
    """Turns what the token says into a sentence."""

    def __init__(self, p11: Any) -> None:
        self._errors = p11.PKCS11Error

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, self._errors):
            said = str(error) or type(error).__name__
            raise KeyUnusable(
                f"the PKCS#11 token refused: {said}.", f"Is it plugged in? Check {MODULE}, {TOKEN} and {PIN}."
            ) from None


def _library() -> Any:
    try:
        import pkcs11  # noqa: PLC0415 - an extra
        import pkcs11.util.ec  # noqa: PLC0415
    except ImportError:
        raise KeyUnusable("PKCS#11 needs a package.", "pip install 'boundgate[pkcs11]' brings it.") from None
    return pkcs11


def _open(module: str, token: str, environment: Mapping[str, str]) -> tuple[Any, Any]:
    p11 = _library()
    pin = environment.get(PIN)
    if pin is None and sys.stdin.isatty():
        pin = getpass.getpass(f"PIN of {token}: ")
    if pin is None:
        raise KeyUnusable(f"the PIN of the token {token!r} is not known.", f"Set {PIN}, or start from a terminal.")
    try:
        with _explained(p11):
            found = p11.lib(module).get_token(token_label=token)
            try:
                return p11, found.open(rw=True, user_pin=pin)
            except p11.UserAlreadyLoggedIn:  # a login counts for the whole process
                return p11, found.open(rw=True)
    except (OSError, RuntimeError):
        raise KeyUnusable(f"{module} is no PKCS#11 library.", f"Set {MODULE} to the token's library.") from None


def _jwk(p11: Any, public: Any) -> dict[str, str]:
    # PKCS#11 §2.3.3: CKA_EC_POINT is the uncompressed point in a DER OCTET STRING.
    point = bytes(public[p11.Attribute.EC_POINT])[-64:]
    return public_jwk(int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big"))
