"""The command line. Every failure is one line that says what is wrong, a hint, and a status: 1, or 2 for wrong use.

Importing this package imports no web framework and no database; commands fetch what they need when they run.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from boundgate.cli.output import complain
from boundgate.cli.root import app
from boundgate.errors import BoundgateError
from boundgate.settings import SettingsError

FAILED, INTERRUPTED = 1, 130


def main() -> NoReturn:
    """Entry point: run the command that `sys.argv` names and leave with its status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Args:
        arguments: without the program's name.

    Returns:
        0 after success, 1 for a failure, 2 for wrong use, 130 after an interruption.
    """
    try:
        status = typer.main.get_command(app).main(list(arguments), prog_name="boundgate", standalone_mode=False)
    except typer.TyperException as error:
        if message := error.format_message():  # empty where help was shown instead
            complain(message, hint=_usage_hint(error))
        return error.exit_code
    except BoundgateError as error:
        complain(error.detail)
    except SettingsError as error:
        complain(*str(error).splitlines(), hint="`boundgate settings --help` says where settings come from.")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{error.strerror or error}")
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a trace on a terminal helps nobody, and may hold what must not be shown
        complain(
            f"unexpected {type(error).__name__} in {_origin_of(error)}: this is a defect.",
            hint="Please report this line, and what you ran.",
        )
    else:
        return status if isinstance(status, int) else 0
    return FAILED


def _usage_hint(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f"`{context.command_path if context else 'boundgate'} --help` shows how it is used."


def _origin_of(error: BaseException) -> str:
    trace, place = error.__traceback__, "an unknown place"
    while trace is not None:
        code = trace.tb_frame.f_globals.get("__name__", "?")
        if code.startswith("boundgate"):
            place = f"{code}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
