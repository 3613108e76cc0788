"""The engine: settings of each connection, errors without text, rights of the file."""

from __future__ import annotations

import stat
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.adapters.sql.tables import psychologists, receipts
from helpline.domain.errors import DatabaseDown

SECRET = "+33639980099"  # a number of fiction that must not come back in an error


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(make_engine(database_url))
    SqlMigrations(database).upgrade()
    yield database
    database.close()


def test_a_drivers_error_becomes_ours_without_its_text(database: Database) -> None:
    row = {"id": "p", "handle": SECRET, "name": SECRET, "skills": "", "position": 0}

    def twice() -> None:
        database.transaction(lambda c: c.execute(insert(psychologists).values(row)).close())

    twice()
    with pytest.raises(DatabaseDown) as failed:
        twice()

    told = "".join(traceback.format_exception(failed.value))
    assert failed.value.permanent
    assert failed.value.__context__ is None
    assert SECRET not in told


def test_what_fails_is_rolled_back(database: Database) -> None:
    with pytest.raises(DatabaseDown):
        database.transaction(
            lambda c: (
                c.execute(insert(receipts).values(receipt="r", kept_until=datetime(2026, 1, 1, tzinfo=UTC))),
                c.execute(text("select * from nothing_of_the_kind")),
            )
        )

    assert database.transaction(lambda c: c.execute(select(receipts)).all()) == []


def test_an_instant_comes_back_aware_and_in_utc(database: Database) -> None:
    paris = timezone(timedelta(hours=1))
    noon = datetime(2026, 1, 1, 12, tzinfo=paris)
    database.transaction(lambda c: c.execute(insert(receipts).values(receipt="r", kept_until=noon)).close())

    back = database.transaction(lambda c: c.execute(select(receipts.c.kept_until)).scalar_one())

    assert back == noon
    assert back.utcoffset() == timedelta(0)


def test_a_naive_instant_is_refused(database: Database) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001  # what must be refused
    with pytest.raises(DatabaseDown):
        database.transaction(
            lambda c: c.execute(insert(receipts).values(receipt="r", kept_until=naive)).close()
        )


def test_a_fiche_of_another_size_is_refused_by_the_table_itself(database: Database) -> None:
    with pytest.raises(DatabaseDown) as failed:
        database.transaction(
            lambda c: (
                c.execute(text("insert into batches (id, state, public_half) values ('b', 'open', '')")),
                c.execute(
                    text("insert into sealed_fiches (id, batch_id, ciphertext) values ('f', 'b', :short)"),
                    {"short": b"short"},
                ),
            )
        )

    assert failed.value.permanent


def test_sqlite_is_set_up_on_each_connection_and_private(tmp_path: Path) -> None:
    database = Database(make_engine(f"sqlite:///{tmp_path}/new/helpline.db"))
    names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")

    found = [database.transaction(lambda c, n=n: c.execute(text(f"pragma {n}")).scalar()) for n in names]
    database.transaction(lambda c: c.execute(text("create table t (x)")).close())
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "new").iterdir()}
    database.close()

    assert found == ["wal", 1, 1, 1, 5_000]
    assert set(modes.values()) == {0o600}
    assert "helpline.db-wal" in modes


def test_a_database_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    socket = f"postgresql://u:{SECRET}@/db?host={tmp_path}"
    database = Database(make_engine(socket))

    with pytest.raises(DatabaseDown) as failed:
        database.transaction(lambda c: c.execute(text("select 1")).scalar())

    assert not failed.value.permanent
    assert SECRET not in "".join(traceback.format_exception(failed.value))


def test_making_an_engine_touches_nothing(tmp_path: Path) -> None:
    make_engine(f"sqlite:///{tmp_path}/new/helpline.db").dispose()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_database_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")

    with pytest.raises(DatabaseDown):
        Database(make_engine(f"sqlite:///{tmp_path}/file/helpline.db")).transaction(lambda c: c.close())
