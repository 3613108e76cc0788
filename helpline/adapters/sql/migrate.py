"""The history of the tables, run without an ini file: `ports.Migrations`."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text

from helpline.adapters.sql.engine import Database
from helpline.adapters.sql.tables import metadata
from helpline.domain.errors import DatabaseDown

TRIES = 3
LOCK = 0x68656C70  # any number that nothing else locks
_FOLDER = Path(__file__).parent / "migrations"


class SqlMigrations:
    """Upgrades and downgrades in one transaction each: a failed step leaves what was."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def upgrade(self, to: str = "head") -> None:
        self._run(lambda config: command.upgrade(config, to))

    def downgrade(self, to: str) -> None:
        self._run(lambda config: command.downgrade(config, to))

    def differences(self) -> list[str]:
        return self._database.transaction(_differences)

    def _run(self, do: Callable[[Config], None]) -> None:
        unknown = False

        def run(connection: Connection) -> None:
            _alone(connection)
            do(_config(connection))

        try:
            self._in_turn(run)
        except CommandError:
            unknown = True
        if unknown:
            raise DatabaseDown("sql: no such revision, or the database is of a newer release", permanent=True)

    def _in_turn(self, run: Callable[[Connection], None]) -> None:
        """Another process may be migrating, for longer than a lock is waited for elsewhere."""
        for _ in range(TRIES - 1):
            try:
                return self._database.transaction(run)
            except DatabaseDown as error:
                if error.permanent:
                    raise
        return self._database.transaction(run)


def _alone(connection: Connection) -> None:
    """One migration at a time. SQLite's transactions are alone by themselves; two on PostgreSQL would both create."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})


def _config(connection: Connection) -> Config:
    config = Config(stdout=io.StringIO(), output_buffer=io.StringIO())
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _differences(connection: Connection) -> list[str]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
    return [_sentence(difference) for difference in compare_metadata(context, metadata)]


def _sentence(difference: object) -> str:
    """One difference as alembic tells it: (what, table or column …), or a list of such for one column."""
    if isinstance(difference, list):
        return "; ".join(_sentence(part) for part in difference)
    if not isinstance(difference, tuple):
        return str(difference)
    return " ".join(
        str(getattr(part, "name", part))
        for part in difference
        if isinstance(part, str) or hasattr(part, "name")
    )
