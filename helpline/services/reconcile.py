"""Make the working copy agree with the carrier, which is the truth for who is on the line.

Runs at boot, on epoch loss and every ten seconds. It adopts and it frees; it ends legs of
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

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from helpline.domain import paths
from helpline.domain.call import LiveCall
from helpline.domain.offer import Offer, OfferState
from helpline.ports import Carrier, CarrierLeg, LegStatus, RestOutcome
from helpline.services.adopt_chain import adopt_chain
from helpline.services.adopt_talks import adopt_talks
from helpline.services.call_third import STRUCTURE
from helpline.services.end_call import end_call
from helpline.services.follow_leg import leg_is_known, leg_is_over
from helpline.services.keep_duty import apply_rota
from helpline.services.look_after import JUST_MADE_MS, look_after
from helpline.services.may_be_held import ON_HOLD_MS, may_be_held, owners
from helpline.services.mend_place import Rooms, is_out_of_place, mend_place
from helpline.services.switchboard import Switchboard
from helpline.services.take_call import adopt_call, keep_order
from helpline.services.watch_line import take_back_alarms

FORGET_AFTER_MS = 15 * 60_000
FORGET_AT_ONCE = 5
STRANGER_MS = 20_000
"""Longer than the longest sentence of the fallback chain between two telephones."""

WHOLE_CHAIN_MS = 10 * 60_000
"""As long as the fallback chain takes to its end, with nine people in three rounds."""

LANDED_MS = 1_000
"""An order to ring that was on its way when the copy was lost has reached the carrier by then; before that its lists
may not show a telephone that is about to ring. Longer would keep those who wait from being rung."""

YOUNG_MS = 10_000
"""Of a copy so young, a leg that no order explains is a forgotten one that took longer."""

STILL_UP_MS = 3_000
"""How long a new epoch waits for forgotten legs that the carrier would not end: whoever is on one would be
rung once more. No longer, since others are not rung meanwhile."""

Legs = Mapping[str, CarrierLeg]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one run changed; all zero means that both sides agreed.

    `strangers` are legs that belong to nothing, with the moment (ms) that began: callers in no
    queue and no room, whom a later run brings into the line, and psychologists' legs that may
    be waiting for one of those or that the carrier would not end. `young`: what is late from
    before a loss may still arrive.
    """

    adopted: int = 0
    ended: int = 0
    freed: int = 0
    dropped: int = 0
    rebuilt: bool = False
    strangers: Mapping[str, int] = field(default_factory=dict)
    young: bool = False


def reconcile(sw: Switchboard, carrier: Carrier, strangers: Mapping[str, int] | None = None) -> Reconciled:
    """One run; `strangers` are those of the run before. Raises CarrierDown or LiveStateDown."""
    now_ms = sw.clock.now_ms()
    epoch = sw.calls.epoch()
    lost = epoch is None
    draft, known_ms = sw.calls.draft_epoch(sw.chance.new_id(), now_ms) if lost else ("", now_ms)
    legs = {leg.leg_id: leg for leg in carrier.live_legs()}
    queued = {member.leg_id: member.enqueued_ms for member in carrier.waiting()}
    adopted = _adopt_waiting(sw, legs, queued) + adopt_chain(sw, legs, now_ms)
    misplaced = [call for call in sw.calls.live() if is_out_of_place(call, legs, queued, now_ms)]
    rooms = carrier.rooms() if lost or misplaced or _unknown(sw, legs, queued) else {}
    adopted += adopt_talks(sw, rooms, legs, now_ms)
    for call in misplaced:
        mend_place(sw, call, rooms, now_ms)
    before = strangers or {}
    nowhere = {leg_id: before.get(leg_id, now_ms) for leg_id in _unknown(sw, legs, queued)}
    apart = may_be_held(sw, legs, rooms, before, nowhere, now_ms)
    for leg_id, since_ms in nowhere.items():
        patience_ms = ON_HOLD_MS if leg_id in apart.callers else STRANGER_MS
        nowhere[leg_id] = _bring_in(carrier, leg_id, since_ms, patience_ms, now_ms)
    ended = sum(_end_if_gone(sw, carrier, call, legs, now_ms) for call in sw.calls.live())
    freed = _free_psychologists(sw, carrier, legs, now_ms)
    kept = _with_a_caller(legs, rooms) | apart.waiting
    landing = bool(legs) and 0 <= now_ms - known_ms < LANDED_MS
    if lost and landing and sw.clock.now_ms() - known_ms >= LANDED_MS:
        # The look itself lasted longer than that: what has arrived meanwhile is seen now, without a second look.
        legs |= {leg.leg_id: leg for leg in carrier.live_legs()}
        landing = False
    young = epoch is not None and 0 <= now_ms - epoch[1] < YOUNG_MS
    look = _Look(epoch, legs, kept, at_once=lost or young)
    dropped, still_up = _end_forgotten_legs(sw, carrier, look, now_ms)
    occupied = apart.waiting.union(still_up)
    nowhere |= {leg_id: before.get(leg_id, now_ms) for leg_id in occupied}
    _forget_erased(sw, carrier, now_ms)
    busy = owners(sw, legs, occupied)
    everybody = [person.id for person in sw.book.roster.psychologists]
    sw.offers.set_apart(busy, everybody, epoch[0] if epoch else None, now_ms)
    apply_rota(sw, now_ms, besides=busy)
    in_doubt = any(now_ms - nowhere[leg_id] < STILL_UP_MS for leg_id in still_up)
    rebuilt = lost and not (in_doubt or landing) and sw.calls.begin_epoch(sw.chance.new_id(), now_ms, draft)
    take_back_alarms(sw, now_ms)
    sw.due.put("match", now_ms, now_ms)
    return Reconciled(adopted, ended, freed, dropped, rebuilt, nowhere, young=rebuilt or young)


