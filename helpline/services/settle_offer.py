"""End an offer and free its psychologist, with the pause that its ending asks for."""

from __future__ import annotations

from helpline.domain.offer import Offer, Settlement
from helpline.domain.waiting import COOL_DOWN_MS
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
    her next endpoint in the same breath; after the last of them she has a pause. An endpoint
    that missed twice in a row is suspended, or the alarm goes off: `docs/internals/live_state.md`.
    """
    return sw.offers.settle(
        offer.attempt,
        how,
        cool_ms=_COOL_MS.get(how, 0),
        wrap_up_ms=1000 * sw.book.rules.wrap_up_s,
        everybody={p.id: [e.id for e in p.endpoints] for p in sw.book.roster.psychologists},
        now_ms=now_ms,
    )
