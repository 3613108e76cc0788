"""What is counted of a call: one end state, a wait class, a duration class. Never content.

Each call adds one to a few one-way counters of its hour. No counter crosses two
properties: at two calls a day a crossed counter is a person (domain.md §6). So `n` of
"end_state" adds up to calls presented, and nothing tells which wait went with which talk.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class EndState(StrEnum):
    """How a call ended, seen by the service; exactly one for each call presented."""

    SPOKE = "spoke"
    LEFT_IN_WELCOME = "left_in_welcome"
    LEFT_IN_LINE = "left_in_line"
    DIVERTED = "diverted"
    REFUSED = "refused"
    CARRIER_FAILED = "carrier_failed"


PRECEDENCE: Final = (
    EndState.SPOKE,
    EndState.DIVERTED,
    EndState.REFUSED,
    EndState.CARRIER_FAILED,
    EndState.LEFT_IN_WELCOME,
    EndState.LEFT_IN_LINE,
)
"""Design §5.6: when several would hold, the first of these is the end state."""

_LEFT = frozenset({EndState.LEFT_IN_WELCOME, EndState.LEFT_IN_LINE})

WAIT_CLASSES: Final = ("lt5", "lt20", "lt60", "lt180", "lt600", "ge600")
_WAIT_BOUNDS_S: Final = (5, 20, 60, 180, 600)
DURATION_CLASSES: Final = ("lt1", "lt15", "lt30", "lt60", "ge60")
_DURATION_BOUNDS_MIN: Final = (1, 15, 30, 60)


class Measure(StrEnum):
    """What a traffic row counts; its class is a line id, an end state or a class above."""

    PRESENTED = "presented"
    END_STATE = "end_state"
    WAIT_SPOKE = "wait_spoke"
    WAIT_LEFT = "wait_left"
    DURATION = "duration"


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What is known of one finished call. Classes are None where they were not measured."""

    end_state: EndState
    wait_class: str | None = None
    duration_class: str | None = None


@dataclass(frozen=True, slots=True)
class TrafficRow:
    """`n` more calls in class `cls` of `measure`, in the hour that began at `hour_utc`."""

    hour_utc: datetime
    measure: str
    cls: str
    n: int


def first_that_holds(states: Iterable[EndState]) -> EndState:
    """The end state among those that would hold. Raises ValueError when none does."""
    held = frozenset(states)
    for state in PRECEDENCE:
        if state in held:
            return state
    raise ValueError("a call ends in at least one state")


def wait_class(wait_ms: int) -> str:
    """The class of a wait; a negative one (clocks disagreed) counts as none."""
    return _class_of(wait_ms, [bound * 1_000 for bound in _WAIT_BOUNDS_S], WAIT_CLASSES)


def duration_class(duration_ms: int) -> str:
    """The class of a talk's length; a negative one counts as none."""
    return _class_of(duration_ms, [bound * 60_000 for bound in _DURATION_BOUNDS_MIN], DURATION_CLASSES)


def _class_of(value: int, bounds: list[int], classes: tuple[str, ...]) -> str:
    return classes[sum(value >= bound for bound in bounds)]


def rows_for(hour_utc: datetime, line: str, outcome: CallOutcome) -> tuple[TrafficRow, ...]:
    """The rows one call adds: presented and end state always, wait and duration where they apply.

    `hour_utc` is a whole hour in UTC, otherwise ValueError: a finer instant must not be
    stored. A duration is counted for those who spoke, a wait for those who spoke or left.
    """
    whole_hour = hour_utc.replace(minute=0, second=0, microsecond=0)
    if hour_utc.utcoffset() != timedelta(0) or hour_utc != whole_hour:
        raise ValueError("traffic is counted by whole hours in UTC")
    spoke = outcome.end_state is EndState.SPOKE
    counted = [(Measure.PRESENTED, line), (Measure.END_STATE, outcome.end_state.value)]
    if outcome.wait_class is not None and (spoke or outcome.end_state in _LEFT):
        measure = Measure.WAIT_SPOKE if spoke else Measure.WAIT_LEFT
        counted.append((measure, _known(outcome.wait_class, WAIT_CLASSES)))
    if outcome.duration_class is not None and spoke:
        counted.append((Measure.DURATION, _known(outcome.duration_class, DURATION_CLASSES)))
    return tuple(TrafficRow(hour_utc, measure.value, cls, 1) for measure, cls in counted)


def _known(cls: str, classes: tuple[str, ...]) -> str:
    if cls not in classes:
        raise ValueError(f"{cls!r} is not one of {', '.join(classes)}")
    return cls


_UNKNOWN_LEG: Final = {
    # A completed call we never saw was answered by the fallback chain.
    "completed": EndState.DIVERTED,
    "no-answer": EndState.LEFT_IN_WELCOME,
    "busy": EndState.LEFT_IN_WELCOME,
    "canceled": EndState.LEFT_IN_WELCOME,
    "failed": EndState.CARRIER_FAILED,
}


def state_of_unknown_leg(carrier_status: str) -> EndState:
    """The end state of a finished inbound leg that has no record of ours (design §6).

    `carrier_status` is one of the carrier's final statuses; ValueError for any other.
    """
    try:
        return _UNKNOWN_LEG[carrier_status]
    except KeyError:
        raise ValueError(f"{carrier_status!r} is not a final status of a leg") from None
