"""A call is over: one end state, its classes, a random receipt; everybody else is freed.

May run many times for one call (callback, queue action, reconciler, sweep): only the
first writes. The record stays until the carrier's own record is counted and erased.
"""

from __future__ import annotations

from helpline.domain.call import Event, LiveCall, outcome_of
from helpline.ports import Change
from helpline.services.change_call import change_call
from helpline.services.note_fiche import new_fiche
from helpline.services.switchboard import Switchboard


def end_call(sw: Switchboard, call: LiveCall, ended_ms: int) -> bool:
    """The caller's leg has ended at `ended_ms`. False when that was known. Raises LiveStateDown.

    The fiche is given its sealing time in the same step, and asked for once more when the end
    was known: the reconciler may have opened one for a talk that ended under its eyes.
    """
    if change_call(sw, call, lambda now: _ending(sw, now, ended_ms)) is not None:
        return True
    found = sw.calls.get(call.id)
    if found is not None and found.ended_ms is not None and found.spoke_ms is not None:
        sw.fiches.call_is_over(found.id, sw.clock.now_ms(), found.ended_ms + sw.times.seal_after_ms)
    return False


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
    spoke = call.spoke_ms is not None
    return Change(
        event=Event.GONE,
        set=written,
        drop=("session", "keys", "skills", "plan", "first_choice"),
        release=True,
        # One that was never opened is opened first.
        fiche=new_fiche(sw.chance, call.id, call.psychologist) if spoke and call.psychologist else None,
        seal_at_ms=ended_ms + sw.times.seal_after_ms if spoke else None,
    )
