"""A key pressed by a caller inside a flow, before the line or after it: go on where the flow leads.

Keys in the line come to `/voice/wait` (`hold_call.py`), because only a wait document may
answer them there.
"""

from __future__ import annotations

from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.errors import FlowError
from helpline.domain.ivr.flow import MOST_KEYS_KEPT, FlowKind, FlowSession
from helpline.domain.ivr.interpreter import Keys, Silence, Step, step
from helpline.domain.ivr.nodes import Outcome
from helpline.domain.verbs import Document
from helpline.ports import Change
from helpline.services import documents
from helpline.services.change_call import change_call
from helpline.services.switchboard import Switchboard, partner_of
from helpline.services.take_call import admit_call, enter_by_key, refuse_call

_ASKED = (Stage.MENU, Stage.LED_ON)


def press_key(sw: Switchboard, leg_id: str, digits: str) -> Document:
    """Answer `/voice/keys`. Anything unexpected leads into the line. Raises LiveStateDown."""
    call = sw.calls.by_leg(leg_id) if leg_id else None
    if call is None or call.stage not in _ASKED:
        return documents.in_line()
    if not call.session:
        return _once_more(sw, call)
    partner = partner_of(sw.book) is not None
    given = Keys(digits) if digits else Silence()
    try:
        at = FlowSession.from_text(call.session)
        done = step(sw.book.flows, at, given, FlowKind.CALL, partner=partner)
        if done.outcome is Outcome.PARTNER and call.partner_rung and not digits:
            # Put through once without asking; after that the partner line rings for who asks for it.
            done = step(sw.book.flows, at, given, FlowKind.CALL, partner=False)
    except FlowError:
        return documents.in_line()
    return _go_on(sw, call, at, done)


def _once_more(sw: Switchboard, call: LiveCall) -> Document:
    """The flow is over for them, and its last answer was lost on the way: the same again, else into the line."""
    if call.to_partner:
        return documents.to_partner(sw.book, call.line)
    if call.refused:
        return documents.call_flow(sw.book, documents.FULL_FLOW).document
    return documents.in_line()


def _go_on(sw: Switchboard, call: LiveCall, at: FlowSession, done: Step) -> Document:
    keys = _chosen(call, at, done)
    match done.outcome:
        case Outcome.DECIDE:
            return admit_call(sw, call, keys)
        case Outcome.STAY:
            _change(sw, call, Change(event=Event.ENQUEUED, set={"stays": True, "session": ""}))
            return documents.in_line()
        case Outcome.PARTNER:
            event = Event.LED_ON if call.stage is Stage.MENU else None
            rung: dict[str, str | int | bool] = {"led_on": True, "to_partner": True, "partner_rung": True}
            _change(sw, call, Change(event=event, set={**rung, "session": ""}))
            return documents.to_partner(sw.book, call.line, done.document)
    if call.stage is Stage.MENU and done.session is None and at.flow == documents.FILTER_FLOW:
        return refuse_call(sw, call, done.document)
    kept: dict[str, str | int | bool] = {
        "session": done.session.to_text() if done.session else "",
        "keys": ",".join(keys),
    }
    if call.stage is Stage.MENU and done.enqueue is not None:
        wait = {"wait_flow": call.wait_flow or done.enqueue.wait}
        return enter_by_key(sw, call, {**kept, **wait}, done.document)
    over = call.stage is Stage.MENU and done.session is None
    led_on = Change(event=Event.LED_ON, set={"led_on": True, "session": ""})
    _change(sw, call, led_on if over else Change(set=kept))
    return done.document


def _chosen(call: LiveCall, at: FlowSession, done: Step) -> tuple[str, ...]:
    """What the caller has chosen by key so far, the one just pressed included if it meant something."""
    meant = done.session.keys[-1:] if done.session is not None and done.session.keys != at.keys else ()
    return (*call.keys, *meant)[-MOST_KEYS_KEPT:]


def _change(sw: Switchboard, call: LiveCall, change: Change) -> None:
    change_call(sw, call, lambda now: change if now.stage is call.stage else None)
