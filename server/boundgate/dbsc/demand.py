"""A demand for proof: how to make a browser prove its key now (DBSC §"Server considerations"; contract.md).

Expiring one of two credentials makes Chromium refresh before it follows the redirect, with the request's body kept.
The one that is expired is the empty one, so that a demand which comes to nothing has destroyed nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DemandKind(StrEnum):
    REDIRECT = "redirect"
    """307 to the same URL."""
    INTERSTITIAL = "interstitial"
    """A same-origin page that comes straight back: Chromium never refreshes for a cross-site arrival."""
    REFUSE = "refuse"
    """401 `proof_required`."""
    STEP_UP = "step_up"
    """401 `step_up_required`: another signature might cost the browser its quota."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What to answer.

    `expire_fresh`: expire the empty credential, which makes the browser sign.
    `mark_fresh`: else write this into it, so that the request is known when it comes back.
    """

    kind: DemandKind
    expire_fresh: bool = False
    mark_fresh: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The request that lacks a proof.

    `presented_mint` is the number of the bound value it carries, 0 where it carries none that counts.
    `fresh` is the value of the empty credential, None where the cookie is missing.
    `newest_mint_at` says when a value newer than the presented one was minted, None where none was.
    """

    fetch_site: str | None
    is_document: bool
    fresh: str | None
    presented_mint: int
    newest_mint_at: float | None
    signatures: int


def demand_proof(arrival: Arrival, *, now: float, signature_limit: int, recent_mint_seconds: float = 10.0) -> Demand:
    """Decide how to ask for a proof.

    Args:
        arrival: facts of the request.
        now: Unix seconds.
        signature_limit: signatures within the window after which no more are asked for. Chromium's own quota is six
            in nine minutes for a whole site, registrations included, and it is shared with our neighbours.
        recent_mint_seconds: how long after a mint a stale request is taken for one that crossed it on the way.
    """
    # Not a browser: nothing follows a redirect with a proof, so say so.
    if arrival.fetch_site is None:
        return Demand(DemandKind.REFUSE)
    if arrival.signatures >= signature_limit:
        return Demand(DemandKind.STEP_UP)
    if _returned(arrival):
        # Asked before, and back without a proof: a second redirect would be a loop.
        return Demand(DemandKind.INTERSTITIAL if _foreign(arrival) and arrival.is_document else DemandKind.REFUSE)
    if _foreign(arrival):
        # A 307 keeps the cross-site initiator, for which Chromium does not refresh; a page of ours does not.
        if arrival.is_document:
            return Demand(DemandKind.INTERSTITIAL, expire_fresh=True)
        return Demand(DemandKind.REFUSE)
    if arrival.newest_mint_at is not None and now - arrival.newest_mint_at <= recent_mint_seconds:
        return Demand(DemandKind.REDIRECT, mark_fresh=marker(arrival.presented_mint))
    return Demand(DemandKind.REDIRECT, expire_fresh=True)


def marker(mint: int) -> str:
    """What the empty credential holds after a redirect that asked for no signature."""
    return f"d{mint}"


def _returned(arrival: Arrival) -> bool:
    return arrival.fresh is None or arrival.fresh == marker(arrival.presented_mint)


def _foreign(arrival: Arrival) -> bool:
    return arrival.fetch_site not in {"same-origin", "none"}
