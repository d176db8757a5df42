"""`python -m demo_client`: the commands. Failures are one line and a hint; the status is 1, or 2 for wrong use."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from boundgate.chromium import BrowserError
from demo_client.browser import open_browser
from demo_client.commands import account, chat, key, login
from demo_client.errors import ClientError
from demo_client.ui import complain

app = typer.Typer(
    help=(
        "A client for Boundgate that lives on the command line: log in once with your passkey, then call models with "
        "tokens that are worth nothing without this machine's key.\n\n"
        "Begin with `login`, then `chat`. Each command has a --help with examples."
    ),
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


app.command()(login.login)
app.command()(chat.chat)
app.command()(account.models)
app.command()(account.whoami)
app.command()(account.usage)
app.command()(account.devices)
app.command()(login.logout)
app.add_typer(key.app, name="key")


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


INTERRUPTED = 130
_NAMES = {"login", "chat", "models", "whoami", "usage", "devices", "logout", "key", "browser"}


def run(arguments: list[str]) -> int:
    """Run one command. Returns its exit status."""
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, io.TextIOWrapper):
            output.reconfigure(errors="replace")  # an answer may hold what this terminal cannot show
    try:
        status = typer.main.get_command(app).main(arguments, prog_name="python -m demo_client", standalone_mode=False)
    except typer.TyperException as error:
        if message := error.format_message():
            words = " ".join(arguments[:1]) if arguments and arguments[0] in _NAMES else ""
            complain(message, f"`python -m demo_client {words} --help` shows how it is used.".replace("  ", " "))
        return error.exit_code
    except BrowserError as error:
        complain(str(error))
        return 1
    except ClientError as error:
        complain(str(error), error.hint)
        return 1
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    if status == INTERRUPTED:
        print(file=sys.stderr)  # the terminal shows ^C where the prompt would go
    return status if isinstance(status, int) else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
