"""`authorization_code` (RFC 6749 §4.1.3) with PKCE (RFC 7636 §4.6) and a key (RFC 9449 §5, §10)."""

from __future__ import annotations

from boundgate.clock import Clock
from boundgate.oauth.access_tokens import AccessTokens
from boundgate.oauth.codes import verify_code_verifier
from boundgate.oauth.errors import FamilyEnded, InvalidGrant
from boundgate.oauth.families import Families
from boundgate.oauth.hashes import hash_value
from boundgate.oauth.identity import Identity
from boundgate.oauth.model import Code, FamilyEnd, Grant, Scope
from boundgate.oauth.parameters import required
from boundgate.oauth.ports import CodeOutcome, GrantStore
from boundgate.oauth.rules import OAuthRules
from boundgate.oauth.subjects import may_use
from boundgate.oauth.tokens.request import TokenAnswer, TokenRequest

_NO_CODE = "The code is unknown, has expired, or belongs to another client. Start the sign-in again."


class CodeGrant:
    """Turns a code into the first tokens of its family.

    Whatever is wrong is found before the code is used up: a code that somebody else has seen cannot be spoilt.
    """

    def __init__(
        self,
        *,
        grants: GrantStore,
        families: Families,
        access_tokens: AccessTokens,
        identity: Identity,
        rules: OAuthRules,
        clock: Clock,
    ) -> None:
        self._grants, self._families, self._access_tokens = grants, families, access_tokens
        self._identity, self._rules, self._clock = identity, rules, clock

    async def answer(self, request: TokenRequest) -> TokenAnswer:
        """Raises OAuthError."""
        code_hash = hash_value(required(request.parameters, "code"))
        redirect_uri, verifier = (required(request.parameters, name) for name in ("redirect_uri", "code_verifier"))
        code = await self._grants.code(code_hash)
        # RFC 6749 §4.1.3: the code was issued to this client, and for this redirect URI.
        if code is None or code.client_id != request.client.id:
            raise InvalidGrant(_NO_CODE, param="code")
        if code.redirect_uri != redirect_uri:
            raise InvalidGrant("redirect_uri is not the one that the code was sent to.", param="redirect_uri")
        verify_code_verifier(verifier=verifier, expected_challenge=code.code_challenge)
        if code.used_at is None:
            self._check_unused(code, request)
        return await self._redeem(code, request)

    def _check_unused(self, code: Code, request: TokenRequest) -> None:
        if code.expires_at <= self._clock() or not may_use(request.client, code.user_id):
            raise InvalidGrant(_NO_CODE, param="code")
        # RFC 9449 §10: a code that is bound to a key is worth nothing with another.
        if code.jkt is not None and code.jkt != request.jkt:
            raise InvalidGrant("The DPoP proof is not by the key that the code is bound to (RFC 9449 §10).")

    async def _redeem(self, code: Code, request: TokenRequest) -> TokenAnswer:
        family = await self._families.of_code(code, jkt=request.jkt)
        may_refresh = Grant.REFRESH_TOKEN in request.client.grants
        refresh = self._families.first_refresh(family) if may_refresh else None
        outcome = await self._grants.redeem_code(
            code.code_hash, family, refresh[1] if refresh else None, now=self._clock()
        )
        if outcome is CodeOutcome.USED:
            # RFC 6749 §4.1.2: whoever has the verifier as well has both from the client, so all that came of it ends.
            self._families.cut(family.id)
            raise FamilyEnded(
                "The code was used before. What had been issued for it has been revoked.",
                family_id=family.id,
                user_id=family.user_id,
                reason=FamilyEnd.CODE_REUSED,
            )
        if outcome is not CodeOutcome.REDEEMED:
            raise InvalidGrant(_NO_CODE, param="code")
        access_token = self._access_tokens.issue(family, scope=family.scope)
        id_token = None
        if Scope.OPENID in family.scope:
            id_token = self._identity.id_token(family, nonce=code.nonce, access_token=access_token)
        return TokenAnswer(
            family=family,
            access_token=access_token,
            expires_in=self._access_tokens.life_seconds(family),
            scope=family.scope,
            refresh_token=refresh[0] if refresh else None,
            id_token=id_token,
        )
