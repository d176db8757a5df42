"""The commands and what `boundgate --help` teaches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import boundgate
from boundgate.cli import certificates, clients, doctor, keys, users
from boundgate.cli.options import AsJson, ConfigFile, DataDir, settings_from
from boundgate.cli.output import note, show_json, show_table

HELP = """A gateway in front of costly AI endpoints that makes a stolen token worth next to nothing.

\b
[bold]Examples[/bold]
  boundgate serve                       serve on https://localhost:8443
  boundgate serve --port 9443           serve somewhere else
  boundgate users invite alice          print a link with which alice enrols
  boundgate users recover alice         alice has lost every passkey
  boundgate clients add NAME ...        a program that may ask for tokens
  boundgate keys rotate                 new keys; nobody is signed out
  boundgate settings                    what is set, and where it was set
  boundgate doctor URL --login PATH     what a browser makes of a DBSC server

Settings come from options, BOUNDGATE_* variables and a TOML file; the first of them wins.
"""

app = typer.Typer(
    name="boundgate",
    help=HELP,
    rich_markup_mode="rich",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(users.app, name="users")
app.add_typer(clients.app, name="clients")
app.add_typer(keys.app, name="keys")
app.add_typer(certificates.app, name="certificates")
app.command(name="doctor", help=doctor.HELP)(doctor.doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"boundgate {boundgate.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    del version


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="8443")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that serve; several need hot_state_url.", show_default="1")
    ] = None,
    data_dir: DataDir = None,
    config: ConfigFile = None,
) -> None:
    """Serve until Ctrl-C. The first start makes keys, a certificate and a link for the first user."""
    from boundgate.cli.banner import print_banner  # noqa: PLC0415 - commands load what they need
    from boundgate.logging_setup import configure_logging  # noqa: PLC0415
    from boundgate.serving import serve as serve_until_stopped  # noqa: PLC0415

    settings = settings_from(config, host=host, port=port, workers=workers, data_dir=data_dir)
    configure_logging(settings.log_format)
    raise typer.Exit(serve_until_stopped(settings, announce=print_banner))


@app.command(name="settings")
def show_settings(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show the effective settings, where each was set, and what it is. Secrets show as "set".

    The strongest source comes first: command-line options; BOUNDGATE_* variables, such as BOUNDGATE_PORT; a TOML file
    (--config, else the one that BOUNDGATE_CONFIG_FILE names, else boundgate.toml in the data directory); the defaults.
    """
    from boundgate.cli.effective import effective_settings  # noqa: PLC0415

    settings = settings_from(config, data_dir=data_dir)
    rows = effective_settings(settings, config=config, given={"data_dir": data_dir})
    if as_json:
        show_json({r.name: {"value": r.value, "source": r.source, "description": r.description} for r in rows})
        return
    show_table(
        ("setting", "value", "set by", "what it is"), [(r.name, _cell(r.value), r.source, r.description) for r in rows]
    )
    note(f"\nOrigin {settings.origin}, relying-party id {settings.rp_id}, data in {Path(settings.data_dir).resolve()}")


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return "\n".join(f"{tier}: " + ", ".join(f"{k}={v}" for k, v in rule.items()) for tier, rule in value.items())
    return "" if value is None else str(value)
