"""Open a fiche, and note codes on it while it is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from helpline.domain.errors import FicheRefused
from helpline.domain.orientation import Fiche, note
from helpline.ports import Chance, NewFiche, OpenFiches
from helpline.services.fiche_text import from_text, to_text

_TRIES = 5


class FicheAnswer(StrEnum):
    """What became of a wish to change a fiche."""

    DONE = "done"
    GONE = "gone"  # sealed, or never there
    NOT_YOURS = "not_yours"
    CLOSED = "closed"  # *Clore* was pressed, or its time is over
    BUSY = "busy"  # somebody kept changing it at the same time


@dataclass(frozen=True, slots=True)
class Noted:
    """The answer, and the fiche as it is now when it could be read."""

    answer: FicheAnswer
    fiche: Fiche | None = None


_NOTHING_CODED = to_text(Fiche())


def new_fiche(chance: Chance, call_id: str, psychologist_id: str) -> NewFiche:
    """An empty fiche. The row id is drawn here, so that sealing twice cannot store twice."""
    return NewFiche(chance.new_id(), chance.new_id(), call_id, psychologist_id, _NOTHING_CODED)


def open_fiche(
    fiches: OpenFiches, chance: Chance, call_id: str, psychologist_id: str, now_ms: int
) -> str | None:
    """Open the fiche of a talk found without one; its id, or None once that call's fiche is sealed.

    Twice changes nothing. Another psychologist (the caller was brought to a colleague)
    takes over the same fiche. A bridge and an end write it in the call's own step (`Change`).
    """
    return fiches.open(new_fiche(chance, call_id, psychologist_id), now_ms)


def note_fiche(
    fiches: OpenFiches, fiche_id: str, psychologist_id: str, changes: Mapping[str, object], now_ms: int
) -> Noted:
    """Note codes (field to code or codes, None un-codes) on one's own fiche.

    Raises FicheRefused naming the field for a code that does not exist; nothing is then
    changed. Two tabs at once: each change is put onto the newest edition, field by field.
    """
    for _ in range(_TRIES):
        current = fiches.read(fiche_id)
        if current is None:
            return Noted(FicheAnswer.GONE)
        if current.psychologist != psychologist_id:
            return Noted(FicheAnswer.NOT_YOURS)
        if current.closed or (current.seal_at_ms is not None and current.seal_at_ms <= now_ms):
            return Noted(FicheAnswer.CLOSED)
        noted = note(_read(current.codes), changes)
        if fiches.write(current, to_text(noted), now_ms):
            return Noted(FicheAnswer.DONE, noted)
    return Noted(FicheAnswer.BUSY)


def _read(codes: str) -> Fiche:
    """What was coded so far; a text of an older release that no longer reads starts again."""
    try:
        return from_text(codes)
    except FicheRefused:
        return Fiche()
