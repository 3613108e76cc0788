"""A call that is on the line, and what it lacks: a rescue, a look or a fiche that died with the process that was at it,
somebody to talk with.
"""

from __future__ import annotations

from helpline.domain.call import LiveCall, Stage
from helpline.domain.offer import OfferState, Settlement
from helpline.services.follow_room import psychologist_left, third_left
from helpline.services.note_fiche import open_fiche
from helpline.services.switchboard import Switchboard

JUST_MADE_MS = 5_000
"""Younger things are left alone: their news may still be on the way."""


def look_after(sw: Switchboard, call: LiveCall, now_ms: int) -> None:
    """Do again, or make due again, what this call should have by now. Raises LiveStateDown."""
    if call.caller_in and call.stage in (Stage.ALONE, Stage.CLOSING, Stage.WAITING):
        sw.due.put(f"speak:{call.id}", now_ms, now_ms)
    if call.stage is Stage.CLAIMED and now_ms - (call.claimed_ms or now_ms) > JUST_MADE_MS:
        sw.due.put(f"joined:{call.id}", now_ms, now_ms)
    if call.stage is Stage.TALKING and call.held is call.caller_in:
        sw.due.put(f"place:{call.id}" if call.held else f"joined:{call.id}", now_ms, now_ms)
    if call.stage is Stage.TALKING and sw.fiches.of_call(call.id) is None:
        _open_late(sw, call, now_ms)
    _not_left_alone(sw, call)


def _open_late(sw: Switchboard, call: LiveCall, now_ms: int) -> None:
    """The news of the bridge met a failure between its two writes, and news is told once."""
    # As it is now: the call may be over and forgotten since the reconciler read it.
    fresh = sw.calls.get(call.id)
    if fresh is not None and fresh.stage is Stage.TALKING and fresh.psychologist:
        open_fiche(sw.fiches, sw.chance, fresh.id, fresh.psychologist, now_ms)


def _not_left_alone(sw: Switchboard, call: LiveCall) -> None:
    """Together with somebody whose offer has ended, or with nobody: the end and the bridge, or the hand-over, met.

    Whoever wrote the end had read the call before the other was written, so it meant nothing to the caller.
    """
    if call.stage not in (Stage.TALKING, Stage.HANDED_OVER):
        return
    with_her = call.stage is Stage.TALKING
    attempt = call.attempt if with_her else call.third
    offer = sw.offers.get(attempt) if attempt else None
    if with_her and offer is not None and offer.state is OfferState.SETTLED:
        psychologist_left(sw, call, offer, lost=offer.settlement is not Settlement.TALKED)
    elif not with_her and (attempt is None or (offer is not None and offer.state is OfferState.SETTLED)):
        third_left(sw, call, attempt, lost=True)
