"""Make the working copy agree with the carrier, which is the truth for who is on the line.

Runs at boot, on epoch loss, after a failed webhook and every ten seconds. It adopts and
it frees; it ends psychologists' forgotten legs; it never hangs up a caller. Running it
twice, or two at once, changes nothing more. The carrier away: it does nothing.

1. Look: every live leg, who stands in the queue, and, after a loss, who is in a room.
2. Adopt callers we do not know, at their carrier enqueue time, and talks that go on.
3. Free what has no leg: calls that ended unseen, psychologists whose leg is gone.
4. Apply the rota, and after a loss declare a new epoch: claims are possible again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helpline.domain.call import LiveCall, Stage
from helpline.domain.waiting import Offer, OfferState, Settlement
from helpline.ports import Carrier, CarrierLeg
from helpline.services.adopt_chain import adopt_chain
from helpline.services.adopt_talks import adopt_talks
from helpline.services.end_call import end_call
from helpline.services.follow_leg import leg_is_known, leg_is_over
from helpline.services.keep_duty import apply_rota
from helpline.services.settle_offer import settle_offer
from helpline.services.switchboard import Switchboard
from helpline.services.take_call import adopt_call

FORGET_AFTER_MS = 15 * 60_000
FORGET_AT_ONCE = 5
JUST_MADE_MS = 5_000
"""Younger things are left alone: their news may still be on the way."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one run changed; all zero means that both sides agreed."""

    adopted: int = 0
    ended: int = 0
    freed: int = 0
    dropped: int = 0
    rebuilt: bool = False


def reconcile(sw: Switchboard, carrier: Carrier) -> Reconciled:
    """One run. Raises CarrierDown or LiveStateDown before anything was decided on half a view."""
    now_ms = sw.clock.now_ms()
    lost = sw.calls.epoch() is None
    legs = {leg.leg_id: leg for leg in carrier.live_legs()}
    queued = {member.leg_id: member.enqueued_ms for member in carrier.waiting()}
    adopted = _adopt_waiting(sw, legs, queued)
    if lost:
        adopted += adopt_talks(sw, carrier.rooms(), legs, now_ms)
    adopted += adopt_chain(sw, legs, now_ms)
    ended = sum(_end_if_gone(sw, carrier, call, legs, now_ms) for call in sw.calls.live())
    freed = _free_psychologists(sw, carrier, legs, now_ms)
    dropped = _end_forgotten_legs(sw, carrier, legs, now_ms, lost)
    _forget_erased(sw, carrier, now_ms)
    apply_rota(sw, now_ms)
    rebuilt = lost and sw.calls.begin_epoch(sw.chance.new_id(), now_ms)
    sw.due.put("match", now_ms, now_ms)
    return Reconciled(adopted, ended, freed, dropped, rebuilt)


def _adopt_waiting(sw: Switchboard, legs: Mapping[str, CarrierLeg], queued: Mapping[str, int]) -> int:
    adopted = 0
    for leg_id, enqueued_ms in sorted(queued.items(), key=lambda item: item[1]):
        leg = legs.get(leg_id)
        if leg is None or not leg.inbound or leg.line is None:
            continue
        call = sw.calls.by_leg(leg_id)
        if call is None and adopt_call(sw, leg_id, leg.line, enqueued_ms) is not None:
            adopted += 1
    return adopted


def _end_if_gone(
    sw: Switchboard, carrier: Carrier, call: LiveCall, legs: Mapping[str, CarrierLeg], now_ms: int
) -> bool:
    """Never on absence alone: a list may lag, so the leg itself is asked for."""
    if call.leg_id in legs:
        _mend_alone(sw, call, now_ms)
        return False
    leg = carrier.leg(call.leg_id)
    if leg is None:
        # Neither live nor kept: a request replayed from long ago. Never counted.
        sw.calls.forget(call.id, now_ms)
        return True
    return leg.status.is_final and end_call(sw, call, leg.ended_ms or now_ms)


