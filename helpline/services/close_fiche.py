"""*Clore*: the psychologist has finished coding; and the end of the call, which starts the clock."""

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


def call_is_over(fiches: OpenFiches, call_id: str, ended_ms: int, now_ms: int, seal_after_ms: int) -> None:
    """Set when the call's fiche is sealed: `seal_after_ms` after the hang-up, at once when closed.

    Called by the end step of a call; does nothing for a call without a fiche, and the
    second time. `ended_ms` may lie back when the end was found late.
    """
    fiches.call_is_over(call_id, now_ms, ended_ms + seal_after_ms)
