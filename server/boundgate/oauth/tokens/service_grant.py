"""`client_credentials` (RFC 6749 §4.4): a service acts for itself. No person, so nothing that takes a touch."""

from __future__ import annotations

from boundgate.oauth.access_tokens import AccessTokens
from boundgate.oauth.errors import InvalidScope, UnauthorizedClient
from boundgate.oauth.families import Families
from boundgate.oauth.model import ClientKind, FamilyProof
from boundgate.oauth.ports import GrantStore
from boundgate.oauth.rules import OAuthRules
from boundgate.oauth.scopes import SERVICE_SCOPES, narrowed
from boundgate.oauth.tokens.request import TokenAnswer, TokenRequest


class ServiceGrant:
    """Gives access tokens, and never a refresh token (§4.4.3), to confidential clients that an operator has published.

    All tokens for one key of a client are one family, so that ending it ends them all.
    """

    def __init__(
        self, *, grants: GrantStore, families: Families, access_tokens: AccessTokens, rules: OAuthRules
    ) -> None:
        self._grants, self._families, self._access_tokens, self._rules = grants, families, access_tokens, rules

    async def answer(self, request: TokenRequest) -> TokenAnswer:
        """Raises OAuthError."""
        client = request.client
        # §4.4: MUST only be used by confidential clients.
        if client.kind is not ClientKind.CONFIDENTIAL or not client.published:
            raise UnauthorizedClient(
                "client_credentials is for clients with a registered key that an operator has published."
            )
        granted = client.scopes & SERVICE_SCOPES
        scope = narrowed(request.parameters.get("scope"), client=client, granted=granted)
        record = await self._families.of_service(client.id, jkt=request.jkt, scope=granted)
        family = await self._grants.service_family(record)
        # The client's registration may have grown since the family began.
        if family is None or not scope <= family.scope:
            raise InvalidScope("The client's scopes have changed. End its tokens, or ask for less.", param="scope")
        await self._grants.record_proofs([FamilyProof(family.id, record.last_proof_at)])
        return TokenAnswer(
            family=family,
            access_token=self._access_tokens.issue(family, scope=scope),
            expires_in=self._access_tokens.life_seconds(family),
            scope=scope,
        )
