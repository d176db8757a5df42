"""From a verified token to the server's record of it: what a token claims counts only where the record agrees."""

from __future__ import annotations

from boundgate.oauth.access_tokens import AccessClaims
from boundgate.oauth.errors import InvalidToken
from boundgate.oauth.model import Client, Family, TokenSubject
from boundgate.oauth.ports import ClientStore, GrantStore

_ENDED = "This token's authorization has ended. Sign in again."


class Subjects:
    """Finds whose token it is. Two reads of the store; whoever needs it on every call keeps what it finds."""

    def __init__(self, *, clients: ClientStore, grants: GrantStore) -> None:
        self._clients, self._grants = clients, grants

    async def of(self, claims: AccessClaims) -> TokenSubject:
        """The subject of a verified token.

        Raises:
            InvalidToken: the family has ended, or there is no record that agrees: a token that was signed by a key
                of this server and never issued is refused here. Code `session_revoked` where it has ended.
        """
        family = await self._grants.family(claims.family_id)
        client = await self._clients.client(family.client_id) if family is not None else None
        return subject_of(claims, family, client)


def subject_of(claims: AccessClaims, family: Family | None, client: Client | None) -> TokenSubject:
    """The subject of a verified token, by the records that it points at.

    Raises:
        InvalidToken: as `Subjects.of`.
    """
    expected = (claims.client_id, claims.jkt, claims.subject)
    subject = None if family is None else family.user_id if family.user_id is not None else family.client_id
    if family is None or (family.client_id, family.jkt, subject) != expected or not claims.scope <= family.scope:
        raise InvalidToken("There is no record of this token's authorization. Sign in again.")
    if family.ended_at is not None or client is None or not _still_works_for(client, family.user_id):
        raise InvalidToken(_ENDED, code="session_revoked")
    return TokenSubject(
        family=family,
        client=client,
        user_id=family.user_id,
        scope=claims.scope & client.scopes,
        expires_at=claims.expires_at,
    )


def may_use(client: Client, user_id: str) -> bool:
    """Whether a user may use a client: its owner may, everybody where an operator has published it."""
    return client.published or (client.owner_id is not None and client.owner_id == user_id)


def _still_works_for(client: Client, user_id: str | None) -> bool:
    # An operator may have taken the publication back; a service that nobody has published never works.
    return client.published if user_id is None else may_use(client, user_id)
