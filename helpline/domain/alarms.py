"""Alarms: what somebody who watches over the line must know at once. No person, no call is in one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AlarmKind(StrEnum):
    """What is wrong. One alarm of a kind stands at a time, from when it was first raised."""

    NOBODY_ON_DUTY = "nobody_on_duty"
    """A caller arrived and nobody could be rung for them."""
    NOBODY_ANSWERS = "nobody_answers"
    """A caller waits, everybody who may be rung was rung, nobody took the call."""
    LINE_FULL = "line_full"
    """As many callers wait as may; who comes now is told where else to turn."""
    LAST_ENDPOINT_DOES_NOT_ANSWER = "last_endpoint_does_not_answer"
    """The one telephone or browser that still rings has missed two calls in a row."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One standing alarm, since `since_ms`."""

    kind: AlarmKind
    since_ms: int
