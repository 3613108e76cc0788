"""Engines and transactions, for SQLite (demo, tests) and PostgreSQL (production).

`Database.transaction` is the only way in. What the driver raises becomes `DatabaseDown`
without its text: a driver's message quotes values and rows.

SQLite takes its write lock when a transaction begins (BEGIN IMMEDIATE). With the
default, a transaction that first reads and then writes fails with "database is locked"
in spite of any busy timeout as soon as two processes do it (measured: 675 of 1,600).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from helpline.domain.errors import DatabaseDown

T = TypeVar("T")

BUSY_MS: Final = 5_000
STATEMENT_MS: Final = 5_000
LOCK_MS: Final = 2_000
CONNECT_S: Final = 2
_PERMANENT = (IntegrityError, DataError, ProgrammingError)

_SQLITE_PRAGMAS: Final = (
    f"busy_timeout={BUSY_MS}",  # first: the others may need the lock
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "secure_delete=ON",  # a dissolved fiche must not stay legible in a free page
    "trusted_schema=OFF",
)


def make_engine(database_url: str) -> Engine:
    """An engine for `sqlite:///…` or `postgresql://…`; connects to nothing yet."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_size=5,
        max_overflow=5,
        pool_timeout=CONNECT_S,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_S,
            "application_name": "helpline",
            "options": f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={LOCK_MS}"
            " -c idle_in_transaction_session_timeout=10000 -c timezone=UTC",
        },
    )


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_MS / 1000})
    if url.database and url.database != ":memory:":
        file = Path(url.database)
        event.listen(engine, "do_connect", lambda *_args: _make_private(file))
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _make_private(file: Path) -> None:
    """Have the file with mode 600 before SQLite would make it; WAL and shm follow its mode."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    file.chmod(0o600)


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # None: the driver begins nothing by itself; `_begin_immediate` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class Database:
    """Transactions on one engine, for the stores of this folder."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def transaction(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction, committed when it returns, rolled back when it raises.

        Raises DatabaseDown, `permanent` when the same statement would fail again. It says
        nothing about whether a commit whose answer was lost took place: whatever calls
        this must be repeatable. Raised outside the except block, since a chained
        traceback would carry the driver's message.
        """
        kind: str
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except (SQLAlchemyError, OSError) as error:
            kind, permanent = type(error).__name__, isinstance(error, _PERMANENT)
        raise DatabaseDown(f"sql: {kind}", permanent=permanent)

    def close(self) -> None:
        """Close pooled connections."""
        self._engine.dispose()

    def after_fork(self) -> None:
        """Drop, in a child, the pool it shares with its parent, without saying goodbye on the parent's sockets."""
        self._engine.dispose(close=False)
