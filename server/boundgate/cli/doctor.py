"""`boundgate doctor`: what a real browser makes of a DBSC server."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import urlsplit

import typer

from boundgate.cli.options import AsJson
from boundgate.cli.output import note, show_json

HELP = """Drive a real Chromium against a DBSC server, ours or not, and report what it accepted, refused and why.

\b
Every step is explained, with what to do where something is wrong. The
status is 0 when a registration and two refreshes succeeded, 1 when not, 2
for wrong use. The report goes to standard output, progress to standard error.

\b
[bold]Examples[/bold]
  boundgate doctor https://localhost:8443 --headed
      open a window, let a person sign in, examine what follows
  boundgate doctor https://app.example.com --login /login/demo --json
      open a path that signs in by itself; JSON for programs

\b
[bold]Signing in[/bold]
  The offer to bind a session comes with a sign-in. Where opening a path is
  enough, name it with --login. Where it takes a password or a passkey, use
  --headed and sign in by hand. Or take the cookie of a sign-in from another
  browser, give it with --cookie, and name a path that makes the offer.

\b
[bold]Certificates[/bold]
  With any certificate error Chromium ignores DBSC silently. For a development
  certificate give the SHA-256 of its key with --trust-spki; for a Boundgate
  server on this machine it is taken from run.json.
"""


def doctor(
    url: Annotated[str, typer.Argument(metavar="URL", help="The page to open first, https://...")],
    *,
    login: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Path (or URL) that signs in when it is opened, and makes the offer."),
    ] = None,
    cookie: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Put a cookie into the jar first; may be repeated. Other users of this machine can see it meanwhile.",
        ),
    ] = None,
    headed: Annotated[bool, typer.Option("--headed", help="Open a window, so that a person can sign in.")] = False,
    wait: Annotated[int, typer.Option(metavar="SECONDS", min=1, max=3600, help="How long that person may take.")] = 180,
    trust_spki: Annotated[
        str | None, typer.Option(metavar="HASH", help="Trust this certificate key (SHA-256, padded base64).")
    ] = None,
    data_dir: Annotated[
        Path, typer.Option("--data-dir", help="Where the run.json of a Boundgate server on this machine is.")
    ] = Path(".boundgate"),
    as_json: AsJson = False,
) -> None:
    """The command; `HELP` is what people read."""
    from boundgate.doctor import Order, examine_server  # noqa: PLC0415 - commands load what they need
    from boundgate.doctor.report import show_report  # noqa: PLC0415

    order = Order(
        url=_checked_url(url),
        login=login,
        cookies=[_cookie(text) for text in cookie or ()],
        window=headed,
        wait_seconds=wait,
        spki=_trusted(url, trust_spki, data_dir),
    )
    with _interruptible(), _progress() as tell:
        report = examine_server(order, tell=tell)
    if as_json:
        show_json(report.document())
    else:
        show_report(report, terminal=sys.stdout.isatty())
    raise typer.Exit(0 if report.ok else 1)


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        parts = urlsplit("")
    # http: is no wrong use: that it cannot work is something that the report explains.
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise typer.BadParameter(f"{url} is no address; write https://host[:port][/path].")
    return url


def _cookie(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise typer.BadParameter("--cookie takes NAME=VALUE.")
    return name.strip(), value


def _trusted(url: str, given: str | None, data_dir: Path) -> str | None:
    from boundgate.chromium import BrowserError, checked_spki, spki_for  # noqa: PLC0415

    if given is not None:
        try:
            return checked_spki(given)
        except BrowserError as error:
            raise typer.BadParameter(f"--trust-spki: {error.detail}") from None
    # Something else than Boundgate may serve there; the report says what the browser makes of its certificate.
    with contextlib.suppress(BrowserError):
        return spki_for(url, data_dir)
    return None


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """A polite request to end (SIGTERM) closes the browser as Ctrl-C does."""

    def end(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Tells what happens: a spinner on a terminal, lines elsewhere; always on standard error."""
    if not sys.stderr.isatty():
        yield lambda doing: note(f"{doing} …")
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    with Console(stderr=True).status(Text("Starting")) as status:
        yield lambda doing: status.update(Text(f"{doing} …"))
