"""Find psychologists for the callers who wait: one round of offers.

A round reads the head of the line and everybody's presence in one step, decides with
the pure `plan_offers`, and lets Redis take the first free ones. It may run in any
process at any time, twice or at once: the store counts again before it makes an offer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpline.domain.presence import Presence, State
from helpline.domain.waiting import (
    Candidate,
    Waiting,
    Wanted,
    next_step_ms,
    plan_offers,
)
from helpline.ports import LineView
from helpline.services.switchboard import Switchboard

HEAD_OF_LINE = 50
"""Callers looked at in one round; more than this many psychologists are never free."""


def offer_round(sw: Switchboard, now_ms: int) -> int:
    """Make every offer that is due now. Returns how many were made. Raises LiveStateDown."""
    view = sw.calls.line(HEAD_OF_LINE, now_ms)
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
    """Everybody of the roster who has a presence and something to ring."""
    found = []
    for person in sw.book.roster.psychologists:
        presence = presences.get(person.id)
        if presence is not None and person.endpoints:
            endpoints = tuple(endpoint.id for endpoint in person.endpoints)
            found.append(Candidate(presence, endpoints, person.skills))
    return found


def somebody_is_there(sw: Switchboard, view: LineView) -> bool:
    """Is anyone on duty or on standby, however busy? Unknown (no epoch) counts as yes."""
    if not view.ready:
        return True
    known = {person.id for person in sw.book.roster.psychologists}
    return any(p.state is not State.OFFLINE and who in known for who, p in view.presences.items())


def _come_back(sw: Switchboard, view: LineView, now_ms: int) -> None:
    """Ask for the next round when a plan widens or a cool-down ends."""
    moments = [at for call in view.waiting if (at := next_step_ms(call, now_ms)) is not None]
    if any(call.cooled for call in view.waiting):
        moments.append(now_ms + 1000)
    if moments:
        sw.due.put("match", min(moments), now_ms)
