"""Make the working copy agree with the carrier, which is the truth for who is on the line.

Runs at boot, on epoch loss and every ten seconds (of a very long line more seldom). It adopts and it frees; it ends legs of
psychologists that belong to nothing; it never hangs up a caller and touches no leg that is
in a room with one. Running it twice, or two at once, changes nothing more. The carrier
away: nothing is done. Away in the middle: what was done stands, the rest is done next time.

1. Look: every live leg, who stands in the queue, and who is in a room when somebody is
   not where we think.
2. Adopt callers we do not know: from the queue at their carrier enqueue time, from a
   room, from the fallback chain. Who is nowhere for 20 s (28 s when they may be on hold)
   is brought into the line.
3. Put right where a caller really is, free what has no leg, end legs nobody asked for.
4. Apply the rota, and after a loss declare a new epoch: claims are possible again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from helpline.domain.call import LiveCall
from helpline.domain.offer import Offer
from helpline.ports import Carrier, CarrierLeg, LegStatus, Roll
from helpline.services.adopt_chain import adopt_chain
from helpline.services.adopt_talks import adopt_talks
from helpline.services.end_call import end_call
from helpline.services.follow_leg import leg_is_over
from helpline.services.forgotten_legs import Look, end_forgotten_legs, thirds
from helpline.services.keep_duty import apply_rota
from helpline.services.look_after import JUST_MADE_MS, look_after
from helpline.services.may_be_held import owners
from helpline.services.mend_place import Rooms, Seen, is_out_of_place, mend_place
from helpline.services.strangers import look_for_strangers, unknown
from helpline.services.switchboard import Switchboard
from helpline.services.take_call import adopt_call, keep_order
from helpline.services.watch_line import take_back_alarms

FORGET_AFTER_MS = 15 * 60_000
FORGET_AT_ONCE = 5
LANDED_MS = 1_000
"""An order to ring that was on its way when the copy was lost has reached the carrier by then; before that its lists
may not show a telephone that is about to ring. Longer would keep those who wait from being rung."""

YOUNG_MS = 10_000
"""Of a copy so young, a leg that no order explains is a forgotten one that took longer."""

STILL_UP_MS = 3_000
"""How long a new epoch waits for forgotten legs that the carrier would not end: whoever is on one would be
rung once more. No longer, since others are not rung meanwhile."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one run changed; all zero means that both sides agreed. `mended`: callers who were not where we thought.

    `strangers` are legs that belong to nothing, with the moment (ms) that began: callers in no
    queue and no room, whom a later run brings into the line, and psychologists' legs that may
    be waiting for one of those or that the carrier would not end. `young`: what is late from
    before a loss may still arrive. `legs`: how many the carrier listed.
    """

    adopted: int = 0
    ended: int = 0
    freed: int = 0
    dropped: int = 0
    mended: int = 0
    rebuilt: bool = False
    strangers: Mapping[str, int] = field(default_factory=dict)
    young: bool = False
    legs: int = 0

    @property
    def agreed(self) -> bool:
        """Both sides knew the same of the calls, and nobody is unaccounted for."""
        changed = self.adopted or self.ended or self.freed or self.dropped or self.mended or self.rebuilt
        return not (changed or self.strangers)


def reconcile(sw: Switchboard, carrier: Carrier, strangers: Mapping[str, int] | None = None) -> Reconciled:
    """One run; `strangers` are those of the run before. Raises CarrierDown or LiveStateDown."""
    now_ms, before = sw.clock.now_ms(), strangers or {}
    begun = _begin(sw, now_ms)
    seen = Seen(
        legs={leg.leg_id: leg for leg in carrier.live_legs()},
        queued={member.leg_id: member.enqueued_ms for member in carrier.waiting()},
    )
    known = _adopt(sw, carrier, seen, now_ms, lost=begun.lost)
    nowhere, apart = look_for_strangers(sw, carrier, seen, known.rooms, before, now_ms)
    ended, freed = _free_what_has_no_leg(sw, carrier, seen, known.roll, now_ms)
    kept = _with_a_caller(seen, known.rooms) | apart.waiting
    forgotten = _end_forgotten(sw, carrier, begun, seen, kept, now_ms)
    occupied = apart.waiting.union(forgotten.still_up)
    nowhere |= {leg_id: before.get(leg_id, now_ms) for leg_id in occupied}
    _forget_erased(sw, carrier, known.roll.over, now_ms)
    _keep_duty(sw, begun, owners(sw, forgotten.legs, occupied), now_ms)
    rebuilt = begun.lost and _declare(sw, begun, forgotten, nowhere, now_ms)
    take_back_alarms(sw, now_ms)
    sw.due.put("match", now_ms, now_ms)
    young, dropped = rebuilt or begun.is_young(now_ms), forgotten.dropped
    return Reconciled(
        known.adopted, ended, freed, dropped, known.mended, rebuilt, nowhere, young, len(seen.legs)
    )


@dataclass(frozen=True, slots=True)
class _Begun:
    """In which epoch (None: lost) a run begins; lost: the mark of the copy it builds, and since when (ms) that is known."""

    epoch: tuple[str, int] | None
    draft: str
    known_ms: int

    @property
    def lost(self) -> bool:
        return self.epoch is None

    def is_young(self, now_ms: int) -> bool:
        return self.epoch is not None and 0 <= now_ms - self.epoch[1] < YOUNG_MS


def _begin(sw: Switchboard, now_ms: int) -> _Begun:
    epoch = sw.calls.epoch()
    if epoch is not None:
        return _Begun(epoch, "", now_ms)
    return _Begun(None, *sw.calls.draft_epoch(sw.chance.new_id(), now_ms))


@dataclass(frozen=True, slots=True)
class _Known:
    """After everybody on the line is known: the calls, the rooms if they were looked into, how many were new or elsewhere."""

    roll: Roll
    rooms: Rooms
    adopted: int
    mended: int


def _adopt(sw: Switchboard, carrier: Carrier, seen: Seen, now_ms: int, *, lost: bool) -> _Known:
    """Know everybody who is on the line, and where they are."""
    roll = sw.calls.roll()
    adopted = _adopt_waiting(sw, seen, roll) + adopt_chain(sw, seen.legs, now_ms)
    misplaced = _misplaced(sw, seen, roll, now_ms)
    rooms = carrier.rooms() if lost or misplaced or unknown(sw, seen) else None
    adopted += adopt_talks(sw, rooms or {}, seen.legs, now_ms)
    for call in misplaced:
        mend_place(sw, call, rooms or {}, now_ms)
    if adopted or rooms is not None:
        # They have changed since, by us or while the carrier was asked.
        roll = sw.calls.roll()
    return _Known(roll, rooms or {}, adopted, len(misplaced))


def _misplaced(sw: Switchboard, seen: Seen, roll: Roll, now_ms: int) -> list[LiveCall]:
    """Who looks out of place in the roll, and is when read once more: whoever was adopted since has moved others."""
    looks = [call.leg_id for call in roll.others if is_out_of_place(call, seen, now_ms)]
    again = map(sw.calls.by_leg, [*looks, *_missing(roll, seen.queued)])
    return [call for call in again if call is not None and is_out_of_place(call, seen, now_ms)]


def _missing(roll: Roll, listed: Iterable[str]) -> list[str]:
    """The legs of those who just wait that are not listed: all others of these are where they should be."""
    return sorted(roll.just_wait.difference(listed))


def _free_what_has_no_leg(
    sw: Switchboard, carrier: Carrier, seen: Seen, roll: Roll, now_ms: int
) -> tuple[int, int]:
    """End calls and free psychologists whose leg is over: how many of each."""
    missing = map(sw.calls.by_leg, _missing(roll, seen.legs))
    calls = [*roll.others, *(call for call in missing if call is not None)]
    ended = sum(_end_if_gone(sw, carrier, call, seen, now_ms) for call in calls)
    return ended, _free_psychologists(sw, carrier, seen, calls, now_ms)


@dataclass(frozen=True, slots=True)
class _Forgotten:
    """Legs that belong to nothing: how many were ended, which may be up all the same, and whether more may be landing.

    `legs`: all that were looked through.
    """

    dropped: int
    still_up: list[str]
    landing: bool
    legs: Mapping[str, CarrierLeg]


def _end_forgotten(
    sw: Switchboard, carrier: Carrier, begun: _Begun, seen: Seen, kept: Set[str], now_ms: int
) -> _Forgotten:
    legs = seen.legs
    landing = bool(legs) and 0 <= now_ms - begun.known_ms < LANDED_MS
    if begun.lost and landing and sw.clock.now_ms() - begun.known_ms >= LANDED_MS:
        # The look itself lasted longer than that: what has arrived meanwhile is seen now, without a second look.
        legs = {**legs, **{leg.leg_id: leg for leg in carrier.live_legs()}}
        landing = False
    look = Look(begun.epoch, legs, kept, at_once=begun.lost or begun.is_young(now_ms))
    dropped, still_up = end_forgotten_legs(sw, carrier, look, now_ms)
    return _Forgotten(dropped, still_up, landing, legs)


def _declare(
    sw: Switchboard, begun: _Begun, forgotten: _Forgotten, nowhere: Mapping[str, int], now_ms: int
) -> bool:
    """Begin a new epoch, unless somebody may yet be rung a second time in it."""
    in_doubt = any(now_ms - nowhere[leg_id] < STILL_UP_MS for leg_id in forgotten.still_up)
    may_begin = not (in_doubt or forgotten.landing)
    return may_begin and sw.calls.begin_epoch(sw.chance.new_id(), now_ms, begun.draft)


def _keep_duty(sw: Switchboard, begun: _Begun, busy: frozenset[str], now_ms: int) -> None:
    """Who is `busy` on a leg that this copy has lost is not rung; all others are on duty as the rota says."""
    everybody = [person.id for person in sw.book.roster.psychologists]
    sw.offers.set_apart(busy, everybody, begun.epoch[0] if begun.epoch else None, now_ms)
    apply_rota(sw, now_ms, besides=busy)


def _adopt_waiting(sw: Switchboard, seen: Seen, roll: Roll) -> int:
    adopted = 0
    known = {call.leg_id: call for call in roll.others}
    for leg_id, enqueued_ms in sorted(seen.queued.items(), key=lambda item: item[1]):
        leg = seen.legs.get(leg_id)
        if leg_id in roll.just_wait or leg is None or not leg.inbound or leg.line is None:
            continue
        call = known.get(leg_id) or sw.calls.by_leg(leg_id)
        if call is None and adopt_call(sw, leg_id, leg.line, enqueued_ms, rough=False) is not None:
            adopted += 1
        elif call is not None and call.rough:
            keep_order(sw, call, enqueued_ms)
    return adopted


def _end_if_gone(sw: Switchboard, carrier: Carrier, call: LiveCall, seen: Seen, now_ms: int) -> bool:
    """Never on absence alone: a list may lag, so the leg itself is asked for."""
    if call.leg_id in seen.legs:
        look_after(sw, call, now_ms)
        return False
    leg = carrier.leg(call.leg_id)
    if leg is None:
        # Neither live nor kept: a request replayed from long ago. Never counted.
        sw.calls.forget(call.id, now_ms)
        return True
    return leg.status.is_final and end_call(sw, call, leg.ended_ms or now_ms)


def _free_psychologists(
    sw: Switchboard, carrier: Carrier, seen: Seen, calls: Iterable[LiveCall], now_ms: int
) -> int:
    held = (presence.attempt for presence in sw.offers.presences().values() if presence.attempt)
    offers = [
        *filter(None, map(sw.offers.get, held)),
        *(third for third in thirds(sw, calls) if not third.psychologist),
    ]
    gone = [offer for offer in offers if offer.state.is_live and offer.leg_id not in seen.legs]
    return sum(_leg_vanished(sw, carrier, offer, now_ms) for offer in gone)


def _leg_vanished(sw: Switchboard, carrier: Carrier, offer: Offer, now_ms: int) -> bool:
    """Her leg is not in the list: news was lost, or the list is older than the leg."""
    if offer.leg_id is None:
        if now_ms - offer.made_ms >= JUST_MADE_MS:
            sw.due.put(f"ring:{offer.attempt}", now_ms, now_ms)
        return False
    leg = carrier.leg(offer.leg_id)
    status = leg.status if leg is not None else LegStatus.FAILED
    if status.is_final:
        # As it is now: while the carrier was asked she may have accepted, talked and gone.
        leg_is_over(sw, sw.offers.get(offer.attempt) or offer, status)
    return status.is_final


def _with_a_caller(seen: Seen, rooms: Rooms) -> frozenset[str]:
    """Legs in a room that also holds a caller."""
    inbound = {leg_id for leg_id, leg in seen.legs.items() if leg.inbound}
    talks = (members for members in rooms.values() if not inbound.isdisjoint(members))
    return frozenset(leg_id for members in talks for leg_id in members)


def _forget_erased(sw: Switchboard, carrier: Carrier, over: Mapping[str, int], now_ms: int) -> None:
    """Records whose leg somebody else erased at the carrier: nothing will ever count them."""
    old = sorted(call_id for call_id, ended_ms in over.items() if ended_ms < now_ms - FORGET_AFTER_MS)
    for call in filter(None, map(sw.calls.get, old[:FORGET_AT_ONCE])):
        if carrier.leg(call.leg_id) is None:
            sw.calls.forget(call.id, now_ms)
