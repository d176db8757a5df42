"""Alembic's environment. `boundgate.storage.migrate` runs it at start-up."""
