"""Names of people, none of them twice: servers are shared by tests of several files."""

from __future__ import annotations

import itertools

_numbers = itertools.count(1)


def unique(name: str) -> str:
    """A name that begins with this one, and that nobody in this process has had."""
    return f"{name[:40]} {next(_numbers)}"
