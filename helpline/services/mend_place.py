"""A caller who is not where the working copy thinks: found in a room, and put right.

Whoever waits stands in the carrier's queue; whoever was left alone hears a document and
then stands there too. Somebody of these who is in a room instead was missed by our news.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.offer import Offer, OfferState
from helpline.ports import CarrierLeg, Change
from helpline.services.change_call import change_call
from helpline.services.switchboard import Switchboard

Rooms: TypeAlias = Mapping[str, tuple[str, ...]]
"""Room name to the leg ids in it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the carrier showed: its live legs by id, and who stands in the queue since when (ms)."""

    legs: Mapping[str, CarrierLeg]
    queued: Mapping[str, int]


JUST_ARRIVED_MS = 5_000
_NOT_IN_A_ROOM = (Stage.WAITING, Stage.ALONE, Stage.CLOSING)


def is_out_of_place(call: LiveCall, seen: Seen, now_ms: int) -> bool:
    """On the line, not in the queue, and not where their stage would have them be."""
    on_the_line = call.leg_id in seen.legs and call.leg_id not in seen.queued
    if not on_the_line or call.stage not in _NOT_IN_A_ROOM:
        return False
    return now_ms - call.arrived_ms > JUST_ARRIVED_MS


def mend_place(sw: Switchboard, call: LiveCall, rooms: Rooms, now_ms: int) -> None:
    """In a room with the psychologist of that room: a talk. Alone in one: they are spoken to."""
    attempt = next((name for name, members in rooms.items() if call.leg_id in members), None)
    if attempt is None:
        return
    hers = [offer for offer in sw.offers.of_call(call.id) if _is_inside(offer, rooms[attempt])]
    if hers:
        change_call(sw, call, lambda now: _talk(now, hers[0], attempt, now_ms))
        return
    alone = Change(set={"caller_in": True, "attempt": attempt}, effects=((f"speak:{call.id}", now_ms),))
    change_call(sw, call, lambda now: alone if now.stage in _NOT_IN_A_ROOM else None)


def _is_inside(offer: Offer, members: tuple[str, ...]) -> bool:
    in_charge = bool(offer.psychologist) and offer.state is OfferState.CLAIMED
    return in_charge and offer.leg_id in members


def _talk(call: LiveCall, offer: Offer, room: str, now_ms: int) -> Change | None:
    if call.stage not in (Stage.WAITING, Stage.ALONE):
        return None
    return Change(
        event=Event.BRIDGED,
        set={
            "attempt": offer.attempt,
            "room_of": room,
            "psychologist": offer.psychologist,
            "caller_in": True,
            "psychologist_in": True,
            "spoke_ms": call.spoke_ms if call.spoke_ms is not None else now_ms,
            "talking_since_ms": now_ms,
        },
        release=True,
        keep=offer.attempt,
    )
