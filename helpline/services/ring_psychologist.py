"""The effect `ring`: one leg for one offer, never two, whoever dies in between.

1. The call must still want it; otherwise the offer is withdrawn.
2. A call nobody has confirmed is asked for at the carrier: a replayed request rings nobody.
3. The account's rate gives the leg its moment: the oldest caller's first offer first.
4. `sending` is written before the order. Found again in that state, the order is
   ambiguous, and the carrier's list is asked; two looks, one or two seconds apart, that
   show no leg mean that there is none.
"""

from __future__ import annotations

from helpline.domain.call import LiveCall, Stage
from helpline.domain.errors import CarrierDown
from helpline.domain.offer import Offer, OfferState, Settlement
from helpline.ports import Carrier, Change, LegStatus, RestOutcome
from helpline.services.call_third import address_of
from helpline.services.change_call import change_call
from helpline.services.end_call import end_call
from helpline.services.settle_offer import settle_offer
from helpline.services.switchboard import Switchboard

LOOK_AGAIN_MS = {OfferState.SENDING: 900, OfferState.UNKNOWN: 2_000}
"""Between the two looks at the carrier's list: whoever ordered is gone, or waits no longer for an answer.

Why they differ: `docs/decisions/order-taken-over.md`.
"""
RETRY_MS = 1_000
CONFIRM_TRIES_MS = 2_000
"""After this long without an answer of the carrier an unconfirmed call is rung for all the same."""


def ring_psychologist(sw: Switchboard, carrier: Carrier, attempt: str, now_ms: int) -> int | None:
    offer = sw.offers.get(attempt)
    if offer is None or offer.state in (OfferState.SETTLED, OfferState.CLAIMED, OfferState.RINGING):
        return None
    if offer.state in (OfferState.SENDING, OfferState.UNKNOWN):
        return _look_for_leg(sw, carrier, offer, now_ms)
    call = sw.calls.get(offer.call)
    if call is None or not is_wanted(call, offer):
        settle_offer(sw, offer, Settlement.WITHDRAWN, now_ms)
        return None
    if not call.confirmed:
        sw.offers.steps_aside(attempt, now_ms)
        again = _confirm(sw, carrier, call, offer, now_ms)
        if again is not None:
            return again or None
    if offer.third and not call.is_out:
        # Nobody new is rung before the caller has left the room: `place` puts this effect again.
        sw.offers.steps_aside(attempt, now_ms)
        return now_ms + RETRY_MS
    free_at = sw.offers.may_leave_at(attempt, sw.times.leg_gap_ms, now_ms)
    return free_at if free_at else _order(sw, carrier, offer, now_ms)


def is_wanted(call: LiveCall, offer: Offer) -> bool:
    """Is anybody still to be rung by this offer: for a caller who waits, or as a third party?"""
    if offer.third:
        return call.third == offer.attempt and call.stage is Stage.TALKING
    return call.stage is Stage.WAITING


def _confirm(sw: Switchboard, carrier: Carrier, call: LiveCall, offer: Offer, now_ms: int) -> int | None:
    """None: go on. 0: there is no such call, all of it is forgotten. Else: ask again then."""
    try:
        leg = carrier.leg(call.leg_id)
    except CarrierDown:
        # Fail open: a human rung for nothing is better than a caller nobody rings for.
        return None if now_ms - offer.made_ms >= CONFIRM_TRIES_MS else now_ms + RETRY_MS
    if leg is None:
        # A request signed long ago and sent again: the carrier has no such call.
        sw.calls.forget(call.id, now_ms)
        return 0
    if leg.status.is_final:
        end_call(sw, call, leg.ended_ms or now_ms)
        return 0
    change_call(sw, call, lambda now: Change(set={"confirmed": True}))
    return None


def _order(sw: Switchboard, carrier: Carrier, offer: Offer, now_ms: int) -> int | None:
    address = address_of(sw.book, offer)
    if address is None:
        settle_offer(sw, offer, Settlement.FAILED, now_ms)
        return None
    if (
        sw.offers.change(
            offer.attempt, (OfferState.DUE,), OfferState.SENDING, now_ms=now_ms, fields={"sent_ms": now_ms}
        )
        is not OfferState.DUE
    ):
        return now_ms + LOOK_AGAIN_MS[OfferState.SENDING]
    outcome, leg_id = carrier.ring(address, offer.attempt, offer.ring_s)
    if outcome is RestOutcome.DONE and leg_id is not None:
        _is_ordered(sw, carrier, offer, leg_id)
        return None
    return _after_order(sw, offer, outcome)


def _is_ordered(sw: Switchboard, carrier: Carrier, offer: Offer, leg_id: str) -> None:
    now_ms = sw.clock.now_ms()
    change = sw.offers.change
    before = change(offer.attempt, (OfferState.SENDING,), OfferState.RINGING, now_ms=now_ms, leg_id=leg_id)
    if before is None:
        # The working copy was lost meanwhile: nobody else knows of this leg. Who has picked up may be in a room
        # with somebody by now: that is the reconciler's to judge.
        leg = carrier.leg(leg_id)
        if leg is None or leg.status is not LegStatus.IN_PROGRESS:
            carrier.end(leg_id)
        return
    _drop_if_unwanted(sw, offer, now_ms)


def _after_order(sw: Switchboard, offer: Offer, outcome: RestOutcome) -> int | None:
    """There is no leg, or nobody knows."""
    now_ms = sw.clock.now_ms()
    sending = (OfferState.SENDING,)
    if outcome is RestOutcome.BUSY:
        sw.offers.change(offer.attempt, sending, OfferState.DUE, now_ms=now_ms)
        return now_ms + RETRY_MS
    if outcome is RestOutcome.REFUSED or outcome is RestOutcome.NOT_LIVE:
        settle_offer(sw, offer, Settlement.FAILED, now_ms)
        return None
    sw.offers.change(offer.attempt, sending, OfferState.UNKNOWN, now_ms=now_ms)
    return now_ms


def _drop_if_unwanted(sw: Switchboard, offer: Offer, now_ms: int) -> None:
    """The call was taken or left while the order was on its way."""
    call = sw.calls.get(offer.call)
    if call is None or not is_wanted(call, offer):
        sw.due.put(f"drop:{offer.attempt}", now_ms, now_ms)


def _look_for_leg(sw: Switchboard, carrier: Carrier, offer: Offer, now_ms: int) -> int | None:
    """An ambiguous order: is there a leg? Nothing new is ordered until that is certain."""
    address = address_of(sw.book, offer)
    if address is None:
        settle_offer(sw, offer, Settlement.FAILED, now_ms)
        return None
    try:
        legs = carrier.legs_to(address)
    except CarrierDown:
        return now_ms + RETRY_MS
    ambiguous = (OfferState.SENDING, OfferState.UNKNOWN)
    for leg in legs:
        if not leg.status.is_final and sw.offers.by_leg(leg.leg_id) is None:
            state = OfferState.RINGING
            sw.offers.change(offer.attempt, ambiguous, state, now_ms=now_ms, leg_id=leg.leg_id)
            _drop_if_unwanted(sw, offer, now_ms)
            return None
    if offer.looked == 0:
        sw.offers.change(offer.attempt, ambiguous, None, now_ms=now_ms, fields={"looked": 1})
        return now_ms + LOOK_AGAIN_MS[offer.state]
    sw.offers.change(offer.attempt, ambiguous, OfferState.DUE, now_ms=now_ms, fields={"looked": 0})
    return now_ms
