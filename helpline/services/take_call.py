"""A call arrives: decide, record it with its first offers in one step, say where to go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from helpline.domain.alarms import AlarmKind
from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.errors import SessionUnreadable
from helpline.domain.ivr.flow import FlowKind, FlowSession
from helpline.domain.ivr.interpreter import Start, Step, step
from helpline.domain.ring_plan import plan_from_text, plan_to_text, with_wrap_up
from helpline.domain.routing.decide import Decision, decide
from helpline.domain.verbs import Document
from helpline.domain.waiting import Waiting
from helpline.ports import Change, Gate, Reception
from helpline.services import documents
from helpline.services.change_call import change_call
from helpline.services.offer_call import (
    HEAD_OF_LINE,
    PRESENCES_ONLY,
    new_attempts,
    somebody_is_there,
    wanted_for,
)
from helpline.services.switchboard import Switchboard, facts_of
from helpline.services.watch_line import watch_duty

WELCOMED_MS = 2_000
"""Who stands in the carrier's queue for longer is in the welcome, or has heard it."""


def take_call(sw: Switchboard, leg_id: str, line: str) -> Document:
    """Answer `/voice/incoming`. Asked twice for one call, it says the same again.

    Raises LiveStateDown; then `document_without_memory` is the answer.
    """
    now_ms, book = sw.clock.now_ms(), sw.book
    people = len(book.roster.psychologists)
    found = sw.calls.reception(leg_id, HEAD_OF_LINE, book.rules.waiting_max, people, now_ms)
    if found.known is not None:
        return _again(sw, found.known)
    decision = _decide(sw, line, now_ms)
    if found.gate.attack_until_ms is not None and documents.FILTER_FLOW in sw.book.flows:
        decision = replace(decision, flow=documents.FILTER_FLOW)
    begun = _begin(sw, decision)
    call = _record(sw, leg_id, line, decision, begun, now_ms)
    if begun.enqueue is None:
        stage = Stage.MENU if begun.session is not None else Stage.LED_ON
        sw.calls.arrive(replace(call, stage=stage, led_on=stage is Stage.LED_ON), None, (), now_ms)
        return begun.document
    return _enter_line(sw, call, found, now_ms)


def admit_call(sw: Switchboard, call: LiveCall, keys: tuple[str, ...]) -> Document:
    """A key was pressed where a flow asked for one before the rules: now they are asked.

    The call is recorded already; entering the line makes a round of offers due at once.
    """
    now_ms = sw.clock.now_ms()
    decision = decide(sw.book.rules, facts_of(sw, call.line, keys, now_ms))
    begun = _begin(sw, decision)
    if begun.enqueue is None:
        kept = {"session": begun.session.to_text() if begun.session else ""}
        change_call(sw, call, lambda now: Change(set=kept) if now.stage is Stage.MENU else None)
        return begun.document
    ruled = _record(sw, call.leg_id, call.line, decision, begun, call.arrived_ms)
    view = sw.calls.line(PRESENCES_ONLY, now_ms)
    watch_duty(sw, view, now_ms)
    if _is_full(sw, sw.calls.gate(now_ms), now_ms):
        return refuse_call(sw, call)
    if not somebody_is_there(sw, view, ruled):
        document, session = documents.way_on(sw.book, ruled.nobody_flow, call.line)
        rung = documents.rings_partner(document)
        kept_on: dict[str, str | int | bool] = {"led_on": True, "session": session, "partner_rung": rung}
        led_on = Change(event=Event.LED_ON, set=kept_on)
        change_call(sw, call, lambda now: led_on if now.stage is Stage.MENU else None)
        return document
    return enter_by_key(sw, call, {**_ruled_by(ruled), "keys": ",".join(keys)})


