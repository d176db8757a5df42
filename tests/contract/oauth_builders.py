"""Records of the authorization server for the contract suites; every argument overrides a field."""

from __future__ import annotations

from typing import Any

from boundgate.oauth.model import Client, ClientKind, Code, Consent, Family, OutsideLink, Pushed, RefreshToken
from boundgate.terms import Provenance
from tests.contract.builders import ALICE, NOW, digest

CLIENT = "client-1"


def a_client(client_id: str = CLIENT, **fields: Any) -> Client:
    return Client(
        **{
            "id": client_id,
            "name": f"Program {client_id}",
            "kind": ClientKind.PUBLIC,
            "owner_id": ALICE,
            "published": False,
            "redirect_uris": ("http://127.0.0.1/callback", "https://app.example/cb"),
            "scopes": frozenset({"openid", "models", "chat", "offline_access"}),
            "jwks": (),
            "grants": frozenset({"authorization_code", "refresh_token"}),
            "created_at": NOW,
        }
        | fields
    )


def a_pushed(name: str = "pushed", **fields: Any) -> Pushed:
    return Pushed(
        **{
            "uri_hash": digest(name),
            "client_id": CLIENT,
            "parameters": {"state": "ünï\ncödé", "scope": "chat"},
            "jkt": None,
            "expires_at": NOW + 60,
        }
        | fields
    )


def a_code(name: str = "code", **fields: Any) -> Code:
    return Code(
        **{
            "code_hash": digest(name),
            "family_id": f"family of {name}",
            "client_id": CLIENT,
            "user_id": ALICE,
            "redirect_uri": "http://127.0.0.1:1234/callback",
            "scope": frozenset({"chat", "offline_access"}),
            "code_challenge": "c" * 43,
            "nonce": None,
            "jkt": "j" * 43,
            "auth_time": NOW - 5,
            "amr": ("pop", "user"),
            "expires_at": NOW + 60,
        }
        | fields
    )


def a_family(family_id: str = "family of code", **fields: Any) -> Family:
    return Family(
        **{
            "id": family_id,
            "client_id": CLIENT,
            "user_id": ALICE,
            "jkt": "j" * 43,
            "provenance": Provenance.SOFTWARE,
            "attestation": "not attested",
            "scope": frozenset({"chat", "offline_access"}),
            "acr": "phr",
            "amr": ("pop", "user"),
            "auth_time": NOW - 5,
            "created_at": NOW,
            "last_proof_at": NOW,
        }
        | fields
    )


def a_service_family(family_id: str, **fields: Any) -> Family:
    return a_family(family_id, **{"user_id": None, "acr": None, "amr": (), "auth_time": None} | fields)


def a_refresh(name: str = "refresh", family_id: str = "family of code", **fields: Any) -> RefreshToken:
    return RefreshToken(
        **{
            "token_hash": digest(name),
            "family_id": family_id,
            "number": 1,
            "issued_at": NOW,
            "expires_at": NOW + 1000,
        }
        | fields
    )


def a_consent(client_id: str = CLIENT, **fields: Any) -> Consent:
    return Consent(**{"user_id": ALICE, "client_id": client_id, "scope": frozenset({"chat"}), "given_at": NOW} | fields)


def an_outside_link(subject: str = "alice", **fields: Any) -> OutsideLink:
    return OutsideLink(
        **{"issuer": "https://elsewhere.example", "subject": subject, "user_id": ALICE, "linked_at": NOW} | fields
    )