def _bring_in(carrier: Carrier, leg_id: str, since_ms: int, patience_ms: int, now_ms: int) -> int:
    """Bring a stranger into the line after a while; answers since when they are one.

    Not at once: between two telephones of the fallback chain a caller is a stranger too,
    for the length of a sentence, and the chain must not be broken off for that.
    """
    if now_ms - since_ms < patience_ms:
        return since_ms
    carrier.move(leg_id, paths.INCOMING)
    # Still a stranger after that: the web does not answer and the chain has begun anew. It is
    # to come to its end, where the numbers to dial are, so it is not broken off again.
    return now_ms + WHOLE_CHAIN_MS


def _unknown(sw: Switchboard, legs: Legs, queued: Mapping[str, int]) -> frozenset[str]:
    """Callers in progress whom nothing of ours knows, and whom the chain is not ringing for."""
    parents = {leg.parent_id for leg in legs.values() if leg.parent_id}
    return frozenset(
        leg.leg_id
        for leg in legs.values()
        if leg.inbound
        and leg.status is LegStatus.IN_PROGRESS
        and leg.leg_id not in queued
        and leg.leg_id not in parents
        and sw.calls.by_leg(leg.leg_id) is None
    )


def _adopt_waiting(sw: Switchboard, legs: Legs, queued: Mapping[str, int]) -> int:
    adopted = 0
    known = {call.leg_id: call for call in sw.calls.live()}
    for leg_id, enqueued_ms in sorted(queued.items(), key=lambda item: item[1]):
        leg = legs.get(leg_id)
        if leg is None or not leg.inbound or leg.line is None:
            continue
        call = known.get(leg_id) or sw.calls.by_leg(leg_id)
        if call is None and adopt_call(sw, leg_id, leg.line, enqueued_ms, rough=False) is not None:
            adopted += 1
        elif call is not None and call.rough:
            keep_order(sw, call, enqueued_ms)
    return adopted


def _end_if_gone(sw: Switchboard, carrier: Carrier, call: LiveCall, legs: Legs, now_ms: int) -> bool:
    """Never on absence alone: a list may lag, so the leg itself is asked for."""
    if call.leg_id in legs:
        look_after(sw, call, now_ms)
        return False
    leg = carrier.leg(call.leg_id)
    if leg is None:
        # Neither live nor kept: a request replayed from long ago. Never counted.
        sw.calls.forget(call.id, now_ms)
        return True
    return leg.status.is_final and end_call(sw, call, leg.ended_ms or now_ms)


