"""End an offer and free its psychologist, with the pause that its ending asks for."""

from __future__ import annotations

from helpline.domain.waiting import COOL_DOWN_MS, Offer, Settlement
from helpline.services.switchboard import Switchboard

UNREACHABLE_COOL_MS = 5_000
"""Before somebody who cannot be reached at all is tried again for the same call."""

_COOL_MS = {
    Settlement.DECLINED: COOL_DOWN_MS,
    Settlement.UNREACHABLE: UNREACHABLE_COOL_MS,
    Settlement.FAILED: UNREACHABLE_COOL_MS,
}


def settle_offer(sw: Switchboard, offer: Offer, how: Settlement, now_ms: int) -> bool:
    """False when the offer was settled before: nothing changes. Raises LiveStateDown.

    A decline is respected for a minute for that call. Who could not be reached is tried at
    her next endpoint in the same breath; after the last of them she has a pause.
    """
    person = sw.book.roster.psychologist(offer.psychologist)
    return sw.offers.settle(
        offer.attempt,
        how,
        cool_ms=_COOL_MS.get(how, 0),
        wrap_up_ms=1000 * sw.book.rules.wrap_up_s,
        endpoints=len(person.endpoints) if person is not None else 1,
        now_ms=now_ms,
    )
