"""The two inserts that both databases spell alike but SQLAlchemy keeps apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TypeAlias

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Value: TypeAlias = str | int | bool | bytes | date | datetime | None
Row: TypeAlias = Mapping[str, Value]
Insert: TypeAlias = postgresql.Insert | sqlite.Insert


def _insert(connection: Connection, table: Table) -> Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_unless_there(connection: Connection, table: Table, rows: Sequence[Row]) -> Insert:
    """Insert rows, leaving out those whose key is there already."""
    return _insert(connection, table).values([dict(row) for row in rows]).on_conflict_do_nothing()


def insert_or_add(connection: Connection, table: Table, row: Row, *, add: str) -> Insert:
    """Insert one row, or add its column `add` to the row with the same primary key."""
    statement = _insert(connection, table).values(dict(row))
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={add: table.c[add] + statement.excluded[add]},
    )
