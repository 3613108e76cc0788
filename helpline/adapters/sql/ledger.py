"""The traffic counters and what keeps them exact: `ports.Ledger` in SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import Connection, delete, func, select, update

from helpline.adapters.sql.engine import Database
from helpline.adapters.sql.tables import receipts, sweep_state, traffic
from helpline.adapters.sql.upsert import Row, insert_or_add, insert_unless_there
from helpline.domain.sweep import RECEIPT_KEPT_MS, CountedCall, LedgerState, latest_end_ms

# SQLite takes 32,766 parameters in a statement; a receipt is two.
_CHUNK: Final = 1_000


class SqlLedger:
    """Counts each receipt once, however often and by whomever it is handed in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def state(self) -> LedgerState:
        return self._database.transaction(_state)

    def count(self, sweep_no: int, calls: Sequence[CountedCall]) -> int | None:
        """Count calls in one transaction; None when another sweep has committed since.

        1. Take the next sweep number, if ours is still the last: this locks the row, so
           a second sweep waits here and then finds another number.
        2. Insert the receipts that are not there.
        3. Add the rows of exactly those calls.
        """
        if not calls:
            return 0
        return self._database.transaction(lambda connection: _count(connection, sweep_no, calls))

    def purge_receipts(self, now_ms: int) -> int:
        now = datetime.fromtimestamp(now_ms / 1000, tz=UTC)
        return self._database.transaction(
            lambda c: int(c.execute(delete(receipts).where(receipts.c.kept_until <= now)).rowcount)
        )


def _state(connection: Connection) -> LedgerState:
    row = connection.execute(select(sweep_state.c.sweep_no, sweep_state.c.counted_until_ms)).one()
    return LedgerState(row.sweep_no, row.counted_until_ms)


def _count(connection: Connection, sweep_no: int, calls: Sequence[CountedCall]) -> int | None:
    until_ms = latest_end_ms(calls)
    # Never backwards: a leg that the carrier listed late must not reopen what was counted.
    later = func.coalesce(sweep_state.c.counted_until_ms, 0) < until_ms
    taken = connection.execute(
        update(sweep_state).where(sweep_state.c.sweep_no == sweep_no).values(sweep_no=sweep_no + 1)
    )
    if taken.rowcount != 1:
        return None
    connection.execute(update(sweep_state).where(later).values(counted_until_ms=until_ms))
    new = _insert_receipts(connection, calls, _kept_until(until_ms))
    added: Counter[tuple[datetime, str, str]] = Counter()
    for call in calls:
        if call.receipt in new:
            for row in call.rows:
                added[row.hour_utc, row.measure, row.cls] += row.n
    # In one order everywhere, so that two writers can never wait for each other's rows.
    for (hour_utc, measure, cls), n in sorted(added.items()):
        values: Row = {"hour_utc": hour_utc, "measure": measure, "cls": cls, "n": n}
        connection.execute(insert_or_add(connection, traffic, values, add="n"))
    return len(new)


def _insert_receipts(connection: Connection, calls: Sequence[CountedCall], kept_until: datetime) -> set[str]:
    new: set[str] = set()
    wanted = iter(sorted({call.receipt for call in calls}))
    for chunk in _chunks(wanted):
        rows: list[Row] = [{"receipt": receipt, "kept_until": kept_until} for receipt in chunk]
        statement = insert_unless_there(connection, receipts, rows).returning(receipts.c.receipt)
        new.update(connection.execute(statement).scalars())
    return new


def _chunks(wanted: Iterator[str]) -> Iterator[list[str]]:
    while chunk := list(islice(wanted, _CHUNK)):
        yield chunk


def _kept_until(counted_until_ms: int) -> datetime:
    """24 h after `counted_until`, up to the next whole hour: it says nothing of one call."""
    exact = datetime.fromtimestamp((counted_until_ms + RECEIPT_KEPT_MS) / 1000, tz=UTC)
    return exact.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
