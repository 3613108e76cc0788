"""What a caller in the queue hears now: the welcome, the wait, or the way out of the queue."""

from __future__ import annotations

from helpline.domain.alarms import AlarmKind
from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.errors import SessionUnreadable
from helpline.domain.ivr.flow import MOST_KEYS_KEPT, FlowSession
from helpline.domain.ivr.interpreter import Keys, Start, Step, WaitAgain
from helpline.domain.ivr.nodes import Outcome
from helpline.domain.verbs import Document
from helpline.ports import Change, LineView
from helpline.services import documents
from helpline.services.change_call import change_call
from helpline.services.offer_call import PRESENCES_ONLY, nobody_rings, somebody_is_there
from helpline.services.switchboard import Switchboard
from helpline.services.take_call import WELCOMED_MS, adopt_call
from helpline.services.watch_line import is_unanswered

ASKED_BEFORE_MS = 5_000
"""Longer than the first question takes, asked a second time after a time-out (4 s) included."""


def hold_call(sw: Switchboard, leg_id: str, line: str, waited_ms: int, digits: str = "") -> Document:
    """Answer `/voice/wait`. Raises LiveStateDown; then `wait_without_memory` is the answer.

    `digits` were pressed in what they just heard: the same request, so that whatever else
    has happened meanwhile (she accepted) is seen with it.
    """
    now_ms = sw.clock.now_ms()
    # Who has just come hears the welcome, whoever is there.
    seen = sw.calls.in_line(leg_id) if waited_ms else None
    call = seen[0] if seen else sw.calls.by_leg(leg_id)
    if call is None and digits:
        # How long they have waited is only certain when a document has run out: adopted then.
        return documents.still_here(sw.book)
    call = call or adopt_call(sw, leg_id, line, now_ms - waited_ms)
    if call is None or call.stage is Stage.ENDED:
        return documents.still_here(sw.book)
    if call.stage in (Stage.ALONE, Stage.LED_ON, Stage.CLOSING, Stage.MENU):
        call = _back_in_line(sw, call)
    if call.first_wait_ms is None and waited_ms >= ASKED_BEFORE_MS and not digits:
        call = _welcomed_before(sw, call, now_ms - waited_ms)
    if call.first_wait_ms is None:
        return _first_wait(sw, call, now_ms)
    if call.stage is not Stage.WAITING:
        # Accepted (or further on, and we are late): the queue's action says where to go.
        return documents.out_of_line()
    return _wait_on(sw, call, digits, now_ms, seen[1] if seen else sw.calls.line(PRESENCES_ONLY, now_ms))


def wait_without_memory(sw: Switchboard, waited_s: int, digits: str = "") -> Document:
    """`/voice/wait` while Redis is away: the welcome, the plain wait, after 45 s the way out."""
    if waited_s >= 45:
        return documents.out_of_line()
    if 1000 * waited_s < WELCOMED_MS and not digits:
        return documents.welcome(sw.book)
    return documents.still_here(sw.book)


def _back_in_line(sw: Switchboard, call: LiveCall) -> LiveCall:
    """They stayed and were put into the queue again: offered again, same place in the line."""

    def decide(now: LiveCall) -> Change | None:
        event = Event.ENQUEUED if now.stage in (Stage.LED_ON, Stage.MENU) else Event.BACK_IN_LINE
        return Change(event=event, set={"caller_in": False}, drop=("session", "to_partner"))

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


def _welcomed_before(sw: Switchboard, call: LiveCall, enqueued_ms: int) -> LiveCall:
    """They have stood in the queue for longer than its first question takes: another copy has welcomed them.

    Adopted within the first seconds of the welcome, from the carrier's list, which does not say what they hear.
    """

    def decide(now: LiveCall) -> Change | None:
        return (
            Change(set={"first_wait_ms": enqueued_ms}, drop=("session",))
            if now.first_wait_ms is None
            else None
        )

    change_call(sw, call, decide)
    return sw.calls.get(call.id) or call


def _wait_on(sw: Switchboard, call: LiveCall, digits: str, now_ms: int, view: LineView) -> Document:
    if call.to_partner:
        # Asked once more, the reply to that choice was lost: the same again.
        return documents.out_of_line()
    there = somebody_is_there(sw, view, call)
    if not (there or call.stays) or nobody_rings(sw, view, call, now_ms):
        return documents.out_of_line()
    unanswered = not digits and there and is_unanswered(sw, view, call, now_ms)
    if unanswered:
        sw.alarms.raise_alarm(AlarmKind.NOBODY_ANSWERS, now_ms)
    done = _heard_next(sw, call, digits, unanswered=unanswered, there=there)
    leaves = done.outcome is Outcome.PARTNER
    kept = Change(set=_kept(call, done, digits, unanswered=unanswered, to_partner=leaves))
    saved = change_call(sw, call, lambda now: kept if now.stage is Stage.WAITING else None)
    # Somebody accepted while we looked: do not make them wait another document.
    return documents.out_of_line() if saved is None or leaves else done.document


def _heard_next(sw: Switchboard, call: LiveCall, digits: str, *, unanswered: bool, there: bool) -> Step:
    # Recorded at another door (attack mode), a call may not know its wait.
    ordinary = Start(call.wait_flow or documents.WAIT_FLOW)
    if unanswered and documents.UNANSWERED_FLOW in sw.book.flows:
        start = Start(documents.UNANSWERED_FLOW)
        return documents.next_wait(sw.book, start, "", plain=call.plain, rung=call.partner_rung)
    given: Start | WaitAgain | Keys = Keys(digits) if digits else WaitAgain()
    given = given if call.session else ordinary
    done = documents.next_wait(sw.book, given, call.session, plain=call.plain, rung=call.partner_rung)
    # Nobody is told that a psychologist is being called while there is none, nor the reverse.
    in_flow = done.session.flow if done.session else ""
    if not there and in_flow in (call.wait_flow, documents.WAIT_FLOW):
        return documents.next_wait(sw.book, Start(documents.ALONE_FLOW), "", plain=call.plain)
    if there and in_flow == documents.ALONE_FLOW:
        return documents.next_wait(sw.book, ordinary, "", plain=call.plain)
    return done


def _kept(
    call: LiveCall, done: Step, digits: str, *, unanswered: bool, to_partner: bool
) -> dict[str, str | int | bool]:
    """What is written of one step in the line: where they stand in the flow, and what they chose."""
    session = done.session.to_text() if done.session else ""
    kept: dict[str, str | int | bool] = {"session": session}
    if unanswered:
        kept["told_unanswered"] = True
    if to_partner:
        kept["to_partner"] = True
    if digits and done.session is not None and done.session.keys != _keys_of(call.session):
        kept["keys"] = ",".join((*call.keys, done.session.keys[-1])[-MOST_KEYS_KEPT:])
    return kept


def _keys_of(session: str) -> tuple[str, ...]:
    try:
        return FlowSession.from_text(session).keys
    except SessionUnreadable:
        return ()
