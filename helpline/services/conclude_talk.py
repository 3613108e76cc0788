"""*Terminer*: the psychologist ends the talk in words; the caller hears the closing."""

from __future__ import annotations

from helpline.domain.call import Event, LiveCall, Stage
from helpline.ports import Change
from helpline.services.change_call import change_call
from helpline.services.her_talk import her_talk, is_hers, talk_left
from helpline.services.switchboard import Switchboard


def conclude_talk(sw: Switchboard, psychologist: str) -> bool:
    """End the talk of `psychologist` on purpose. Said twice, done once. Raises LiveStateDown.

    False when she is in none, or her caller is on hold: who is ended hears her goodbye first.

    The caller is taken to the closing first, then her leg is ended: a caller must not
    stand in an empty room even for the time of one order.
    """
    call = her_talk(sw, psychologist)
    if call is None or call.attempt is None:
        left = talk_left(sw, psychologist)
        return left is not None and left.stage is Stage.CLOSING
    attempt = call.attempt
    now_ms = sw.clock.now_ms()

    def decide(now: LiveCall) -> Change | None:
        if not is_hers(now, attempt) or now.held:
            return None
        third = ((f"drop:{now.third}", now_ms),) if now.third else ()
        return Change(
            event=Event.CONCLUDED,
            set={
                "talked_ms": now.talked_ms + now_ms - (now.talking_since_ms or now_ms),
                # On the way back from hold they would come into an empty room: they are fetched all the same.
                "caller_in": True,
            },
            drop=("talking_since_ms", "third", "third_in", "third_psychologist"),
            effects=((f"speak:{now.id}", now_ms), (f"drop:{attempt}", now_ms + 200), *third),
        )

    return change_call(sw, call, decide) is not None