def _mend_alone(sw: Switchboard, call: LiveCall, now_ms: int) -> None:
    """A caller still in an empty room whose rescue was lost with the process that had it."""
    alone = call.stage in (Stage.ALONE, Stage.CLOSING) or (call.stage is Stage.WAITING and call.caller_in)
    if alone and call.caller_in:
        sw.due.put(f"speak:{call.id}", now_ms, now_ms)
    if call.stage is Stage.CLAIMED and now_ms - (call.claimed_ms or now_ms) > JUST_MADE_MS:
        sw.due.put(f"joined:{call.id}", now_ms, now_ms)


def _free_psychologists(
    sw: Switchboard, carrier: Carrier, legs: Mapping[str, CarrierLeg], now_ms: int
) -> int:
    freed = 0
    for presence in sw.offers.presences().values():
        offer = sw.offers.get(presence.attempt) if presence.attempt else None
        if offer is not None and offer.state.is_live and offer.leg_id not in legs:
            freed += _leg_vanished(sw, carrier, offer, now_ms)
    return freed


def _leg_vanished(sw: Switchboard, carrier: Carrier, offer: Offer, now_ms: int) -> bool:
    """Her leg is not in the list: news was lost, or the list is older than the leg."""
    if offer.leg_id is None:
        if offer.state is OfferState.DUE or now_ms - offer.made_ms < JUST_MADE_MS:
            return False
        sw.due.put(f"ring:{offer.attempt}", now_ms, now_ms)
        return False
    leg = carrier.leg(offer.leg_id)
    if leg is None:
        settle_offer(sw, offer, Settlement.LOST, now_ms)
        return True
    if leg.status.is_final:
        leg_is_over(sw, offer, leg.status)
    return leg.status.is_final


def _end_forgotten_legs(
    sw: Switchboard, carrier: Carrier, legs: Mapping[str, CarrierLeg], now_ms: int, lost: bool
) -> int:
    """Psychologists' legs that belong to no offer: rung by a working copy that is gone.

    After a loss they are all forgotten ones. Otherwise a leg may be younger than its
    offer's answer (the order is on its way), so only an old one is ended.
    """
    dropped = 0
    for leg in legs.values():
        if leg.inbound or leg.endpoint is None or leg.parent_id is not None:
            continue  # a leg of the fallback chain is the carrier's, and somebody may talk on it
        offer = sw.offers.by_leg(leg.leg_id)
        if offer is None:
            offer = _ordered_to(sw, leg.endpoint)
            if offer is not None and not lost:
                leg_is_known(sw, offer, leg.leg_id, answered=False)
            elif lost or now_ms - (leg.started_ms or now_ms) > JUST_MADE_MS:
                carrier.end(leg.leg_id)
                dropped += 1
        elif not offer.state.is_live and now_ms - offer.made_ms > JUST_MADE_MS:
            sw.due.put(f"drop:{offer.attempt}", now_ms, now_ms)
    return dropped


def _ordered_to(sw: Switchboard, endpoint_id: str) -> Offer | None:
    """The offer whose ambiguous order may have made a leg to this endpoint."""
    owner = sw.book.roster.owner_of(endpoint_id)
    presence = sw.offers.presence(owner.id) if owner else None
    offer = sw.offers.get(presence.attempt) if presence and presence.attempt else None
    ambiguous = (OfferState.SENDING, OfferState.UNKNOWN)
    return offer if offer and offer.endpoint == endpoint_id and offer.state in ambiguous else None


def _forget_erased(sw: Switchboard, carrier: Carrier, now_ms: int) -> None:
    """Records whose leg somebody else erased at the carrier: nothing will ever count them."""
    for call in sw.calls.ended(now_ms - FORGET_AFTER_MS, FORGET_AT_ONCE):
        if carrier.leg(call.leg_id) is None:
            sw.calls.forget(call.id, now_ms)
