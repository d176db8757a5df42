"""Registration: what a client may say about itself, and who it then works for."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from boundgate import strict_json
from boundgate.clock import Clock, RandomBytes, new_token
from boundgate.errors import Conflict, NotFound
from boundgate.jose.errors import JoseError
from boundgate.jose.jwk import read_public_key
from boundgate.oauth.errors import InvalidRequest
from boundgate.oauth.model import Client, ClientKind, Grant, Scope
from boundgate.oauth.ports import ClientStore
from boundgate.oauth.redirects import check_redirect_uri
from boundgate.oauth.scopes import SERVICE_SCOPES

NAME_MAX_CHARS = 64
REDIRECT_URIS_MAX = 10
JWKS_MAX = 5
JWK_MAX_CHARS = 2048
CLIENTS_PER_USER = 20
DEFAULT_SCOPES = (Scope.OPENID, Scope.MODELS, Scope.CHAT, Scope.OFFLINE_ACCESS)
DEFAULT_GRANTS = (Grant.AUTHORIZATION_CODE, Grant.REFRESH_TOKEN)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What somebody asks to have registered; nothing of it has been checked."""

    name: str
    redirect_uris: Sequence[str] = ()
    scopes: Collection[str] = DEFAULT_SCOPES
    jwks: Sequence[str] = ()
    """JSON texts of public keys; with any, the client is a confidential one."""
    grants: Collection[str] = DEFAULT_GRANTS


class ClientRegistry:
    """Registers, publishes and removes clients.

    Args:
        on_ended: told which families have just ended, so that what runs for them can be cut.
    """

    def __init__(
        self,
        *,
        store: ClientStore,
        clock: Clock,
        random: RandomBytes,
        on_ended: Callable[[Collection[str]], None] = lambda _ids: None,
    ) -> None:
        self._store, self._clock, self._random, self._on_ended = store, clock, random, on_ended

    async def register(self, registration: Registration, *, owner_id: str | None, published: bool = False) -> Client:
        """Register a client: of a user, for that user alone, or of an operator (`owner_id` None).

        Raises:
            InvalidRequest: with a sentence that says what may be registered.
            Conflict: the user has `CLIENTS_PER_USER` already.
        """
        client = self._checked(registration, owner_id=owner_id, published=published)
        if not await self._store.add_client(client, limit=CLIENTS_PER_USER):
            raise Conflict(f"You have {CLIENTS_PER_USER} clients already. Remove one that you no longer use.")
        return client

    def check(self, registration: Registration) -> None:
        """Whether it could be registered; registers nothing. Raises InvalidRequest."""
        self._checked(registration, owner_id=None, published=False)

    async def client(self, client_id: str) -> Client:
        """Raises NotFound."""
        client = await self._store.client(client_id)
        if client is None:
            raise _unknown()
        return client

    async def clients(self) -> list[Client]:
        """Everybody's, in the order of creation."""
        return await self._store.clients()

    async def clients_of(self, owner_id: str) -> list[Client]:
        """One user's own, in the order of creation."""
        return await self._store.clients_of(owner_id)

    async def publish(self, client_id: str, *, published: bool = True) -> None:
        """Let everybody use a client, or only its owner again: then what others have of it ends at once.

        An operator's decision.

        Raises:
            NotFound
        """
        ended = await self._store.publish_client(client_id, published=published, now=self._clock())
        if ended is None:
            raise _unknown()
        self._on_ended(ended)

    async def remove(self, client_id: str, *, owner_id: str | None = None) -> None:
        """Forget a client and end all that was issued to it.

        Args:
            owner_id: whose it must be; None for an operator.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        if owner_id is not None and (await self.client(client_id)).owner_id != owner_id:
            raise _unknown()
        ended = await self._store.remove_client(client_id, now=self._clock())
        if ended is None:
            raise _unknown()
        self._on_ended(ended)

    def _checked(self, asked: Registration, *, owner_id: str | None, published: bool) -> Client:
        grants, scopes, jwks = frozenset(asked.grants), frozenset(asked.scopes), _keys(asked.jwks)
        kind = ClientKind.CONFIDENTIAL if jwks else ClientKind.PUBLIC
        if not grants or not grants <= set(Grant):
            raise _refused("A client's grants are authorization_code, refresh_token, client_credentials.", "grants")
        if not scopes or not scopes <= set(Scope):
            raise _refused("A client's scopes are openid, models, chat, offline_access.", "scopes")
        if Grant.CLIENT_CREDENTIALS in grants and (kind is ClientKind.PUBLIC or not scopes & SERVICE_SCOPES):
            raise _refused("client_credentials takes a registered key, and the scope models or chat.", "grants")
        by_code = Grant.AUTHORIZATION_CODE in grants
        if Grant.REFRESH_TOKEN in grants and not by_code:
            raise _refused("refresh_token goes with authorization_code.", "grants")
        redirect_uris = tuple(dict.fromkeys(check_redirect_uri(uri) for uri in asked.redirect_uris))
        if by_code != bool(redirect_uris) or len(redirect_uris) > REDIRECT_URIS_MAX:
            raise _refused(
                f"authorization_code takes 1 to {REDIRECT_URIS_MAX} redirect URIs, anything else none.", "redirect_uris"
            )
        return Client(
            # Never with a dash in front: people give it to commands.
            id="app-" + new_token(self._random, size_bytes=16),
            name=_name(asked.name),
            kind=kind,
            owner_id=owner_id,
            published=published,
            redirect_uris=redirect_uris,
            scopes=scopes,
            jwks=jwks,
            grants=grants,
            created_at=self._clock(),
        )


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text).strip() if len(text) <= 4 * NAME_MAX_CHARS else ""
    # What does not show could make one name look like another on the page where a user decides (UTR 36 §2.10).
    if not 0 < len(name) <= NAME_MAX_CHARS or any(unicodedata.category(char) in _INVISIBLE for char in name):
        raise _refused(f"A client's name has 1 to {NAME_MAX_CHARS} visible characters.", "name")
    return name


def _keys(jwks: Sequence[str]) -> tuple[str, ...]:
    if len(jwks) > JWKS_MAX:
        raise _refused(f"A client has at most {JWKS_MAX} keys.", "jwks")
    return tuple(dict.fromkeys(_key(jwk) for jwk in jwks))


def _key(jwk: str) -> str:
    if len(jwk) > JWK_MAX_CHARS:
        raise _refused(f"A key has at most {JWK_MAX_CHARS} characters.", "jwks")
    try:
        return read_public_key(strict_json.loads_object(jwk, max_depth=4), algorithm="ES256").jwk
    except strict_json.StrictJSONError:
        raise _refused("A key is a JWK: a JSON object (RFC 7517).", "jwks") from None
    except JoseError as error:
        raise _refused(error.detail, "jwks") from None


def _unknown() -> NotFound:
    return NotFound("There is no such client. It may have been removed.")


def _refused(detail: str, param: str) -> InvalidRequest:
    return InvalidRequest(detail, param=param)
