"""Runs the migrations on the connection, and in the transaction, of `boundgate.storage.migrate`."""

from alembic import context

from boundgate.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
