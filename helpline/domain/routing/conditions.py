"""The conditions a rule can make. One place to add one: a class, and a row of CONDITIONS.

A condition looks at one fact. `holds` answers; `in_words` is the French half-sentence an
administrator reads when asking why a rule did or did not match. Keypress, load and
presence will stand here too (issue 07).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from helpline.domain.hours import TimeWindow, Weekday, contains
from helpline.domain.routing.facts import Facts

_DAYS: Final[Mapping[Weekday, str]] = {
    Weekday.MON: "lundi",
    Weekday.TUE: "mardi",
    Weekday.WED: "mercredi",
    Weekday.THU: "jeudi",
    Weekday.FRI: "vendredi",
    Weekday.SAT: "samedi",
    Weekday.SUN: "dimanche",
}


@dataclass(frozen=True, slots=True)
class OnLine:
    """The call came in on one of these lines."""

    lines: tuple[str, ...]

    def holds(self, facts: Facts) -> bool:
        return facts.line in self.lines

    def in_words(self) -> str:
        return f"ligne {' ou '.join(self.lines)}"


@dataclass(frozen=True, slots=True)
class WithinHours:
    """The wall clock in Paris lies in the window."""

    window: TimeWindow

    def holds(self, facts: Facts) -> bool:
        return contains(self.window, facts.local_time)

    def in_words(self) -> str:
        return f"entre {str(self.window).replace('-', ' et ')}"


@dataclass(frozen=True, slots=True)
class OnDays:
    """The calendar day is one of these. At 03:00 on Sunday it is Sunday, whatever night it is of."""

    days: tuple[Weekday, ...]

    def holds(self, facts: Facts) -> bool:
        return Weekday.of(facts.local_time) in self.days

    def in_words(self) -> str:
        return " ou ".join(_DAYS[day] for day in self.days)


@dataclass(frozen=True, slots=True)
class OnDates:
    """The calendar date lies between the two, both included."""

    first_on: date
    last_on: date

    def holds(self, facts: Facts) -> bool:
        return self.first_on <= facts.local_time.date() <= self.last_on

    def in_words(self) -> str:
        return f"du {self.first_on:%d/%m/%Y} au {self.last_on:%d/%m/%Y}"


@dataclass(frozen=True, slots=True)
class OnHoliday:
    """The date is a public holiday in France, or with `wanted` false is none."""

    wanted: bool

    def holds(self, facts: Facts) -> bool:
        return facts.is_holiday is self.wanted

    def in_words(self) -> str:
        return "jour férié" if self.wanted else "jour non férié"


Condition: TypeAlias = OnLine | WithinHours | OnDays | OnDates | OnHoliday

CONDITIONS: Final[Mapping[str, type[Condition]]] = {
    "line": OnLine,
    "hours": WithinHours,
    "days": OnDays,
    "dates": OnDates,
    "holiday": OnHoliday,
}
"""By the word a rule uses. A word that is not here is an error at load, never ignored."""
