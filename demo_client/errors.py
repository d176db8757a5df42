"""What can go wrong, in words for the person at the keyboard.

    ClientError             str() is what is wrong; `hint` is what to do
    ├── Unreachable         no connection, no TLS trust, no answer in time
    ├── NotAServer          what answers there is no such server, or does what the standards forbid
    ├── Refused             the server said no; `code` is its word for it
    │   └── LoginEnded      the tokens of this machine are good for nothing any more
    ├── NotLoggedIn         there is no login in the state directory
    ├── StateError          the state directory cannot be used
    └── KeyUnusable         the key is missing, or whatever holds it does not answer

No message ever holds a token, a code or a proof.
"""

from __future__ import annotations

LOG_IN = "`python -m demo_client login` logs in."


class ClientError(Exception):
    """Base of all of them."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.hint = hint


class Unreachable(ClientError):
    """There was no answer."""


class NotAServer(ClientError):
    """There was an answer that cannot be trusted or used."""


class Refused(ClientError):
    """The server refused.

    Args:
        code: the machine-readable word of the answer, such as `invalid_grant`.
        problem: a sentence.
        hint: what to do.
        status: of the HTTP answer.
    """

    def __init__(self, code: str, problem: str, hint: str = "", *, status: int = 400) -> None:
        super().__init__(problem, hint)
        self.code, self.status = code, status


class LoginEnded(Refused):
    """The server has ended this login, or the refresh token is too old."""


class NotLoggedIn(ClientError):
    """Nobody has logged in from here."""

    def __init__(self, problem: str = "you are not logged in.", hint: str = LOG_IN) -> None:
        super().__init__(problem, hint)


class StateError(ClientError):
    """The state directory cannot be read, written or trusted."""


class KeyUnusable(ClientError):
    """There is no key, or it cannot sign."""
