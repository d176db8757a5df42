"""How clients, requests, codes, families and their tokens are written to rows and read from them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from sqlalchemy import Row, Select, select

from boundgate.oauth.model import (
    Client,
    ClientKind,
    Code,
    Consent,
    Family,
    FamilyEnd,
    OutsideLink,
    Pushed,
    RefreshToken,
    RefreshView,
)
from boundgate.storage.oauth_schema import families, refresh_tokens
from boundgate.storage.rows import blob, maybe, member, reader, seconds, text, whole, words
from boundgate.terms import Provenance

REFRESH_VIEWS: Select[Any] = select(
    families, *(column for column in refresh_tokens.c if column.name != "family_id")
).join(refresh_tokens, refresh_tokens.c.family_id == families.c.id)
"""Refresh tokens with their families: one statement, hence one instant."""


def as_row(record: Any) -> dict[str, Any]:  # one of the records below
    """The columns of a record: its fields, with sets and mappings as JSON."""
    return {field.name: _column(getattr(record, field.name)) for field in fields(record)}


def words_column(value: Iterable[str]) -> str:
    """A JSON array; of a set, in one order."""
    return json.dumps(sorted(value) if isinstance(value, frozenset) else list(value))


def _column(value: object) -> object:
    if isinstance(value, frozenset | tuple):
        return words_column(value)
    return json.dumps(value) if isinstance(value, dict) else value


def _read_client(row: Row[Any]) -> Client:
    return Client(
        id=text(row.id),
        name=text(row.name),
        kind=member(ClientKind, row.kind),
        owner_id=maybe(text, row.owner_id),
        published=bool(row.published),
        redirect_uris=words(row.redirect_uris),
        scopes=frozenset(words(row.scopes)),
        jwks=words(row.jwks),
        grants=frozenset(words(row.grants)),
        created_at=seconds(row.created_at),
    )


def _read_pushed(row: Row[Any]) -> Pushed:
    parameters = json.loads(text(row.parameters))
    if not isinstance(parameters, dict):
        raise TypeError
    return Pushed(
        uri_hash=blob(row.uri_hash),
        client_id=text(row.client_id),
        parameters={name: text(value) for name, value in parameters.items()},
        jkt=maybe(text, row.jkt),
        expires_at=seconds(row.expires_at),
    )


def _read_code(row: Row[Any]) -> Code:
    return Code(
        code_hash=blob(row.code_hash),
        family_id=text(row.family_id),
        client_id=text(row.client_id),
        user_id=text(row.user_id),
        redirect_uri=text(row.redirect_uri),
        scope=frozenset(words(row.scope)),
        code_challenge=text(row.code_challenge),
        nonce=maybe(text, row.nonce),
        jkt=maybe(text, row.jkt),
        auth_time=seconds(row.auth_time),
        amr=words(row.amr),
        expires_at=seconds(row.expires_at),
        used_at=maybe(seconds, row.used_at),
    )


def _read_family(row: Row[Any]) -> Family:
    return Family(
        id=text(row.id),
        client_id=text(row.client_id),
        user_id=maybe(text, row.user_id),
        jkt=text(row.jkt),
        provenance=member(Provenance, row.provenance),
        attestation=maybe(text, row.attestation),
        scope=frozenset(words(row.scope)),
        acr=maybe(text, row.acr),
        amr=words(row.amr),
        auth_time=maybe(seconds, row.auth_time),
        created_at=seconds(row.created_at),
        last_proof_at=seconds(row.last_proof_at),
        ended_at=maybe(seconds, row.ended_at),
        end_reason=None if row.end_reason is None else member(FamilyEnd, row.end_reason),
    )


def _read_refresh_view(row: Row[Any]) -> RefreshView:
    token = RefreshToken(
        token_hash=blob(row.token_hash),
        family_id=text(row.id),
        number=whole(row.number),
        issued_at=seconds(row.issued_at),
        expires_at=seconds(row.expires_at),
        used_at=maybe(seconds, row.used_at),
        successor_hash=maybe(blob, row.successor_hash),
    )
    return RefreshView(token, _read_family(row))


def _read_consent(row: Row[Any]) -> Consent:
    return Consent(
        user_id=text(row.user_id),
        client_id=text(row.client_id),
        scope=frozenset(words(row.scope)),
        given_at=seconds(row.given_at),
    )


def _read_outside_link(row: Row[Any]) -> OutsideLink:
    return OutsideLink(
        issuer=text(row.issuer),
        subject=text(row.subject),
        user_id=text(row.user_id),
        linked_at=seconds(row.linked_at),
    )


read_client = reader("client", _read_client)
read_pushed = reader("pushed request", _read_pushed)
read_code = reader("code", _read_code)
read_family = reader("token family", _read_family)
read_refresh_view = reader("refresh token", _read_refresh_view)
read_consent = reader("consent", _read_consent)
read_outside_link = reader("outside link", _read_outside_link)
