"""Facts that need not be durable before the answer: proofs made and sessions seen, written in batches.

What a crash loses here costs a browser one extra round trip, never a session.
"""

from __future__ import annotations

from boundgate.sessions.model import ProofRecord
from boundgate.sessions.ports import SessionStore


class Journal:
    """Collects the newest fact per session; `flush` writes them."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self._proofs: dict[str, ProofRecord] = {}
        self._seen: dict[str, float] = {}

    def proved(self, proof: ProofRecord) -> None:
        known = self._proofs.get(proof.session_id)
        if known is None or known.mint < proof.mint:
            self._proofs[proof.session_id] = proof

    def seen(self, session_id: str, at: float) -> None:
        self._seen[session_id] = max(at, self._seen.get(session_id, at))

    def last_proof(self, session_id: str) -> float | None:
        """When a proof not yet written was made."""
        proof = self._proofs.get(session_id)
        return proof.proved_at if proof else None

    async def flush(self) -> None:
        """Write what has come in. A failed write keeps everything for the next one."""
        proofs, seen = self._proofs, self._seen
        self._proofs, self._seen = {}, {}
        try:
            if proofs:
                await self._store.record_proofs(list(proofs.values()))
            if seen:
                await self._store.record_seen(list(seen.items()))
        except BaseException:
            for proof in proofs.values():
                self.proved(proof)
            for session_id, at in seen.items():
                self.seen(session_id, at)
            raise
