"""Carry out one live effect at the carrier. The only place of the call path that orders.

Every effect looks at the state again before it acts, because it may have been decided
long ago, by a process that has died, or twice. Its answer says what becomes of its row:
done (None) or due again at a moment.

    match            one round of offers
    ring:<attempt>   call a psychologist's endpoint
    drop:<attempt>   end a leg that is no longer wanted
    tell:<attempt>   tell who has picked up that it is too late, then her leg ends
    move:<call>      bring the caller out of the queue into the room
    joined:<call>    has the caller arrived in the room?
    speak:<call>     take the caller out of an empty room to hear what happens next
    place:<call>     bring the caller onto hold, or back from it
    rest:<psy>       the wrap-up is over
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from helpline.domain.presence import Event as PresenceEvent
from helpline.domain.presence import State
from helpline.ports import Carrier
from helpline.services.drop_leg import drop_leg, tell_too_late
from helpline.services.move_caller import caller_joined, move_caller, speak_to_caller
from helpline.services.offer_call import offer_round
from helpline.services.place_caller import place_caller
from helpline.services.ring_psychologist import ring_psychologist
from helpline.services.switchboard import Switchboard

Effect = Callable[[Switchboard, Carrier, str, int], int | None]


def carry_out(sw: Switchboard, carrier: Carrier, member: str, now_ms: int) -> int | None:
    """Do `member`; None when done, else the moment (ms) to do it again.

    An unknown member is done: it was written by a newer version of ourselves.
    """
    kind, _, subject = member.partition(":")
    effect = EFFECTS.get(kind)
    return effect(sw, carrier, subject, now_ms) if effect else None


def _match(sw: Switchboard, carrier: Carrier, subject: str, now_ms: int) -> int | None:
    offer_round(sw, now_ms)
    return None


def _rest(sw: Switchboard, carrier: Carrier, psychologist: str, now_ms: int) -> int | None:
    presence = sw.offers.presence(psychologist)
    if presence is None or presence.state is not State.WRAP_UP:
        return None
    if presence.wrap_up_until_ms is not None and presence.wrap_up_until_ms > now_ms:
        return presence.wrap_up_until_ms
    sw.offers.happen(psychologist, PresenceEvent.WRAP_UP_OVER, now_ms)
    return None


EFFECTS: Mapping[str, Effect] = {
    "match": _match,
    "ring": ring_psychologist,
    "drop": drop_leg,
    "tell": tell_too_late,
    "move": move_caller,
    "joined": caller_joined,
    "speak": speak_to_caller,
    "place": place_caller,
    "rest": _rest,
}
