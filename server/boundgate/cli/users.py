"""`boundgate users`: who may enrol, and who lost everything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from boundgate.cli.beside import require_database, with_services
from boundgate.cli.options import AsJson, ConfigFile, DataDir, settings_from
from boundgate.cli.output import note, show_json, show_table, utc
from boundgate.settings import Settings

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]

app = typer.Typer(help="Users and their one-time links.", no_args_is_help=True)


@app.command(name="list")
def list_users(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List everybody, in the order of creation."""
    settings = settings_from(config, data_dir=data_dir)
    require_database(settings)
    users = with_services(settings, lambda services: services.enrolment.users())
    if as_json:
        show_json([{"name": u.name, "operator": u.operator, "created_at": u.created_at} for u in users])
        return
    if not users:
        note("Nobody yet. The banner of `boundgate serve` shows the first user's link.")
        return
    rows = [(u.name, "operator" if u.operator else "user", utc(u.created_at)) for u in users]
    show_table(("name", "role", "created"), rows)


@app.command()
def invite(
    name: Name,
    operator: Annotated[bool, typer.Option("--operator", help="The user may operate this server.")] = False,
    data_dir: DataDir = None,
    config: ConfigFile = None,
) -> None:
    """Print a one-time link with which NAME enrols a first passkey. It is shown this once only.

    An earlier link of NAME's no longer works. Only the link goes to standard output.
    """
    settings = settings_from(config, data_dir=data_dir)
    _print_link(
        settings,
        lambda services: services.enrolment.invite(name, operator=operator),
        f"Give this link to {name}. It works once, for {_life(settings)}:",
    )


@app.command()
def recover(name: Name, data_dir: DataDir = None, config: ConfigFile = None) -> None:
    """End everything NAME has (passkeys, sessions, links), tell the owner, and print a new one-time link.

    The owner reads it on the account page after enrolling anew. Only the link goes to standard output.
    """
    settings = settings_from(config, data_dir=data_dir)
    require_database(settings)
    _print_link(
        settings,
        lambda services: services.enrolment.recover(name),
        f"Every passkey and session of {name} has ended. This link enrols a new passkey, once, for {_life(settings)}:",
    )


def _print_link(settings: Settings, make: Callable[[Any], Awaitable[str]], sentence: str) -> None:
    from boundgate.listening import running_server  # noqa: PLC0415 - `--help` must not load the whole application

    # A server that was started with options of its own is where the link leads, not where these settings say.
    server = running_server(settings.data_dir)
    origin = server.url if server else settings.origin
    token = with_services(settings, make)
    note(sentence)
    print(f"{origin}/enrol#{token}")
    if server is None:
        note(f"No server runs on {settings.data_dir} now: the link opens once one serves {origin}.")


def _life(settings: Settings) -> str:
    hours, minutes = divmod(settings.invitation_seconds // 60, 60)
    parts = [f"{hours} hours" if hours else "", f"{minutes} minutes" if minutes else ""]
    return " and ".join(part for part in parts if part)
