"""Legs of psychologists and third parties that belong to nothing: rung by a working copy that is gone, or by an order
whose answer was lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from helpline.domain.call import LiveCall
from helpline.domain.offer import Offer, OfferState
from helpline.ports import Carrier, CarrierLeg, RestOutcome
from helpline.services.call_third import STRUCTURE
from helpline.services.follow_leg import leg_is_known
from helpline.services.look_after import JUST_MADE_MS
from helpline.services.switchboard import Switchboard


@dataclass(frozen=True, slots=True)
class Look:
    """What one run saw of the carrier's legs: in which epoch (None: lost), and whose are `kept`.

    `at_once`: the copy that ordered the others is gone, or was a moment ago. Otherwise a leg may be younger
    than its offer's answer (the order is on its way), so only an old one is ended.
    """

    epoch: tuple[str, int] | None
    legs: Mapping[str, CarrierLeg]
    kept: Set[str]
    at_once: bool


def end_forgotten_legs(sw: Switchboard, carrier: Carrier, look: Look, now_ms: int) -> tuple[int, list[str]]:
    """Legs of ours that belong to no offer and are not `kept`: rung by a working copy that is gone.

    Returns how many were ended, and those that may still be up because the carrier was too busy to say.
    """
    dropped, still_up = 0, []
    for leg in look.legs.values():
        called = leg.endpoint or (f"{STRUCTURE}{leg.structure}" if leg.structure else None)
        if leg.inbound or called is None or leg.parent_id is not None or leg.leg_id in look.kept:
            continue  # a leg of the fallback chain is the carrier's, and somebody may talk on it
        offer = sw.offers.by_leg(leg.leg_id)
        if offer is None:
            offer = _ordered_to(sw, called)
            if offer is not None:
                leg_is_known(sw, offer, leg.leg_id, answered=False)
            elif _is_nobodys(sw, look, leg, now_ms):
                if carrier.end(leg.leg_id) in (RestOutcome.BUSY, RestOutcome.UNKNOWN):
                    still_up.append(leg.leg_id)
                dropped += 1
        elif not offer.state.is_live and now_ms - offer.made_ms > JUST_MADE_MS:
            sw.due.put(f"drop:{offer.attempt}", now_ms, now_ms)
    return dropped, still_up


def _is_nobodys(sw: Switchboard, look: Look, leg: CarrierLeg, now_ms: int) -> bool:
    """Is this leg, which no offer explained, to be ended?

    Asked once more, and in this order: its offer's answer may have come meanwhile, and a copy that was lost since
    the rooms were looked into knows of no offer at all, hers who is in a talk included.
    """
    if not look.at_once and now_ms - (leg.started_ms or now_ms) <= JUST_MADE_MS:
        return False
    return sw.offers.by_leg(leg.leg_id) is None and sw.calls.epoch() == look.epoch


def _ordered_to(sw: Switchboard, endpoint_id: str) -> Offer | None:
    """The offer whose ambiguous order may have made a leg to this endpoint."""
    if endpoint_id.startswith(STRUCTURE):
        return next(
            (
                third
                for third in thirds(sw, sw.calls.roll().others)
                if third.endpoint == endpoint_id and third.leg_id is None
            ),
            None,
        )
    owner = sw.book.roster.owner_of(endpoint_id)
    presence = sw.offers.presence(owner.id) if owner else None
    offer = sw.offers.get(presence.attempt) if presence and presence.attempt else None
    ambiguous = (OfferState.SENDING, OfferState.UNKNOWN)
    return offer if offer and offer.endpoint == endpoint_id and offer.state in ambiguous else None


def thirds(sw: Switchboard, calls: Iterable[LiveCall]) -> list[Offer]:
    """The third parties of these talks."""
    offers = (sw.offers.get(call.third) for call in calls if call.third)
    return [offer for offer in offers if offer is not None]
