"""Crash points: die before or after the n-th effect on the outside, wherever that is.

`CrashPoint.around(thing)` gives the same thing whose listed methods count as effects.
With `at=None` it only counts, so a test can first learn how many there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Crash(BaseException):  # not an error: nothing in the product may catch a death
    """The process is gone."""


@dataclass
class CrashPoint:
    """`instead` happens in place of the death, and the process goes on."""

    at: int | None = None
    after: bool = False
    seen: int = 0
    instead: Callable[[], None] | None = None

    def around(self, thing: Any, *effects: str) -> Any:
        return _Around(self, thing, frozenset(effects))

    def pass_by(self, do: Callable[[], Any]) -> Any:
        self.seen += 1
        dying = self.seen == self.at
        if dying and not self.after:
            self._strike()
        done = do()
        if dying and self.after:
            self._strike()
        return done

    def _strike(self) -> None:
        if self.instead is None:
            raise Crash
        self.instead()


class _Around:
    def __init__(self, point: CrashPoint, thing: Any, effects: frozenset[str]) -> None:
        self._point, self._thing, self._effects = point, thing, effects

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._thing, name)
        if name not in self._effects:
            return found
        return lambda *args, **kwargs: self._point.pass_by(lambda: found(*args, **kwargs))
