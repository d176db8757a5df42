"""How the client speaks.

Rules: results on standard output, everything else on standard error; one sentence per fact; what is wrong before what
to do; no token, code, proof or PIN, ever; no control characters that came from a server.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from demo_client.answers import printable

REDIRECTED_WIDTH = 160


def complain(problem: str, hint: str = "") -> None:
    """What is wrong, and what to do."""
    print(f"demo_client: {problem}", file=sys.stderr)
    if hint:
        print(f"  {hint}", file=sys.stderr)


def note(sentence: str) -> None:
    """Something that is no result."""
    print(sentence, file=sys.stderr, flush=True)


def show_json(document: object) -> None:
    """A result for programs."""
    print(json.dumps(document, indent=2, ensure_ascii=False))


def show_facts(facts: Mapping[str, str | None]) -> None:
    """One thing's properties, for people; what is None is left out."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts.items():
        if value is not None:
            table.add_row(name, value)
    _console().print(table)


def show_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Many things, for people."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold", no_wrap=title == titles[0])
    for row in rows:
        table.add_row(*row)
    _console().print(table)


def write(text: str) -> None:
    """A piece of an answer as it comes; on a terminal without what would steer it."""
    sys.stdout.write(_harmless(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()


def cell(value: Any) -> str:
    """A server's value for a table."""
    return "" if value is None else printable(str(value))


def moment(value: Any) -> str | None:
    """Unix seconds as a time for people; None for what is no number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return f"{dt.datetime.fromtimestamp(value, dt.UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return None


def dollars(micro: Any) -> str:
    """Millionths of a dollar, for people."""
    return f"${micro / 1e6:,.6f}".rstrip("0").rstrip(".") if isinstance(micro, int) and micro else "$0"


def _harmless(text: str) -> str:
    return "".join(char for char in text if char in "\n\t" or char.isprintable())


def _console() -> Console:
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else REDIRECTED_WIDTH)
