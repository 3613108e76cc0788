"""A rule set: our lines, and the ordered rules that say what becomes of a call.

Plain data, complete: whatever a rule of the YAML leaves out was filled in from the
defaults when it was loaded. First match wins and the last rule holds always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from helpline.domain.ring_plan import RingStep
from helpline.domain.routing.conditions import Condition

MOST_BONUS_S: Final = 120
"""Nobody is overtaken in the line by more than this (design §6)."""

MOST_AT_ONCE: Final = 5
UNANSWERED_BOUNDS_S: Final = (60, 600)
WAITING_BOUNDS: Final = (10, 500)
"""How many may wait at a time: far below the carrier's own bound of 1,000, and a few hundred KB of memory."""

RING_BOUNDS_S: Final = (10, 60)


@dataclass(frozen=True, slots=True)
class Line:
    """One number of ours. `published` is how it is printed and read aloud.

    `shown_number_e164` is what a psychologist's phone shows for calls of this line: one
    of our own numbers, never the caller's. `valid_until` None: no end foreseen.
    """

    id: str
    number_e164: str
    published: str
    valid_from: date
    valid_until: date | None
    shown_number_e164: str

    def is_valid(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


@dataclass(frozen=True, slots=True)
class RingPlan:
    """The steps in order of `after_s`; the first begins at 0. Earlier steps stay on."""

    steps: tuple[RingStep, ...]


@dataclass(frozen=True, slots=True)
class Then:
    """What a matching rule decides. Flow names refer to `ivr_flows/`.

    `wait_flow` None leaves it to the enqueue node of the flow. `bonus_s` is 0 to 120.
    """

    flow: str
    wait_flow: str | None
    offer_flow: str
    nobody_flow: str
    ring_plan: RingPlan
    bonus_s: int = 0
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """`then` when every condition of `when` holds; a rule without conditions holds always."""

    name: str
    when: tuple[Condition, ...]
    then: Then


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Everything a call is routed by. Times in seconds.

    `wrap_up_s` is a psychologist's time to code after a talk; `ring_s` how long a phone
    rings where a step does not say; `at_once_max` how many are rung for one caller.
    `waiting_max` callers may wait, who comes then is told where else to turn; who has
    waited for `unanswered_s` while somebody could have answered is told so. `partner` is
    the directory's id of the partner line, "" for none; without a verified number it is none.
    """

    version: str
    lines: Mapping[str, Line]
    rules: tuple[Rule, ...]
    wrap_up_s: int = 120
    ring_s: int = 25
    at_once_max: int = MOST_AT_ONCE
    waiting_max: int = 200
    unanswered_s: int = 120
    partner: str = ""

    def resolve(self, to_e164: str, on: date | None = None) -> Line | None:
        """The line of a called number; on a date, the one valid then is preferred.

        A call to a number whose validity has ended still finds its line: an old number
        that somebody dials is answered, whatever the calendar says. None: not ours.
        """
        found = [line for line in self.lines.values() if line.number_e164 == to_e164]
        if on is not None:
            found.sort(key=lambda line: not line.is_valid(on))
        return found[0] if found else None
