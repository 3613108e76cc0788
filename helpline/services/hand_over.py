"""*Transférer et raccrocher*: she leaves a talk of three to the caller and the third party.

Only where all three are together, as the carrier has confirmed: the caller is never let
go before somebody else has them. Her leaving such a talk in any other way means the same.
"""

from __future__ import annotations

from helpline.domain.call import Event, LiveCall, Stage
from helpline.ports import Change
from helpline.services.change_call import change_call
from helpline.services.her_talk import her_talk, is_hers, talk_left
from helpline.services.note_fiche import open_fiche
from helpline.services.switchboard import Switchboard


def hand_over(sw: Switchboard, psychologist: str) -> bool:
    """Leave the caller to the third party. Said twice, done once. Raises LiveStateDown.

    False when not all three are together.
    """
    call = her_talk(sw, psychologist)
    if call is None or call.attempt is None:
        return _is_handed_over(sw, psychologist)
    attempt, now_ms = call.attempt, sw.clock.now_ms()

    def decide(now: LiveCall) -> Change | None:
        if not is_hers(now, attempt) or not now.is_of_three or not now.caller_in:
            return None
        return handed_over(now, now_ms)

    before = change_call(sw, call, decide)
    if before is not None:
        take_over_fiche(sw, before, now_ms)
    return before is not None


def _is_handed_over(sw: Switchboard, psychologist: str) -> bool:
    """Has somebody else the caller she had, while her leg still stands?"""
    left = talk_left(sw, psychologist)
    return left is not None and left.stage in (Stage.HANDED_OVER, Stage.TALKING)


def handed_over(call: LiveCall, now_ms: int) -> Change:
    """A colleague is in charge from now on; a structure talks to the caller alone."""
    gone = (f"drop:{call.attempt}", now_ms)
    if not call.third_psychologist:
        return Change(event=Event.HANDED_OVER, set={"psychologist_in": False}, effects=(gone,))
    return Change(
        set={
            "attempt": call.third or "",
            "psychologist": call.third_psychologist,
            "psychologist_in": True,
            "room_of": call.room or "",
        },
        drop=("third", "third_in", "third_psychologist", "third_gone"),
        effects=(gone,),
    )


def take_over_fiche(sw: Switchboard, before: LiveCall, now_ms: int) -> None:
    """The fiche goes with the caller to a colleague; for a structure it stays with her who coded it."""
    if before.third_psychologist:
        open_fiche(sw.fiches, sw.chance, before.id, before.third_psychologist, now_ms)
