"""What clients read before anything else: RFC 8414, OpenID Connect Discovery 1.0, RFC 9728. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from boundgate.oauth.assertions import ALGORITHMS as ASSERTION_ALGORITHMS
from boundgate.oauth.families import PASSKEY_ACR
from boundgate.oauth.keys import ALGORITHM
from boundgate.oauth.model import Grant, Scope

AUTHORIZE_PATH = "/oauth/authorize"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
PAR_PATH = "/oauth/par"
REVOKE_PATH = "/oauth/revoke"
INTROSPECT_PATH = "/oauth/introspect"
USERINFO_PATH = "/oauth/userinfo"
JWKS_PATH = "/oauth/jwks"
SERVER_METADATA_PATH = "/.well-known/oauth-authorization-server"
OPENID_METADATA_PATH = "/.well-known/openid-configuration"
RESOURCE_METADATA_PATH = "/.well-known/oauth-protected-resource"
RESOURCE_PATH = "/v1"
RESOURCE_SCOPES = (Scope.MODELS, Scope.CHAT)
_CLIENT_AUTHENTICATION = ["none", "private_key_jwt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataDocuments:
    """The documents of one server.

    Args:
        issuer: its origin.
        organisation: its name, for people.
        dpop_algorithms: what a DPoP proof may be signed with.
    """

    issuer: str
    organisation: str
    dpop_algorithms: Sequence[str]

    def authorization_server(self) -> dict[str, Any]:
        """RFC 8414 §2, with what RFC 7009, 7636, 7662, 9126, 9207 and 9449 add, and what OpenID Connect Discovery 1.0
        says of ID tokens (§3): a client that asks for `openid` may have found either document."""
        issuer = self.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": issuer + AUTHORIZE_PATH,
            "token_endpoint": issuer + TOKEN_PATH,
            "pushed_authorization_request_endpoint": issuer + PAR_PATH,
            "require_pushed_authorization_requests": False,
            "revocation_endpoint": issuer + REVOKE_PATH,
            "introspection_endpoint": issuer + INTROSPECT_PATH,
            "jwks_uri": issuer + JWKS_PATH,
            "scopes_supported": sorted(Scope),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": sorted(Grant),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": _CLIENT_AUTHENTICATION,
            "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
            "revocation_endpoint_auth_methods_supported": _CLIENT_AUTHENTICATION,
            "revocation_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
            "introspection_endpoint_auth_methods_supported": ["private_key_jwt"],
            "introspection_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
            "authorization_response_iss_parameter_supported": True,
            "dpop_signing_alg_values_supported": list(self.dpop_algorithms),
            "protected_resources": [issuer + RESOURCE_PATH],
            "userinfo_endpoint": issuer + USERINFO_PATH,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "acr_values_supported": [PASSKEY_ACR],
            "claims_supported": [
                "iss",
                "sub",
                "aud",
                "exp",
                "iat",
                "auth_time",
                "nonce",
                "acr",
                "amr",
                "at_hash",
                "name",
                "preferred_username",
            ],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
        }

    def openid_provider(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0 §3: the same document."""
        return self.authorization_server()

    def protected_resource(self) -> dict[str, Any]:
        """RFC 9728 §2."""
        return {
            "resource": self.issuer + RESOURCE_PATH,
            "authorization_servers": [self.issuer],
            "scopes_supported": sorted(RESOURCE_SCOPES),
            "bearer_methods_supported": ["header"],
            "resource_name": self.organisation,
            "dpop_signing_alg_values_supported": list(self.dpop_algorithms),
            "dpop_bound_access_tokens_required": True,
        }
