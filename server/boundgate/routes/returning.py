"""Where a sign-in may lead back to: the decision that somebody was sent here for, and nothing else."""

from __future__ import annotations

import re
from urllib.parse import quote

DECISION_PATH = "/oauth/authorize/consent"
MAX_CHARS = 16_384
# The characters of a query as `own_target` writes them; of a path there is only this one.
_TARGET = re.compile(r"/oauth/authorize(?:/consent)?\?[A-Za-z0-9._~!$&'()*+,;=:@/?%\[\]-]*")


def decision_target(pending: str) -> str:
    """The page of one decision."""
    return f"{DECISION_PATH}?request={quote(pending, safe='')}"


def return_target(text: str | None) -> str | None:
    """What came back through a form, where it is one of ours; None for anything else."""
    return text if text and len(text) <= MAX_CHARS and _TARGET.fullmatch(text) else None
