"""A report for people; the one for programs is `Report.document`."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from boundgate.doctor.steps import NEEDED, Report, Step

_NO_TERMINAL_WIDTH = 100


def show_report(report: Report, *, terminal: bool) -> None:
    """Print it to standard output: one step after the other, and a last line that sums up."""
    console = Console(highlight=False, markup=False, width=None if terminal else _NO_TERMINAL_WIDTH)
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for step in report.steps:
        mark, style = ("ok", "green") if step.ok else ("--", "dim") if _skipped(step) else ("NO", "bold red")
        table.add_row(Text(mark, style), Text(step.name.replace("_", " "), "bold"), _words(step))
    console.print(table)
    console.print()
    console.print(_sum(report))


def _words(step: Step) -> Text:
    words = Text(_printable(step.explanation), "dim" if _skipped(step) else "")
    if step.fix and not _skipped(step):
        words.append(f"\nDo this: {_printable(step.fix)}", "yellow")
    return words


def _printable(text: str) -> str:
    """Without control characters: much of a report comes from the server, and a terminal would act on them."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _sum(report: Report) -> Text:
    wrong = [step for step in report.steps if not step.ok and not _skipped(step)]
    if not report.ok:
        return Text("This server does not bind sessions as it is. Begin with the first NO.", "bold red")
    if any(step.name not in NEEDED for step in wrong):
        return Text("Registration and refresh work. What is marked NO should be repaired all the same.", "bold yellow")
    return Text("Registration and refresh work; there is nothing to repair.", "bold green")


def _skipped(step: Step) -> bool:
    return not step.ok and step.explanation.startswith("Not reached because ")
