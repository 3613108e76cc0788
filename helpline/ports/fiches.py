"""Open fiches, their sealing, and the batches they are sealed for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OpenFiche:
    """A fiche while it is open, in RAM only.

    `codes` is the canonical JSON of what was coded so far. `edition` counts the edits,
    so that two tabs cannot overwrite each other. `row_id` is what it will be stored
    under once sealed; it is shown to nobody. `closed` is *Clore*.
    """

    fiche_id: str
    row_id: str
    call_id: str
    psychologist: str
    codes: str
    edition: int
    closed: bool
    seal_at_ms: int | None


@dataclass(frozen=True, slots=True)
class NewFiche:
    """A fiche about to be opened at the bridge."""

    fiche_id: str
    row_id: str
    call_id: str
    psychologist: str
    codes: str


class OpenFiches(Protocol):
    """The open fiches, in Redis. Raises LiveStateDown."""

    def open(self, new: NewFiche, now_ms: int) -> str | None:
        """Open a fiche for a call, or hand over the one it has: its id; None once it is sealed."""

    def of_call(self, call_id: str) -> OpenFiche | None: ...

    def of_psychologist(self, psychologist: str) -> list[OpenFiche]:
        """Her fiches that are still open, oldest sealing first."""

    def read(self, fiche_id: str) -> OpenFiche | None: ...

    def write(self, fiche: OpenFiche, codes: str, now_ms: int) -> bool:
        """Save `codes` over the very edition given; False when it moved on or is closed."""

    def close(self, fiche_id: str, now_ms: int) -> bool:
        """*Clore*: no more edits, sealed as soon as the call is over. False: no such fiche."""

    def call_is_over(self, call_id: str, now_ms: int, seal_at_ms: int) -> None:
        """Set when the call's fiche is sealed: at once when closed. Twice changes nothing."""

    def due(self, now_ms: int, limit: int) -> list[OpenFiche]: ...

    def next_due_ms(self) -> int | None: ...

    def drop(self, fiche_id: str, now_ms: int) -> None:
        """Wipe a fiche that is stored sealed."""


@dataclass(frozen=True, slots=True)
class BatchKey:
    """An open batch as those who seal know it: its id and the public half, hexadecimal."""

    batch_id: str
    public_hex: str


@dataclass(frozen=True, slots=True)
class BatchPair:
    """A new batch with both halves; only the clock process ever holds one."""

    key: BatchKey
    private_hex: str

    def __repr__(self) -> str:
        return f"BatchPair({self.key.batch_id})"


class BatchKeys(Protocol):
    """The halves of the open batch in Redis. Raises LiveStateDown."""

    def public(self) -> BatchKey | None:
        """The half that seals; every process may read it."""

    def publish(self, pair: BatchPair, now_ms: int) -> BatchKey:
        """Put both halves there unless a batch is open; answers the one open now (clock only)."""

    def private_hex(self, batch_id: str) -> str | None:
        """The half that opens; refused by Redis to all but the clock."""


@dataclass(frozen=True, slots=True)
class SealedFiche:
    row_id: str
    batch_id: str
    ciphertext: bytes


class SealedFiches(Protocol):
    """Batches and sealed fiches in SQL. Raises DatabaseDown."""

    def ensure_batch(self, key: BatchKey) -> None:
        """Have a row for this batch; twice changes nothing."""

    def put(self, sealed: SealedFiche) -> bool:
        """Store it unless its row id is there already: then False, and nothing changes."""


class Sealer(Protocol):
    """The cryptography of fiches; the only user of true chance besides ids."""

    def new_pair(self, batch_id: str) -> BatchPair: ...

    def seal(self, content: str, row_id: str, key: BatchKey) -> SealedFiche:
        """Seal canonical JSON; raises SealingFailed past what the fixed size holds."""

    def open(self, sealed: SealedFiche, private_hex: str) -> str:
        """Open one; raises SealingFailed for a row changed, moved or of another batch."""
