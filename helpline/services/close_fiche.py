"""*Clore*: the psychologist has finished coding."""

from __future__ import annotations

from helpline.ports import OpenFiches
from helpline.services.note_fiche import FicheAnswer


def close_fiche(fiches: OpenFiches, fiche_id: str, psychologist_id: str, now_ms: int) -> FicheAnswer:
    """Close one's own fiche: no more edits, sealed as soon as the call is over. Twice changes nothing.

    Pressed in mid-call it waits for the end: a caller brought to a colleague is still
    the same call, and one call has one fiche.
    """
    fiche = fiches.read(fiche_id)
    if fiche is None:
        return FicheAnswer.GONE
    if fiche.psychologist != psychologist_id:
        return FicheAnswer.NOT_YOURS
    return FicheAnswer.DONE if fiches.close(fiche_id, now_ms) else FicheAnswer.GONE
