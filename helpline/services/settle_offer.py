"""End an offer and free its psychologist, with the pause that its ending asks for."""

from __future__ import annotations

from helpline.domain.waiting import COOL_DOWN_MS, Offer, Settlement
from helpline.services.switchboard import Switchboard

UNREACHABLE_COOL_MS = 5_000
"""Before an endpoint that cannot be rung is tried again for the same call."""

_NOT_REACHED = (Settlement.UNREACHABLE, Settlement.FAILED)


def settle_offer(sw: Switchboard, offer: Offer, how: Settlement, now_ms: int) -> bool:
    """False when the offer was settled before: nothing changes. Raises LiveStateDown.

    A decline is respected for a minute for that call. Who could not be reached is tried at
    her next endpoint in the same breath; at the same one only after a few seconds.
    """
    return sw.offers.settle(
        offer.attempt, how, cool_ms=_cool_ms(sw, offer, how), wrap_up_ms=sw.times.wrap_up_ms, now_ms=now_ms
    )


def _cool_ms(sw: Switchboard, offer: Offer, how: Settlement) -> int:
    if how is Settlement.DECLINED:
        return COOL_DOWN_MS
    if how not in _NOT_REACHED:
        return 0
    person = sw.book.roster.psychologist(offer.psychologist)
    return 0 if person is not None and len(person.endpoints) > 1 else UNREACHABLE_COOL_MS