def _free_psychologists(sw: Switchboard, carrier: Carrier, legs: Legs, now_ms: int) -> int:
    held = (presence.attempt for presence in sw.offers.presences().values() if presence.attempt)
    offers = [
        *filter(None, map(sw.offers.get, held)),
        *(third for third in _thirds(sw) if not third.psychologist),
    ]
    gone = [offer for offer in offers if offer.state.is_live and offer.leg_id not in legs]
    return sum(_leg_vanished(sw, carrier, offer, now_ms) for offer in gone)


def _thirds(sw: Switchboard) -> list[Offer]:
    """The third parties of all talks."""
    offers = (sw.offers.get(call.third) for call in sw.calls.live() if call.third)
    return [offer for offer in offers if offer is not None]


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


@dataclass(frozen=True, slots=True)
class _Look:
    """What one run saw of the carrier's legs: in which epoch (None: lost), and whose are `kept`.

    `at_once`: the copy that ordered the others is gone, or was a moment ago. Otherwise a leg may be younger
    than its offer's answer (the order is on its way), so only an old one is ended.
    """

    epoch: tuple[str, int] | None
    legs: Legs
    kept: Set[str]
    at_once: bool


def _end_forgotten_legs(sw: Switchboard, carrier: Carrier, look: _Look, now_ms: int) -> tuple[int, list[str]]:
    """Legs of ours that belong to no offer and are not `kept`: rung by a working copy that is gone.

    Returns how many were ended, and those that may still be up because the carrier was too busy to say.
    """
    dropped, still_up = 0, []
    for leg in look.legs.values():
        called = leg.endpoint or (f"{STRUCTURE}{leg.structure}" if leg.structure else None)
        if leg.inbound or called is None or leg.parent_id is not None or leg.leg_id in look.kept:
            continue  # a leg of the fallback chain is the carrier's, and somebody may talk on it
        offer = sw.offers.by_leg(leg.leg_id)
        if offer is None:
            offer = _ordered_to(sw, called)
            if offer is not None:
                leg_is_known(sw, offer, leg.leg_id, answered=False)
            elif _is_nobodys(sw, look, leg, now_ms):
                if carrier.end(leg.leg_id) in (RestOutcome.BUSY, RestOutcome.UNKNOWN):
                    still_up.append(leg.leg_id)
                dropped += 1
        elif not offer.state.is_live and now_ms - offer.made_ms > JUST_MADE_MS:
            sw.due.put(f"drop:{offer.attempt}", now_ms, now_ms)
    return dropped, still_up


def _is_nobodys(sw: Switchboard, look: _Look, leg: CarrierLeg, now_ms: int) -> bool:
    """Is this leg, which no offer explained, to be ended?

    Asked once more, and in this order: its offer's answer may have come meanwhile, and a copy that was lost since
    the rooms were looked into knows of no offer at all, hers who is in a talk included.
    """
    if not look.at_once and now_ms - (leg.started_ms or now_ms) <= JUST_MADE_MS:
        return False
    return sw.offers.by_leg(leg.leg_id) is None and sw.calls.epoch() == look.epoch


def _with_a_caller(legs: Legs, rooms: Rooms) -> frozenset[str]:
    """Legs in a room that also holds a caller."""
    talks = (members for members in rooms.values() if any(m in legs and legs[m].inbound for m in members))
    return frozenset(leg_id for members in talks for leg_id in members)


def _ordered_to(sw: Switchboard, endpoint_id: str) -> Offer | None:
    """The offer whose ambiguous order may have made a leg to this endpoint."""
    if endpoint_id.startswith(STRUCTURE):
        return next(
            (third for third in _thirds(sw) if third.endpoint == endpoint_id and third.leg_id is None), None
        )
    owner = sw.book.roster.owner_of(endpoint_id)
    presence = sw.offers.presence(owner.id) if owner else None
    offer = sw.offers.get(presence.attempt) if presence and presence.attempt else None
    ambiguous = (OfferState.SENDING, OfferState.UNKNOWN)
    return offer if offer and offer.endpoint == endpoint_id and offer.state in ambiguous else None


def _forget_erased(sw: Switchboard, carrier: Carrier, now_ms: int) -> None:
    """Records whose leg somebody else erased at the carrier: nothing will ever count them."""
    for call in sw.calls.ended(now_ms - FORGET_AFTER_MS, FORGET_AT_ONCE):
        if carrier.leg(call.leg_id) is None:
            sw.calls.forget(call.id, now_ms)
