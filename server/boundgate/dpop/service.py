"""Proofs that count once: verified, and remembered for longer than their nonce lives (RFC 9449 §11.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from boundgate.clock import Clock
from boundgate.dbsc import UsedChallenges, ValidChallenge
from boundgate.dpop.errors import DpopError, InvalidDpopProof, UseDpopNonce
from boundgate.dpop.nonces import CLOCK_SKEW_SECONDS, NONCE_SECONDS, DpopNonces
from boundgate.dpop.proof import SKEW_SECONDS, DpopProof, claimed_thumbprint, verify_proof

REMEMBER_SECONDS = NONCE_SECONDS + 2 * CLOCK_SKEW_SECONDS
"""From the issue of a proof's nonce: longer than any worker takes that nonce."""


class DpopProofs:
    """Takes proofs at the endpoints, all of which ask for a nonce of ours.

    Args:
        nonces: issues and checks them.
        used: the memory of used proofs, that of `nonces`.
        clock: injected.
        skew_seconds: how far a client's clock may be from ours.
    """

    def __init__(
        self, *, nonces: DpopNonces, used: UsedChallenges, clock: Clock, skew_seconds: float = SKEW_SECONDS
    ) -> None:
        self._nonces, self._used, self._clock, self._skew_seconds = nonces, used, clock, skew_seconds

    async def take(
        self,
        *,
        fields: Sequence[str],
        method: str,
        url: str,
        token_hash: str | None = None,
        jkt: str | None = None,
    ) -> DpopProof:
        """Verify the proof of a request and use it up.

        Args:
            fields, method, url, token_hash, jkt: see `verify_proof`.

        Raises:
            InvalidDpopProof: also for one that was used before.
            UseDpopNonce: answer with `nonce(error.jkt)`.
            StorageUnavailable: nobody can tell whether it was used.
        """
        epoch = self._used.epoch
        proof = verify_proof(
            fields=fields,
            expected_method=method,
            expected_url=url,
            expected_jkt=jkt,
            expected_token_hash=token_hash,
            nonces=self._nonces,
            now=self._clock(),
            skew_seconds=self._skew_seconds,
        )
        assert proof.nonce_issued_at is not None, "the nonce was asked for"
        expires_at = proof.nonce_issued_at + NONCE_SECONDS
        use = ValidChallenge(_id(proof), expires_at, proof.nonce_issued_at + REMEMBER_SECONDS, epoch)
        if await self._used.consume(use, now=self._clock()):
            return proof
        if self._used.epoch != epoch:
            # The memory started anew in between: the proof may be as good as new, its nonce is not.
            raise UseDpopNonce("The nonce is void by now; use the one in DPoP-Nonce.", jkt=proof.jkt)
        raise InvalidDpopProof("This proof was used before; make one for every request.", jkt=proof.jkt)

    def nonce(self, jkt: str) -> str:
        """What `DPoP-Nonce` of an answer says to the holder of this key (RFC 9449 §8.2)."""
        return self._nonces.issue(jkt)

    def nonce_for(self, fields: Sequence[str], error: DpopError | None = None) -> str | None:
        """The same for the answer to a request that was refused: for the key that its proof carries, whoever signed
        it. None where it carries none, for then there is nobody to talk to."""
        jkt = error.jkt if error is not None and error.jkt is not None else claimed_thumbprint(fields)
        return self._nonces.issue(jkt) if jkt is not None else None


def _id(proof: DpopProof) -> bytes:
    # A thumbprint has always 43 characters, so no two pairs run into the same text.
    return hashlib.sha256(f"{proof.jkt}{proof.jti}".encode("utf-8", "surrogatepass")).digest()
