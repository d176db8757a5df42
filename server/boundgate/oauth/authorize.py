"""The front channel: what a browser brings to `/oauth/authorize`, and what goes back through it (RFC 6749 §4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from boundgate.clock import Clock, RandomBytes, new_token
from boundgate.oauth.codes import Codes
from boundgate.oauth.errors import AccessDenied, AuthorizationRefused, InvalidRequest, TemporarilyUnavailable
from boundgate.oauth.hashes import hash_value
from boundgate.oauth.model import AuthorizationRequest, Client, Pushed
from boundgate.oauth.parameters import required
from boundgate.oauth.ports import ClientStore, RequestStore
from boundgate.oauth.requests import check_request, parameters_of
from boundgate.oauth.rules import OAuthRules
from boundgate.oauth.subjects import may_use

REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"
PENDING_PREFIX = "pending:"
FULL = "Too many requests of programs are waiting for their users just now. Try again in a minute."
_UNKNOWN_CLIENT = (
    "No program is registered under the client id of this request. Nothing was sent anywhere. Tell whoever made the "
    "program that sent you here."
)


class Authorization:
    """Reads authorization requests, and makes the answers that go through the browser."""

    def __init__(
        self,
        *,
        clients: ClientStore,
        requests: RequestStore,
        codes: Codes,
        rules: OAuthRules,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self._clients, self._requests, self._codes = clients, requests, codes
        self._rules, self._clock, self._random = rules, clock, random

    async def read(self, parameters: Mapping[str, str]) -> AuthorizationRequest:
        """Check an authorization request, pushed before or not. A `request_uri` is used up by this.

        Raises:
            OAuthError: to be shown here and sent nowhere: the client or the redirect URI is not known to be right.
            AuthorizationRefused: to be sent to the client (`error_url`).
        """
        client = await self._clients.client(required(parameters, "client_id"))
        if client is None:
            raise InvalidRequest(_UNKNOWN_CLIENT, param="client_id")
        if "request_uri" in parameters:
            pushed = await self._take(parameters["request_uri"], client, what="request_uri")
            # RFC 9126 §4, RFC 9101 §5: what was pushed counts, and nothing beside it.
            return check_request(client, pushed.parameters, rules=self._rules, proved_jkt=pushed.jkt)
        return check_request(client, parameters, rules=self._rules, proved_jkt=None)

    async def park(self, request: AuthorizationRequest, *, life_seconds: float) -> str:
        """Keep a checked request while its user decides. Returns the id under which it can be taken out once.

        Raises:
            TemporarilyUnavailable: too many wait already.
        """
        pending, now = new_token(self._random), self._clock()
        kept = await self._requests.put_pushed(
            Pushed(
                uri_hash=hash_value(PENDING_PREFIX + pending),
                client_id=request.client.id,
                parameters=parameters_of(request),
                jkt=request.jkt,
                expires_at=now + life_seconds,
            ),
            now=now,
            limit=self._rules.waiting_max,
        )
        if not kept:
            raise TemporarilyUnavailable(FULL)
        return pending

    async def parked(self, pending: str) -> AuthorizationRequest:
        """A parked request, to be shown: a page may be loaded again. Raises as `resume` does."""
        return await self._checked_again(
            await self._requests.pushed(hash_value(PENDING_PREFIX + pending), now=self._clock())
        )

    async def resume(self, pending: str) -> AuthorizationRequest:
        """A parked request, once, checked again against the client as it is now.

        Raises:
            InvalidRequest: unknown, decided before, or too late.
            AuthorizationRefused: the client no longer has what it asks for.
        """
        return await self._checked_again(
            await self._requests.take_pushed(hash_value(PENDING_PREFIX + pending), now=self._clock())
        )

    async def grant(
        self,
        request: AuthorizationRequest,
        *,
        user_id: str,
        scope: frozenset[str],
        auth_time: float,
        amr: tuple[str, ...],
    ) -> str:
        """What the user has allowed, by a touch made for this very request: the URL with the code.

        Args:
            scope: of what was asked for, what is granted.

        Raises:
            AccessDenied: the client is not this user's to use, or nothing was granted, or the account was recovered.
        """
        require_use(request.client, user_id)
        if not scope or not scope <= request.scope:
            raise AccessDenied("Nothing that was asked for was allowed.")
        code = await self._codes.issue(request, user_id=user_id, scope=scope, auth_time=auth_time, amr=amr)
        return self._url(request.redirect_uri, {"code": code}, state=request.state)

    def error_url(self, refused: AuthorizationRefused) -> str:
        """The URL that tells the client what is wrong (RFC 6749 §4.1.2.1)."""
        answer = {"error": refused.public_code, "error_description": refused.detail}
        return self._url(refused.redirect_uri, answer, state=refused.state)

    def denied_url(self, request: AuthorizationRequest) -> str:
        """The URL that tells the client that its user said no."""
        answer = {"error": "access_denied", "error_description": "The user did not allow it."}
        return self._url(request.redirect_uri, answer, state=request.state)

    async def _checked_again(self, pushed: Pushed | None) -> AuthorizationRequest:
        client = await self._clients.client(pushed.client_id) if pushed else None
        if pushed is None or client is None:
            raise InvalidRequest("This request was decided before, or has expired. Start again in the program.")
        return check_request(client, pushed.parameters, rules=self._rules, proved_jkt=pushed.jkt)

    async def _take(self, uri: str, client: Client, *, what: str) -> Pushed:
        known = uri.startswith(REQUEST_URI_PREFIX)
        pushed = await self._requests.take_pushed(hash_value(uri), now=self._clock()) if known else None
        # RFC 9126 §4: it is bound to the client that pushed it.
        if pushed is None or pushed.client_id != client.id:
            raise InvalidRequest(
                "The request that the program had prepared was used before or has expired. Start again in the program.",
                code="invalid_request_uri",
                param=what,
            )
        return pushed

    def _url(self, redirect_uri: str, answer: Mapping[str, str], *, state: str | None) -> str:
        # RFC 9207 §2: `iss` in every answer, errors included, against mix-up.
        members = {**answer, **({"state": state} if state is not None else {}), "iss": self._rules.issuer}
        # RFC 6749 §3.1.2: a query that is registered is kept.
        return redirect_uri + ("&" if "?" in redirect_uri else "?") + urlencode(members)


def require_use(client: Client, user_id: str) -> None:
    """Stop whoever is not to use a client, before being asked to consent to anything.

    Raises:
        AccessDenied
    """
    if not may_use(client, user_id):
        raise AccessDenied(
            "This program was registered by another user and has not been published by an operator, so it works for "
            "that user alone. If somebody sent you here, do not go on.",
            code="client_not_published",
        )
