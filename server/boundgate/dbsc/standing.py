"""What a presented bound cookie value is worth at this moment."""

from __future__ import annotations

from enum import StrEnum

from boundgate.dbsc.cookie import BoundValue
from boundgate.dbsc.ledger import KnownMint, Ledger


class Standing(StrEnum):
    """What the presented bound cookie value is worth."""

    GOOD = "good"
    ABSENT = "absent"
    FORGED = "forged"
    """Not ours, not this session's, or sealed with a key that was dropped."""
    EXPIRED = "expired"
    ELSEWHERE = "elsewhere"
    """From another network than the proof that minted it."""
    SUPERSEDED = "superseded"
    """A newer value has been in use for longer than the grace."""


async def standing_of(
    value: BoundValue,
    *,
    expected_prefix: bytes,
    known: KnownMint,
    ledger: Ledger,
    now: float,
    life_seconds: float,
    grace_seconds: float,
) -> Standing:
    """Judge a value that is ours and of a living, bound session. Notes that it was presented.

    Args:
        expected_prefix: the network that the request comes from.
        known: the newest value that the durable record knows of.
        life_seconds: of a value since its mint.
        grace_seconds: how long an older value lives after a newer one was first presented.
    """
    if now - value.minted_at > life_seconds:
        return Standing.EXPIRED
    if value.network_prefix != expected_prefix:
        return Standing.ELSEWHERE
    newer_used_at = await ledger.note_use(value.session_id, value.mint, now=now, keep_seconds=life_seconds)
    if newer_used_at is None and value.mint < known.mint:
        # The ledger started empty since: the record knows a newer value, though not when it was first used.
        newest_at = await ledger.newest_mint_at(value.session_id)
        newer_used_at = known.at if newest_at is None else None
    if newer_used_at is not None and now - newer_used_at > grace_seconds:
        return Standing.SUPERSEDED
    return Standing.GOOD
