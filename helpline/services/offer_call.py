"""Find psychologists for the callers who wait: one round of offers.

A round reads the head of the line and everybody's presence in one step, decides with
the pure `plan_offers`, and lets Redis take the first free ones. It may run in any
process at any time, twice or at once: the store counts again before it makes an offer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from helpline.domain.call import LiveCall
from helpline.domain.people import EndpointKind
from helpline.domain.presence import Presence, State
from helpline.domain.ring_plan import plan_from_text
from helpline.domain.waiting import Candidate, Waiting, Wanted, ever_reached, next_step_ms, plan_offers
from helpline.ports import LineView
from helpline.services.switchboard import Switchboard

GIVE_UP_MS = 90_000
"""How long a caller may wait without anybody having been rung though somebody is free."""

NOT_CARRIED_OUT_MS = 30_000
"""An effect overdue for so long: no process takes any, whatever was rung before."""

_FREE = (State.AVAILABLE, State.RINGING)

HEAD_OF_LINE = 50
"""Callers of each need looked at in one round; more than this many psychologists are never free."""

PRESENCES_ONLY = 0
"""For who asks about people, not about the line: reading fifty callers costs more than all else in a webhook."""


def offer_round(sw: Switchboard, now_ms: int) -> int:
    """Make every offer that is due now. Returns how many were made. Raises LiveStateDown."""
    view = sw.calls.line(HEAD_OF_LINE, now_ms, of_each_need=True)
    if not view.ready or not view.waiting:
        return 0
    made = 0
    live = {call.call: call.live_offers for call in view.waiting}
    for wanted in _plan(sw, view, view.waiting, now_ms):
        made += len(sw.offers.make(wanted, live[wanted.call], new_attempts(sw, wanted), now_ms))
    _come_back(sw, view, now_ms)
    return made


def wanted_for(sw: Switchboard, view: LineView, newcomer: Waiting, now_ms: int) -> Wanted | None:
    """The first offers of a call that is just arriving, behind those already waiting."""
    line = (*view.waiting, newcomer)
    planned = _plan(sw, view, line, now_ms)
    return next((wanted for wanted in planned if wanted.call == newcomer.call), None)


def _plan(sw: Switchboard, view: LineView, line: Sequence[Waiting], now_ms: int) -> tuple[Wanted, ...]:
    return plan_offers(line, candidates(sw, view.presences), now_ms, sw.book.rules.at_once_max)


def new_attempts(sw: Switchboard, wanted: Wanted | None) -> list[str]:
    return [sw.chance.new_id() for _ in range(wanted.how_many)] if wanted else []


def candidates(sw: Switchboard, presences: Mapping[str, Presence]) -> list[Candidate]:
    """Everybody of the roster who has a presence and something to ring.

    Endpoints in the roster's order, but her browser first while her desk is open in it:
    there she sits. One that has gone all the same ends at once, and the next is rung.
    """
    return list(_each_candidate(sw, presences))


def _each_candidate(sw: Switchboard, presences: Mapping[str, Presence]) -> Iterator[Candidate]:
    now_ms = sw.clock.now_ms()
    for person in sw.book.roster.psychologists:
        presence = presences.get(person.id)
        if presence is not None and person.endpoints:
            order = person.endpoints
            if presence.browser_until_ms > now_ms:
                order = tuple(sorted(order, key=lambda e: e.kind is not EndpointKind.CLIENT))
            endpoints = tuple([endpoint.id for endpoint in order])
            yield Candidate(presence, endpoints, person.skills, person.handle)


def somebody_is_there(sw: Switchboard, view: LineView, call: LiveCall) -> bool:
    """Could anyone ever be rung for this call, however busy they are? No epoch counts as yes.

    Signed on, with something to ring, able to do what the call needs, and reached sooner
    or later by the call's plan.
    """
    if not view.ready:
        return True
    plan = plan_from_text(call.plan)
    return any(ever_reached(plan, call.skills, (one,)) for one in _each_candidate(sw, view.presences))


def nobody_rings(sw: Switchboard, view: LineView, call: LiveCall, now_ms: int) -> bool:
    """Has this caller waited long while nothing of ours could ring anybody free?

    True when the effects or the clock are away: offers are not made, or made and never
    ordered. Then the carrier alone has to find somebody.
    """
    if now_ms - call.arrived_ms < GIVE_UP_MS:
        return False
    if not view.ready:
        return True
    was_rung = any(offer.sent_ms is not None for offer in sw.offers.of_call(call.id))
    if was_rung and now_ms - (sw.due.next_due() or now_ms) < NOT_CARRIED_OUT_MS:
        return False
    waited_ms = now_ms - call.arrived_ms
    reached = tuple(step for step in plan_from_text(call.plan) if 1000 * step.after_s <= waited_ms)
    people = ever_reached(reached, call.skills, candidates(sw, view.presences))
    free = [c for c in people if c.presence.state in _FREE]
    return is_at_the_head(sw, call, free, now_ms)


def is_at_the_head(sw: Switchboard, call: LiveCall, could: Sequence[Candidate], now_ms: int) -> bool:
    """Among the first callers that `could` may be rung for, one for each of them: none of these goes unrung for.

    Who stands further back waits because others were there before, whatever that takes. Callers who
    need somebody else are no such others.
    """
    if not could:
        return False
    line = sw.calls.line(len(could), now_ms, of_each_need=True).waiting
    same = sorted((one.key_ms, one.call) for one in line if ever_reached(one.plan, one.skills, could))
    return any(first == call.id for _, first in same[: len(could)])


def _come_back(sw: Switchboard, view: LineView, now_ms: int) -> None:
    """Ask for the next round when a plan widens or a cool-down ends."""
    moments = [at for call in view.waiting if (at := next_step_ms(call, now_ms)) is not None]
    if any(call.cooled for call in view.waiting):
        moments.append(now_ms + 1000)
    if moments:
        sw.due.put("match", min(moments), now_ms)
