"""How many connections each web process holds, in memory that all of them see, so that none holds most of them.

Every process of a server listens on the same socket, and the first to wake takes what comes: of 64 connections that
came together one process was seen to take 56, and who is on those waits behind seven times as many as the others.
"""

from __future__ import annotations

import mmap
from typing import Final

SLOTS: Final = 64
"""More processes than one server has at a time; each writes into the slot of its age, modulo this."""

SLACK: Final = 6
"""So many more than another a process may hold; with none, each would wait for the other at every connection."""

STALE_S: Final = 2.5
"""Who has said nothing for so long is stopped or gone: a living process says it every second."""

NOBODY: Final = -10_000.0


class Shares:
    """Made before the processes are, so that all of them have it: connections, and when (monotonic s) they were told."""

    def __init__(self) -> None:
        memory = memoryview(mmap.mmap(-1, 16 * SLOTS))
        self._held, self._told_s = memory[: 8 * SLOTS].cast("Q"), memory[8 * SLOTS :].cast("d")
        for slot in range(SLOTS):
            self._told_s[slot] = NOBODY

    def tell(self, age: int, connections: int, now_s: float) -> None:
        """The process of that age holds so many."""
        self._held[age % SLOTS], self._told_s[age % SLOTS] = connections, now_s

    def somebody_holds_fewer(self, age: int, now_s: float) -> bool:
        """Fewer, by more than the slack, than the process of that age."""
        own = self._held[age % SLOTS]
        return any(
            held < own - SLACK and now_s - told_s < STALE_S
            for held, told_s in zip(self._held, self._told_s, strict=True)
        )
