"""Every name with which Chromium 156 reports on DBSC over CDP, explained (`explanations.toml`)."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Explained:
    """What a name means, and what to do; None where nothing is wrong."""

    explanation: str
    fix: str | None


_UNKNOWN = Explained(
    "This browser reports a name that the doctor does not know; it is newer than Chromium 156.",
    "Look the name up in Chromium's source, in net/device_bound_sessions.",
)


def explain(kind: str, name: str) -> Explained:
    """Explain a name.

    Args:
        kind: `fetchResult`, `refreshResult`, `challengeResult`, `deletionReason` or `usage`, as CDP calls it.
        name: what the browser reported.
    """
    return explanations()[kind].get(name, _UNKNOWN)


@functools.cache
def explanations() -> Mapping[str, Mapping[str, Explained]]:
    """All of them, by kind and name."""
    tables = tomllib.loads(files("boundgate.doctor").joinpath("explanations.toml").read_text(encoding="utf-8"))
    return {
        kind: {name: Explained(entry["explanation"], entry.get("fix")) for name, entry in table.items()}
        for kind, table in tables.items()
    }
