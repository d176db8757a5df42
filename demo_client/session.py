"""A login of this machine: tokens from disk, refreshed ahead of their end by one program at a time.

session = Session.open()                 # what `python -m demo_client login` has left
session.access_token()                   # good for a while yet
"""

from __future__ import annotations

import dataclasses
import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from demo_client.answers import api_refusal, json_object, sending
from demo_client.connection import http_client, trust
from demo_client.dpop import DPoPAuth
from demo_client.errors import ClientError, LoginEnded, NotLoggedIn, Unreachable
from demo_client.jose import thumbprint
from demo_client.keys import StoredKey
from demo_client.metadata import Metadata
from demo_client.oauth import Authority, Tokens
from demo_client.store import Login, Store, default_directory

STATE_DIR = "BOUNDGATE_CLIENT_STATE_DIR"
AHEAD_SECONDS = 60.0
"""A token is refreshed so long before its end."""
LEAST_SECONDS = 5.0
"""Where a refresh fails on the way, a token that is good for so long still serves."""


class Session:
    """The login in a state directory. Threads, processes and event loops may share one.

    Args:
        store: the state directory.
        login: what lies in it.
        key: likewise.
        clock: Unix seconds.
        transport: of the HTTP client, for tests.
    """

    def __init__(
        self,
        store: Store,
        login: Login,
        key: StoredKey,
        *,
        clock: Callable[[], float] = time.time,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._store, self._login, self._clock = store, login, clock
        self.key, self.metadata = key, metadata_from(login)
        self.http = http_client(login.server, login.ca_file, transport=transport)
        self._authority = Authority(self.http, self.metadata, client_id=login.client_id, key=key, clock=clock)
        self.auth = DPoPAuth(self, clock=clock)
        self._lock = threading.Lock()

    @classmethod
    def open(cls, state_dir: Path | None = None, environment: Mapping[str, str] = os.environ) -> Session:
        """The login that `python -m demo_client login` has left.

        Args:
            state_dir: default: BOUNDGATE_CLIENT_STATE_DIR, else the usual place.
            environment: as `os.environ`.

        Raises:
            NotLoggedIn: there is none.
            ClientError: the state or the key cannot be used.
        """
        named = environment.get(STATE_DIR)
        store = Store(state_dir or (Path(named) if named else default_directory(environment)))
        login = store.login()
        if login is None:
            raise NotLoggedIn
        return cls(store, login, store.require_key())

    @property
    def resource(self) -> str:
        """The address of the API, such as `https://gate.example/v1`: the `base_url` of OpenAI's package."""
        return self.metadata.resource

    @property
    def login(self) -> Login:
        """What is known at this moment."""
        return self._login

    @property
    def verify(self) -> ssl.SSLContext:
        """Whom to trust for TLS: the `verify` of an HTTP client."""
        return trust(self._login.ca_file)

    def access_token(self) -> str:
        """As `demo_client.dpop.Credentials`. Raises ClientError."""
        if self._left(self._login) > AHEAD_SECONDS:
            return self._login.access_token
        return self._refreshed(lambda login: self._left(login) > AHEAD_SECONDS)

    def renewed(self, refused: str) -> str:
        """As `demo_client.dpop.Credentials`. Raises ClientError."""
        return self._refreshed(lambda login: login.access_token != refused)

    def get(self, url: str) -> Mapping[str, Any]:
        """A JSON object from this server, asked for with the token. Raises ClientError."""
        with sending(url):
            response = self.http.get(url, auth=self.auth)
        if response.status_code != 200:
            raise api_refusal(response)
        return json_object(response)

    def close(self) -> None:
        """Close connections."""
        self.http.close()

    def __enter__(self) -> Self:
        """Itself; `close` at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def revoke(self) -> None:
        """End the login, here and at the server. Raises ClientError: then it is kept, to be tried again."""
        with self._store.locked():
            login = self._store.login()
            if login is not None and login.refresh_token is not None:
                self._authority.revoke(login.refresh_token)
            self._store.forget_login()

    def _refreshed(self, good: Callable[[Login], bool]) -> str:
        """A token for which `good` holds: another program's, if it was faster, else a new one."""
        with self._lock, self._store.locked():
            login = self._store.login()
            if login is None or login.thumbprint != thumbprint(self.key.jwk):
                raise NotLoggedIn("this login has ended: somebody logged out, or replaced the key.")
            if not good(login):
                login = self._refresh(login)
            self._login = login
            return login.access_token

    def _refresh(self, login: Login) -> Login:
        if login.refresh_token is None:
            raise LoginEnded("invalid_grant", "this login had no refresh token and has run out.", "Log in again.")
        try:
            tokens = self._authority.refresh(login.refresh_token)
        except Unreachable:
            if self._left(login) > LEAST_SECONDS:
                return login
            raise
        except LoginEnded:
            self._store.forget_login()
            raise
        refreshed = with_tokens(login, tokens)
        self._store.save_login(refreshed)
        return refreshed

    def _left(self, login: Login) -> float:
        return login.expires_at - self._clock()


def end_login(login: Login, key: StoredKey) -> None:
    """Have the server end a login that no state directory holds any more. Raises ClientError."""
    if login.refresh_token is not None:
        with http_client(login.server, login.ca_file) as http:
            authority = Authority(http, metadata_from(login), client_id=login.client_id, key=key, clock=time.time)
            authority.revoke(login.refresh_token)


def with_tokens(login: Login, tokens: Tokens) -> Login:
    """The login after a refresh. RFC 6749 §6: without a new refresh token the old one stays good."""
    return dataclasses.replace(
        login,
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token or login.refresh_token,
        expires_at=tokens.expires_at,
        scope=tokens.scope or login.scope,
    )


def metadata_from(login: Login) -> Metadata:
    """What was discovered at the login. Raises ClientError."""
    try:
        return Metadata(**{**login.metadata, "scopes": frozenset(login.metadata["scopes"])})
    except (TypeError, KeyError):
        raise ClientError("login.json is of another version.", "Log in again.") from None
