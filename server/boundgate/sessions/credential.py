"""What a request's cookies are worth: whose sign-in, in which state, and when its key was last proved."""

from __future__ import annotations

from dataclasses import dataclass

from boundgate.dbsc import BoundValue, Standing
from boundgate.sessions.model import Session, SessionView
from boundgate.sessions.rules import SessionRules
from boundgate.terms import SessionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """The outcome for one request."""

    state: SessionState
    view: SessionView | None = None
    standing: Standing = Standing.ABSENT
    value: BoundValue | None = None
    """The presented value, where it is ours and this session's."""
    signed_in: bool = False
    """Whether a live sign-in was named by its own login cookie (what pages and acts need)."""

    @property
    def refused(self) -> bool:
        """Whether the presented value is refused though it may be unexpired: it must leave the jar (contract.md)."""
        return self.standing in {Standing.FORGED, Standing.ELSEWHERE, Standing.SUPERSEDED}

    @property
    def contested(self) -> bool:
        """Whether somebody offered a second key: only a new sign-in decides whose session this is."""
        binding = self.view.binding if self.view else None
        return binding is not None and binding.contested_at is not None

    @property
    def presented_mint(self) -> int:
        return self.value.mint if self.value else 0

    def proof_age_seconds(self, now: float) -> float | None:
        """Age of the proof behind the presented value; None unless that value is good."""
        if self.value is None or self.standing is not Standing.GOOD:
            return None
        return max(0.0, now - self.value.minted_at)


def has_ended(session: Session, rules: SessionRules, now: float) -> bool:
    """Whether the sign-in is over: ended, 12 hours old, or idle for an hour (as the rules say)."""
    return (
        session.ended_at is not None
        or now - session.created_at > rules.login_seconds
        or now - session.last_seen_at > rules.login_idle_seconds
    )


def state_of(view: SessionView, standing: Standing, rules: SessionRules, now: float) -> SessionState:
    """The state that the contract names (GET /session)."""
    if has_ended(view.session, rules, now):
        return SessionState.ENDED
    if view.binding is None:
        waiting = now - view.session.offered_at <= rules.registration_seconds
        return SessionState.BINDING if waiting else SessionState.UNBOUND
    return SessionState.BOUND if standing is Standing.GOOD else SessionState.LAPSED
