"""`refresh_token` (RFC 6749 §6): used once, by the family's key, and followed by exactly one (RFC 9700 §4.14.2).

| the token was | with a proof of the family's key |
|---|---|
| never used | the next one |
| used, at most `again_seconds` ago | the one that followed, again: an answer was lost, or two processes asked |
| used longer ago | the family ends: somebody else has the key and an old token |

Without such a proof it is refused, and nothing changes: nobody else can end a family.
"""

from __future__ import annotations

from boundgate.clock import Clock
from boundgate.oauth.access_tokens import AccessTokens
from boundgate.oauth.errors import FamilyEnded, InvalidGrant
from boundgate.oauth.families import Families
from boundgate.oauth.hashes import hash_value
from boundgate.oauth.model import FamilyEnd, RefreshView
from boundgate.oauth.parameters import required
from boundgate.oauth.ports import GrantStore, RotationOutcome
from boundgate.oauth.rules import OAuthRules
from boundgate.oauth.scopes import narrowed
from boundgate.oauth.subjects import may_use
from boundgate.oauth.tokens.request import TokenAnswer, TokenRequest

_NO_TOKEN = "The refresh token is unknown, has expired, has been revoked, or is another client's. Sign in again."  # noqa: S105
_OVER = "This authorization has lasted for as long as the server lets one last. Sign in again."
_MAX_STEPS = 16
"""A caller that is so many tokens behind within the window has other problems."""


class RefreshGrant:
    """Turns a refresh token into the next one and an access token."""

    def __init__(
        self,
        *,
        grants: GrantStore,
        families: Families,
        access_tokens: AccessTokens,
        rules: OAuthRules,
        clock: Clock,
    ) -> None:
        self._grants, self._families, self._access_tokens = grants, families, access_tokens
        self._rules, self._clock = rules, clock

    async def answer(self, request: TokenRequest) -> TokenAnswer:
        """Raises OAuthError."""
        text = required(request.parameters, "refresh_token")
        view = await self._grants.refresh_token(hash_value(text))
        # RFC 6749 §6: it was issued to this client. RFC 9449 §5: the proof is by the key that it is bound to.
        if view is None or view.family.client_id != request.client.id:
            raise _refused()
        if view.family.jkt != request.jkt:
            raise InvalidGrant("The DPoP proof is not by the key that the refresh token is bound to (RFC 9449 §5).")
        # An operator may have taken the client's publication back.
        if view.family.user_id is not None and not may_use(request.client, view.family.user_id):
            raise _refused()
        # Its tokens know this end; here it is that of the settings as they are now.
        if self._rules.family_end(view.family) <= self._clock():
            raise InvalidGrant(_OVER, param="refresh_token")
        # Before anything is used up: a request that asks for too much can be made again.
        scope = narrowed(request.parameters.get("scope"), client=request.client, granted=view.family.scope)
        following = await self._rotate(text, view)
        return TokenAnswer(
            family=view.family,
            access_token=self._access_tokens.issue(view.family, scope=scope),
            expires_in=self._access_tokens.life_seconds(view.family),
            scope=scope,
            refresh_token=following,
        )

    async def _rotate(self, text: str, view: RefreshView) -> str:
        for _ in range(_MAX_STEPS):
            following, record = self._families.next_refresh(text, view.family)
            outcome = await self._grants.rotate(
                hash_value(text), record, now=self._clock(), again_seconds=self._rules.again_seconds
            )
            if outcome in {RotationOutcome.ROTATED, RotationOutcome.AGAIN}:
                return following
            if outcome is RotationOutcome.REUSED:
                self._families.cut(view.family.id)
                raise FamilyEnded(
                    "The refresh token was used before, so this authorization has been revoked. Sign in again.",
                    family_id=view.family.id,
                    user_id=view.family.user_id,
                    reason=FamilyEnd.REFRESH_REUSED,
                )
            if outcome is not RotationOutcome.PASSED_ON:
                raise _refused()
            # Its successor was used in the meantime: the one after that is what the caller has missed.
            text = following
        raise _refused()


def _refused() -> InvalidGrant:
    return InvalidGrant(_NO_TOKEN, param="refresh_token")
