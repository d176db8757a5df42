"""`python -m demo_client`: the commands. Failures are one line and a hint; the status is 1, or 2 for wrong use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from boundgate.chromium import BrowserError
from demo_client.browser import open_browser

app = typer.Typer(
    help="Programs for people who develop against Boundgate.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """A callback makes `browser` a command of its own, beside the ones that come."""


@app.command()
def browser(
    url: Annotated[str, typer.Argument(metavar="URL", help="What to open, https://...")],
    *,
    arguments: Annotated[list[str] | None, typer.Argument(metavar="-- SWITCH", help="Passed on as they are.")] = None,
    headless: Annotated[bool, typer.Option("--headless/--headed", help="Without or with a window.")] = False,
    spki: Annotated[str | None, typer.Option(help="Trust this certificate key (SHA-256, base64).")] = None,
    data_dir: Annotated[Path, typer.Option(help="Where the server's run.json is.")] = Path(".boundgate"),
    software_keys: Annotated[
        bool | None,
        typer.Option(
            "--software-keys/--no-software-keys", help="Default: only where Chromium has no hardware keys (Linux)."
        ),
    ] = None,
) -> None:
    """Start Chrome or Chromium with a throw-away profile so that it proves its key (DBSC) to URL.

    Examples:

      python -m demo_client browser https://localhost:8443

      python -m demo_client browser https://localhost:8443 --headless -- --dump-dom
    """
    status = open_browser(
        url, headless=headless, spki=spki, data_dir=data_dir, software_keys=software_keys, extra=arguments or ()
    )
    raise typer.Exit(status)


def run(arguments: list[str]) -> int:
    """Run one command. Returns its exit status."""
    try:
        status = typer.main.get_command(app).main(arguments, prog_name="python -m demo_client", standalone_mode=False)
    except typer.TyperException as error:
        if message := error.format_message():
            print(f"demo_client: {message}", file=sys.stderr)
            print("  `python -m demo_client browser --help` shows how it is used.", file=sys.stderr)
        return error.exit_code
    except BrowserError as error:
        print(f"demo_client: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, typer.Abort):
        return 130
    return status if isinstance(status, int) else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
