"""Words that every layer shares. No behaviour lives here, and this module imports nothing of ours."""

from __future__ import annotations

from enum import StrEnum


class Provenance(StrEnum):
    """Where a session's key is known to live. A claim of the wire, never raised silently.

    `SOFTWARE` means that whoever registered the key said that it is not the browser itself (`DBSC-Client`). `BROWSER`
    means "registered the way a browser's own DBSC registers"; nothing on the wire proves hardware, so no default rule
    ranks it above `SOFTWARE`.
    """

    NONE = "none"
    SOFTWARE = "software"
    BROWSER = "browser"
    ATTESTED = "attested"


class SessionState(StrEnum):
    """The `state` that `GET /session` reports."""

    SIGNED_OUT = "signed_out"
    BINDING = "binding"
    UNBOUND = "unbound"
    BOUND = "bound"
    LAPSED = "lapsed"
    ENDED = "ended"


class Tier(StrEnum):
    """How costly a model is, as far as the rules are concerned."""

    STANDARD = "standard"
    PREMIUM = "premium"


class EndReason(StrEnum):
    """Why a session ended, as stored and as shown to its owner."""

    SIGNED_OUT = "signed_out"
    REPLACED = "replaced"
    ENDED_BY_OWNER = "ended_by_owner"
    RECOVERED = "recovered"
    EXPIRED = "expired"
