"""What can be wrong with session instructions, and what Chromium 156 does about it.

Two kinds. What Chromium *refuses* has the name that it gives in its events (`errorMessage`, `fetchResult` of the
DevTools protocol): a registration comes to nothing, and on a refresh the session ends (`InvalidSessionParams`). What it
*accepts to no good* has no name there: a browser that refreshes before every request until its signing quota is gone,
or one that never refreshes at all.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `code` is ours; `chrome` is Chromium's name, None where it refuses nothing; `where` points at the member
    (`scope.origin`, `credentials[1].attributes`); `says` tells what Chromium does, `fix` what to do instead.
    """

    code: str
    chrome: str | None
    where: str
    says: str
    fix: str

    @property
    def refused(self) -> bool:
        """Whether Chromium refuses the whole configuration for it."""
        return self.chrome is not None

    def __str__(self) -> str:
        named = f" ({self.chrome})" if self.chrome else ""
        return f"{self.where}: {self.says}{named}. {self.fix}."


_TEXTS: Mapping[str, Mapping[str, Mapping[str, str]]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
REFUSALS = tuple(_TEXTS["refused"])
"""Chromium's names for everything that `check_instructions` can tell to be refused."""


def problem(code: str, where: str, detail: str = "") -> Problem:
    """The problem of this name: one of Chromium's (`InvalidScopeOrigin`) or one of ours (`cookie_mismatch`).

    Args:
        code: its name.
        where: the member it is about.
        detail: what exactly, put behind what Chromium does; public.
    """
    kind = next(kind for kind, texts in _TEXTS.items() if code in texts)
    refused, texts = kind != "harmful", _TEXTS[kind][code]
    says = f"{texts['says']}: {detail}" if detail else texts["says"]
    # InvalidScopeOrigin becomes invalid_scope_origin.
    own = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", code).lower() if refused else code
    return Problem(own, code if refused else None, where, says, texts["fix"])
