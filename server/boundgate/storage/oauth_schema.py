"""The tables of `boundgate.oauth`. Hashes stand where a credential would; lists of words are JSON arrays."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Table, UniqueConstraint

from boundgate.storage.schema import metadata, users
from boundgate.storage.types import Blob, RowNumber, Seconds, StoredText

clients = Table(
    "oauth_clients",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("id", StoredText, nullable=False, unique=True),
    Column("name", StoredText, nullable=False),
    Column("kind", StoredText, nullable=False),
    Column("owner_id", ForeignKey(users.c.id), index=True),
    Column("published", Boolean, nullable=False),
    Column("redirect_uris", StoredText, nullable=False),
    Column("scopes", StoredText, nullable=False),
    Column("jwks", StoredText, nullable=False),
    Column("grants", StoredText, nullable=False),
    Column("created_at", Seconds, nullable=False),
)

requests = Table(
    "oauth_requests",
    metadata,
    Column("uri_hash", Blob, primary_key=True),
    Column("client_id", ForeignKey(clients.c.id), nullable=False, index=True),
    Column("parameters", StoredText, nullable=False),
    Column("jkt", StoredText),
    Column("expires_at", Seconds, nullable=False, index=True),
)

codes = Table(
    "oauth_codes",
    metadata,
    Column("code_hash", Blob, primary_key=True),
    Column("family_id", StoredText, nullable=False, unique=True),
    Column("client_id", ForeignKey(clients.c.id), nullable=False, index=True),
    Column("user_id", ForeignKey(users.c.id), nullable=False, index=True),
    Column("redirect_uri", StoredText, nullable=False),
    Column("scope", StoredText, nullable=False),
    Column("code_challenge", StoredText, nullable=False),
    Column("nonce", StoredText),
    Column("jkt", StoredText),
    Column("auth_time", Seconds, nullable=False),
    Column("amr", StoredText, nullable=False),
    Column("expires_at", Seconds, nullable=False, index=True),
    Column("used_at", Seconds),
)

families = Table(
    "oauth_families",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("id", StoredText, nullable=False, unique=True),
    # No foreign key: what a removed client had done stays on record.
    Column("client_id", StoredText, nullable=False, index=True),
    Column("user_id", ForeignKey(users.c.id), index=True),
    Column("jkt", StoredText, nullable=False, index=True),
    Column("provenance", StoredText, nullable=False),
    Column("attestation", StoredText),
    Column("scope", StoredText, nullable=False),
    Column("acr", StoredText),
    Column("amr", StoredText, nullable=False),
    Column("auth_time", Seconds),
    Column("created_at", Seconds, nullable=False),
    Column("last_proof_at", Seconds, nullable=False),
    Column("ended_at", Seconds),
    Column("end_reason", StoredText),
    CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="end_has_reason"),
)

refresh_tokens = Table(
    "oauth_refresh_tokens",
    metadata,
    Column("token_hash", Blob, primary_key=True),
    Column("family_id", ForeignKey(families.c.id), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("issued_at", Seconds, nullable=False),
    Column("expires_at", Seconds, nullable=False),
    Column("used_at", Seconds),
    Column("successor_hash", Blob),
    # Whatever the code does, a family's chain has one link of each number.
    UniqueConstraint("family_id", "number"),
)

assertions = Table(
    "oauth_assertions",
    metadata,
    Column("assertion_hash", Blob, primary_key=True),
    Column("expires_at", Seconds, nullable=False, index=True),
)

consents = Table(
    "oauth_consents",
    metadata,
    Column("user_id", ForeignKey(users.c.id), primary_key=True),
    Column("client_id", ForeignKey(clients.c.id), primary_key=True, index=True),
    Column("scope", StoredText, nullable=False),
    Column("given_at", Seconds, nullable=False),
)

outside_links = Table(
    "oauth_outside_links",
    metadata,
    Column("issuer", StoredText, primary_key=True),
    Column("subject", StoredText, primary_key=True),
    Column("user_id", ForeignKey(users.c.id), nullable=False, index=True),
    Column("linked_at", Seconds, nullable=False),
)
