"""The document of a caller who was taken out of the queue or out of a room.

One address for all: what they hear follows from where the call stands, so a document
that comes late, twice or after a crash is still the right one.
"""

from __future__ import annotations

from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.verbs import Document
from helpline.ports import Change
from helpline.services import documents
from helpline.services.call_third import name_of_third
from helpline.services.change_call import change_call
from helpline.services.end_call import end_call
from helpline.services.move_caller import SEEN_AFTER_MS, on_the_way_back
from helpline.services.switchboard import Switchboard


def join_room(sw: Switchboard, leg_id: str, attempt: str) -> Document:
    """Answer `/voice/join/<attempt>`. Unknown call: the room all the same, it is adopted later."""
    call = sw.calls.by_leg(leg_id)
    if call is None or call.stage is Stage.ENDED:
        return documents.room(attempt)
    if call.stage is Stage.ALONE:
        return documents.left_alone(sw.book)
    if call.stage is Stage.CLOSING:
        return documents.closing(sw.book)
    if call.stage is Stage.WAITING:
        return documents.cut_off(sw.book) if call.spoke_ms is not None else documents.in_line()
    room = call.room or attempt
    if call.stage is Stage.TALKING and (call.held or call.third_out):
        return documents.on_hold(sw.book, room)
    if call.third_in and call.third:
        third = sw.offers.get(call.third)
        return documents.back_with_third(sw.book, room, name_of_third(sw.book, third) if third else "")
    return documents.room(room)


def on_hold(sw: Switchboard, leg_id: str, attempt: str) -> Document:
    """Answer `/voice/hold/<attempt>`: still on hold, or back, or wherever the call stands by now.

    Unknown call: she may still be in the room, and somebody else with her.
    """
    call = sw.calls.by_leg(leg_id)
    if call is None:
        return documents.back_unknown(sw.book, attempt)
    if call.third_out is None:
        change_call(sw, call, lambda now: on_the_way_back(now, sw.clock.now_ms()))
    return join_room(sw, leg_id, attempt)


def room_left(sw: Switchboard, leg_id: str, attempt: str, *, over: bool, caller: bool) -> Document:
    """Answer `/voice/done/<attempt>`: a leg came back from the room of `attempt`.

    The caller's own: gone when over; still there, the room was closed on them and they
    go back to the line, known to us or not. A room they have long left for another (the
    action of an interrupted verb, late or sent again) changes nothing. A psychologist's
    leg has nothing more to hear.
    """
    now_ms = sw.clock.now_ms()
    call = sw.calls.by_leg(leg_id)
    if call is None:
        return documents.in_line() if caller and not over else ()
    if over:
        end_call(sw, call, now_ms)
        return ()
    taken_out = call.held or not call.caller_in or _was_moved(call, now_ms)
    if call.room != attempt or taken_out:
        return join_room(sw, leg_id, attempt)
    change_call(sw, call, lambda now: _room_closed(now, attempt, now_ms))
    return documents.left_alone(sw.book)


def _was_moved(call: LiveCall, now_ms: int) -> bool:
    """Did we order them elsewhere a moment ago? Then this is the action of an interrupted verb."""
    return call.moved_ms is not None and now_ms - call.moved_ms < SEEN_AFTER_MS


def _room_closed(call: LiveCall, attempt: str, now_ms: int) -> Change | None:
    if call.stage not in (Stage.TALKING, Stage.HANDED_OVER) or call.room != attempt or call.held:
        return None
    talked = now_ms - (call.talking_since_ms or now_ms)
    return Change(
        event=Event.PSYCHOLOGIST_LEFT,
        set={"talked_ms": call.talked_ms + talked, "caller_in": False},
        drop=("talking_since_ms",),
        effects=((f"drop:{attempt}", now_ms),),
    )
