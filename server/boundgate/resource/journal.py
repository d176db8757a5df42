"""Proofs by families' keys, written in batches; what a crash loses here costs nobody anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from boundgate.oauth.model import FamilyProof


class ProofStore(Protocol):
    """What is written of `oauth.ports.GrantStore`."""

    async def record_proofs(self, proofs: Sequence[FamilyProof]) -> None:
        """Advance `last_proof_at`; never back, and never of an ended family."""


class FamilyJournal:
    """Collects the newest proof per family; `flush` writes them."""

    def __init__(self, store: ProofStore) -> None:
        self._store = store
        self._proved: dict[str, float] = {}

    def proved(self, family_id: str, at: float) -> None:
        """Note a proof."""
        self._proved[family_id] = max(at, self._proved.get(family_id, at))

    def last_proof(self, family_id: str) -> float | None:
        """When a proof not yet written was made."""
        return self._proved.get(family_id)

    async def flush(self) -> None:
        """Write what has come in. A failed write keeps everything for the next one."""
        proved, self._proved = self._proved, {}
        if not proved:
            return
        try:
            await self._store.record_proofs([FamilyProof(family_id, at) for family_id, at in proved.items()])
        except BaseException:
            for family_id, at in proved.items():
                self.proved(family_id, at)
            raise
