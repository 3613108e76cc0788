"""A third party in a talk: call one, bring all three together, or let them go again.

Only three kinds of people can be called: a colleague who is free, an entry of the directory
whose number an administrator has verified, and among these a SAMU. No number is ever typed.
While the third party is called the caller is on hold; before they hear anybody new they
are told aloud who it is (the document that brings them back, `join_room.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from helpline.domain.call import LiveCall
from helpline.domain.directory import Structure
from helpline.domain.offer import Offer, OfferState
from helpline.domain.presence import State
from helpline.domain.waiting import open_endpoints
from helpline.ports import Change
from helpline.services.change_call import change_call
from helpline.services.her_talk import her_talk, is_hers
from helpline.services.offer_call import candidates
from helpline.services.switchboard import Book, Switchboard

STRUCTURE = "structure:"
"""Before a structure's id: the endpoint of an offer that rings it."""

RING_S = 40
"""Longer than a psychologist's: a switchboard of a hospital takes its time."""


@dataclass(frozen=True, slots=True)
class Callable3:
    """One whom she could call now. `key` names them to `call_third`."""

    key: str
    name: str
    is_samu: bool = False
    is_colleague: bool = False


def whom_to_call(sw: Switchboard, psychologist: str) -> tuple[Callable3, ...]:
    """A SAMU first, then free colleagues, then the directory in its own order. Raises LiveStateDown."""
    places = [structure for structure in sw.book.structures if structure.verified_number_e164 is not None]
    colleagues = [
        Callable3(f"p:{c.presence.psychologist}", _name(sw.book, c.presence.psychologist), is_colleague=True)
        for c in candidates(sw, sw.offers.presences())
        if c.presence.state is State.AVAILABLE
        and not c.presence.apart
        and c.presence.psychologist != psychologist
    ]
    listed = [Callable3(f"s:{place.id}", place.name, is_samu=place.is_samu) for place in places]
    samu = [place for place in listed if place.is_samu]
    return (*samu, *colleagues, *(place for place in listed if not place.is_samu))


def call_third(sw: Switchboard, psychologist: str, key: str) -> bool:
    """Hold her caller and ring `key`, one of `whom_to_call`. Raises LiveStateDown.

    False when she is in no talk, has another third party, or `key` cannot be called. Said twice, called once.
    """
    call = her_talk(sw, psychologist)
    if call is None:
        return False
    if call.third is not None:
        called = sw.offers.get(call.third)
        return called is not None and key == _key_of(called)
    who = _endpoint(sw, psychologist, key)
    if who is None:
        return False
    colleague, endpoint = who
    now_ms = sw.clock.now_ms()
    state = OfferState.DUE
    third = Offer(sw.chance.new_id(), call.id, colleague, endpoint, state, now_ms, ring_s=RING_S, third=True)
    return sw.offers.call_third(call, third, now_ms)


def bring_together(sw: Switchboard, psychologist: str) -> bool:
    """*Mettre en relation à trois*: the caller comes back, told who is there. False: nobody has picked up."""
    call = her_talk(sw, psychologist)
    if call is None or call.attempt is None:
        return False
    if call.third_in and not call.held:
        return True  # said twice: her page sends again what was not answered
    attempt, now_ms = call.attempt, sw.clock.now_ms()

    def decide(now: LiveCall) -> Change | None:
        if not is_hers(now, attempt) or not now.held or not now.third_in:
            return None
        return Change(set={"held": False}, effects=((f"place:{now.id}", now_ms),))

    return change_call(sw, call, decide) is not None


def let_third_go(sw: Switchboard, psychologist: str) -> bool:
    """*Annuler*: the third party's leg is ended, then the caller is back. False: there is none."""
    call = her_talk(sw, psychologist)
    if call is None or call.attempt is None:
        return False
    if call.third is None and call.third_out is not None:
        return True  # said twice
    attempt, now_ms = call.attempt, sw.clock.now_ms()

    def decide(now: LiveCall) -> Change | None:
        if not is_hers(now, attempt) or now.third is None:
            return None
        return without_third(now, now_ms)

    return change_call(sw, call, decide) is not None


def without_third(call: LiveCall, now_ms: int) -> Change:
    """The talk is hers and the caller's again; nobody is brought back before the third party is gone."""
    return Change(
        set={"held": False, "third_out": call.third or ""},
        drop=("third", "third_in", "third_psychologist"),
        effects=((f"drop:{call.third}", now_ms), (f"place:{call.id}", now_ms)),
    )


def address_of(book: Book, offer: Offer) -> str | None:
    """What to ring for an offer; None when it has left the roster or the directory meanwhile."""
    if offer.endpoint.startswith(STRUCTURE):
        place = structure_of(book, offer)
        return place.verified_number_e164 if place is not None else None
    endpoint = book.roster.endpoint(offer.endpoint)
    return endpoint.address if endpoint is not None else None


def structure_of(book: Book, offer: Offer) -> Structure | None:
    wanted = offer.endpoint.removeprefix(STRUCTURE)
    return next((place for place in book.structures if place.id == wanted), None)


def name_of_third(book: Book, offer: Offer) -> str:
    """What a structure is called; empty for a colleague: who she is, she says herself."""
    place = structure_of(book, offer) if offer.endpoint.startswith(STRUCTURE) else None
    return place.name if place is not None else ""


def _key_of(third: Offer) -> str:
    """The key by which whoever this offer rings was chosen."""
    if third.endpoint.startswith(STRUCTURE):
        return f"s:{third.endpoint.removeprefix(STRUCTURE)}"
    return f"p:{third.psychologist}"


def _name(book: Book, psychologist: str) -> str:
    person = book.roster.psychologist(psychologist)
    return person.name if person is not None else ""


def _endpoint(sw: Switchboard, psychologist: str, key: str) -> tuple[str, str] | None:
    """(colleague or "", endpoint) of one who may be called."""
    if key not in {other.key for other in whom_to_call(sw, psychologist)}:
        return None
    kind, _, subject = key.partition(":")
    if kind == "s":
        return "", f"{STRUCTURE}{subject}"
    mine = (c for c in candidates(sw, sw.offers.presences()) if c.presence.psychologist == subject)
    return next(((subject, (open_endpoints(c) or c.endpoints)[0]) for c in mine), None)
