"""A call that is on the line, and what died with the process that was at it: a rescue, a look, the fiche."""

from __future__ import annotations

from helpline.domain.call import LiveCall, Stage
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


def _open_late(sw: Switchboard, call: LiveCall, now_ms: int) -> None:
    """The news of the bridge met a failure between its two writes, and news is told once."""
    # As it is now: the call may be over and forgotten since the reconciler read it.
    fresh = sw.calls.get(call.id)
    if fresh is not None and fresh.stage is Stage.TALKING and fresh.psychologist:
        open_fiche(sw.fiches, sw.chance, fresh.id, fresh.psychologist, now_ms)
