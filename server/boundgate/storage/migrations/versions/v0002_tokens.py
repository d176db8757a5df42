"""Clients, requests, codes, families of tokens, consents, and accounts elsewhere that identify."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0002"
down_revision = "0001"

ROW_NUMBER = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    _clients()
    _requests()
    _codes()
    _families()
    _refresh_tokens()
    _assertions()
    _consents()
    _outside_links()
    _attestations()


def _clients() -> None:
    op.create_table(
        "oauth_clients",
        sa.Column("seq", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("jwks", sa.Text(), nullable=False),
        sa.Column("grants", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_oauth_clients_owner_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_oauth_clients"),
        sa.UniqueConstraint("id", name="uq_oauth_clients_id"),
    )
    op.create_index("ix_oauth_clients_owner_id", "oauth_clients", ["owner_id"], unique=False)


def _requests() -> None:
    op.create_table(
        "oauth_requests",
        sa.Column("uri_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("jkt", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_clients.id"], name="fk_oauth_requests_client_id"),
        sa.PrimaryKeyConstraint("uri_hash", name="pk_oauth_requests"),
    )
    op.create_index("ix_oauth_requests_client_id", "oauth_requests", ["client_id"], unique=False)
    op.create_index("ix_oauth_requests_expires_at", "oauth_requests", ["expires_at"], unique=False)


def _codes() -> None:
    op.create_table(
        "oauth_codes",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("family_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("code_challenge", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("jkt", sa.Text(), nullable=True),
        sa.Column("auth_time", sa.Double(), nullable=False),
        sa.Column("amr", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("used_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_clients.id"], name="fk_oauth_codes_client_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_oauth_codes_user_id"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_oauth_codes"),
        sa.UniqueConstraint("family_id", name="uq_oauth_codes_family_id"),
    )
    op.create_index("ix_oauth_codes_client_id", "oauth_codes", ["client_id"], unique=False)
    op.create_index("ix_oauth_codes_user_id", "oauth_codes", ["user_id"], unique=False)
    op.create_index("ix_oauth_codes_expires_at", "oauth_codes", ["expires_at"], unique=False)


def _families() -> None:
    op.create_table(
        "oauth_families",
        sa.Column("seq", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("jkt", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("attestation", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("acr", sa.Text(), nullable=True),
        sa.Column("amr", sa.Text(), nullable=False),
        sa.Column("auth_time", sa.Double(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_proof_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_oauth_families_end_has_reason")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_oauth_families_user_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_oauth_families"),
        sa.UniqueConstraint("id", name="uq_oauth_families_id"),
    )
    for column in ("client_id", "user_id", "jkt"):
        op.create_index(f"ix_oauth_families_{column}", "oauth_families", [column], unique=False)


def _refresh_tokens() -> None:
    op.create_table(
        "oauth_refresh_tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("family_id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("used_at", sa.Double(), nullable=True),
        sa.Column("successor_hash", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["family_id"], ["oauth_families.id"], name="fk_oauth_refresh_tokens_family_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_oauth_refresh_tokens"),
        sa.UniqueConstraint("family_id", "number", name="uq_oauth_refresh_tokens_family_id_number"),
    )


def _assertions() -> None:
    op.create_table(
        "oauth_assertions",
        sa.Column("assertion_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("assertion_hash", name="pk_oauth_assertions"),
    )
    op.create_index("ix_oauth_assertions_expires_at", "oauth_assertions", ["expires_at"], unique=False)


def _consents() -> None:
    op.create_table(
        "oauth_consents",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("given_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["oauth_clients.id"], name="fk_oauth_consents_client_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_oauth_consents_user_id"),
        sa.PrimaryKeyConstraint("user_id", "client_id", name="pk_oauth_consents"),
    )
    op.create_index("ix_oauth_consents_client_id", "oauth_consents", ["client_id"], unique=False)


def _outside_links() -> None:
    op.create_table(
        "oauth_outside_links",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_oauth_outside_links_user_id"),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_oauth_outside_links"),
    )
    op.create_index("ix_oauth_outside_links_user_id", "oauth_outside_links", ["user_id"], unique=False)


def _attestations() -> None:
    op.create_table(
        "attestations",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("jkt", sa.Text(), nullable=False),
        sa.Column("ek_fingerprint", sa.Text(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_attestations_user_id"),
        sa.PrimaryKeyConstraint("user_id", "client_id", "jkt", name="pk_attestations"),
    )
    op.create_table(
        "endorsement_keys",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("ek_fingerprint", sa.Text(), nullable=False),
        sa.Column("maker", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_endorsement_keys_user_id"),
        sa.PrimaryKeyConstraint("user_id", "ek_fingerprint", name="pk_endorsement_keys"),
    )
