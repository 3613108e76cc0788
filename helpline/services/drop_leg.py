"""End a psychologist's leg that is no longer wanted, and free her when it is gone.

The carrier's 200 is believed at once: a leg ended while still queued sends no news.
"""

from __future__ import annotations

from helpline.domain import paths
from helpline.domain.call import Stage
from helpline.domain.offer import Offer, OfferState, Settlement
from helpline.ports import Carrier, RestOutcome
from helpline.services.settle_offer import settle_offer
from helpline.services.switchboard import Switchboard

RETRY_MS = 1_000
TELL_MS = 10_000
"""How long the sentence may take before her leg is ended without it."""

_GONE = (RestOutcome.DONE, RestOutcome.NOT_LIVE, RestOutcome.REFUSED)


def drop_leg(sw: Switchboard, carrier: Carrier, attempt: str, now_ms: int) -> int | None:
    """The effect `drop`. An offer that holds a live talk is never dropped."""
    offer = sw.offers.get(attempt)
    if offer is None or _is_wanted(sw, offer):
        return None
    if offer.leg_id is None:
        if offer.state in (OfferState.SENDING, OfferState.UNKNOWN):
            # Being ordered right now: its leg, if there is one, is found by `ring`.
            return now_ms + RETRY_MS
        settle_offer(sw, offer, Settlement.WITHDRAWN, now_ms)
        return None
    if carrier.end(offer.leg_id) not in _GONE:
        return now_ms + RETRY_MS
    fresh = sw.offers.get(attempt) or offer
    settle_offer(sw, fresh, _how(fresh), sw.clock.now_ms())
    return None


def tell_too_late(sw: Switchboard, carrier: Carrier, attempt: str, now_ms: int) -> int | None:
    """The effect `tell`: who has picked up hears that the caller is gone or taken; her leg ends by itself."""
    offer = sw.offers.get(attempt)
    if offer is None or not offer.state.is_live or offer.leg_id is None or _is_wanted(sw, offer):
        return None
    outcome = carrier.move(offer.leg_id, paths.offer(attempt))
    if outcome is RestOutcome.DONE:
        sw.due.put(f"drop:{attempt}", now_ms + TELL_MS, now_ms)
        return None
    if outcome in _GONE:
        settle_offer(sw, offer, _how(offer), sw.clock.now_ms())
        return None
    return now_ms + RETRY_MS


def _is_wanted(sw: Switchboard, offer: Offer) -> bool:
    """Does this offer's leg still serve its call?"""
    call = sw.calls.get(offer.call)
    if call is None:
        return False
    if call.third == offer.attempt:
        return call.stage in (Stage.TALKING, Stage.HANDED_OVER) and _holds(sw, offer)
    if call.stage is Stage.WAITING and not offer.third:
        return _holds(sw, offer) and offer.state in (
            OfferState.DUE,
            OfferState.RINGING,
            OfferState.SENDING,
            OfferState.UNKNOWN,
        )
    return call.stage in (Stage.CLAIMED, Stage.TALKING) and call.attempt == offer.attempt


def _holds(sw: Switchboard, offer: Offer) -> bool:
    """Who has declined, or gone on a break or off duty while it rang, is not wanted any more. A structure never goes."""
    presence = sw.offers.presence(offer.psychologist) if offer.psychologist else None
    here = not offer.psychologist or (presence is not None and presence.attempt == offer.attempt)
    return here and not offer.declined


def _how(offer: Offer) -> Settlement:
    if offer.state is not OfferState.CLAIMED:
        return Settlement.DECLINED if offer.declined else Settlement.WITHDRAWN
    return Settlement.TALKED if offer.talked else Settlement.CALLER_GONE
