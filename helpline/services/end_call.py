"""A call is over: one end state, its classes, a random receipt; everybody else is freed.

May run many times for one call (callback, queue action, reconciler, sweep): only the
first writes. The record stays until the carrier's own record is counted and erased.
"""

from __future__ import annotations

from helpline.domain.call import Event, LiveCall, outcome_of
from helpline.ports import Change
from helpline.services.change_call import change_call
from helpline.services.note_fiche import open_fiche
from helpline.services.switchboard import Switchboard


def end_call(sw: Switchboard, call: LiveCall, ended_ms: int) -> bool:
    """The caller's leg has ended at `ended_ms`. False when that was known. Raises LiveStateDown.

    The fiche is seen to each time, known or not: whoever ended the call first may have
    died before it.
    """
    ended = change_call(sw, call, lambda now: _ending(sw, now, ended_ms))
    if ended is not None:
        over, over_ms = ended, ended_ms
    else:
        found = sw.calls.get(call.id)
        if found is None or found.ended_ms is None:
            return False
        over, over_ms = found, found.ended_ms
    if over.spoke_ms is not None:
        _leave_fiche(sw, over, over_ms)
    return ended is not None


def _leave_fiche(sw: Switchboard, call: LiveCall, ended_ms: int) -> None:
    """Give the fiche of a talk its sealing time; one that was never opened is opened first."""
    now_ms = sw.clock.now_ms()
    if call.psychologist:
        open_fiche(sw.fiches, sw.chance, call.id, call.psychologist, now_ms)
    sw.fiches.call_is_over(call.id, now_ms, ended_ms + sw.times.seal_after_ms)


def end_by_leg(sw: Switchboard, leg_id: str, ended_ms: int) -> bool:
    """`end_call` for a carrier leg; False when it is not a call of ours."""
    call = sw.calls.by_leg(leg_id)
    return call is not None and end_call(sw, call, ended_ms)


def _ending(sw: Switchboard, call: LiveCall, ended_ms: int) -> Change:
    outcome = outcome_of(call, ended_ms, sw.times.welcome_ms)
    written: dict[str, str | int | bool] = {
        "end_state": outcome.end_state.value,
        "receipt": sw.chance.new_id(),
        "ended_ms": ended_ms,
    }
    if outcome.wait_class:
        written["wait_class"] = outcome.wait_class
    if outcome.duration_class:
        written["duration_class"] = outcome.duration_class
    return Change(
        event=Event.GONE,
        set=written,
        drop=("session", "keys", "skills", "plan", "first_choice"),
        release=True,
    )
