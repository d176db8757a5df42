"""The tables of `boundgate.attestation`. A key is attested where both have a row."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table

from boundgate.storage.schema import metadata, users
from boundgate.storage.types import Seconds, StoredText

attestations = Table(
    "attestations",
    metadata,
    Column("user_id", ForeignKey(users.c.id), primary_key=True),
    Column("client_id", StoredText, primary_key=True),
    Column("jkt", StoredText, primary_key=True),
    Column("ek_fingerprint", StoredText, nullable=False),
    Column("maker", StoredText, nullable=False),
    Column("at", Seconds, nullable=False),
)

endorsement_keys = Table(
    "endorsement_keys",
    metadata,
    Column("user_id", ForeignKey(users.c.id), primary_key=True),
    Column("ek_fingerprint", StoredText, primary_key=True),
    Column("maker", StoredText, nullable=False),
    Column("accepted_at", Seconds, nullable=False),
)
