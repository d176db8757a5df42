"""What this domain needs from storage. Obligations stand in the docstrings; one contract suite tests them all.

`None` means "no such record" and nothing else: unreadable state raises `StorageUnavailable`, so that doubt never
reads as absence.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Protocol

from boundgate.dbsc import Ledger
from boundgate.sessions.model import Binding, News, Offer, ProofRecord, Session, SessionView
from boundgate.terms import EndReason


class BindOutcome(StrEnum):
    """What became of an attempt to bind a key."""

    BOUND = "bound"
    NO_OFFER = "no_offer"
    """Unknown or expired authorization, or its session has ended. Nothing was changed."""
    OTHER_KEY = "other_key"
    """The session already has a binding with another key; it was marked contested if asked for. Nothing else was
    changed."""
    SAME_KEY = "same_key"
    """The offer was already taken by this very key. Nothing was changed."""


class SessionStore(Protocol):
    """Durable sign-ins, offers and bindings."""

    async def create(
        self, session: Session, offer: Offer, *, ending: Collection[str], reason: EndReason
    ) -> list[str] | None:
        """Store a sign-in and its offer and end the sessions `ending`, in one transaction.

        Returns the ids of those that this call ended (already ended or unknown ids are passed over), or None, and
        nothing changed, where the user has no passkey any more: a recovery that came between the assertion and this
        call must win.
        """

    async def view(self, session_id: str) -> SessionView | None:
        """The session, ended or not, and its binding, read at one instant."""

    async def view_by_login(self, login_hash: bytes) -> SessionView | None:
        """The same, found by the hash of the login cookie."""

    async def offer_session(self, authorization_hash: bytes) -> str | None:
        """The id of the session that an offer, taken or not, expired or not, belongs to."""

    async def bind(
        self, authorization_hash: bytes, binding: Binding, *, now: float, contesting: bool = True
    ) -> BindOutcome:
        """Take the offer and store the binding, atomically: of any number of callers at most one gets `BOUND`.

        Where another key is there, it is marked contested if `contesting`.

        An attempt that fails leaves the offer as it was. `binding.session_id` must be the offer's session.
        """

    async def record_proofs(self, proofs: Sequence[ProofRecord]) -> None:
        """Advance `last_proof_at` and `last_mint`; values older than the stored ones change nothing.

        Never brings an ended session back and never creates a binding.
        """

    async def record_seen(self, seen: Sequence[tuple[str, float]]) -> None:
        """Advance `last_seen_at` of the given session ids; never back."""

    async def end(self, session_ids: Collection[str], *, now: float, reason: EndReason) -> list[str]:
        """End sessions. Durable before it returns. Returns the ids that this call ended."""

    async def end_user(self, user_id: str, *, now: float, reason: EndReason) -> list[str]:
        """End every session of a user; open offers of theirs can no longer be taken."""

    async def prune(self, *, before: float) -> int:
        """Forget sessions created before that time, their keys and offers with them. Returns how many sessions."""

    async def live(self, user_id: str, *, now: float, since_seen: float, since_created: float) -> list[SessionView]:
        """Sessions of a user that have not ended, were seen after `since_seen` and created after `since_created`.

        Newest first.
        """


class HotState(Ledger, Protocol):
    """Fast shared state that may be lost as a whole, never in part. A loss shows as a new `epoch`."""


class SessionNews(Protocol):
    """What workers tell each other about sessions. Best effort: what is missed shows when a cached record runs out."""

    def tell(self, session_ids: Collection[str], *, ended: bool) -> None:
        """Tell the other workers that these records have changed, or ended. Returns at once and never fails."""

    def heard_by(
        self, hear: Callable[[News], None], gap: Callable[[], Awaitable[None]]
    ) -> AbstractAsyncContextManager[None]:
        """While this is open, news of others reaches `hear`; `gap` is awaited whenever some may have been missed."""
