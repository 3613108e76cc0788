"""How late requests leave: the difference between the instant that is due and the wall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable


class Lateness:
    """A count for each whole millisecond, so that an hour of load takes no more room than a second."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._late: Counter[int] = Counter()

    def note(self, due_ms: int) -> None:
        """Something due at `due_ms` has just been done."""
        self._late[max(0, self._now_ms() - due_ms)] += 1

    def clear(self) -> None:
        """Begin again."""
        self._late.clear()

    @property
    def count(self) -> int:
        """How many were noted."""
        return self._late.total()

    def percentile(self, percent: float) -> int:
        """The smallest number of ms that `percent` % were not later than; 0 when nothing was noted."""
        left = self.count * percent / 100
        for late_ms in sorted(self._late):
            left -= self._late[late_ms]
            if left <= 1e-9:
                return late_ms
        return 0
