"""What a caller in the queue hears now: the welcome, the wait, or the way out of the queue."""

from __future__ import annotations

from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.verbs import Document
from helpline.ports import Change
from helpline.services import documents
from helpline.services.change_call import change_call
from helpline.services.offer_call import HEAD_OF_LINE, nobody_rings, somebody_is_there
from helpline.services.switchboard import Switchboard
from helpline.services.take_call import WELCOMED_MS, adopt_call


def hold_call(sw: Switchboard, leg_id: str, line: str, waited_ms: int) -> Document:
    """Answer `/voice/wait`. Raises LiveStateDown; then `wait_without_memory` is the answer."""
    now_ms = sw.clock.now_ms()
    call = sw.calls.by_leg(leg_id) or adopt_call(sw, leg_id, line, now_ms - waited_ms)
    if call is None or call.stage is Stage.ENDED:
        return documents.next_wait(sw.book, "", "", plain=True)[0]
    if call.stage in (Stage.ALONE, Stage.LED_ON, Stage.CLOSING, Stage.MENU):
        call = _back_in_line(sw, call)
    if call.first_wait_ms is None:
        return _first_wait(sw, call, now_ms)
    if call.stage is not Stage.WAITING:
        # Accepted (or further on, and we are late): the queue's action says where to go.
        return documents.out_of_line()
    return _wait_on(sw, call, now_ms)


def wait_without_memory(sw: Switchboard, waited_s: int) -> Document:
    """`/voice/wait` while Redis is away: the welcome, the plain wait, after 45 s the way out."""
    if waited_s >= 45:
        return documents.out_of_line()
    if 1000 * waited_s < WELCOMED_MS:
        return documents.welcome(sw.book)
    return documents.next_wait(sw.book, "", "", plain=True)[0]


def _back_in_line(sw: Switchboard, call: LiveCall) -> LiveCall:
    """They stayed and were put into the queue again: offered again, same place in the line."""

    def decide(now: LiveCall) -> Change | None:
        event = Event.ENQUEUED if now.stage in (Stage.LED_ON, Stage.MENU) else Event.BACK_IN_LINE
        return Change(event=event, set={"caller_in": False})

    change_call(sw, call, decide)
    return sw.calls.get(call.id) or call


def _first_wait(sw: Switchboard, call: LiveCall, now_ms: int) -> Document:
    """The first wait document is the welcome, whoever has accepted meanwhile.

    The move of a call accepted this early becomes due when the welcome has been heard.
    """

    def decide(now: LiveCall) -> Change | None:
        due = ((f"move:{now.id}", now_ms + sw.times.welcome_ms),) if now.stage is Stage.CLAIMED else ()
        return Change(set={"first_wait_ms": now_ms}, drop=("session",), effects=due)

    change_call(sw, call, decide)
    return documents.welcome(sw.book, call.session)


def _wait_on(sw: Switchboard, call: LiveCall, now_ms: int) -> Document:
    view = sw.calls.line(HEAD_OF_LINE, now_ms)
    if not somebody_is_there(sw, view, call) or nobody_rings(sw, view, call, now_ms):
        return documents.out_of_line()
    document, session = documents.next_wait(sw.book, call.wait_flow, call.session, call.plain)

    def decide(now: LiveCall) -> Change | None:
        return Change(set={"session": session}) if now.stage is Stage.WAITING else None

    # Somebody accepted while we looked: do not make them wait another document.
    return document if change_call(sw, call, decide) is not None else documents.out_of_line()
