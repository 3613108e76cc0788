"""Seal fiches whose time has come: from RAM, readable, to SQL, unreadable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from helpline.domain.errors import FicheRefused
from helpline.domain.orientation import Fiche
from helpline.ports import BatchKey, BatchKeys, OpenFiche, OpenFiches, SealedFiches, Sealer
from helpline.services.fiche_text import from_text, sealed_content

RETRY_MS: Final = 5_000
_AT_ONCE: Final = 50


@dataclass(slots=True)
class SealFiches:
    """Any process may run it, several at once too; none of them can read what it sealed."""

    open_fiches: OpenFiches
    keys: BatchKeys
    sealed: SealedFiches
    sealer: Sealer
    _not_before_ms: int = field(default=0, init=False)

    def seal_due(self, now_ms: int) -> int:
        """Seal what is due; how many left RAM. Raises LiveStateDown, DatabaseDown, SealingFailed.

        1. Seal under the row id drawn when the fiche was opened.
        2. Insert, unless that row is there.
        3. Wipe it in Redis.

        Dying between 2 and 3 seals again and inserts nothing. While SQL is away, or no
        batch is open yet, fiches stay in RAM; `next_seal` then says when to try again.
        """
        due = self.open_fiches.due(now_ms, _AT_ONCE)
        if not due:
            return 0
        self._not_before_ms = now_ms + RETRY_MS
        key = self.keys.public()
        if key is None:
            return 0
        sealed = sum(self._seal(fiche, key, now_ms) for fiche in due)
        self._not_before_ms = 0
        return sealed

    def next_seal(self) -> int | None:
        """When the next fiche is due, in ms; None when none is."""
        due_ms = self.open_fiches.next_due_ms()
        return None if due_ms is None else max(due_ms, self._not_before_ms)

    def _seal(self, fiche: OpenFiche, key: BatchKey, now_ms: int) -> bool:
        self.sealed.put(self.sealer.seal(sealed_content(_finished(fiche)), fiche.row_id, key))
        self.open_fiches.drop(fiche.fiche_id, now_ms)
        return True


def _finished(fiche: OpenFiche) -> Fiche | None:
    """The fiche if its coding was finished (*Issue* is set), else None: *non codé*."""
    try:
        read = from_text(fiche.codes)
    except FicheRefused:
        return None
    return read if read.is_coded else None
