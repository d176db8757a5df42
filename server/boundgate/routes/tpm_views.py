"""TPMs as the account page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boundgate.routes.context import services


@dataclass(frozen=True, slots=True, kw_only=True)
class TpmRow:
    """One TPM as the account page shows it."""

    fingerprint: str
    maker: str
    accepted: bool
    at: float
    """When it was accepted, or when its key was last attested."""


async def tpms_of(user_id: str) -> dict[str, Any]:
    """What the account page says of TPMs: those that wait come first."""
    attestation = services().attestation
    waiting = {one.ek_fingerprint: one for one in reversed(await attestation.waiting(user_id))}
    rows = [
        TpmRow(fingerprint=one.ek_fingerprint, maker=one.maker, accepted=False, at=one.at) for one in waiting.values()
    ]
    rows += [
        TpmRow(fingerprint=one.ek_fingerprint, maker=one.maker, accepted=True, at=one.accepted_at)
        for one in await attestation.known(user_id)
    ]
    return {"tpms": rows}
