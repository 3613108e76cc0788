"""Bring the caller to where they belong: into the room, or out of an empty one.

First way: a redirect by REST, as soon as the welcome has been heard. Second way, which
needs no REST: the next wait request of a claimed call leaves the queue, and the queue's
action answers the same document. Both may happen; the second finds nothing to do.
"""

from __future__ import annotations

from helpline.domain import paths
from helpline.domain.call import LiveCall, Stage
from helpline.domain.errors import CarrierDown
from helpline.ports import Carrier, Change, RestOutcome
from helpline.services.change_call import change_call
from helpline.services.end_call import end_call
from helpline.services.follow_room import RoomNews, follow_room
from helpline.services.switchboard import Switchboard

NOT_ANSWERED_YET_MS = 250
GIVE_UP_BEFORE_WAIT_MS = 5_000
SEEN_AFTER_MS = 5_000
SEEN_AGAIN_MS = 20_000
"""The same on the way back from hold, which may begin with the name of who else is there."""

RETRY_MS = 1_000
MOST_MOVES = 2


def move_caller(sw: Switchboard, carrier: Carrier, call_id: str, now_ms: int) -> int | None:
    """The effect `move`: due when the welcome has been heard, else at once."""
    call = sw.calls.get(call_id)
    if call is None or call.stage is not Stage.CLAIMED or call.attempt is None or call.caller_in:
        return None
    if call.first_wait_ms is None:
        # The carrier has not even asked what they hear: not answered yet, so not movable.
        waited = now_ms - (call.claimed_ms or now_ms)
        return now_ms + (NOT_ANSWERED_YET_MS if waited < GIVE_UP_BEFORE_WAIT_MS else RETRY_MS)
    heard = call.first_wait_ms + sw.times.welcome_ms
    if now_ms < heard:
        return heard
    if call.moved_ms is not None and now_ms - call.moved_ms < SEEN_AFTER_MS:
        # On the way by the other way, or in the room already, and its news is late: an order
        # now would tear them out of the room again. `joined` looks after them.
        return None
    outcome = carrier.move(call.leg_id, paths.join(call.attempt))
    if outcome is RestOutcome.DONE:
        change_call(sw, call, lambda now: on_the_way(now, now_ms))
        return None
    if outcome is RestOutcome.NOT_LIVE:
        return gone_if_carrier_says_so(sw, carrier, call, now_ms)
    return now_ms + RETRY_MS


def on_the_way(call: LiveCall, now_ms: int) -> Change | None:
    """What is written when a claimed caller is given the room's document, by either way."""
    if call.stage is not Stage.CLAIMED:
        return None
    look = (f"joined:{call.id}", now_ms + SEEN_AFTER_MS)
    return Change(set={"moved_ms": now_ms, "moves": call.moves + 1}, effects=(look,))


def on_the_way_back(call: LiveCall, now_ms: int) -> Change | None:
    """What is written when a caller on hold is given the room's document again, by either way."""
    if call.stage is not Stage.TALKING or call.held or call.caller_in:
        return None
    look = (f"joined:{call.id}", now_ms + SEEN_AGAIN_MS)
    return Change(set={"moved_ms": now_ms}, effects=(look,))


def caller_joined(sw: Switchboard, carrier: Carrier, call_id: str, now_ms: int) -> int | None:
    """The effect `joined`: told five seconds ago to join, have they arrived?

    The room itself is asked first: its news may have been lost. Then one more order. Who
    waits again, because the claim was lost meanwhile, is fetched out of the empty room.
    The same for who comes back from hold.
    """
    call = sw.calls.get(call_id)
    if call is None or call.room is None or not _is_on_the_way(call):
        return None
    if call.stage is not Stage.WAITING and now_ms < _seen_by_ms(call, now_ms):
        # The look after an earlier move, which this one has overtaken: too soon to say.
        return _seen_by_ms(call, now_ms)
    try:
        inside = carrier.room(call.room)
    except CarrierDown:
        return now_ms + RETRY_MS
    if call.stage is Stage.WAITING:
        _fetch_out(sw, call, inside, now_ms)
        return None
    for leg_id in inside:
        follow_room(sw, RoomNews(call.room, leg_id, joined=True))
    if call.leg_id in inside:
        return None
    if call.stage is Stage.TALKING:
        sw.due.put(f"place:{call.id}", now_ms, now_ms)
        return None
    again = gone_if_carrier_says_so(sw, carrier, call, now_ms)
    if again is not None and call.moves < MOST_MOVES:
        sw.due.put(f"move:{call.id}", now_ms, now_ms)
        return None
    return again


def _is_on_the_way(call: LiveCall) -> bool:
    if call.stage is Stage.TALKING:
        return not call.held and not call.caller_in
    return call.stage in (Stage.CLAIMED, Stage.WAITING)


def _seen_by_ms(call: LiveCall, now_ms: int) -> int:
    """When who was told to join is to have arrived; 0 for who was not told, or told at a moment that is still to come."""
    if call.moved_ms is None or call.moved_ms > now_ms:
        return 0
    return call.moved_ms + (SEEN_AGAIN_MS if call.stage is Stage.TALKING else SEEN_AFTER_MS)


def _fetch_out(sw: Switchboard, call: LiveCall, inside: tuple[str, ...], now_ms: int) -> None:
    """The claim was lost while they were on their way into the room: nobody else will come there."""
    if call.leg_id not in inside or call.caller_in:
        return
    alone = Change(set={"caller_in": True}, effects=((f"speak:{call.id}", now_ms),))
    change_call(sw, call, lambda now: alone if now.stage is Stage.WAITING else None)


def speak_to_caller(sw: Switchboard, carrier: Carrier, call_id: str, now_ms: int) -> int | None:
    """The effect `speak`: the room is empty but for the caller; they are told what happens."""
    call = sw.calls.get(call_id)
    wanted = (Stage.ALONE, Stage.CLOSING, Stage.WAITING)
    if call is None or call.stage not in wanted or not call.caller_in or call.attempt is None:
        return None
    outcome = carrier.move(call.leg_id, paths.join(call.room or call.attempt))
    if outcome is RestOutcome.DONE:
        change_call(sw, call, lambda now: Change(set={"caller_in": False}))
        return None
    if outcome is RestOutcome.NOT_LIVE:
        return gone_if_carrier_says_so(sw, carrier, call, now_ms)
    return now_ms + RETRY_MS


def gone_if_carrier_says_so(sw: Switchboard, carrier: Carrier, call: LiveCall, now_ms: int) -> int | None:
    """A refusal alone is not believed: the carrier is asked for the leg itself."""
    try:
        leg = carrier.leg(call.leg_id)
    except CarrierDown:
        return now_ms + RETRY_MS
    if leg is None or leg.status.is_final:
        end_call(sw, call, leg.ended_ms if leg and leg.ended_ms else now_ms)
        return None
    return now_ms + RETRY_MS
