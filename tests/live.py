"""Every call of the working copy that has not ended, whole: for tests, few as their calls are."""

from __future__ import annotations

from helpline.domain.call import LiveCall
from helpline.ports import LiveCalls


def live(calls: LiveCalls) -> list[LiveCall]:
    roll = calls.roll()
    waiting = (calls.by_leg(leg_id) for leg_id in roll.just_wait)
    return sorted([*roll.others, *filter(None, waiting)], key=lambda call: call.id)
