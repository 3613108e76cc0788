"""The evidence: everything that happened, one record each, kept by the emulator only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Record = dict[str, Any]


class Log:
    """Records in the order they happened, numbered from 1. Kinds and fields: docs/emulator.md."""

    def __init__(self, now_ms: Callable[[], int], keeps: int = 0) -> None:
        """keeps: at least so many of the newest records are kept, 0 for all."""
        self._now_ms = now_ms
        self._keeps = keeps
        self._forgotten = 0
        self._records: list[Record] = []

    def add(self, kind: str, **fields: Any) -> Record:
        """Write one record; `n` and `at_ms` are added."""
        record = {"n": self.count + 1, "at_ms": self._now_ms(), "kind": kind, **fields}
        self._records.append(record)
        if self._keeps and len(self._records) >= 2 * self._keeps:
            self._forgotten += self._keeps
            del self._records[: self._keeps]
        return record

    def after(self, n: int = 0) -> list[Record]:
        """Copies of the records numbered above `n`."""
        return [dict(record) for record in self._records[max(n - self._forgotten, 0) :]]

    @property
    def count(self) -> int:
        """The number of the last record, 0 when there is none."""
        return self._forgotten + len(self._records)

    def clear(self) -> None:
        """Forget everything; numbers start again at 1."""
        self._forgotten = 0
        self._records.clear()
