"""What this room needs from its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class Challenges(Protocol):
    """One-time values that nobody has to store until they are used."""

    def issue(self, *, purpose: str, context: str) -> str:
        """A fresh value for this purpose and context: ASCII, URL-safe. Stores nothing."""

    def check(self, challenge: str, *, purpose: str, context: str, max_age_seconds: float) -> object | None:
        """Not None for an unexpired value that was issued for this very purpose and context, used or not."""

    async def redeem(self, challenge: str, *, purpose: str, context: str, max_age_seconds: float) -> bool:
        """True exactly once, where `check` finds it good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAnswer:
    """An HTTP answer, read whole. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Web(Protocol):
    """The way to a provider."""

    async def get(self, url: str) -> WebAnswer:
        """Raises OutsideUnreachable: no answer, none in time, or one that is too large."""

    async def post_form(self, url: str, body: str, headers: Mapping[str, str]) -> WebAnswer:
        """The same for a urlencoded form."""

    async def aclose(self) -> None: ...
