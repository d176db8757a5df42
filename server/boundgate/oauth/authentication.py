"""Which client is calling (RFC 6749 §2.3, §3.2.1): a public one says so, a confidential one proves it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from boundgate.clock import Clock
from boundgate.oauth.assertions import ASSERTION_TYPE, claimed_client, verify_assertion
from boundgate.oauth.errors import InvalidClient, InvalidRequest
from boundgate.oauth.hashes import hash_value
from boundgate.oauth.model import Client, ClientKind
from boundgate.oauth.ports import AssertionStore, ClientStore
from boundgate.oauth.rules import OAuthRules

_UNKNOWN = "There is no such client here, or it has been removed. Register it, or correct the client id."


class ClientAuthentication:
    """Tells who is calling a back-channel endpoint.

    Args:
        endpoints: URLs that an assertion may name as its audience beside the issuer (RFC 7523 §3).
    """

    def __init__(
        self,
        *,
        clients: ClientStore,
        assertions: AssertionStore,
        rules: OAuthRules,
        endpoints: Collection[str],
        clock: Clock,
    ) -> None:
        self._clients, self._assertions, self._rules, self._clock = clients, assertions, rules, clock
        self._audiences = frozenset({rules.issuer, *endpoints})

    async def client(self, parameters: Mapping[str, str], *, authorization: str | None = None) -> Client:
        """The client that a request comes from.

        Args:
            parameters: of the form.
            authorization: the request's `Authorization`; no method of this server uses it.

        Raises:
            InvalidRequest: no client, or two ways of authentication at once.
            InvalidClient: unknown, or not proved.
        """
        if authorization is not None or "client_secret" in parameters:
            raise InvalidClient(
                "This server keeps no client secrets: a client is public, or authenticates by private_key_jwt."
            )
        if "client_assertion" in parameters or "client_assertion_type" in parameters:
            return await self._confidential(parameters)
        client_id = parameters.get("client_id")
        if client_id is None:
            raise InvalidRequest('The parameter "client_id" is missing.', param="client_id")
        client = await self._known(client_id)
        if client.kind is ClientKind.CONFIDENTIAL:
            raise InvalidClient("This client must authenticate by private_key_jwt (client_assertion).")
        return client

    async def _confidential(self, parameters: Mapping[str, str]) -> Client:
        if parameters.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in parameters:
            raise InvalidClient(f"A client assertion comes with client_assertion_type={ASSERTION_TYPE}.")
        assertion = parameters["client_assertion"]
        client_id = claimed_client(assertion)
        # RFC 7521 §4.2: the parameter, where it is there, must name the same client.
        if parameters.get("client_id", client_id) != client_id:
            raise InvalidClient("client_id is not the client of the assertion.")
        client = await self._known(client_id)
        if client.kind is not ClientKind.CONFIDENTIAL:
            raise InvalidClient("This client is a public one and has no key registered.")
        verified = verify_assertion(
            assertion=assertion,
            keys=client.jwks,
            expected_client=client_id,
            expected_audiences=self._audiences,
            now=self._clock(),
            skew_seconds=self._rules.skew_seconds,
            longest_seconds=self._rules.assertion_seconds,
        )
        # Last: a stranger's junk uses nothing up.
        use = hash_value(f"{len(client_id)} {client_id} {verified.jti}")
        if not await self._assertions.first_use(use, expires_at=verified.expires_at):
            raise InvalidClient("This client assertion was used before; make a new one for each request.")
        return client

    async def _known(self, client_id: str) -> Client:
        client = await self._clients.client(client_id)
        if client is None:
            raise InvalidClient(_UNKNOWN)
        return client