def enter_by_key(
    sw: Switchboard, call: LiveCall, kept: Mapping[str, str | int | bool], document: Document = ()
) -> Document:
    """A key led from a menu into the line, by `document`, if there is room; `kept` is written with it."""
    most = sw.book.rules.waiting_max
    entered = Change(event=Event.ENQUEUED, set=kept, most_waiting=most)
    change_call(sw, call, lambda now: entered if now.stage is Stage.MENU else None)
    after = sw.calls.get(call.id)
    if after is not None and after.stage is Stage.MENU:
        # The line was full in that very step; whether it still is does not matter, since nothing of theirs was written.
        sw.alarms.raise_alarm(AlarmKind.LINE_FULL, sw.clock.now_ms())
        return refuse_call(sw, call)
    return document or documents.in_line()


def _ruled_by(call: LiveCall) -> dict[str, str | int | bool]:
    """What the rules decide of a call, as it is written on one recorded before they were asked."""
    return {
        "rule": call.rule,
        "bonus_s": call.bonus_s,
        "line_key_ms": call.line_key_ms,
        "wait_flow": call.wait_flow,
        "nobody_flow": call.nobody_flow,
        "offer_flow": call.offer_flow,
        "plan": call.plan,
        "skills": ",".join(call.skills),
        "session": call.session,
    }


def refuse_call(sw: Switchboard, call: LiveCall, document: Document = ()) -> Document:
    """Not admitted: the spoken alternative, `document` or that of a full line. For a recorded call."""
    refused = Change(event=Event.LED_ON, set={"refused": True, "session": ""})
    change_call(sw, call, lambda now: refused if now.stage is Stage.MENU else None)
    return document or documents.call_flow(sw.book, documents.FULL_FLOW).document


def adopt_call(
    sw: Switchboard, leg_id: str, line: str, arrived_ms: int, *, rough: bool = True
) -> LiveCall | None:
    """A live call we do not know: same line, its arrival at the carrier as the carrier says.

    `rough`: as a request says it, in whole seconds; the carrier's list puts it right (`keep_order`).

    It is not confirmed: the first order for it asks the carrier whether it exists.
    None when somebody else just recorded it under stress; the next request finds it.
    """
    now_ms = sw.clock.now_ms()
    decision = _decide(sw, line, now_ms)
    call = _record(sw, leg_id, line, decision, _begin(sw, decision), min(arrived_ms, now_ms))
    if now_ms - call.arrived_ms >= WELCOMED_MS:
        call = replace(call, first_wait_ms=call.arrived_ms, session="")
    call = replace(call, rough=rough)
    # They stand in the carrier's queue already: that the line is full is no reason any more.
    _enter_line(sw, call, None, now_ms)
    return sw.calls.by_leg(leg_id)


def keep_order(sw: Switchboard, call: LiveCall, enqueued_ms: int) -> None:
    """Give a roughly adopted call the arrival that the carrier's list has: its place among all who wait."""
    exact = replace(call, arrived_ms=enqueued_ms)
    put = {"arrived_ms": enqueued_ms, "line_key_ms": exact.line_key_ms, "rough": False}
    change_call(sw, call, lambda now: Change(set=put) if now.rough else None)


def ruled_call(sw: Switchboard, leg_id: str, line: str, arrived_ms: int) -> LiveCall:
    """The record of a call found in the middle of its life, ruled like one that just arrived."""
    decision = _decide(sw, line, sw.clock.now_ms())
    call = _record(sw, leg_id, line, decision, _begin(sw, decision), arrived_ms)
    return replace(call, confirmed=True, first_wait_ms=arrived_ms, session="")


def document_without_memory(sw: Switchboard, line: str) -> Document:
    """`/voice/incoming` while Redis is away: into the carrier's queue, adopted later."""
    begun = _begin(sw, _decide(sw, line, sw.clock.now_ms()))
    return documents.in_line() if begun.enqueue is not None else begun.document


