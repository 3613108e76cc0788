"""The clock and chance: what would make a run differ from the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Clock(Protocol):
    """The one source of now; stepped in tests, Redis-anchored in the processes."""

    def now_ms(self) -> int: ...


T = TypeVar("T")


class Chance(Protocol):
    """The one source of chance; seeded when stepped."""

    def new_id(self) -> str:
        """32 lower-case hexadecimal digits (128 bits), never derived from time."""

    def shuffled(self, things: Sequence[T]) -> list[T]: ...
