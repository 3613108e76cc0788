"""Run by alembic for each command; the connection is handed in by `migrate.py`."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from helpline.adapters.sql.tables import metadata


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,  # SQLite cannot alter a table: it is copied
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
