"""The documents of the call path, by what a leg is to hear. Pure given the book.

Every one is a dead man's document: if we never speak again, the carrier still leads
the caller on (the queue asks again, then its action, then the number's fallback).
"""

from __future__ import annotations

from helpline.domain import paths
from helpline.domain.errors import FlowError
from helpline.domain.ivr.flow import Flow, FlowKind, FlowSession, spoken
from helpline.domain.ivr.interpreter import Start, WaitAgain, step, welcome_document
from helpline.domain.ivr.nodes import EnqueueNode
from helpline.domain.verbs import (
    Conference,
    Document,
    Enqueue,
    Hangup,
    Leave,
    Pause,
    Redirect,
    Say,
)
from helpline.services.switchboard import Book

QUEUE = "entraide"
ALONE_PAUSE_S = 4
"""Time to hang up for who had finished, before somebody is called again."""

CALL_FLOW = "accueil"
OFFER_FLOW = "proposition"
SAFE_TEXT = (
    "Entraide médecins et internes. Restez en ligne. "
    "En cas de danger immédiat, faites le 15. Vous pouvez aussi joindre le 3114."
)
"""Said when even the flows cannot be used; never longer than eight seconds."""


def say(book: Book, name: str, language: str = "fr") -> Say:
    """A service sentence of the flows; the safe text when no flow has it."""
    for flow_id in (CALL_FLOW, OFFER_FLOW):
        flow = book.flows.get(flow_id)
        if flow is not None and name in flow.texts:
            return spoken(flow, name, language)
    return Say(SAFE_TEXT)


def in_line() -> Document:
    """Into the carrier's queue, with nothing before it."""
    return (Enqueue(QUEUE, paths.WAIT, paths.LEFT),)


def out_of_line() -> Document:
    return (Leave(),)


def welcome(book: Book, session: str = "") -> Document:
    """The first wait document: where they are, what to dial in danger. At most 8 s.

    `session` stands at the flow's enqueue node; without one it is the call flow's welcome.
    """
    try:
        at = FlowSession.from_text(session) if session else _at_enqueue(book.flows[CALL_FLOW])
        flow = book.flows[at.flow]
        node = flow.node(at.node)
        if isinstance(node, EnqueueNode):
            return welcome_document(flow, node, at.language)
    except (FlowError, KeyError):
        pass
    return (Say(SAFE_TEXT),)


def _at_enqueue(flow: Flow) -> FlowSession:
    name = next(name for name, node in flow.nodes.items() if isinstance(node, EnqueueNode))
    return FlowSession(flow.id, flow.version, name, 0, flow.languages[0])


def next_wait(book: Book, wait_flow: str, session: str, plain: bool) -> tuple[Document, str]:
    """What a waiting caller hears now, and the flow session to keep.

    `plain`: a sound file has failed for this caller before, so only speech is given.
    """
    if plain:
        return (say(book, "still_here"), Pause(4)), session
    try:
        given: Start | WaitAgain = WaitAgain() if session else Start(wait_flow)
        at = FlowSession.from_text(session) if session else None
        done = step(book.flows, at, given, FlowKind.WAIT)
    except FlowError:
        return (Say(SAFE_TEXT), Pause(4)), ""
    return done.document, done.session.to_text() if done.session else ""


def room(attempt: str) -> Document:
    """Join the room of `attempt`; the same for whoever joins it."""
    return (Conference(attempt, paths.room(attempt), paths.done(attempt)),)


def left_alone(book: Book) -> Document:
    """The psychologist's side has ended: hang up, or stay and somebody is called again."""
    return (say(book, "talk_over"), Pause(ALONE_PAUSE_S), *in_line())


def cut_off(book: Book) -> Document:
    """Her leg was lost: somebody is being called already."""
    return (say(book, "talk_cut"), *in_line())


def closing(book: Book) -> Document:
    """She pressed *Terminer*."""
    return (say(book, "talk_over_ended"), say(book, "closing"), Hangup())


def nobody(book: Book, flow: str) -> Document:
    """Nobody is on duty: say so, and what else there is."""
    try:
        return step(book.flows, None, Start(flow), FlowKind.CALL).document
    except FlowError:
        return (Say(SAFE_TEXT), Hangup())


def taken(book: Book) -> Document:
    return (say(book, "already_taken"), Hangup())


def caller_gone(book: Book) -> Document:
    return (say(book, "caller_gone"), Hangup())


def one_moment(book: Book, path: str) -> Document:
    """We do not know yet; ask again in two seconds."""
    return (say(book, "one_moment"), Pause(2), Redirect(path))
