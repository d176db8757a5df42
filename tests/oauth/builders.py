"""A client, the rules, and a good request, for tests of the domain."""

from __future__ import annotations

from typing import Any

from boundgate.oauth.model import Client, ClientKind
from boundgate.oauth.rules import OAuthRules

ISSUER = "https://gate.example"
RULES = OAuthRules(issuer=ISSUER, resource=f"{ISSUER}/v1")
JKT = "j" * 43


def a_client(**fields: Any) -> Client:
    return Client(
        **{
            "id": "client",
            "name": "Program",
            "kind": ClientKind.PUBLIC,
            "owner_id": "alice",
            "published": False,
            "redirect_uris": ("https://app.example/cb?x=1", "http://127.0.0.1/cb"),
            "scopes": frozenset({"openid", "models", "chat", "offline_access"}),
            "jwks": (),
            "grants": frozenset({"authorization_code", "refresh_token"}),
            "created_at": 0.0,
        }
        | fields
    )


def a_request(**parameters: str | None) -> dict[str, str]:
    complete: dict[str, str | None] = {
        "client_id": "client",
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:5000/cb",
        "scope": "openid chat",
        "state": "the state",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (complete | parameters).items() if value is not None}
