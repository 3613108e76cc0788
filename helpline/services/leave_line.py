"""The caller has left the carrier's queue: by us, by hanging up, or because it failed."""

from __future__ import annotations

from datetime import UTC, datetime

from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.verbs import Document
from helpline.ports import Change
from helpline.services import documents
from helpline.services.change_call import change_call
from helpline.services.end_call import end_by_leg
from helpline.services.fallback_chain import standby_chain
from helpline.services.move_caller import on_the_way
from helpline.services.offer_call import PRESENCES_ONLY, nobody_rings, somebody_is_there
from helpline.services.switchboard import Switchboard, partner_of
from helpline.services.take_call import adopt_call
from helpline.services.watch_line import watch_duty

# Replies to these are not run by the carrier, or the next document is already on its way.
_NO_SAY = frozenset({"redirected", "redirected-from-bridged", "bridged", "bridging-in-process"})


def leave_line(
    sw: Switchboard, leg_id: str, line: str, result: str, *, waited_ms: int = 0, over: bool
) -> Document:
    """Answer `/voice/left`. `over`: the caller's leg has ended. Raises LiveStateDown.

    `waited_ms` is how long they stood in the queue, as the carrier says: the place of who
    is not known. Results we do not know are treated like `error`: back, with speech only.
    """
    now_ms = sw.clock.now_ms()
    if over or result == "hangup":
        end_by_leg(sw, leg_id, now_ms)
        return ()
    if result in _NO_SAY:
        return ()
    call = sw.calls.by_leg(leg_id) or adopt_call(sw, leg_id, line, now_ms - waited_ms)
    if call is None:
        return documents.in_line()
    if call.stage in (Stage.CLAIMED, Stage.TALKING, Stage.HANDED_OVER) and call.room:
        change_call(sw, call, lambda now: on_the_way(now, now_ms))
        return documents.room(call.room)
    if result == "queue-full":
        return lead_on(sw, call)
    if result == "leave":
        return _let_out(sw, call, now_ms)
    # A wait document failed, most likely its sound: from here on only speech.
    change_call(sw, call, lambda now: Change(set={"plain": True}))
    return documents.in_line()


def _let_out(sw: Switchboard, call: LiveCall, now_ms: int) -> Document:
    """We let them out of the queue: to a way on, to the chain, or back if that has changed."""
    if call.to_partner:
        document = documents.to_partner(sw.book, call.line)
        # The note stays until they are back: asked once more, this is the answer again.
        _led_on(sw, call, to_partner=True, rung=documents.rings_partner(document))
        return document
    view = sw.calls.line(PRESENCES_ONLY, now_ms)
    if not (call.stays or somebody_is_there(sw, view, call)):
        watch_duty(sw, view, now_ms)
        return lead_on(sw, call)
    if nobody_rings(sw, view, call, now_ms):
        _led_on(sw, call)
        return _chain(sw, now_ms)
    return documents.in_line()


def lead_on(sw: Switchboard, call: LiveCall) -> Document:
    """Nobody can answer: say so and what else there is."""
    document, session = documents.way_on(sw.book, call.nobody_flow, call.line, rung=call.partner_rung)
    _led_on(sw, call, session, rung=documents.rings_partner(document))
    return document


def _led_on(
    sw: Switchboard, call: LiveCall, session: str = "", *, to_partner: bool = False, rung: bool = False
) -> None:
    """`rung`: the document rings the partner line."""
    kept: dict[str, str | int | bool] = {"led_on": True, "session": session}
    if rung:
        kept["partner_rung"] = True
    forgotten = () if to_partner else ("to_partner",)
    led_on = Change(event=Event.LED_ON, set=kept, drop=forgotten, release=True)
    change_call(sw, call, lambda now: led_on)


def _chain(sw: Switchboard, now_ms: int) -> Document:
    """Everybody planned now, rung one after the other by the carrier alone."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    book = sw.book
    return standby_chain(book.roster, now, next(iter(book.rules.lines)), partner_of(book))


def left_without_memory(sw: Switchboard, result: str, *, over: bool) -> Document:
    """`/voice/left` while Redis is away: who was let out of the queue gets the standby chain."""
    if over or result == "hangup" or result in _NO_SAY:
        return ()
    if result not in ("leave", "queue-full"):
        return documents.in_line()
    return _chain(sw, sw.clock.now_ms())
