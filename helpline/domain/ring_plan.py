"""A ring plan: from which second of waiting on who may be rung. Pure.

Steps add up: whoever a step reached stays reached. A step names people by what they are
(`on_duty`, `standby`), by a skill (those on duty who have it) or one by one (`named`, in
whatever tier they are signed on). `wrap_up` reaches nobody new: from it on, those whom
another step reaches may also be rung out of the time they have for coding.

On a call a plan is one short text, `0:on_duty:25;20:skill:25:internes;30:named:25:vera,bruno`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

WRAP_UP_AFTER_S: Final = 45
"""From then on those in their wrap-up may be rung, where a rule says nothing of it."""


class Who(StrEnum):
    """Whom a step reaches."""

    ON_DUTY = "on_duty"
    STANDBY = "standby"
    SKILL = "skill"
    NAMED = "named"
    WRAP_UP = "wrap_up"


@dataclass(frozen=True, slots=True)
class RingStep:
    """From `after_s` seconds of waiting on, `who` may be rung, each for `for_s` seconds.

    `names`: for `skill` the code of one skill, for `named` one or more handles, else none.
    """

    after_s: int
    who: Who
    for_s: int
    names: tuple[str, ...] = ()


Plan = tuple[RingStep, ...]


def with_wrap_up(plan: Sequence[RingStep], ring_s: int) -> Plan:
    """The plan with its step for those in wrap-up: its own, else the usual one."""
    if any(step.who is Who.WRAP_UP for step in plan):
        return tuple(plan)
    usual = RingStep(WRAP_UP_AFTER_S, Who.WRAP_UP, ring_s)
    return tuple(sorted((*plan, usual), key=lambda step: step.after_s))


def plan_to_text(steps: Sequence[RingStep]) -> str:
    """Short enough to live on the call."""
    return ";".join(_step_to_text(step) for step in steps)


def _step_to_text(step: RingStep) -> str:
    text = f"{step.after_s}:{step.who.value}:{step.for_s}"
    return f"{text}:{','.join(step.names)}" if step.names else text


@lru_cache(maxsize=64)
def plan_from_text(text: str) -> Plan:
    """Raises ValueError for a text that `plan_to_text` has not written.

    Kept: a line has a handful of plans, and each waiting caller asks for theirs.
    """
    steps = []
    for part in filter(None, text.split(";")):
        after_s, who, for_s, *names = part.split(":")
        if len(names) > 1:
            raise ValueError("a step of a ring plan has too many parts")
        steps.append(
            RingStep(int(after_s), Who(who), int(for_s), tuple(",".join(names).split(",")) if names else ())
        )
    return tuple(steps)
