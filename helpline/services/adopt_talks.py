"""Talks and lonely callers in rooms the working copy does not know: after it was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from helpline.domain.call import LiveCall, Stage
from helpline.domain.offer import Offer, OfferState
from helpline.ports import CarrierLeg
from helpline.services.call_third import STRUCTURE
from helpline.services.keep_duty import duty_of
from helpline.services.note_fiche import open_fiche
from helpline.services.switchboard import Switchboard
from helpline.services.take_call import ruled_call


@dataclass(frozen=True, slots=True)
class _Inside:
    """Who is in a room: a caller, her who is in charge, and a third party."""

    caller: CarrierLeg
    hers: CarrierLeg | None
    third: CarrierLeg | None


def adopt_talks(
    sw: Switchboard, rooms: Mapping[str, tuple[str, ...]], legs: Mapping[str, CarrierLeg], now_ms: int
) -> int:
    """Recreate call and offers of every room that holds a caller. Returns how many calls.

    The room's name is the attempt, so later news of it finds its way again. What was coded
    so far is lost with the RAM it was in; a new fiche is opened. Call and offer are two
    writes: an offer that an earlier run did not get to is written by the next.
    """
    adopted = 0
    for attempt, members in sorted(rooms.items()):
        inside = _who_is_in([legs[leg_id] for leg_id in members if leg_id in legs])
        if inside is None:
            continue
        call = sw.calls.by_leg(inside.caller.leg_id)
        if call is None:
            call = _talk(sw, attempt, inside)
            sw.calls.arrive(call, None, (), now_ms)
            adopted += 1
        if inside.third is not None and call.third is not None:
            _restore_third(sw, call, inside.third, now_ms)
        if inside.hers is not None:
            _restore_offer(sw, call, attempt, inside.hers, now_ms)
        elif call.stage is Stage.ALONE:
            sw.due.put(f"speak:{call.id}", now_ms, now_ms)
    return adopted


def _who_is_in(inside: list[CarrierLeg]) -> _Inside | None:
    """None without a caller. Of two psychologists, the one who came first is in charge."""
    caller = next((leg for leg in inside if leg.inbound), None)
    ours = sorted((leg for leg in inside if leg.endpoint), key=lambda leg: leg.started_ms or 0)
    others = [*ours[1:], *(leg for leg in inside if leg.structure)]
    if caller is None:
        return None
    return _Inside(caller, ours[0] if ours else None, others[0] if others else None)


def _restore_third(sw: Switchboard, call: LiveCall, third: CarrierLeg, now_ms: int) -> None:
    if call.third is None or sw.offers.get(call.third) is not None:
        return
    who = call.third_psychologist or ""
    endpoint = third.endpoint or f"{STRUCTURE}{third.structure}"
    state = OfferState.CLAIMED
    offer = Offer(call.third, call.id, who, endpoint, state, now_ms, leg_id=third.leg_id, third=True)
    sw.offers.restore(replace(offer, talked=True), duty_of(sw, who, now_ms), now_ms)


def _restore_offer(sw: Switchboard, call: LiveCall, attempt: str, hers: CarrierLeg, now_ms: int) -> None:
    owner = sw.book.roster.owner_of(hers.endpoint) if hers.endpoint else None
    lost = sw.offers.get(attempt) is None
    if owner is None or hers.endpoint is None or not lost or call.attempt != attempt:
        return
    state = OfferState.CLAIMED
    offer = Offer(attempt, call.id, owner.id, hers.endpoint, state, now_ms, leg_id=hers.leg_id, talked=True)
    sw.offers.restore(offer, duty_of(sw, owner.id, now_ms), now_ms)
    open_fiche(sw.fiches, sw.chance, call.id, owner.id, now_ms)


def _talk(sw: Switchboard, attempt: str, inside: _Inside) -> LiveCall:
    """Since when they talk nobody knows any more: since now."""
    now_ms, hers, third = sw.clock.now_ms(), inside.hers, inside.third
    call = ruled_call(sw, inside.caller.leg_id, inside.caller.line or "", inside.caller.started_ms or now_ms)
    with_somebody = hers is not None or third is not None
    return replace(
        call,
        stage=_stage(hers, third),
        attempt=attempt,
        psychologist=_owner(sw, hers),
        caller_in=True,
        psychologist_in=hers is not None,
        third=sw.chance.new_id() if third else None,
        third_in=third is not None,
        third_psychologist=_owner(sw, third),
        spoke_ms=now_ms if with_somebody else None,
        talking_since_ms=now_ms if with_somebody else None,
    )


def _stage(hers: CarrierLeg | None, third: CarrierLeg | None) -> Stage:
    if hers is not None:
        return Stage.TALKING
    return Stage.HANDED_OVER if third is not None else Stage.ALONE


def _owner(sw: Switchboard, leg: CarrierLeg | None) -> str | None:
    owner = sw.book.roster.owner_of(leg.endpoint) if leg is not None and leg.endpoint else None
    return owner.id if owner is not None else None
