"""Clients that others have written complete the whole way, unmodified; people decide in a real Chromium."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from e2e.support.node import NodeClient
from e2e.support.person import Person
from e2e.support.programs import allow
from e2e.support.secrets import Secrets
from e2e.support.server import Server


def steps(report: dict[str, Any], path: str) -> list[tuple[int, str | None]]:
    """Statuses and errors of the calls to one path, in order."""
    return [(step["status"], step["error"]) for step in report["seen"] if step["path"] == path]


def test_openid_client_signs_in_calls_renews_and_revokes(
    owner: Person, server: Server, client_id: str, node: Callable[..., NodeClient]
) -> None:
    client = node("openid_client.mjs", server.origin, client_id)
    allow(owner, client.told())
    report = client.told()["report"]
    assert sorted(report["answer"]) == ["code", "iss", "state"]
    assert (report["token_type"], report["expires_in"]) == ("dpop", 300)
    assert (report["acr"], report["name"]) == ("phr", owner.name)
    assert report["models"] == report["again"] > 0
    assert report["answered"]
    assert report["rotated"]
    assert steps(report, "/.well-known/openid-configuration") == [(200, None)]
    assert steps(report, "/oauth/par") == [(400, "use_dpop_nonce"), (201, None)], "the nonce is asked for by an error"
    assert steps(report, "/oauth/token")[0] == (200, None), "and renewed on each answer"
    assert (report["revoked"], report["dead"]) == ("invalid_token", "invalid_grant")


def test_oauth4webapi_finds_everything_from_the_resource_alone(
    owner: Person, server: Server, client_id: str, node: Callable[..., NodeClient]
) -> None:
    client = node("oauth4webapi.mjs", server.origin, client_id)
    allow(owner, client.told())
    report = client.told()["report"]
    assert report["resource"] == [f"{server.origin}/v1", True]
    assert report["seen"][0]["path"] == "/.well-known/oauth-protected-resource/v1"
    assert report["seen"][1]["path"] == "/.well-known/oauth-authorization-server"
    assert report["token_type"] == "dpop"
    assert report["models"] > 0
    assert report["name"] == owner.name
    assert report["rotated"]
    assert (report["narrow"], report["revoked"]) == ("insufficient_scope", "invalid_token")


def test_a_service_proves_its_registered_key_and_never_reaches_what_takes_a_touch(
    server: Server, node: Callable[..., NodeClient], secrets: Secrets, tmp_path: Path
) -> None:
    private, public = key_pair()
    secrets.found.add(private["d"])
    (tmp_path / "key.json").write_text(json.dumps(private))
    (tmp_path / "service.jwks.json").write_text(json.dumps({"keys": [public]}))
    service = server.command("clients", "add", "Nightly", "--jwks", str(tmp_path / "service.jwks.json")).strip()
    report = node("service.mjs", server.origin, service, str(tmp_path / "key.json")).told()["report"]
    assert (report["standard"], report["refresh_token"]) == (200, False)
    assert report["premium"] in {"insufficient_user_authentication", 403}
    assert (report["active"], report["sub"]) == (True, service)


def key_pair() -> tuple[dict[str, str], dict[str, str]]:
    """An ES256 key as JWKs: private, public."""
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.private_numbers()
    public = {"kty": "EC", "crv": "P-256", "x": _b64u(numbers.public_numbers.x), "y": _b64u(numbers.public_numbers.y)}
    return public | {"d": _b64u(numbers.private_value)}, public


def _b64u(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode()
