"""How the command line speaks.

Rules: results on standard output, everything else on standard error; one sentence per fact; what is wrong before what
to do; no token but the one that was asked for, and that one once.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

REDIRECTED_WIDTH = 160


def complain(*problems: str, hint: str | None = None) -> None:
    """Say what is wrong, one line per problem, and what to do about it."""
    for problem in problems:
        print(f"boundgate: {problem}", file=sys.stderr)
    if hint:
        print(f"  {hint}", file=sys.stderr)


def note(sentence: str) -> None:
    """Tell the person at the terminal something that is no result."""
    print(sentence, file=sys.stderr)


def show_json(document: object) -> None:
    """A result for programs."""
    print(json.dumps(document, indent=2, ensure_ascii=False))


def show_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A result for people. Cells are text, never markup; the first column is never broken."""
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else REDIRECTED_WIDTH)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold", no_wrap=title == titles[0])
    for row in rows:
        table.add_row(*row)
    console.print(table)


def utc(moment: float | None) -> str:
    """Unix seconds as a time for people; nothing for None."""
    return "" if moment is None else f"{dt.datetime.fromtimestamp(moment, dt.UTC):%Y-%m-%d %H:%M} UTC"
