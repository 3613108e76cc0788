"""The standby chain: one person after the other, by the carrier alone. Pure given the roster.

Served when the live state is away for too long, and written as static files for the day
the whole application is away: the same document both times.
"""

from __future__ import annotations

from datetime import datetime

from helpline.domain.people import EndpointKind, Psychologist, Roster
from helpline.domain.verbs import Dial, Document, Hangup, Say

RING_S = 20
ROUNDS = 3
"""Whose telephone still rings for an offer of ours is busy at first; such a ring ends within 30 s."""

BETWEEN = "Si vous avez pu parler, raccrochez. Sinon restez en ligne."
FIRST = "Entraide médecins et internes. Nous appelons un psychologue, restez en ligne."
LAST = (
    "Personne n'a pu répondre. En cas de danger immédiat, faites le 15, ou le 114 si vous ne pouvez pas parler. "
    "Le 3114 répond jour et nuit. Vous pouvez aussi rappeler ce numéro."
)
SORRY = "Ligne Entraide. Un incident technique empêche de vous passer cet appel. Merci d'avoir répondu."
SCREEN = "Appel Entraide. Pour prendre l'appel, tapez 1."


def standby_chain(roster: Roster, now: datetime, shown_line: str) -> Document:
    """Ring those planned at `now` one by one, on duty first; then say what else there is.

    Each Dial shows `shown_line` and asks for a key before it bridges, so that a mailbox
    cannot take the call; it has no action, so the document simply goes on. Nobody there:
    all of them once more, since who is busy now may be free a minute later.
    """
    document: list[Say | Dial | Hangup] = [Say(FIRST)]
    for person in ROUNDS * (*roster.on_duty(now), *roster.standby(now)):
        number = phone_of(person)
        if number is not None:
            document += [Dial(number, shown_line, ring_s=RING_S), Say(BETWEEN)]
    return (*document, Say(LAST), Hangup())


def phone_of(person: Psychologist) -> str | None:
    """The first phone of a psychologist in E.164; a browser is of no use to the chain."""
    return next((e.address for e in person.endpoints if e.kind is EndpointKind.PHONE), None)
