"""Bring a caller onto hold or back into the room: wherever the talk wants them and they are not.

On hold the caller is out of the room, in a document of ours that speaks, plays, and asks
again after at most twenty seconds (docs/decisions/hold-by-document.md). So there are two
ways back, as there are two ways to bridge: this order, and the next time it asks.
"""

from __future__ import annotations

from helpline.domain import paths
from helpline.domain.call import LiveCall, Stage
from helpline.ports import Carrier, Change, RestOutcome
from helpline.services.change_call import change_call
from helpline.services.move_caller import RETRY_MS, SEEN_AGAIN_MS, gone_if_carrier_says_so, on_the_way_back
from helpline.services.switchboard import Switchboard


def place_caller(sw: Switchboard, carrier: Carrier, call_id: str, now_ms: int) -> int | None:
    """The effect `place`."""
    call = sw.calls.get(call_id)
    if call is None or not _is_misplaced(call, now_ms):
        return None
    outcome = carrier.move(call.leg_id, paths.hold(call.room or ""))
    if outcome is RestOutcome.DONE:
        change_call(sw, call, lambda now: _out(now, now_ms) if call.held else on_the_way_back(now, now_ms))
        return None
    if outcome is RestOutcome.NOT_LIVE:
        return gone_if_carrier_says_so(sw, carrier, call, now_ms)
    return now_ms + RETRY_MS


def _is_misplaced(call: LiveCall, now_ms: int) -> bool:
    if call.stage is not Stage.TALKING:
        return False
    if call.held:
        # Told to come back and held again: in the room perhaps, though no news of it has come.
        return not call.is_out
    # Nobody is brought to a third party who is only to be gone; its end puts this effect again.
    on_the_way = call.moved_ms is not None and now_ms - call.moved_ms < SEEN_AGAIN_MS
    return not call.caller_in and call.third_out is None and not on_the_way


def _out(call: LiveCall, now_ms: int) -> Change:
    """A third party who was called meanwhile is rung from now on."""
    third = ((f"ring:{call.third}", now_ms),) if call.third else ()
    return Change(set={"caller_in": False}, drop=("moved_ms",), effects=third)
