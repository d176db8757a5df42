"""Programs as pages show them: whose they are, what they may do, where their answers go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from boundgate.oauth.model import Client, Family, Scope
from boundgate.routes.context import services

LOOPBACK_EXAMPLE = "http://127.0.0.1/callback"
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientView:
    """A client, and the name of the user who registered it; None where an operator did."""

    id: str
    name: str
    published: bool
    maker: str | None
    redirect_uris: tuple[str, ...]
    created_at: float

    @classmethod
    async def of(cls, client: Client) -> ClientView:
        """Look its maker up."""
        maker = await services().store.user(client.owner_id) if client.owner_id is not None else None
        return cls(
            id=client.id,
            name=client.name,
            published=client.published,
            maker=maker.name if maker else None,
            redirect_uris=client.redirect_uris,
            created_at=client.created_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an answer goes, in the words of a person: host and port of a redirect URI that has been checked."""

    place: str
    loopback: bool
    app: bool
    """A private-use scheme (RFC 8252 §7.1)."""

    @classmethod
    def of(cls, redirect_uri: str) -> Destination:
        """Of a redirect URI that `check_redirect_uri` has let in."""
        parts = urlsplit(redirect_uri)
        if parts.scheme not in _DEFAULT_PORTS:
            return cls(place=f"{parts.scheme}:", loopback=False, app=True)
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return cls(place=place, loopback=host in _LOOPBACK, app=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow:
    """One family of tokens as the page shows it."""

    id: str
    client: ClientView
    key_thumbprint: str
    provenance: str
    why_not_attested: str | None
    scopes: list[str]
    created_at: float
    ends_at: float
    last_proof_at: float


async def programs_of(user_id: str) -> dict[str, Any]:
    """What the account page says of programs."""
    oauth = services().oauth
    known: dict[str, Client] = {client.id: client for client in await oauth.registry.clients()}
    own = [await ClientView.of(client) for client in known.values() if client.owner_id == user_id]
    families = await oauth.families.live(user_id)
    rows = [await _row(family, known[family.client_id]) for family in families if family.client_id in known]
    return {"clients": own, "authorizations": rows, "loopback_example": LOOPBACK_EXAMPLE}


async def _row(family: Family, client: Client) -> AccessRow:
    return AccessRow(
        id=family.id,
        client=await ClientView.of(client),
        key_thumbprint=family.jkt,
        provenance=family.provenance.value,
        why_not_attested=family.attestation,
        scopes=in_order(family.scope),
        created_at=family.created_at,
        ends_at=services().oauth.rules.family_end(family),
        last_proof_at=family.last_proof_at,
    )


def in_order(scopes: Collection[str]) -> list[str]:
    """Scopes in the order in which they are explained."""
    return [scope.value for scope in Scope if scope in scopes]
