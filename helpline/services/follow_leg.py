"""News of a psychologist's leg: rings, answered, over. Only forward, only once."""

from __future__ import annotations

from helpline.domain.call import Stage
from helpline.domain.offer import Offer, OfferState, Settlement
from helpline.ports import LegStatus
from helpline.services.follow_room import psychologist_left, third_left
from helpline.services.settle_offer import settle_offer
from helpline.services.switchboard import Switchboard

UNREACHABLE_MS = 2_000
"""A browser that is not there ends this fast, unanswered; a person who does not answer does not."""

_NOT_YET_KNOWN = (OfferState.SENDING, OfferState.UNKNOWN)
_AT_THE_CARRIER = (OfferState.RINGING, OfferState.CLAIMED)


def follow_leg(sw: Switchboard, attempt: str, leg_id: str, status: LegStatus) -> None:
    """Take one status of the leg of `attempt` into account. Unknown attempt: nothing."""
    offer = sw.offers.get(attempt)
    if offer is None or (offer.leg_id is not None and offer.leg_id != leg_id):
        # A leg that is not this offer's: the twin of an order whose answer was lost.
        return
    if not status.is_final:
        is_up = status is LegStatus.IN_PROGRESS
        leg_is_known(sw, offer, leg_id, answered=is_up)
        return
    leg_is_over(sw, offer, status)


def leg_is_known(sw: Switchboard, offer: Offer, leg_id: str, *, answered: bool) -> None:
    """The leg exists for certain, however the order's own answer fared."""
    now_ms = sw.clock.now_ms()
    fields: dict[str, str | int | bool] = {"answered": True} if answered else {}
    before: OfferState | None = offer.state
    if before not in _AT_THE_CARRIER:
        before = sw.offers.change(
            offer.attempt, _NOT_YET_KNOWN, OfferState.RINGING, now_ms=now_ms, leg_id=leg_id, fields=fields
        )
    if answered and before in _AT_THE_CARRIER:
        sw.offers.change(offer.attempt, _AT_THE_CARRIER, None, now_ms=now_ms, fields=fields)


def leg_is_over(sw: Switchboard, offer: Offer, status: LegStatus) -> None:
    """Her leg has ended: end the offer as it ended, and tell the call if it was hers."""
    now_ms = sw.clock.now_ms()
    call = sw.calls.get(offer.call)
    lost = status is not LegStatus.COMPLETED
    if call is not None and call.third == offer.attempt:
        third_left(sw, call, offer.attempt, lost=lost)
    elif offer.state is OfferState.CLAIMED and call is not None and call.stage is Stage.TALKING:
        psychologist_left(sw, call, offer, lost=lost)
    # She may have taken the call in this very moment: who hung up on a claim has missed nothing.
    fresh = sw.offers.get(offer.attempt) or offer
    still_wanted = call is not None and (call.stage is Stage.WAITING or call.third == offer.attempt)
    how = how_it_ended(fresh, status, now_ms, still_wanted=still_wanted)
    settle_offer(sw, offer, how, now_ms)


def how_it_ended(offer: Offer, status: LegStatus, now_ms: int, *, still_wanted: bool) -> Settlement:
    """The settlement of an offer whose leg ended with `status`. Pure.

    Nobody has missed or declined a call that was not `still_wanted` of her.
    """
    if offer.state is OfferState.CLAIMED:
        return Settlement.TALKED if offer.talked else Settlement.LOST
    if not still_wanted:
        return Settlement.WITHDRAWN
    if status is LegStatus.BUSY or offer.declined:
        return Settlement.DECLINED
    if status is LegStatus.FAILED:
        return Settlement.FAILED
    if status is LegStatus.CANCELED:
        return Settlement.WITHDRAWN
    rang_ms = now_ms - (offer.sent_ms or offer.made_ms)
    if status is LegStatus.NO_ANSWER and rang_ms < UNREACHABLE_MS:
        return Settlement.UNREACHABLE
    return Settlement.MISSED
