"""After the working copy was lost: the talks that went on at the carrier meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from helpline.domain.call import LiveCall, Stage
from helpline.domain.waiting import Offer, OfferState
from helpline.ports import CarrierLeg
from helpline.services.note_fiche import open_fiche
from helpline.services.switchboard import Switchboard


def adopt_talks(
    sw: Switchboard, rooms: Mapping[str, tuple[str, ...]], legs: Mapping[str, CarrierLeg], now_ms: int
) -> int:
    """Recreate call and offer of every room that holds a caller. Returns how many calls.

    The room's name is the attempt, so later news of it finds its way again. What was coded
    so far is lost with the RAM it was in; a new fiche is opened.
    """
    adopted = 0
    for attempt, members in sorted(rooms.items()):
        inside = [legs[leg_id] for leg_id in members if leg_id in legs]
        caller = next((leg for leg in inside if leg.inbound), None)
        hers = next((leg for leg in inside if leg.endpoint), None)
        if caller is None or sw.calls.by_leg(caller.leg_id) is not None:
            continue
        call = _talk(sw, attempt, caller, hers, now_ms)
        sw.calls.arrive(call, None, (), now_ms)
        adopted += 1
        if hers is not None and call.psychologist is not None and hers.endpoint is not None:
            offer = Offer(
                attempt,
                call.id,
                call.psychologist,
                hers.endpoint,
                OfferState.CLAIMED,
                now_ms,
                leg_id=hers.leg_id,
            )
            sw.offers.restore(offer, now_ms)
            open_fiche(sw.fiches, sw.chance, call.id, call.psychologist, now_ms)
        else:
            sw.due.put(f"speak:{call.id}", now_ms, now_ms)
    return adopted


def _talk(
    sw: Switchboard, attempt: str, caller: CarrierLeg, hers: CarrierLeg | None, now_ms: int
) -> LiveCall:
    owner = sw.book.roster.owner_of(hers.endpoint) if hers and hers.endpoint else None
    return LiveCall(
        id=sw.chance.new_id(),
        leg_id=caller.leg_id,
        line=caller.line or "",
        stage=Stage.TALKING if hers else Stage.ALONE,
        arrived_ms=caller.started_ms or now_ms,
        confirmed=True,
        plan="0:on_duty:25;20:standby:25",
        first_wait_ms=caller.started_ms or now_ms,
        attempt=attempt,
        psychologist=owner.id if owner else None,
        caller_in=True,
        psychologist_in=hers is not None,
        spoke_ms=now_ms,
        talking_since_ms=now_ms if hers else None,
    )
