"""Keys, clocks, MACs and memories that behave the same in every run. None of these keys guards anything."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from boundgate.clock import RandomBytes
from boundgate.dbsc import ValidChallenge

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# How far the first prime lies above the number that SHAKE-256 makes of the label, so that nobody has to search.
_PRIME_STEPS = {
    "rsa-2048-p": 42,
    "rsa-2048-q": 193,
    "rsa-4096-p": 198,
    "rsa-4096-q": 212,
}


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def counting_random() -> RandomBytes:
    """A new source of reproducible bytes; no two of its answers of 16 or more bytes are equal."""
    count = 0

    def random(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(count.to_bytes(8)).digest(size)

    return random


class StaticMacs:
    """HMAC-SHA256 under keys made from their ids; rotation and retirement at will."""

    def __init__(self, kid: str = "kid-0001") -> None:
        self._keys: dict[str, bytes] = {}
        self._current = kid
        self.rotate(kid)

    def rotate(self, kid: str) -> None:
        """Sign with another key from now on; older ones still verify."""
        self._keys[kid] = hashlib.sha256(b"boundgate test mac " + kid.encode()).digest()
        self._current = kid

    def retire(self, kid: str) -> None:
        """As `keys rotate --compromised`: nothing signed by this key verifies any more."""
        del self._keys[kid]

    def sign(self, purpose: bytes, message: bytes) -> tuple[str, bytes]:
        return self._current, self._tag(self._current, purpose, message)

    def verify(self, purpose: bytes, kid: str, message: bytes, tag: bytes) -> bool:
        if kid not in self._keys or not 16 <= len(tag) <= 32:
            return False
        return hmac.compare_digest(self._tag(kid, purpose, message)[: len(tag)], tag)

    def _tag(self, kid: str, purpose: bytes, message: bytes) -> bytes:
        return hmac.digest(self._keys[kid], len(purpose).to_bytes(4) + purpose + message, "sha256")


class MemoryUsed:
    """Remembers used challenges, and forgets each the moment its time has passed, as a store may."""

    def __init__(self, epoch: bytes = b"epoch-of-the-test") -> None:
        self.epoch = epoch
        self.consume_calls = 0
        self.entries: dict[bytes, float] = {}

    def forget_everything(self) -> None:
        """What a restart of a store without persistence does."""
        self.entries.clear()
        self.epoch = hashlib.sha256(self.epoch).digest()

    async def consume(self, challenge: ValidChallenge, *, now: float) -> bool:
        self.consume_calls += 1
        await asyncio.sleep(0)
        self.entries = {entry: until for entry, until in self.entries.items() if until > now}
        if challenge.id in self.entries or challenge.epoch != self.epoch:
            return False
        self.entries[challenge.id] = challenge.remember_until
        return True


@cache
def ec_key(name: str = "owner") -> ec.EllipticCurvePrivateKey:
    """The P-256 key of that name."""
    seed = int.from_bytes(hashlib.shake_256(name.encode()).digest(40))
    return ec.derive_private_key(seed % P256_ORDER, ec.SECP256R1())


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """The RSA key of that size: 2048 or 4096 bits."""
    p, q = _prime(f"rsa-{bits}-p", bits // 2), _prime(f"rsa-{bits}-q", bits // 2)
    e = 65_537
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(e, p * q),
    )
    return numbers.private_key()


def b64u(octets: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _prime(label: str, bits: int) -> int:
    start = int.from_bytes(hashlib.shake_256(label.encode()).digest(bits // 8))
    # The two upper bits make the product of two such primes exactly twice as long.
    return (start | 0b11 << bits - 2 | 1) + 2 * _PRIME_STEPS[label]
