"""`boundgate clients`: which programs may ask for tokens, and whom they work for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from boundgate.cli.beside import require_database, with_services
from boundgate.cli.client_rows import client_document, show_client, whose
from boundgate.cli.jwks_file import read_jwks_file
from boundgate.cli.options import AsJson, ConfigFile, DataDir, settings_from
from boundgate.cli.output import note, show_json, show_table, utc

HELP = """Programs that may ask for tokens (OAuth 2.0). Every token works with one key alone (DPoP).

\b
[bold]A program that people run[/bold] sends them to a browser, where they allow it with a passkey:
  boundgate clients add Notebook --redirect-uri http://127.0.0.1/callback
[bold]A service that acts for itself[/bold] proves a key that is registered here (private_key_jwt):
  boundgate clients add Nightly --jwks service.jwks.json

Users register programs of their own on the account page. Such a one works for its maker alone until `publish`.
docs/oauth.md has clients in Python and JavaScript.
"""

ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="As `boundgate clients list` shows it.")]

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich")


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Shown to whoever is asked to allow it.")],
    *,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(
            "--redirect-uri",
            help="Where answers go: https://HOST/PATH, http://127.0.0.1/PATH (any port), com.example.app:/PATH. "
            "May be given several times.",
        ),
    ] = None,
    jwks: Annotated[
        Path | None,
        typer.Option(
            "--jwks",
            help="JSON Web Key Set with the public ES256 keys of a service, or of a program with a server of its own.",
        ),
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="openid, models, chat, offline_access; default: all that make sense."),
    ] = None,
    publish: Annotated[bool, typer.Option(help="Whether it works at once.")] = True,
    data_dir: DataDir = None,
    config: ConfigFile = None,
) -> None:
    """Register a program and print its client id. With --jwks and no --redirect-uri it is a service.

    Only the client id goes to standard output.
    """
    from boundgate.oauth.clients import Registration  # noqa: PLC0415 - `--help` must not load the whole application

    settings = settings_from(config, data_dir=data_dir)
    keys, uris = read_jwks_file(jwks) if jwks else (), tuple(redirect_uri or ())
    asked: dict[str, Any] = {"name": name, "redirect_uris": uris, "jwks": keys}
    if keys and not uris:
        asked |= {"scopes": ("models", "chat"), "grants": ("client_credentials",)}
    registration = Registration(**asked | ({"scopes": tuple(scope)} if scope else {}))
    client = with_services(
        settings, lambda s: s.oauth.registry.register(registration, owner_id=None, published=publish)
    )
    note(f"{client.name} is registered; {whose(client, None)}. Its client id:")
    print(client.id)


@app.command(name="list")
def list_clients(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List every program, in the order of registration."""
    settings = settings_from(config, data_dir=data_dir)
    require_database(settings)
    found = with_services(settings, _clients)
    if as_json:
        show_json([client_document(client, owner) for client, owner in found])
        return
    if not found:
        note('None yet. Register one: boundgate clients add "Notebook" --redirect-uri http://127.0.0.1/callback')
        return
    rows = [(c.id, c.name, c.kind.value, whose(c, owner), utc(c.created_at)) for c, owner in found]
    show_table(("client id", "name", "kind", "works for", "registered"), rows)


@app.command()
def show(client_id: ClientId, data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show everything that is registered about a program."""
    settings = settings_from(config, data_dir=data_dir)
    require_database(settings)

    async def look(services: Any) -> tuple[Any, str | None]:
        client = await services.oauth.registry.client(client_id)
        return client, await _owner(services, client)

    client, owner = with_services(settings, look)
    if as_json:
        show_json(client_document(client, owner))
        return
    show_client(client, owner)


@app.command()
def publish(client_id: ClientId, data_dir: DataDir = None, config: ConfigFile = None) -> None:
    """Let everybody use a program that a user has registered. Look at its redirect URIs first: answers go there."""
    _publish(client_id, True, data_dir, config)
    note("Published: everybody may allow it now. Pages no longer call it unverified.")


@app.command()
def unpublish(client_id: ClientId, data_dir: DataDir = None, config: ConfigFile = None) -> None:
    """Have a program work for its maker alone again.

    Every token that it holds of others ends at once.
    """
    _publish(client_id, False, data_dir, config)
    note("No longer published: it works for its maker alone.")


@app.command()
def remove(client_id: ClientId, data_dir: DataDir = None, config: ConfigFile = None) -> None:
    """Forget a program. Every token that it holds ends at once."""
    settings = settings_from(config, data_dir=data_dir)
    require_database(settings)
    with_services(settings, lambda services: services.oauth.registry.remove(client_id))
    note("Removed. Every token that it held has ended.")


def _publish(client_id: str, published: bool, data_dir: Path | None, config: Path | None) -> None:
    settings = settings_from(config, data_dir=data_dir)
    require_database(settings)
    with_services(settings, lambda services: services.oauth.registry.publish(client_id, published=published))


async def _clients(services: Any) -> list[tuple[Any, str | None]]:
    return [(client, await _owner(services, client)) for client in await services.oauth.registry.clients()]


async def _owner(services: Any, client: Any) -> str | None:
    owner = await services.store.user(client.owner_id) if client.owner_id is not None else None
    return owner.name if owner else None
