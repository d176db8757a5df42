"""The tables. Whatever changes here needs a migration; a test compares the two.

Times are Unix seconds, money is micro-dollars, and no column holds anything that could be presented as a credential.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    MetaData,
    Table,
    UniqueConstraint,
)

from boundgate.storage.types import DETAIL_MAX_CHARACTERS, Blob, RowNumber, Seconds, StoredText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

users = Table(
    "users",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("id", StoredText, nullable=False, unique=True),
    Column("name", StoredText, nullable=False, unique=True),
    Column("handle", Blob, nullable=False, unique=True),
    Column("operator", Boolean, nullable=False),
    Column("created_at", Seconds, nullable=False),
    # Survives the removal of every passkey: a recovered server must not offer its first link again.
    Column("enrolled_at", Seconds),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("credential_id", Blob, nullable=False, unique=True),
    Column("user_id", ForeignKey(users.c.id), nullable=False, index=True),
    Column("public_key", Blob, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", StoredText, nullable=False),
    Column("created_at", Seconds, nullable=False),
    Column("last_used_at", Seconds),
    Column("backup_eligible", Boolean, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    Column("transports", StoredText, nullable=False),
    Column("aaguid", StoredText, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("token_hash", Blob, primary_key=True),
    Column("user_id", ForeignKey(users.c.id), nullable=False, index=True),
    Column("purpose", StoredText, nullable=False),
    Column("created_at", Seconds, nullable=False),
    Column("expires_at", Seconds, nullable=False),
    Column("open", Boolean, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("user_id", ForeignKey(users.c.id), nullable=False, index=True),
    Column("at", Seconds, nullable=False),
    Column("text", StoredText, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", StoredText, primary_key=True),
    Column("user_id", ForeignKey(users.c.id), nullable=False, index=True),
    Column("login_hash", Blob, nullable=False, unique=True),
    Column("created_at", Seconds, nullable=False),
    Column("last_seen_at", Seconds, nullable=False),
    Column("user_agent", StoredText(DETAIL_MAX_CHARACTERS), nullable=False),
    Column("address", StoredText, nullable=False),
    Column("offered_at", Seconds, nullable=False),
    Column("ended_at", Seconds),
    Column("ended_reason", StoredText),
    CheckConstraint("(ended_at IS NULL) = (ended_reason IS NULL)", name="end_has_reason"),
)

offers = Table(
    "offers",
    metadata,
    Column("authorization_hash", Blob, primary_key=True),
    Column("session_id", ForeignKey(sessions.c.id), nullable=False, index=True),
    Column("expires_at", Seconds, nullable=False),
)

bindings = Table(
    "bindings",
    metadata,
    # One row per session: the first key wins, whatever the code does.
    Column("session_id", ForeignKey(sessions.c.id), primary_key=True),
    Column("algorithm", StoredText, nullable=False),
    Column("jwk", StoredText, nullable=False),
    Column("thumbprint", StoredText, nullable=False),
    Column("provenance", StoredText, nullable=False),
    Column("bound_at", Seconds, nullable=False),
    Column("last_proof_at", Seconds, nullable=False),
    Column("last_mint", BigInteger, nullable=False),
    Column("contested_at", Seconds),
)

calls = Table(
    "calls",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("at", Seconds, nullable=False, index=True),
    Column("request_id", StoredText(DETAIL_MAX_CHARACTERS), nullable=False),
    Column("session_hash", StoredText, index=True),
    Column("user_id", StoredText),
    Column("key_thumbprint", StoredText),
    Column("provenance", StoredText, nullable=False),
    Column("address", StoredText, nullable=False),
    Column("user_agent", StoredText(DETAIL_MAX_CHARACTERS), nullable=False),
    Column("method", StoredText(DETAIL_MAX_CHARACTERS), nullable=False),
    Column("route", StoredText(DETAIL_MAX_CHARACTERS), nullable=False),
    Column("model", StoredText(DETAIL_MAX_CHARACTERS)),
    Column("decision", StoredText, nullable=False),
    Column("status", BigInteger, nullable=False),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cost_micro_usd", BigInteger, nullable=False),
    Column("latency_ms", Seconds),
    Column("reason", StoredText(DETAIL_MAX_CHARACTERS)),
)

events = Table(
    "events",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("at", Seconds, nullable=False, index=True),
    # Empty for what is never folded: NULL equals nothing, so the constraint below leaves such rows alone.
    Column("minute", BigInteger),
    Column("kind", StoredText, nullable=False),
    Column("outcome", StoredText, nullable=False),
    # Never NULL, for the same reason.
    Column("session_hash", StoredText, nullable=False),
    Column("address", StoredText, nullable=False),
    Column("user_id", StoredText),
    Column("user_agent", StoredText(DETAIL_MAX_CHARACTERS), nullable=False),
    Column("reason", StoredText(DETAIL_MAX_CHARACTERS)),
    Column("count", BigInteger, nullable=False),
    UniqueConstraint("minute", "kind", "outcome", "address", "session_hash"),
)
