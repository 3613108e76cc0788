"""Talks and lonely callers in rooms the working copy does not know: after it was lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from helpline.domain.call import LiveCall, Stage
from helpline.domain.waiting import Offer, OfferState
from helpline.ports import CarrierLeg
from helpline.services.keep_duty import duty_of
from helpline.services.note_fiche import open_fiche
from helpline.services.switchboard import Switchboard
from helpline.services.take_call import ruled_call


def adopt_talks(
    sw: Switchboard, rooms: Mapping[str, tuple[str, ...]], legs: Mapping[str, CarrierLeg], now_ms: int
) -> int:
    """Recreate call and offer of every room that holds a caller. Returns how many calls.

    The room's name is the attempt, so later news of it finds its way again. What was coded
    so far is lost with the RAM it was in; a new fiche is opened. Call and offer are two
    writes: an offer that an earlier run did not get to is written by the next.
    """
    adopted = 0
    for attempt, members in sorted(rooms.items()):
        inside = [legs[leg_id] for leg_id in members if leg_id in legs]
        caller = next((leg for leg in inside if leg.inbound), None)
        hers = next((leg for leg in inside if leg.endpoint), None)
        if caller is None:
            continue
        call = sw.calls.by_leg(caller.leg_id)
        if call is None:
            call = _talk(sw, attempt, caller, hers)
            sw.calls.arrive(call, None, (), now_ms)
            adopted += 1
        if hers is not None:
            _restore_offer(sw, call, attempt, hers, now_ms)
        elif call.stage is Stage.ALONE:
            sw.due.put(f"speak:{call.id}", now_ms, now_ms)
    return adopted


def _restore_offer(sw: Switchboard, call: LiveCall, attempt: str, hers: CarrierLeg, now_ms: int) -> None:
    owner = sw.book.roster.owner_of(hers.endpoint) if hers.endpoint else None
    lost = sw.offers.get(attempt) is None
    if owner is None or hers.endpoint is None or not lost or call.attempt != attempt:
        return
    state = OfferState.CLAIMED
    offer = Offer(attempt, call.id, owner.id, hers.endpoint, state, now_ms, leg_id=hers.leg_id)
    sw.offers.restore(offer, duty_of(sw, owner.id, now_ms), now_ms)
    open_fiche(sw.fiches, sw.chance, call.id, owner.id, now_ms)


def _talk(sw: Switchboard, attempt: str, caller: CarrierLeg, hers: CarrierLeg | None) -> LiveCall:
    """Since when they talk nobody knows any more: since now."""
    now_ms = sw.clock.now_ms()
    owner = sw.book.roster.owner_of(hers.endpoint) if hers and hers.endpoint else None
    call = ruled_call(sw, caller.leg_id, caller.line or "", caller.started_ms or now_ms)
    return replace(
        call,
        stage=Stage.TALKING if hers else Stage.ALONE,
        attempt=attempt,
        psychologist=owner.id if owner else None,
        caller_in=True,
        psychologist_in=hers is not None,
        spoke_ms=now_ms if hers else None,
        talking_since_ms=now_ms if hers else None,
    )
