"""What is wrong with the line as a whole: raised where it is met, taken back here when it is over."""

from __future__ import annotations

from helpline.domain.alarms import AlarmKind
from helpline.domain.call import LiveCall, Stage
from helpline.domain.people import Tier
from helpline.domain.presence import State
from helpline.domain.ring_plan import plan_from_text
from helpline.domain.waiting import ever_reached
from helpline.ports import LineView
from helpline.services.offer_call import PRESENCES_ONLY, candidates, is_at_the_head
from helpline.services.switchboard import Switchboard

_COULD_ANSWER = (State.AVAILABLE, State.RINGING, State.BREAK)
_CAN_BE_RUNG = (State.AVAILABLE, State.RINGING, State.WRAP_UP)


def is_unanswered(sw: Switchboard, view: LineView, call: LiveCall, now_ms: int) -> bool:
    """Somebody could have answered this caller for `unanswered_s`, nobody has, and they were not told yet.

    It is about who is at the head of the line: behind them a wait has another reason. While everybody is talking or coding the wait is what it is; that is another matter.
    """
    if call.told_unanswered or call.spoke_ms is not None or not view.ready:
        return False
    if now_ms - call.arrived_ms < 1000 * sw.book.rules.unanswered_s:
        return False
    people = ever_reached(plan_from_text(call.plan), call.skills, candidates(sw, view.presences))
    could = [c for c in people if c.presence.state in _COULD_ANSWER]
    return is_at_the_head(sw, call, could, now_ms)


def watch_duty(sw: Switchboard, view: LineView, now_ms: int) -> None:
    """A call has come: alarm when nobody on duty is signed on, standby or not."""
    if view.ready and not _on_duty(sw, view):
        sw.alarms.raise_alarm(AlarmKind.NOBODY_ON_DUTY, now_ms)


def take_back_alarms(sw: Switchboard, now_ms: int) -> None:
    """What is over is taken back. Raises LiveStateDown."""
    standing = {alarm.kind for alarm in sw.alarms.standing()}
    if AlarmKind.NOBODY_ON_DUTY in standing and _on_duty(sw, sw.calls.line(PRESENCES_ONLY, now_ms)):
        sw.alarms.clear(AlarmKind.NOBODY_ON_DUTY, now_ms)
    if AlarmKind.NOBODY_ANSWERS in standing and not any(_told(call) for call in sw.calls.roll().others):
        sw.alarms.clear(AlarmKind.NOBODY_ANSWERS, now_ms)
    last = AlarmKind.LAST_ENDPOINT_DOES_NOT_ANSWER
    if last in standing and not _only_who_missed(sw, sw.calls.line(PRESENCES_ONLY, now_ms)):
        sw.alarms.clear(last, now_ms)
    room = 5 * sw.calls.gate(now_ms).waiting < 4 * sw.book.rules.waiting_max
    if AlarmKind.LINE_FULL in standing and room:
        sw.alarms.clear(AlarmKind.LINE_FULL, now_ms)


def _told(call: LiveCall) -> bool:
    return call.stage is Stage.WAITING and call.told_unanswered


def _only_who_missed(sw: Switchboard, view: LineView) -> bool:
    """Is somebody there to be rung, and nobody but those whose last ring went unanswered?"""
    rung = [c.presence for c in candidates(sw, view.presences) if c.presence.state in _CAN_BE_RUNG]
    return bool(rung) and all(presence.missed_in_row for presence in rung)


def _on_duty(sw: Switchboard, view: LineView) -> bool:
    found = ((person, view.presences.get(person.id)) for person in sw.book.roster.psychologists)
    return any(
        presence.tier is Tier.ON_DUTY and presence.state is not State.OFFLINE
        for person, presence in found
        if presence is not None and person.endpoints
    )
