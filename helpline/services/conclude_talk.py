"""*Terminer*: the psychologist ends the talk in words; the caller hears the closing."""

from __future__ import annotations

from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.presence import State
from helpline.ports import Change
from helpline.services.change_call import change_call
from helpline.services.switchboard import Switchboard


def conclude_talk(sw: Switchboard, psychologist: str) -> bool:
    """End the talk of `psychologist` on purpose. False when she is in none. Raises LiveStateDown.

    The caller is taken to the closing first, then her leg is ended: a caller must not
    stand in an empty room even for the time of one order.
    """
    presence = sw.offers.presence(psychologist)
    if presence is None or presence.state is not State.TALKING or presence.attempt is None:
        return False
    attempt = presence.attempt
    offer = sw.offers.get(attempt)
    call = sw.calls.get(offer.call) if offer else None
    now_ms = sw.clock.now_ms()

    def decide(now: LiveCall) -> Change | None:
        if now.stage is not Stage.TALKING or now.attempt != attempt:
            return None
        return Change(
            event=Event.CONCLUDED,
            set={"talked_ms": now.talked_ms + now_ms - (now.talking_since_ms or now_ms)},
            drop=("talking_since_ms",),
            effects=((f"speak:{now.id}", now_ms), (f"drop:{attempt}", now_ms + 200)),
        )

    return call is not None and change_call(sw, call, decide) is not None