def _enter_line(sw: Switchboard, call: LiveCall, found: Reception | None, now_ms: int) -> Document:
    """Put a call into the line with its first offers; or lead on when it is full or nobody is there.

    `found` None: whoever it is stands in the carrier's queue already and is not turned away.
    """
    if found is not None and _is_full(sw, found.gate, now_ms):
        return _turn_away(sw, call, now_ms)
    view = found.view if found is not None else None
    planned = view is None or (found is not None and found.planned)
    view = view or sw.calls.line(HEAD_OF_LINE, now_ms, of_each_need=True)
    watch_duty(sw, view, now_ms)
    if not somebody_is_there(sw, view, call):
        document, session = documents.way_on(sw.book, call.nobody_flow, call.line)
        rung = documents.rings_partner(document)
        led_on = replace(call, stage=Stage.LED_ON, led_on=True, session=session, partner_rung=rung)
        sw.calls.arrive(led_on, None, (), now_ms)
        return document
    wanted = wanted_for(sw, view, waiting_of(call), now_ms) if planned and view.ready else None
    most = sw.book.rules.waiting_max if found is not None else 0
    came_in = sw.calls.arrive(call, wanted, new_attempts(sw, wanted), now_ms, most)
    if not came_in and sw.calls.by_leg(call.leg_id) is None:
        # Others took the last places since the gate was asked.
        sw.alarms.raise_alarm(AlarmKind.LINE_FULL, now_ms)
        return _turn_away(sw, call, now_ms)
    return documents.in_line()


def _turn_away(sw: Switchboard, call: LiveCall, now_ms: int) -> Document:
    """The line is full: the spoken alternative, for a call not recorded yet."""
    sw.calls.arrive(replace(call, stage=Stage.LED_ON, refused=True, session=""), None, (), now_ms)
    return documents.call_flow(sw.book, documents.FULL_FLOW).document


def _is_full(sw: Switchboard, gate: Gate, now_ms: int) -> bool:
    """By capacity, never by who calls. Looked at before anything that costs more than one question."""
    if gate.waiting < sw.book.rules.waiting_max:
        return False
    sw.alarms.raise_alarm(AlarmKind.LINE_FULL, now_ms)
    return True


def waiting_of(call: LiveCall) -> Waiting:
    """A call just recorded, as planning sees it."""
    return Waiting(call.id, call.line_key_ms, call.arrived_ms, plan_from_text(call.plan), call.skills)


def _decide(sw: Switchboard, line: str, now_ms: int) -> Decision:
    return decide(sw.book.rules, facts_of(sw, line, (), now_ms))


def _begin(sw: Switchboard, decision: Decision) -> Step:
    return step(sw.book.flows, None, Start(decision.flow), FlowKind.CALL)


def _again(sw: Switchboard, call: LiveCall) -> Document:
    """The same first document, for a request that came twice. Nothing changes."""
    if call.stage is Stage.LED_ON:
        flow = documents.FULL_FLOW if call.refused else call.nobody_flow
        return documents.way_on(sw.book, flow, call.line)[0]
    if call.stage is Stage.MENU:
        return documents.call_flow(sw.book, _flow_of(call.session)).document
    if call.stage is Stage.ENDED:
        return ()
    return documents.in_line()


def _flow_of(session: str) -> str:
    try:
        return FlowSession.from_text(session).flow
    except SessionUnreadable:
        return documents.CALL_FLOW


def _record(
    sw: Switchboard, leg_id: str, line: str, decision: Decision, begun: Step, arrived_ms: int
) -> LiveCall:
    plan = with_wrap_up(decision.ring_plan.steps, sw.book.rules.ring_s)
    wait_flow = decision.wait_flow or (begun.enqueue.wait if begun.enqueue else "")
    return LiveCall(
        id=sw.chance.new_id(),
        leg_id=leg_id,
        line=line,
        stage=Stage.WAITING,
        arrived_ms=arrived_ms,
        bonus_s=decision.bonus_s,
        rule=decision.rule,
        wait_flow=wait_flow,
        nobody_flow=decision.nobody_flow,
        offer_flow=decision.offer_flow,
        plan=plan_to_text(plan),
        skills=tuple(sorted(decision.skills)),
        session=begun.session.to_text() if begun.session else "",
    )
