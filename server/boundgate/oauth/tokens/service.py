"""The token endpoint: which grants there are, and in which order a request is judged (RFC 6749 §3.2, §5)."""

from __future__ import annotations

from collections.abc import Mapping

from boundgate.oauth.authentication import ClientAuthentication
from boundgate.oauth.errors import InvalidTarget, UnauthorizedClient, UnsupportedGrantType
from boundgate.oauth.model import Grant
from boundgate.oauth.parameters import required
from boundgate.oauth.rules import OAuthRules
from boundgate.oauth.tokens.request import GrantHandler, TokenAnswer, TokenRequest

_OFF = {
    "urn:ietf:params:oauth:grant-type:device_code": (
        "The device grant is off: whoever is talked into entering a code signs somebody else in (RFC 10027). "
        "Use authorization_code with a loopback redirect (RFC 8252)."
    ),
    "password": "The password grant is off: there are no passwords here. Use authorization_code.",
    "implicit": "The implicit flow is off: it sends tokens through the browser. Use authorization_code.",
    "urn:ietf:params:oauth:grant-type:jwt-bearer": (
        "Assertions authenticate clients here and grant nothing. Use authorization_code or client_credentials."
    ),
}
_UNKNOWN = "There are the grants authorization_code, refresh_token and client_credentials."


class Tokens:
    """Answers token requests.

    Args:
        handlers: one for each grant that there is.
    """

    def __init__(
        self, *, clients: ClientAuthentication, handlers: Mapping[Grant, GrantHandler], rules: OAuthRules
    ) -> None:
        self._clients, self._handlers, self._rules = clients, handlers, rules

    def check_grant(self, parameters: Mapping[str, str]) -> Grant:
        """The grant that is asked for. Looked at first, so that what is off says so whatever else is missing.

        Raises:
            InvalidRequest, UnsupportedGrantType
        """
        name = required(parameters, "grant_type")
        if name not in self._handlers:
            raise UnsupportedGrantType(_OFF.get(name, _UNKNOWN), param="grant_type")
        return Grant(name)

    async def answer(self, parameters: Mapping[str, str], *, jkt: str, authorization: str | None = None) -> TokenAnswer:
        """Answer a request whose DPoP proof has been verified.

        Args:
            jkt: thumbprint of the proof's key.
            authorization: the request's `Authorization`.

        Raises:
            OAuthError
        """
        grant = self.check_grant(parameters)
        client = await self._clients.client(parameters, authorization=authorization)
        if grant not in client.grants:
            raise UnauthorizedClient(f"The client is not registered for {grant}.")
        # RFC 8707 §2.2
        if parameters.get("resource", self._rules.resource) != self._rules.resource:
            raise InvalidTarget(f"Tokens of this server are for {self._rules.resource} alone.", param="resource")
        return await self._handlers[grant].answer(TokenRequest(client=client, parameters=parameters, jkt=jkt))
