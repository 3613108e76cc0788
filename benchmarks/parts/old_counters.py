"""A webhook beside itself: one product with a million counters of the past in SQL, one with none, turn by turn."""

from __future__ import annotations

import itertools
import statistics
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from benchmarks.parts.posts import Connection
from benchmarks.parts.web_pair import WebPair
from benchmarks.parts.webhook_cost import OF_A_ROUND, ROUNDS, WARM, Webhook, incoming, ratio
from helpline.adapters.sql import tables

ROWS, BATCH = 1_000_000, 50_000


@dataclass(frozen=True)
class Old:
    """Median milliseconds of `/voice/incoming`, alone, with and without the old counters."""

    rows: int
    old_ms: float
    new_ms: float
    ratio: float


def measured() -> Old:
    with (
        tempfile.TemporaryDirectory(prefix="hl-bench-") as folder,
        tempfile.TemporaryDirectory(prefix="hl-bench-") as other,
        WebPair(Path(folder)) as old,
        WebPair(Path(other)) as new,
    ):
        _fill(old)
        turns = [_Turn(pair, incoming(pair)) for pair in (old, new)]
        medians = [[turn.median_ms() for turn in turns] for _ in range(ROUNDS)]
    of_old, of_new = zip(*medians, strict=True)
    return Old(ROWS, statistics.median(of_old), statistics.median(of_new), ratio(of_old, of_new))


def _fill(pair: WebPair) -> None:
    """Hours of the past, one counter each, of as many measures as it takes."""
    engine = sa.create_engine(pair.demo.settings.database_url)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    rows = (_row(start, n) for n in range(ROWS))
    with engine.begin() as connection:
        while batch := list(itertools.islice(rows, BATCH)):
            connection.execute(sa.insert(tables.traffic), batch)
    engine.dispose()


def _row(start: datetime, n: int) -> dict[str, object]:
    hour, place = divmod(n, 20)
    return {
        "hour_utc": start + timedelta(hours=hour),
        "measure": "presented",
        "cls": f"class-{place}",
        "n": 1,
    }


class _Turn:
    def __init__(self, pair: WebPair, webhook: Webhook) -> None:
        self._connection = Connection(pair.web)
        self._requests = itertools.cycle(webhook.requests)
        self._back = webhook.back
        for _ in range(WARM):
            self._one()

    def _one(self) -> float:
        self._back()
        return self._connection.ask(next(self._requests))

    def median_ms(self) -> float:
        return statistics.median(self._one() for _ in range(OF_A_ROUND))
