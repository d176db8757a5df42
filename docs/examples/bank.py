"""What the example applications share, and what has nothing to do with DBSC: a bank, its pages, its command line."""

from __future__ import annotations

import argparse
import hmac
import html
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from boundgate.certificates import development_certificate
from boundgate.clock import system_clock

PASSWORDS = {"alice": "correct horse", "bob": "battery staple"}


@dataclass
class Bank:
    """Accounts, and who is signed in: a dictionary on the server, its key in the cookie `sid`."""

    balances: dict[str, int] = field(default_factory=lambda: {"alice": 1200, "bob": 80})
    sessions: dict[str, str] = field(default_factory=dict)

    def sign_in(self, user: str, password: str) -> str | None:
        """A new session's id, or None for wrong words."""
        if user not in PASSWORDS or not hmac.compare_digest(password.encode(), PASSWORDS[user].encode()):
            return None
        sid = secrets.token_urlsafe(32)
        self.sessions[sid] = user
        return sid

    def user_of(self, sid: str | None) -> str | None:
        """Who is signed in under this id."""
        return self.sessions.get(sid or "")

    def sign_out(self, sid: str) -> None:
        """Forget a session."""
        self.sessions.pop(sid, None)

    def send(self, giver: str, taker: str, amount: int) -> bool:
        """Move money, if there is enough."""
        if taker not in self.balances or not 0 < amount <= self.balances[giver]:
            return False
        self.balances[giver] -= amount
        self.balances[taker] += amount
        return True


_STYLE = """
:root { color-scheme: light dark; --ink: #14202b; --paper: #f4f1ea; --card: #fffdf8; --line: #d9d2c3; --deed: #0b6e4f;
  font: 17px/1.55 ui-sans-serif, system-ui, sans-serif }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ece7db; --paper: #12171c; --card: #1b2229; --line: #36404a; --deed: #4fc79a } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink) }
main { width: min(25rem, 100vw - 2rem); padding: 2.2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 1rem; box-shadow: 0 1rem 3rem #0001 }
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -.01em }
p { margin: .4rem 0 1.2rem }
.sum { font-size: 2.6rem; font-weight: 650; font-variant-numeric: tabular-nums; margin: .6rem 0 1.2rem }
form { display: grid; gap: .8rem; margin-top: 1rem }
label { display: grid; gap: .25rem; font-size: .9rem }
input, button { font: inherit; color: inherit; padding: .6rem .75rem; border: 1px solid var(--line);
  border-radius: .55rem; background: transparent; min-width: 0 }
button { background: var(--deed); border-color: var(--deed); color: var(--card); font-weight: 600; cursor: pointer }
button.quiet { background: none; color: var(--ink); border-color: var(--line); font-weight: 400 }
:focus-visible { outline: 3px solid var(--deed); outline-offset: 2px }
.said { padding: .6rem .8rem; border-left: 4px solid var(--deed); background: #0b6e4f18; border-radius: .3rem }
"""


def sign_in_page(user: str | None = None, *, said: str = "") -> str:
    """The form that people sign in with; whoever is signed in finds the way to the account as well."""
    account = f'<p>Signed in as {user}: <a href="/account">to the account</a></p>' if user else ""
    return _page(
        "Sign in",
        f"""<h1>Good Old Bank</h1>
        <p>Two people bank here: alice (correct horse) and bob (battery staple).</p>{_say(said)}
        <form method="post" action="/login">
        <label>Name <input name="user" autocomplete="username" required autofocus></label>
        <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
        <button>Sign in</button></form>{account}""",
    )


def account_page(user: str, balance: int, said: str = "") -> str:
    """What somebody has, and the form to give some of it away."""
    return _page(
        "Account",
        f"""<h1>Hello, {html.escape(user)}</h1><p class="sum">€ {balance:,}</p>{_say(said)}
        <form method="post" action="/transfer">
        <label>To <input name="to" value="{"bob" if user == "alice" else "alice"}" required></label>
        <label>Amount <input name="amount" type="number" min="1" value="20" required></label>
        <button>Send money</button></form>
        <form method="post" action="/logout"><button class="quiet">Sign out</button></form>""",
    )


def _say(said: str) -> str:
    return f'<p class="said" role="status">{html.escape(said)}</p>' if said else ""


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title} · Good Old Bank</title>'
        f'<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<main>{content}</main></html>"
    )


@dataclass(frozen=True)
class Arguments:
    """Where an example is served, with which certificate, and where it keeps its files."""

    port: int
    cert: str
    key: str
    data: Path

    @property
    def origin(self) -> str:
        """As browsers see it."""
        return f"https://localhost:{self.port}"


def arguments() -> Arguments:
    """The command line. Browsers speak DBSC only where the certificate is right: without one, one is made."""
    parser = argparse.ArgumentParser(description="A small bank, protected by Device Bound Session Credentials.")
    parser.add_argument("--port", type=int, default=9443)
    parser.add_argument("--cert", help="certificate chain, PEM")
    parser.add_argument("--key", help="its private key, PEM")
    parser.add_argument("--data", type=Path, default=Path(".bank"), help="directory for keys and database")
    found = parser.parse_args()
    found.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if found.cert is None or found.key is None:
        made = development_certificate(found.data / "tls", clock=system_clock)
        found.cert, found.key = str(made.cert_file), str(made.key_file)
        print("Chromium takes this certificate with --ignore-certificate-errors-spki-list=" + made.spki_sha256)
    print(f"Good Old Bank: https://localhost:{found.port}")
    return Arguments(found.port, found.cert, found.key, found.data)
