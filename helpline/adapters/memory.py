"""Ports kept in memory: for the stepped mode and for tests. Contract tests run on both kinds."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from helpline.domain.directory import Structure
from helpline.domain.ivr.flow import Flow
from helpline.domain.people import Roster
from helpline.domain.routing.rules import RuleSet

T = TypeVar("T")


@dataclass(slots=True)
class SteppedClock:
    """A clock that stands still until it is set. `now` in ms."""

    now: int

    def now_ms(self) -> int:
        return self.now


class SeededChance:
    """Chance that repeats itself, for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"helpline {seed}")  # noqa: S311  # repeatable on purpose; the processes use SystemChance

    def new_id(self) -> str:
        return f"{self._rng.getrandbits(128):032x}"

    def shuffled(self, things: Sequence[T]) -> list[T]:
        mixed = list(things)
        self._rng.shuffle(mixed)
        return mixed


@dataclass(slots=True)
class JobList:
    """Jobs as a list that the stepper drains."""

    waiting: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def enqueue(self, kind: str, *ids: str) -> None:
        self.waiting.append((kind, ids))

    def is_empty(self) -> bool:
        return not self.waiting


@dataclass(slots=True)
class FixedBook:
    """A book that changes only when a test changes it."""

    rules: RuleSet
    flows: Mapping[str, Flow]
    roster: Roster
    holidays: frozenset[date] = frozenset()
    structures: tuple[Structure, ...] = ()

    def current(self) -> FixedBook:
        return self

    def is_holiday(self, day: date) -> bool:
        return day in self.holidays
