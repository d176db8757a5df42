"""`login` and `logout`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from demo_client import ui
from demo_client.attest import attest, lines
from demo_client.commands.options import DEFAULT_SERVER, CaFile, ClientId, Server, StateDir, store_at
from demo_client.development import REDIRECT_URI, client_id_here, runs_here
from demo_client.errors import ClientError
from demo_client.keys import KeyKind, Made, StoredKey, create_key, thumbprint, warning
from demo_client.login import BROWSER_SECONDS, Plan, log_in
from demo_client.metadata import checked_server
from demo_client.session import Session, end_login
from demo_client.store import Login, Store

if TYPE_CHECKING:
    from demo_client.keys.tpm import TpmKey

REGISTER = f"boundgate clients add Demo --redirect-uri {REDIRECT_URI}"
BROWSER = "python -m demo_client browser"


def login(
    *,
    server: Server = None,
    client_id: ClientId = None,
    ca_file: CaFile = None,
    state_dir: StateDir = None,
    browser: Annotated[
        bool | None,
        typer.Option(
            "--browser/--no-browser",
            help="Open the browser, or only print the link.",
            show_default="open it, but for a development server, whose certificate it does not trust",
        ),
    ] = None,
    key: Annotated[
        KeyKind | None,
        typer.Option(help="Kind of key to make where there is none.", show_default="the best that this machine has"),
    ] = None,
    wait_seconds: Annotated[float, typer.Option(help="How long you have in the browser.")] = BROWSER_SECONDS,
) -> None:
    """Log in: you decide in the browser, with your passkey; the tokens are bound to a key of this machine.

    The link that is printed works only on this machine. Open it in a browser that has your passkey. What the program
    was given ends with `logout`, or on the server's account page.

    Examples:

      python -m demo_client login

      python -m demo_client login --server https://gate.example.com --client-id ID

    The first is for the server that `make run` has started here: it registers this program there. Elsewhere an operator
    does, with `boundgate clients add Demo --redirect-uri http://127.0.0.1/callback`, or you on the account page, for
    yourself alone; either tells the ID. The next time `login` is enough.
    """
    import webbrowser  # noqa: PLC0415 - looks for browsers when it is imported

    store = store_at(state_dir)
    plan = _plan(store, server, client_id, ca_file)
    ours = ensure_key(store, key)
    here = runs_here(plan.server)
    opens = not here if browser is None else browser

    def show(link: str) -> None:
        ui.note("Opening the browser. If nothing opens, follow this link:" if opens else "Follow this link:")
        ui.note(f"\n  {link}\n")
        if here:
            ui.note(f"Your browser must trust the development certificate, as `{BROWSER} {plan.server}` does.")
        ui.note(f"The page names the key that will be bound; it must be {thumbprint(ours.jwk)}.")
        ui.note("Waiting for your decision (Ctrl-C to give up) ...")

    done = log_in(
        plan, store, ours, show=show, open_browser=webbrowser.open if opens else _leave_it, seconds=wait_seconds
    )
    ui.note(f"Logged in at {done.login.server}, with a key in {ours.place}.")
    end_replaced(done.replaced, ours)
    _attest(store)
    ui.note("Next: `python -m demo_client chat Hello`.")


def logout(*, state_dir: StateDir = None) -> None:
    """Log out: the server ends this login at once, and the tokens are removed from here. The key stays.

    Example:

      python -m demo_client logout
    """
    store = store_at(state_dir)
    if store.login() is None:
        ui.note("You are not logged in; there is nothing to end.")
        return
    with Session.open(state_dir) as session:
        session.revoke()
    ui.note("Logged out: the server has ended this login.")


def _plan(store: Store, server: str | None, client_id: str | None, ca_file: Path | None) -> Plan:
    """What was asked for, and for the rest what the last login had. Raises ClientError."""
    last = store.defaults()
    address = checked_server(server or last.get("server") or DEFAULT_SERVER)
    same = last if address == last.get("server") else {}
    known = client_id or same.get("client_id")
    if known is None and runs_here(address) and (known := client_id_here()) is not None:
        ui.note(f"Registered at the development server here, as `{REGISTER}` does: {known}.")
    if known is None:
        raise ClientError(
            f"this client has no id at {address} yet.",
            f"An operator registers it for everybody with `{REGISTER}`; for yourself alone you do, with the redirect "
            f"URI {REDIRECT_URI}, at {address}/account. Name the id with --client-id.",
        )
    trusted = ca_file or (Path(same["ca_file"]) if "ca_file" in same else None)
    return Plan(server=address, client_id=known, ca_file=trusted)


def _attest(store: Store) -> None:
    """Have a key in a TPM attested; what comes in between is told, and changes nothing about the login."""
    key, login = store.require_key(), store.login()
    if key.kind != KeyKind.TPM or login is None:
        return
    with Session(store, login, key) as session:
        try:
            told = list(lines(attest(session, cast("TpmKey", key))))
        except ClientError as error:
            told = [f"The key could not be attested: {error}"]
    for line in told:
        ui.note(line)


def ensure_key(store: Store, kind: KeyKind | None) -> StoredKey:
    """The key; a new one where there is none, with what its owner must know. Raises ClientError."""
    found = store.key()
    if found is None:
        made = create_key(kind)
        store.save_key(made.key, now=time.time())
        announce(made)
        return made.key
    if kind is not None and found.kind != kind:
        raise ClientError(
            f"there is a key of the kind {found.kind} already.", f"`python -m demo_client key rotate --kind {kind}`"
        )
    return found


def announce(made: Made) -> None:
    """Say what kind of key has been made, and why no better one."""
    ui.note(f"New key {thumbprint(made.key.jwk)} in {made.key.place}.")
    if sentence := warning(made.key):
        ui.note(sentence)
        for reason in made.better:
            ui.note(f"  {reason}")


def end_replaced(login: Login | None, key: StoredKey | None) -> None:
    """End a login whose place another has taken; where that cannot be done, say what is left."""
    if login is None:
        return
    problem = "its key is gone."
    if key is not None and thumbprint(key.jwk) == login.thumbprint:
        try:
            end_login(login, key)
        except ClientError as error:
            problem = str(error)
        else:
            return
    ui.note(f"The earlier login could not be ended: {problem} End it at {login.server}/account.")


def _leave_it(_: str) -> None:
    """The user opens the link."""
