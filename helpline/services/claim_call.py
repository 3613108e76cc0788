"""A psychologist's leg: what it hears, and what her keys mean. One claim wins, always."""

from __future__ import annotations

from enum import StrEnum

from helpline.domain.call import LiveCall, Stage
from helpline.domain.errors import FlowError
from helpline.domain.ivr.flow import FlowKind, FlowSession
from helpline.domain.ivr.interpreter import Input, Keys, Silence, Start, Step, step
from helpline.domain.ivr.nodes import Outcome
from helpline.domain.offer import Claim, Offer, OfferState
from helpline.domain.people import EndpointKind
from helpline.domain.verbs import Document, Hangup
from helpline.services import documents
from helpline.services.switchboard import Switchboard

DECLINED_MS = 1_000
"""Her leg ends by our own answer at once; after this it is ended by order, or was gone without news."""


class Unsure(StrEnum):
    """Answers that are no document yet: the web asks again, three times two seconds."""

    ASK_AGAIN = "ask_again"


def present_offer(sw: Switchboard, attempt: str, leg_id: str) -> Document | Unsure:
    """Answer `/voice/offer/<attempt>`: she has picked up, or her browser has accepted.

    On a phone the question is asked, since a mailbox also picks up: it says the digits that
    take the call. A browser accepts on screen, so answering is the claim. Raises LiveStateDown.
    """
    found = sw.offers.picked_up(attempt, leg_id, sw.clock.now_ms())
    if found is None:
        return Unsure.ASK_AGAIN
    offer, call = found
    if offer.third:
        return _third_answers(sw, offer)
    if offer.state is OfferState.CLAIMED:
        return _claimed_document(sw, offer, call)
    if offer.state is OfferState.SETTLED or call is None or call.stage is not Stage.WAITING:
        return _too_late(sw, call)
    endpoint = sw.book.roster.endpoint(offer.endpoint)
    if endpoint is not None and endpoint.kind is EndpointKind.CLIENT:
        return try_claim(sw, offer)
    return _question(sw, offer, None, call.offer_flow)


def _third_answers(sw: Switchboard, offer: Offer) -> Document:
    """A third party has picked up: into the room with her who called, who judges what it is."""
    if not sw.offers.third_picks_up(offer.attempt, sw.clock.now_ms()):
        return documents.third_is_over(sw.book)
    call = sw.calls.get(offer.call)
    room = call.room if call is not None and call.room else offer.attempt
    return documents.third_answers(sw.book, room, colleague=bool(offer.psychologist))


def answer_offer(sw: Switchboard, attempt: str, digits: str | None) -> Document | Unsure:
    """Answer `/voice/claim/<attempt>`: a key was pressed, or none (None). Raises LiveStateDown."""
    offer = sw.offers.get(attempt)
    if offer is None:
        return Unsure.ASK_AGAIN
    if offer.state is OfferState.CLAIMED:
        return _claimed_document(sw, offer, sw.calls.get(offer.call))
    if offer.state is OfferState.SETTLED:
        return _too_late(sw, sw.calls.get(offer.call))
    return _question(sw, offer, digits if digits is not None else "")


def try_claim(sw: Switchboard, offer: Offer) -> Document | Unsure:
    claim = sw.offers.claim(offer.attempt, sw.times.welcome_ms, sw.clock.now_ms())
    if claim is Claim.WON:
        return documents.room(offer.attempt)
    if claim in (Claim.NOT_READY, Claim.UNKNOWN):
        return Unsure.ASK_AGAIN
    return documents.taken(sw.book) if claim is Claim.TAKEN else documents.caller_gone(sw.book)


def _question(sw: Switchboard, offer: Offer, digits: str | None, flow: str = "") -> Document | Unsure:
    if offer.declined:
        return (Hangup(),)
    done = _ask(sw, offer, digits, flow or documents.OFFER_FLOW)
    if done.outcome is Outcome.CLAIM:
        return try_claim(sw, offer)
    if done.outcome is Outcome.DECLINE:
        return _decline(sw, offer)
    text = done.session.to_text() if done.session else ""
    sw.offers.change(
        offer.attempt,
        (OfferState.RINGING, OfferState.SENDING, OfferState.UNKNOWN),
        None,
        now_ms=sw.clock.now_ms(),
        fields={"session": text},
    )
    return done.document


def _decline(sw: Switchboard, offer: Offer) -> Document:
    """Settled when her leg has ended, not before: the next caller's ring would find her line busy."""
    now_ms = sw.clock.now_ms()
    fields: dict[str, str | int | bool] = {"declined": True}
    at_the_carrier = (OfferState.RINGING, OfferState.SENDING, OfferState.UNKNOWN)
    sw.offers.change(offer.attempt, at_the_carrier, None, now_ms=now_ms, fields=fields)
    sw.due.put(f"drop:{offer.attempt}", now_ms + DECLINED_MS, now_ms)
    return (Hangup(),)


def _ask(sw: Switchboard, offer: Offer, digits: str | None, flow: str) -> Step:
    flows, at = sw.book.flows, offer.session
    try:
        if digits is None or not at:
            return step(flows, None, Start(flow), FlowKind.OFFER, attempt=offer.attempt)
        given: Input = Keys(digits) if digits else Silence()
        return step(flows, FlowSession.from_text(at), given, FlowKind.OFFER, attempt=offer.attempt)
    except FlowError:
        # Published anew between two steps: she is asked again, for the same digits.
        return step(flows, None, Start(documents.OFFER_FLOW), FlowKind.OFFER, attempt=offer.attempt)


def _claimed_document(sw: Switchboard, offer: Offer, call: LiveCall | None) -> Document:
    """She holds the call already (a document asked for twice, or we moved her leg here)."""
    together = call is not None and call.stage in (Stage.CLAIMED, Stage.TALKING)
    if call is None or call.attempt != offer.attempt or not together:
        return documents.caller_gone(sw.book)
    return documents.room(offer.attempt)


def _too_late(sw: Switchboard, call: LiveCall | None) -> Document:
    gone = call is None or call.stage in (Stage.ENDED, Stage.LED_ON)
    return documents.caller_gone(sw.book) if gone else documents.taken(sw.book)
