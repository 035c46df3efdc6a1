"""Alembic's entry point: runs the revisions on the connection that `bot.migrations` opened."""

from __future__ import annotations

from alembic import context

from bot.migrations import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
