"""A key pressed by a caller inside a flow: go on where the flow leads."""

from __future__ import annotations

from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.errors import FlowError
from helpline.domain.ivr.flow import MOST_KEYS_KEPT, FlowKind, FlowSession
from helpline.domain.ivr.interpreter import Keys, Silence, Step, step
from helpline.domain.verbs import Document
from helpline.ports import Change
from helpline.services import documents
from helpline.services.change_call import change_call
from helpline.services.switchboard import Switchboard


def press_key(sw: Switchboard, leg_id: str, digits: str) -> Document:
    """Answer `/voice/keys`. Anything unexpected leads into the line. Raises LiveStateDown."""
    call = sw.calls.by_leg(leg_id) if leg_id else None
    if call is None or not call.session:
        return documents.in_line()
    kind = FlowKind.WAIT if call.stage is Stage.WAITING else FlowKind.CALL
    try:
        at = FlowSession.from_text(call.session)
        done = step(sw.book.flows, at, Keys(digits) if digits else Silence(), kind)
    except FlowError:
        return documents.in_line()
    _keep(sw, call, done, _meant(at, done))
    return done.document


def _meant(at: FlowSession, done: Step) -> str | None:
    """The key that was pressed, if it led somewhere."""
    return done.session.keys[-1] if done.session is not None and done.session.keys != at.keys else None


def _keep(sw: Switchboard, call: LiveCall, done: Step, key: str | None) -> None:
    session = done.session.to_text() if done.session else ""

    def decide(now: LiveCall) -> Change | None:
        chosen = (*now.keys, key) if key else now.keys
        kept = {"session": session, "keys": ",".join(chosen[-MOST_KEYS_KEPT:])}
        if now.stage is Stage.MENU and done.enqueue is not None:
            wait_flow = now.wait_flow or done.enqueue.wait
            return Change(event=Event.ENQUEUED, set={**kept, "wait_flow": wait_flow})
        if now.stage is Stage.MENU and done.session is None:
            return Change(event=Event.LED_ON, set={"led_on": True})
        return Change(set=kept)

    change_call(sw, call, decide)
