"""How a column is declared: type, and what `docs/data.md` says of it.

`stored()` is the only way to make a column here, so none can be without its class,
retention and purpose; `tests/adapters/test_data_inventory.py` holds the page against it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import Column, DateTime, Dialect, MetaData, String, TypeDecorator
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

T = TypeVar("T")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = String(32)
AS_LONG_AS_SHE_WORKS = "as long as she works here"


class DataClass(StrEnum):
    """What a stored value is about; the inventory groups by it."""

    STAFF = "staff"  # about a psychologist: work data
    PRIVATE = "private"  # a private number or name of one: never on a page of somebody else
    SETTING = "setting"  # what people decided about the service
    PUBLIC = "public"  # anybody may read it
    TRAFFIC = "traffic"  # counters of calls, without content
    CONTENT = "content"  # what calls were about: only sealed, or as counters
    TECHNICAL = "technical"  # about the software, nobody's


class Utc(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite forgets the zone; a naive or foreign one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant is stored with its zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def stored(  # noqa: PLR0913 - the point is that nothing can be left out
    name: str,
    kind: TypeEngine[T] | TypeDecorator[T],
    *items: SchemaItem,
    cls: DataClass,
    kept: str,
    why: str,
    primary_key: bool = False,
    nullable: bool = False,
) -> Column[T]:
    """One column with its place in the data inventory."""
    return Column(
        name,
        kind,
        *items,
        primary_key=primary_key,
        nullable=nullable,
        autoincrement=False,  # no key here tells an order of arrival
        info={"class": cls.value, "retention": kept, "purpose": why},
    )
