"""One history for both databases: up, checked, down, up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, inspect, select, text

from helpline.adapters.sql.engine import BUSY_MS, LOCK_MS, Database, make_engine
from helpline.adapters.sql.migrate import LOCK, SqlMigrations
from helpline.adapters.sql.tables import metadata, sweep_state
from helpline.domain.errors import DatabaseDown

LOCKED_S = {"sqlite": BUSY_MS / 1000, "postgresql": LOCK_MS / 1000}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(make_engine(database_url))
    yield database
    database.close()


def test_up_checked_down_up(database: Database) -> None:
    migrations = SqlMigrations(database)
    assert migrations.differences() != []

    migrations.upgrade()
    assert migrations.differences() == []
    migrations.downgrade("base")
    left = database.transaction(lambda c: inspect(c).get_table_names())
    assert set(left) & set(metadata.tables) == set()
    migrations.upgrade()

    assert migrations.differences() == []
    assert database.transaction(lambda c: c.execute(select(sweep_state)).all()) == [(1, 0, None)]


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    SqlMigrations(database).upgrade()
    SqlMigrations(database).upgrade()

    assert len(database.transaction(lambda c: c.execute(select(sweep_state)).all())) == 1


def test_a_column_too_much_or_missing_is_said_in_words(database: Database) -> None:
    migrations = SqlMigrations(database)
    migrations.upgrade()
    database.transaction(lambda c: c.execute(text("alter table psychologists add column email text")).close())

    assert migrations.differences() == ["remove_column psychologists email"]


def test_an_unknown_revision_is_refused_and_changes_nothing(database: Database) -> None:
    migrations = SqlMigrations(database)
    migrations.upgrade()

    with pytest.raises(DatabaseDown) as failed:
        migrations.downgrade("9999")

    assert failed.value.permanent
    assert migrations.differences() == []


def test_a_migration_waits_for_another_longer_than_for_a_lock(database: Database, database_url: str) -> None:
    other = Database(make_engine(database_url))
    begun = threading.Event()

    def keep(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})
        begun.set()
        time.sleep(LOCKED_S[connection.dialect.name] + 1)

    first = threading.Thread(target=other.transaction, args=(keep,))
    first.start()
    begun.wait(10)
    try:
        SqlMigrations(database).upgrade()
    finally:
        first.join()
        other.close()

    assert SqlMigrations(database).differences() == []
