"""`boundgate keys`: the server's own signing and MAC keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from boundgate.cli.options import AsJson, ConfigFile, DataDir, settings_from
from boundgate.cli.output import note, show_json, show_table, utc
from boundgate.clock import system_clock, system_random
from boundgate.settings import Settings

if TYPE_CHECKING:
    from boundgate.keyfile import StoredKey
    from boundgate.keyring import KeyringFile

KEY_FILE = "keys.json"

app = typer.Typer(help="The server's own signing and MAC keys.", no_args_is_help=True)


@app.command()
def rotate(
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Drop the old keys at once: what they protect becomes void.")
    ] = False,
    data_dir: DataDir = None,
    config: ConfigFile = None,
) -> None:
    """Make new keys. The old ones are kept for checking, so nobody is signed out, unless they are compromised."""
    settings = settings_from(config, data_dir=data_dir)
    _keyring(settings).rotate(compromised=compromised)
    old = "The old ones are gone: browsers prove their keys again." if compromised else "The old ones still verify."
    note(f"New keys are in force, in a running server within seconds. {old}")


@app.command(name="list")
def list_keys(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List the keys, newest first, without their secrets."""
    from boundgate.keyfile import read_key_file  # noqa: PLC0415 - loads the cryptography library

    settings = settings_from(config, data_dir=data_dir)
    _keyring(settings)
    document, _stamp = read_key_file(settings.data_dir / KEY_FILE)
    keys = [("mac", key) for key in document.mac] + [("signing", key) for key in document.signing]
    if as_json:
        show_json([_public(kind, key) for kind, key in keys])
        return
    rows = [(key.kid, kind, utc(key.created_at), utc(key.retired_at) or "in use") for kind, key in keys]
    show_table(("key", "kind", "created", "replaced"), rows)


def _public(kind: str, key: StoredKey) -> dict[str, object]:
    return {"kid": key.kid, "kind": kind, "created_at": key.created_at, "retired_at": key.retired_at}


def _keyring(settings: Settings) -> KeyringFile:
    from boundgate.keyring import KeyringFile  # noqa: PLC0415 - loads the cryptography library
    from boundgate.listening import prepare_data_dir  # noqa: PLC0415

    prepare_data_dir(settings.data_dir)
    return KeyringFile.load_or_create(settings.data_dir / KEY_FILE, clock=system_clock, random=system_random)
