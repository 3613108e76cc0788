"""The documents of the call path, by what a leg is to hear. Pure given the book.

Every one is a dead man's document: if we never speak again, the carrier still leads
the caller on (the queue asks again, then its action, then the number's fallback).
"""

from __future__ import annotations

from dataclasses import replace

from helpline.domain import paths
from helpline.domain.errors import FlowError
from helpline.domain.ivr.flow import Flow, FlowKind, FlowSession, spoken
from helpline.domain.ivr.interpreter import Keys, Start, Step, WaitAgain, step, welcome_document
from helpline.domain.ivr.nodes import EnqueueNode, Outcome
from helpline.domain.verbs import (
    Conference,
    Dial,
    Document,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Pause,
    Play,
    Prompt,
    Redirect,
    Say,
)
from helpline.services.fallback_chain import PARTNER_RING_S
from helpline.services.switchboard import Book, partner_of

QUEUE = "entraide"
ALONE_PAUSE_S = 4
"""Time to hang up for who had finished, before somebody is called again."""

CALL_FLOW = "accueil"
OFFER_FLOW = "proposition"
WAIT_FLOW = "attente"
FULL_FLOW = "ligne_pleine"
FILTER_FLOW = "filtre"
UNANSWERED_FLOW = "sans_reponse"
ALONE_FLOW = "attente_seule"
AFTER_PARTNER_FLOW = "apres_partenaire"
"""Flows the service leads to by itself, by the names they are shipped under."""

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


def still_here(book: Book) -> Document:
    """The wait without a flow: for a key of a caller we do not know yet, and while Redis is away."""
    return (say(book, "still_here"), Pause(ALONE_PAUSE_S))


def next_wait(
    book: Book, given: Start | WaitAgain | Keys, session: str, *, plain: bool, rung: bool = False
) -> Step:
    """What a waiting caller hears now. With an outcome they leave the queue instead.

    `plain`: a sound file has failed for this caller before, so speech stands in its place.
    `rung`: the partner line was, so without a key nothing leads to it any more.
    """
    try:
        at = FlowSession.from_text(session) if session else None
        done = step(book.flows, at, given, FlowKind.WAIT, partner=partner_of(book) is not None)
        if done.outcome is Outcome.PARTNER and rung and not isinstance(given, Keys):
            done = step(book.flows, at, given, FlowKind.WAIT, partner=False)
    except FlowError:
        return Step(None, (Say(SAFE_TEXT), Pause(ALONE_PAUSE_S)))
    return replace(done, document=_without_sounds(book, done.document)) if plain else done


def _without_sounds(book: Book, document: Document) -> Document:
    """The same questions with the same keys, spoken only."""

    def spoken_only(prompt: Prompt) -> Prompt:
        return say(book, "still_here") if isinstance(prompt, Play) else prompt

    return tuple(
        replace(verb, prompts=tuple(map(spoken_only, verb.prompts))) if isinstance(verb, Gather) else verb
        for verb in document
    )


def call_flow(book: Book, flow: str, *, partner: bool = True) -> Step:
    """A flow of callers from its start; the safe text where it cannot be used. `partner`: it may lead there."""
    partner = partner and partner_of(book) is not None
    try:
        return step(book.flows, None, Start(flow), FlowKind.CALL, partner=partner)
    except FlowError:
        return Step(None, (Say(SAFE_TEXT), Hangup()))


def way_on(book: Book, flow: str, line: str, *, rung: bool = False) -> tuple[Document, str]:
    """Where else to turn, as `flow` says it, and the session to keep for a key pressed in it.

    `rung`: the partner line was, and nobody is put through to it a second time unasked. That
    is another flow; where it is missing, `flow` without the partner line.
    """
    if rung:
        after = AFTER_PARTNER_FLOW in book.flows
        done = call_flow(book, AFTER_PARTNER_FLOW if after else flow, partner=after)
        done = call_flow(book, flow, partner=False) if done.outcome is Outcome.PARTNER else done
    else:
        done = call_flow(book, flow)
    if done.outcome is Outcome.PARTNER:
        return to_partner(book, line, done.document), ""
    return done.document, done.session.to_text() if done.session else ""


def to_partner(book: Book, line: str, said: Document = ()) -> Document:
    """Ring the partner line by the carrier alone, after what the flow `said`; then back into the line.

    No number is verified any more: back into the line at once.
    """
    number = partner_of(book)
    if number is None:
        return (*said, *in_line())
    shown = line if line in book.rules.lines else next(iter(book.rules.lines))
    ring = Dial(number, shown, screened=False, ring_s=PARTNER_RING_S)
    return (*said, say(book, "to_partner"), ring, say(book, "after_partner"), *in_line())


def rings_partner(document: Document) -> bool:
    """Does the carrier dial somebody by this document? Only the partner line is ever dialled so."""
    return any(isinstance(verb, Dial) for verb in document)


def room(attempt: str) -> Document:
    """Join the room of `attempt`; the same for whoever joins it."""
    return (Conference(attempt, paths.room(attempt), paths.done(attempt)),)


def on_hold(book: Book, room_name: str) -> Document:
    """She has put them on hold: words, music, and in twenty seconds at most the same question again.

    If nobody answers that any more, the number's fallback leads them to a human.
    """
    return (say(book, "on_hold"), Play(paths.sound("attente")), Redirect(paths.hold(room_name)))


def back_with_third(book: Book, room_name: str, who: str) -> Document:
    """Back from hold to a talk of three: who is new is said before they are heard."""
    known = say(book, "third_is_there" if who else "colleague_is_there")
    words = replace(known, text=known.text.replace("{name}", who))
    return (words, *room(room_name))


def back_unknown(book: Book, room_name: str) -> Document:
    """Back from hold to a talk we no longer know: somebody else may be in it."""
    return (say(book, "perhaps_a_third"), *room(room_name))


def third_answers(book: Book, room_name: str, *, colleague: bool) -> Document:
    """Who was called into a talk meets her who called. A colleague is told that it is no offer."""
    return (say(book, "colleague_calls"), *room(room_name)) if colleague else room(room_name)


def third_is_over(book: Book) -> Document:
    return (say(book, "third_is_over"), Hangup())


def left_alone(book: Book) -> Document:
    """The psychologist's side has ended: hang up, or stay and somebody is called again."""
    return (say(book, "talk_over"), Pause(ALONE_PAUSE_S), *in_line())


def cut_off(book: Book) -> Document:
    """Her leg was lost: somebody is being called already."""
    return (say(book, "talk_cut"), *in_line())


def closing(book: Book) -> Document:
    """She pressed *Terminer*."""
    return (say(book, "talk_over_ended"), say(book, "closing"), Hangup())


def taken(book: Book) -> Document:
    return (say(book, "already_taken"), Hangup())


def caller_gone(book: Book) -> Document:
    return (say(book, "caller_gone"), Hangup())


def one_moment(book: Book, path: str) -> Document:
    """We do not know yet; ask again in two seconds."""
    return (say(book, "one_moment"), Pause(2), Redirect(path))
