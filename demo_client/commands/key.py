"""`key create|show|attest|rotate`: the key that every token is bound to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from demo_client import ui
from demo_client.attest import attest as attest_key
from demo_client.attest import lines, read_chain
from demo_client.commands.login import announce, end_replaced
from demo_client.commands.options import AsJson, StateDir, read_file, session_at, store_at
from demo_client.errors import ClientError, KeyUnusable
from demo_client.keys import KeyKind, create_key, thumbprint, warning

if TYPE_CHECKING:
    from demo_client.keys.tpm import TpmKey

app = typer.Typer(
    help="The key that every token is bound to: make, show, attest, replace.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
Kind = Annotated[
    KeyKind | None,
    typer.Option(help="This kind and no other.", show_default="the best that this machine has"),
]


@app.command()
def create(*, kind: Kind = None, state_dir: StateDir = None) -> None:
    """Make a key: in the TPM, else in a PKCS#11 token, else in a file.

    BOUNDGATE_CLIENT_TCTI names a TPM other than device:/dev/tpmrm0, such as swtpm:host=127.0.0.1,port=2321.
    BOUNDGATE_CLIENT_PKCS11_MODULE, ..._TOKEN and ..._PIN name a PKCS#11 token.

    Examples:

      python -m demo_client key create

      python -m demo_client key create --kind tpm
    """
    store = store_at(state_dir)
    if store.key_record() is not None:
        raise ClientError("there is a key already.", "`python -m demo_client key rotate` replaces it.")
    made = create_key(kind)
    store.save_key(made.key, now=time.time())
    announce(made)


@app.command()
def show(*, state_dir: StateDir = None, as_json: AsJson = False) -> None:
    """Show the key: what kind it is, where it lives, its public half. The private half is never shown.

    Example:

      python -m demo_client key show
    """
    store = store_at(state_dir)
    key, record = store.require_key(), store.key_record() or {}
    if as_json:
        ui.show_json({"kind": key.kind, "place": key.place, "thumbprint": thumbprint(key.jwk), "jwk": dict(key.jwk)})
        return
    ui.show_facts(
        {
            "thumbprint": thumbprint(key.jwk),
            "kind": key.kind,
            "place": key.place,
            "made": ui.moment(record.get("created_at")),
            "x": key.jwk["x"],
            "y": key.jwk["y"],
            "note": warning(key),
        }
    )


@app.command()
def attest(
    *,
    chain: Annotated[
        Path | None, typer.Option(help="PEM file with the certificates between the TPM's and its maker's root.")
    ] = None,
    state_dir: StateDir = None,
) -> None:
    """Show the server that the key is in a TPM, so that it counts as attested. `login` tries it, too.

    The server must list the maker of the TPM. A TPM that is new for you waits for your passkey on the account page.

    Examples:

      python -m demo_client key attest

      python -m demo_client key attest --chain maker.pem
    """
    certificates = read_chain(read_file(chain)) if chain else []
    with session_at(state_dir) as session:
        if session.key.kind != KeyKind.TPM:
            raise ClientError(
                f"only a key in a TPM can be attested; this one is {session.key.kind}.",
                "`python -m demo_client key rotate --kind tpm` makes one where there is a TPM.",
            )
        for line in lines(attest_key(session, cast("TpmKey", session.key), certificates)):
            ui.note(line)


@app.command()
def rotate(*, kind: Kind = None, state_dir: StateDir = None) -> None:
    """Replace the key. The login ends with the old one: tokens are bound to it. Log in again afterwards.

    Examples:

      python -m demo_client key rotate

      python -m demo_client key rotate --kind software
    """
    store = store_at(state_dir)
    made = create_key(kind)
    try:
        earlier = store.key()
    except KeyUnusable:
        earlier = None  # which may be why it is replaced
    end_replaced(store.replace_key(made.key, now=time.time()), earlier)
    announce(made)
    ui.note("Log in again: `python -m demo_client login`.")
