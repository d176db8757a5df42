"""Pushed authorization requests: the parameters come over the back channel, a name for them goes through the browser
(RFC 9126)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from boundgate.clock import Clock, RandomBytes, new_token
from boundgate.oauth.authorize import FULL, REQUEST_URI_PREFIX
from boundgate.oauth.errors import AuthorizationRefused, InvalidRequest, OAuthError, TemporarilyUnavailable
from boundgate.oauth.hashes import hash_value
from boundgate.oauth.model import Client, Pushed
from boundgate.oauth.ports import RequestStore
from boundgate.oauth.requests import check_request, parameters_of
from boundgate.oauth.rules import OAuthRules


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedAnswer:
    """RFC 9126 §2.2."""

    request_uri: str
    expires_in: int


class PushedRequests:
    """Takes requests of clients that have been authenticated."""

    def __init__(self, *, requests: RequestStore, rules: OAuthRules, clock: Clock, random: RandomBytes) -> None:
        self._requests, self._rules, self._clock, self._random = requests, rules, clock, random

    async def push(self, client: Client, parameters: Mapping[str, str], *, proved_jkt: str | None) -> PushedAnswer:
        """Check a request as `/oauth/authorize` would, and keep it for one use.

        Args:
            proved_jkt: thumbprint of the key of the request's DPoP proof, where there is one. The code is then
                bound to it (RFC 9449 §10.1).

        Raises:
            OAuthError: answered directly; nothing is kept.
        """
        # RFC 9126 §2.1: a pushed request must not refer to another one.
        if "request_uri" in parameters:
            raise InvalidRequest("A pushed request cannot name a request_uri (RFC 9126 §2.1).", param="request_uri")
        try:
            request = check_request(client, parameters, rules=self._rules, proved_jkt=proved_jkt)
        except AuthorizationRefused as refused:
            # §2.3: the same errors, in the form of the token endpoint.
            raise OAuthError(refused.detail, code=refused.public_code, param=refused.param) from None
        request_uri, now = REQUEST_URI_PREFIX + new_token(self._random), self._clock()
        kept = await self._requests.put_pushed(
            Pushed(
                uri_hash=hash_value(request_uri),
                client_id=client.id,
                # What was checked, nothing beside it: anybody may name a public client, and what is kept must be small.
                parameters=parameters_of(request),
                jkt=request.jkt,
                expires_at=now + self._rules.pushed_seconds,
            ),
            now=now,
            limit=self._rules.waiting_max,
        )
        if not kept:
            raise TemporarilyUnavailable(FULL)
        return PushedAnswer(request_uri=request_uri, expires_in=int(self._rules.pushed_seconds))
