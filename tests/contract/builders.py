"""Records for the contract suites; every argument overrides a field."""

from __future__ import annotations

import hashlib
from typing import Any

from boundgate.passkeys.model import EnrolmentLink, LinkPurpose, Passkey, User
from boundgate.passkeys.ports import PasskeyStore
from boundgate.sessions.model import Binding, Offer, Session
from boundgate.terms import Provenance
from boundgate.usage.model import AuditEvent, CallRecord

NOW = 1_800_000_000.0
ALICE, BOB = "user-alice", "user-bob"


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def a_user(user_id: str = ALICE, **fields: Any) -> User:
    name = user_id.removeprefix("user-")
    return User(**{"id": user_id, "name": name, "handle": digest(name), "operator": False, "created_at": NOW} | fields)


def a_session(session_id: str = "s1", **fields: Any) -> Session:
    return Session(
        **{
            "id": session_id,
            "user_id": ALICE,
            "user_name": "alice",
            "login_hash": digest(f"login {session_id}"),
            "created_at": NOW,
            "last_seen_at": NOW,
            "user_agent": "Chromium/156",
            "address": "192.0.2.7",
            "offered_at": NOW,
        }
        | fields
    )


def an_offer(session_id: str = "s1", **fields: Any) -> Offer:
    return Offer(
        **{"session_id": session_id, "authorization_hash": digest(f"offer {session_id}"), "expires_at": NOW + 30}
        | fields
    )


def a_binding(session_id: str = "s1", key: str = "first", **fields: Any) -> Binding:
    return Binding(
        **{
            "session_id": session_id,
            "algorithm": "ES256",
            "jwk": f'{{"crv":"P-256","kty":"EC","x":"{key}","y":"y"}}',
            "thumbprint": f"thumbprint of {key}",
            "provenance": Provenance.BROWSER,
            "bound_at": NOW,
            "last_proof_at": NOW,
            "last_mint": 1,
        }
        | fields
    )


def a_passkey(name: str = "laptop", user_id: str = ALICE, **fields: Any) -> Passkey:
    return Passkey(
        **{
            "credential_id": digest(f"credential {name}"),
            "user_id": user_id,
            "public_key": b"\xa5\x01\x02",
            "sign_count": 0,
            "name": name,
            "created_at": NOW,
            "last_used_at": None,
            "backup_eligible": True,
            "backed_up": False,
            "transports": ("internal", "hybrid"),
            "aaguid": "00000000-0000-0000-0000-000000000000",
        }
        | fields
    )


def a_link(token: str = "token", user_id: str = ALICE, **fields: Any) -> EnrolmentLink:
    return EnrolmentLink(
        **{
            "token_hash": digest(token),
            "user_id": user_id,
            "purpose": LinkPurpose.ENROL,
            "created_at": NOW,
            "expires_at": NOW + 900,
        }
        | fields
    )


def a_call(**fields: Any) -> CallRecord:
    return CallRecord(
        **{
            "at": NOW,
            "request_id": "r1",
            "session_hash": "5e55",
            "user_id": ALICE,
            "key_thumbprint": "thumbprint",
            "provenance": Provenance.BROWSER,
            "address": "192.0.2.7",
            "user_agent": "openai/3",
            "method": "POST",
            "route": "/v1/chat/completions",
            "model": "gpt-5.2-mini",
            "decision": "allow",
            "status": 200,
            "input_tokens": 11,
            "output_tokens": 22,
            "cost_micro_usd": 33,
            "latency_ms": 4.5,
            "reason": None,
        }
        | fields
    )


def an_event(**fields: Any) -> AuditEvent:
    return AuditEvent(
        **{
            "at": NOW,
            "kind": "dbsc.refused",
            "outcome": "invalid_proof",
            "session_hash": "5e55",
            "address": "192.0.2.7",
            "user_agent": "curl",
            "reason": "bad signature",
        }
        | fields
    )


async def put_passkey(store: PasskeyStore, passkey: Passkey) -> bool:
    """Store a passkey the way it comes in: the first one through a link, a further one beside it."""
    if await store.passkeys_of(passkey.user_id):
        return await store.add_passkey(passkey)
    link = a_link(f"for {passkey.name}", passkey.user_id)
    await store.create_link(link)
    return await store.redeem_link(link.token_hash, passkey, now=NOW)
