"""The steps of a report, and which of them must succeed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

NEEDED = frozenset({"registration", "cookie", "refresh", "second_refresh", "proof"})
"""Steps without which a server does not work; what else is wrong is reported and does not decide."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at.

    Args:
        name: stable, for programs.
        ok: whether it is as it should be.
        browser_error: the name with which Chromium reported it; None where it reported nothing.
        explanation: what happened, in sentences.
        fix: what to do; None where it is ok.
    """

    name: str
    ok: bool
    browser_error: str | None
    explanation: str
    fix: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """All steps, in their order."""

    steps: Sequence[Step]

    @property
    def ok(self) -> bool:
        """Whether a registration and two refreshes succeeded, with proofs, and the cookie is the one announced."""
        return all(step.ok for step in self.steps if step.name in NEEDED)

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {"ok": self.ok, "steps": [asdict(step) for step in self.steps]}


def passed(name: str, *sentences: str) -> Step:
    """A step at which all is well."""
    return Step(name, True, None, _prose(sentences), None)


def failed(name: str, *sentences: str, fix: str, error: str | None = None) -> Step:
    """A step at which something is wrong."""
    return Step(name, False, error, _prose(sentences), fix)


def unreached(name: str, because: str, *, fix: str) -> Step:
    """A step that could not be looked at; `because` goes on "Not reached because"."""
    return failed(name, f"Not reached because {because}.", fix=fix)


def _prose(sentences: Sequence[str]) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
