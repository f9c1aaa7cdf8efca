"""Alembic's entry: migrations run on the connection that storage.migrate hands over, in its transaction."""

from alembic import context

from storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # Alembic believes that SQLite cannot roll back DDL. It can, once BEGIN is sent before it (see storage.engines), and
    # storage.migrate relies on it: a migration that failed halfway can be run again.
    transactional_ddl=True,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
