"""What a server says when it is ready. The one-time link is shown on a terminal only: redirected output is a log."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from boundgate.runfile import RUN_FILE
from boundgate.serving import Running


def print_banner(running: Running, console: Console | None = None) -> None:
    """Print address, certificate hash, first link, how to start a browser and how to stop."""
    out = console or Console(highlight=False, markup=False)
    out.print()
    out.print(Text("  Boundgate is ready.", style="bold green"), soft_wrap=True)
    out.print()
    for name, value, style in banner_lines(running, on_terminal=out.is_terminal):
        out.print(Text.assemble((f"  {name:<13}", "dim"), (value, style)), soft_wrap=True)
    out.print()
    out.file.flush()


def banner_lines(running: Running, *, on_terminal: bool) -> list[tuple[str, str, str]]:
    """Name, value and style of each line."""
    info, settings = running.info, running.settings
    kind = "development, trusted by nobody" if running.tls.development else "configured"
    return [
        ("address", info.url, "bold cyan"),
        *_enrolment_lines(running, on_terminal=on_terminal),
        ("models", settings.upstream_base_url or "embedded, offline", ""),
        ("certificate", f"{kind}, until {running.tls.not_after:%Y-%m-%d}", ""),
        ("SPKI SHA-256", info.spki_sha256, ""),
        ("browser", _browser_command(running), "bold"),
        ("", "starts Chrome or Chromium so that it proves its key here (DBSC)", "dim"),
        ("stop", "Ctrl-C; once more to drop answers in flight", ""),
    ]


def _enrolment_lines(running: Running, *, on_terminal: bool) -> list[tuple[str, str, str]]:
    if running.info.enrolment_url is None:
        return []
    minutes = running.settings.first_link_seconds // 60
    life = f"once, within {minutes} minutes; restart for another"
    if not on_terminal:
        return [("first user", f"see {RUN_FILE} ({life})", "")]
    return [("first user", running.info.enrolment_url, "bold yellow"), ("", life, "dim")]


def _browser_command(running: Running) -> str:
    python, here = Path(sys.executable), Path.cwd()
    name = str(python.relative_to(here)) if python.is_relative_to(here) else "python"
    data_dir = running.settings.data_dir
    option = "" if data_dir == Path(".boundgate") else f" --data-dir {data_dir}"
    return f"{name} -m demo_client browser {running.info.url}{option}"
