"""The standby chain: one person after the other, by the carrier alone. Pure given the roster.

Served when the live state is away for too long, and written as static files for the day
the whole application is away: the same document both times.
"""

from __future__ import annotations

from datetime import datetime

from helpline.domain.people import EndpointKind, Psychologist, Roster
from helpline.domain.verbs import Dial, Document, Hangup, Say

RING_S = 20
PARTNER_RING_S = 30
ROUNDS = 3
"""Whose telephone still rings for an offer of ours is busy at first; such a ring ends within 30 s."""

MOST_RINGS = 60
"""Of one document: the carrier takes 64 KB, and who has heard sixty telephones ring, for twenty minutes, is led on."""

BETWEEN = "Si vous avez pu parler, raccrochez. Sinon restez en ligne."
FIRST = "Entraide médecins et internes. Nous appelons un psychologue, restez en ligne."
LAST = (
    "Personne n'a pu répondre. En cas de danger immédiat, faites le 15, ou le 114 si vous ne pouvez pas parler. "
    "Le 3114 répond jour et nuit. Vous pouvez aussi rappeler ce numéro."
)
TO_PARTNER = (
    "Aucun psychologue n'a pu répondre. En danger immédiat, faites le 15. Le 3114 répond jour et nuit. "
    "Nous appelons maintenant une ligne partenaire, restez en ligne."
)
SORRY = "Ligne Entraide. Un incident technique empêche de vous passer cet appel. Merci d'avoir répondu."
SCREEN = "Appel Entraide. Pour prendre l'appel, tapez 1."


def standby_chain(
    roster: Roster, now: datetime, shown_line: str, partner_e164: str | None = None
) -> Document:
    """Ring those planned at `now` one by one, on duty first; then say what else there is.

    The partner line comes last, after the numbers to dial have been said: it asks for no key.

    Each Dial shows `shown_line` and asks for a key before it bridges, so that a mailbox
    cannot take the call; it has no action, so the document simply goes on. Nobody there:
    all of them once more, since who is busy now may be free a minute later. MOST_RINGS at most.
    """
    document: list[Say | Dial | Hangup] = [Say(FIRST)]
    for _handle, number in (ROUNDS * numbers_of(roster, now))[:MOST_RINGS]:
        document += [Dial(number, shown_line, ring_s=RING_S), Say(BETWEEN)]
    if partner_e164 is not None:
        partner = Dial(partner_e164, shown_line, screened=False, ring_s=PARTNER_RING_S)
        document += [Say(TO_PARTNER), partner, Say(BETWEEN)]
    return (*document, Say(LAST), Hangup())


def numbers_of(roster: Roster, now: datetime) -> tuple[tuple[str, str], ...]:
    """(handle, E.164) of those planned at `now` who have a telephone, in the chain's order."""
    planned = (*roster.on_duty(now), *roster.standby(now))
    return tuple((person.handle, number) for person in planned if (number := phone_of(person)) is not None)


def phone_of(person: Psychologist) -> str | None:
    """The first phone of a psychologist in E.164; a browser is of no use to the chain."""
    return next((e.address for e in person.endpoints if e.kind is EndpointKind.PHONE), None)
