"""Callers who may be on hold, and who may be waiting for them: all that a loss of Redis leaves of a hold.

The carrier shows the two apart: a caller in no queue and no room, and a psychologist in a
room without one. The caller comes back by themselves (docs/decisions/hold-by-document.md),
so she is left there, and is not rung meanwhile. Which caller is whose nobody knows; but
between two telephones of the fallback chain callers are nowhere too, and to keep her for
one of those is to keep her for nobody. So it counts only for a while, for a caller whose
leg is older than hers, as that of every caller is who was talked with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helpline.ports import CarrierLeg
from helpline.services.switchboard import Switchboard

ON_HOLD_MS = 28_000
"""Twenty seconds until the document on hold asks again, then the sentence that leads back into the room."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Leg ids: `callers` who may be on hold, and `waiting` for them in a room without a caller."""

    callers: frozenset[str]
    waiting: frozenset[str]


def may_be_held(
    sw: Switchboard,
    legs: Mapping[str, CarrierLeg],
    rooms: Mapping[str, tuple[str, ...]],
    since: Mapping[str, int],
    nowhere: Mapping[str, int],
    now_ms: int,
) -> Apart:
    """`nowhere`: callers in no queue and no room, with the moment (ms) that began; `since`: the same of
    whoever was waiting for one at the run before. Raises LiveStateDown.
    """
    lately = [legs[leg_id] for leg_id, at_ms in nowhere.items() if 0 <= now_ms - at_ms < ON_HOLD_MS]
    callers: set[str] = set()
    waiting: set[str] = set()
    for members in rooms.values():
        inside = [legs[leg_id] for leg_id in members if leg_id in legs]
        if not inside or not all(_is_forgotten(sw, leg, since, now_ms) for leg in inside):
            continue
        began_ms = min(leg.started_ms or now_ms for leg in inside)
        theirs = {leg.leg_id for leg in lately if (leg.started_ms or 0) <= began_ms}
        if theirs:
            callers |= theirs
            waiting |= {leg.leg_id for leg in inside}
    return Apart(frozenset(callers), frozenset(waiting))


def owners(sw: Switchboard, legs: Mapping[str, CarrierLeg], leg_ids: frozenset[str]) -> frozenset[str]:
    """The psychologists on these legs."""
    found = (sw.book.roster.owner_of(legs[leg_id].endpoint or "") for leg_id in leg_ids)
    return frozenset(owner.id for owner in found if owner is not None)


def _is_forgotten(sw: Switchboard, leg: CarrierLeg, since: Mapping[str, int], now_ms: int) -> bool:
    """A leg of ours without an offer, not for too long, of nobody who is rung, or talks, on another."""
    if leg.inbound or sw.offers.by_leg(leg.leg_id) is not None:
        return False
    if now_ms - since.get(leg.leg_id, now_ms) >= ON_HOLD_MS:
        return False
    owner = sw.book.roster.owner_of(leg.endpoint) if leg.endpoint else None
    # What she is according to us does not count: her desk may be open in a browser, she may have signed on.
    presence = sw.offers.presence(owner.id) if owner is not None else None
    return presence is None or presence.attempt is None
