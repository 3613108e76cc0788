"""*Terminer*: the psychologist ends the talk in words; the caller hears the closing."""

from __future__ import annotations

from helpline.domain.call import Event, Stage
from helpline.domain.presence import State
from helpline.ports import Change, Saved
from helpline.services.end_call import TRIES
from helpline.services.switchboard import Switchboard


def conclude_talk(sw: Switchboard, psychologist: str) -> bool:
    """End the talk of `psychologist` on purpose. False when she is in none. Raises LiveStateDown.

    The caller is taken to the closing first, then her leg is ended: a caller must not
    stand in an empty room even for the time of one order.
    """
    for _ in range(TRIES):
        presence = sw.offers.presence(psychologist)
        if presence is None or presence.state is not State.TALKING or presence.attempt is None:
            return False
        offer = sw.offers.get(presence.attempt)
        call = sw.calls.get(offer.call) if offer else None
        if call is None or call.stage is not Stage.TALKING or call.attempt != presence.attempt:
            return False
        now_ms = sw.clock.now_ms()
        talked = now_ms - (call.talking_since_ms or now_ms)
        change = Change(
            event=Event.CONCLUDED,
            set={"talked_ms": call.talked_ms + talked},
            drop=("talking_since_ms",),
            effects=((f"speak:{call.id}", now_ms), (f"drop:{presence.attempt}", now_ms + 200)),
        )
        saved = sw.calls.save(call, change, now_ms)
        if saved is not Saved.CHANGED:
            return saved is Saved.DONE
    return False
