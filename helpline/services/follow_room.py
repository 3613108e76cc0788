"""News of a room: who came in, who left. The bridge is what the carrier says it is."""

from __future__ import annotations

from dataclasses import dataclass

from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.offer import Offer
from helpline.ports import Change
from helpline.services.change_call import change_call
from helpline.services.end_call import end_call
from helpline.services.hand_over import handed_over, take_over_fiche
from helpline.services.note_fiche import new_fiche
from helpline.services.switchboard import Switchboard


@dataclass(frozen=True, slots=True)
class RoomNews:
    """One event of a room. `hung_up`: left by hanging up, not cut and not moved by us."""

    attempt: str
    leg_id: str
    joined: bool
    hung_up: bool = False
    leg_over: bool = False
    moved: bool = False


def follow_room(sw: Switchboard, news: RoomNews) -> None:
    """Take one join or leave into account. Late or double news changes nothing."""
    # The room is named by one attempt, and others may be in it: the leg says whose news it is.
    call, offer = sw.calls.by_leg(news.leg_id), None
    is_caller = call is not None
    if call is None:
        offer = sw.offers.by_leg(news.leg_id) or sw.offers.get(news.attempt)
        call = sw.calls.get(offer.call) if offer else None
    if call is None:
        return
    if news.joined:
        if is_caller or (offer is not None and offer.attempt == call.attempt):
            _joined(sw, call, news.attempt, is_caller)
    elif is_caller:
        _caller_left(sw, call, news)
    elif offer is not None and offer.attempt == call.third:
        third_left(sw, call, offer.attempt, lost=not news.hung_up)
    elif offer is not None:
        psychologist_left(sw, call, offer, lost=not news.hung_up)


def _joined(sw: Switchboard, call: LiveCall, attempt: str, is_caller: bool) -> None:
    """Somebody came in. Both in, it is a talk."""
    now_ms = sw.clock.now_ms()
    mine = "caller_in" if is_caller else "psychologist_in"

    def decide(now: LiveCall) -> Change | None:
        if now.room != attempt or now.stage not in (Stage.CLAIMED, Stage.TALKING):
            return None
        if _is_the_second(now, is_caller):
            return _bridge(sw, now, mine, now_ms)
        # On hold meanwhile: the news is old, or they were on their way in. Out again.
        out = ((f"place:{now.id}", now_ms),) if is_caller and now.held else ()
        return Change(set={mine: True, "news_ms": now_ms}, effects=out)

    change_call(sw, call, decide)


def _is_the_second(call: LiveCall, is_caller: bool) -> bool:
    """Is who comes in now the second of the two, so that this is the bridge?"""
    return call.stage is Stage.CLAIMED and (call.psychologist_in if is_caller else call.caller_in)


def _bridge(sw: Switchboard, call: LiveCall, mine: str, now_ms: int) -> Change:
    """A talk, and the fiche she codes it on: one step, since the news of it is told once."""
    return Change(
        event=Event.BRIDGED,
        set={
            mine: True,
            "news_ms": now_ms,
            "spoke_ms": call.spoke_ms if call.spoke_ms is not None else now_ms,
            "talking_since_ms": now_ms,
        },
        release=True,
        keep=call.attempt,
        fiche=new_fiche(sw.chance, call.id, call.psychologist) if call.psychologist else None,
    )


def _caller_left(sw: Switchboard, call: LiveCall, news: RoomNews) -> None:
    """Hung up: the call is over. Moved by us: the next document already speaks to them."""
    if news.moved:
        return
    if news.hung_up or news.leg_over:
        end_call(sw, call, sw.clock.now_ms())


def psychologist_left(sw: Switchboard, call: LiveCall, offer: Offer, *, lost: bool) -> None:
    """Her side of the talk has ended. `lost`: not by hanging up; the caller is offered at once.

    Of a talk of three, the other two are left to each other. Who was on hold is offered at
    once, whichever way she went: nobody leaves a caller on hold on purpose.
    """
    now_ms = sw.clock.now_ms()

    def decide(now: LiveCall) -> Change | None:
        if now.stage is not Stage.TALKING or now.attempt != offer.attempt:
            return None
        if now.is_of_three and now.caller_in:
            return handed_over(now, now_ms)
        return _alone(now, now_ms, lost or not now.caller_in)

    before = change_call(sw, call, decide)
    if before is not None and before.is_of_three and before.caller_in:
        take_over_fiche(sw, before, now_ms)


def third_left(sw: Switchboard, call: LiveCall, attempt: str | None, *, lost: bool) -> None:
    """The third party's side (None: nobody knows of one any more) has ended. It matters to the caller only if nobody
    else is there.
    """
    now_ms = sw.clock.now_ms()

    def decide(now: LiveCall) -> Change | None:
        if now.stage is not Stage.HANDED_OVER or now.third != attempt:
            return None
        return _alone(now, now_ms, lost)

    change_call(sw, call, decide)


def _alone(call: LiveCall, now_ms: int, lost: bool) -> Change:
    """Nobody of our side is left. A third party who was called is let go as well."""
    third = ((f"drop:{call.third}", now_ms),) if call.third else ()
    talked = now_ms - (call.talking_since_ms or now_ms)
    return Change(
        event=Event.PSYCHOLOGIST_LOST if lost else Event.PSYCHOLOGIST_LEFT,
        set={
            "talked_ms": call.talked_ms + talked,
            "psychologist_in": False,
            "first_choice": call.psychologist or "",
            "moves": 0,
            "held": False,
            # From hold, or on the way back from it, only we can fetch them.
            "caller_in": True,
        },
        drop=("talking_since_ms", "third", "third_in", "third_psychologist", "third_out", "third_gone"),
        effects=((f"speak:{call.id}", now_ms), *third),
    )
