"""Facts and decisions. Frozen; no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from boundgate.terms import Provenance, SessionState, Tier


class Authorization(StrEnum):
    """What kind of `Authorization` header came along, if any."""

    NONE = "none"
    BEARER = "bearer"
    BEARER_WITH_PROOF = "bearer_with_proof"
    """A Bearer token beside a `DPoP` header: a downgrade attempt or a broken client."""
    OWN_BEARER = "own_bearer"
    """An access token of ours, stripped of its key: somebody copied it, or a client does not know what it holds."""
    DPOP = "dpop"
    OTHER = "other"


class Action(StrEnum):
    ALLOW = "allow"
    REFUSE = "refuse"
    REFRESH = "refresh"
    """Have the key proved again, now."""
    STEP_UP = "step_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token whose key was proved for this very call, by the server's record of its family."""

    scope: frozenset[str]
    person: bool
    """Whether somebody stands behind it who could be asked for a touch; nobody does behind `client_credentials`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a decision may depend on."""

    authorization: Authorization = Authorization.NONE
    bound_cookie_present: bool = False
    state: SessionState
    provenance: Provenance = Provenance.NONE
    proof_age_seconds: float | None = None
    contested: bool = False
    token: Token | None = None
    needed_scope: str | None = None
    """What a token must be good for; sessions have no scopes."""
    tier: Tier | None = None
    """None for calls that cost nothing, such as the model list."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`code` and `detail` are what the caller may see; `code` is `ok` for `ALLOW`."""

    action: Action
    code: str
    detail: str
    needed_scope: str | None = None
    """Told with `insufficient_scope` (RFC 6750 §3.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one tier asks of a session."""

    accepted_provenances: frozenset[Provenance]
    proof_max_age_seconds: float
    step_up: bool


Rules = dict[Tier, Rule]
