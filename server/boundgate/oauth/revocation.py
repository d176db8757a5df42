"""Revocation (RFC 7009): one token of a family ends all of it."""

from __future__ import annotations

from collections.abc import Mapping

from boundgate.oauth.errors import InvalidGrant
from boundgate.oauth.families import Families
from boundgate.oauth.found import TokenFinder
from boundgate.oauth.model import Client, Family, FamilyEnd
from boundgate.oauth.parameters import required


class Revocation:
    """Ends what clients no longer need."""

    def __init__(self, *, finder: TokenFinder, families: Families) -> None:
        self._finder, self._families = finder, families

    async def revoke(self, client: Client, parameters: Mapping[str, str]) -> Family | None:
        """End the family of a token. Returns it; None where the token is not, or no longer, good, which is no error
        (§2.2): what the client wanted is so.

        Raises:
            InvalidRequest: no token.
            InvalidGrant: it was issued to another client (§2.1).
        """
        found = await self._finder.find(required(parameters, "token"))
        if found is None:
            return None
        if found.family.client_id != client.id:
            raise InvalidGrant("The token was issued to another client (RFC 7009 §2.1).", param="token")
        await self._families.end([found.family.id], FamilyEnd.REVOKED)
        return found.family
