"""Callers whom the fallback chain has joined with a psychologist while we were away.

The carrier dialled her by itself, so there is no offer, no room and no news of it. She
must not be rung for another caller meanwhile, and nobody may ring on for this one. The
call counts as led elsewhere: it was a document of the chain that joined them.
"""

from __future__ import annotations

from collections.abc import Mapping

from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.offer import Offer, OfferState
from helpline.ports import CarrierLeg, Change, LegStatus
from helpline.services.change_call import change_call
from helpline.services.keep_duty import duty_of
from helpline.services.switchboard import Switchboard

_OURS = (Stage.WAITING, Stage.CLAIMED)


def adopt_chain(sw: Switchboard, legs: Mapping[str, CarrierLeg], now_ms: int) -> int:
    """Note everybody who has picked up for the chain; how many were new. Raises LiveStateDown.

    Her leg is seen to end as that of any offer: by the next reconciling.
    """
    adopted = 0
    for leg in legs.values():
        caller = legs.get(leg.parent_id) if leg.parent_id else None
        owner = sw.book.roster.owner_of(leg.endpoint) if leg.endpoint else None
        if caller is None or owner is None or leg.endpoint is None or leg.status is not LegStatus.IN_PROGRESS:
            continue
        if sw.offers.by_leg(leg.leg_id) is not None:
            continue
        call_id = _call_of(sw, caller, now_ms)
        if call_id is not None:
            attempt = sw.chance.new_id()
            state = OfferState.CLAIMED
            offer = Offer(attempt, call_id, owner.id, leg.endpoint, state, now_ms, leg_id=leg.leg_id)
            sw.offers.restore(offer, duty_of(sw, owner.id, now_ms), now_ms)
            adopted += 1
    return adopted


def _call_of(sw: Switchboard, caller: CarrierLeg, now_ms: int) -> str | None:
    known = sw.calls.by_leg(caller.leg_id)
    if known is None:
        call = LiveCall(
            id=sw.chance.new_id(),
            leg_id=caller.leg_id,
            line=caller.line or "",
            stage=Stage.LED_ON,
            led_on=True,
            arrived_ms=caller.started_ms or now_ms,
            first_wait_ms=caller.started_ms or now_ms,
            confirmed=True,
        )
        sw.calls.arrive(call, None, (), now_ms)
        return call.id
    if known.stage in _OURS:
        # Still in line as far as we knew: whoever rings for them may stop.
        led_on = Change(event=Event.LED_ON, set={"led_on": True}, release=True)
        change_call(sw, known, lambda now: led_on if now.stage in _OURS else None)
    return known.id
