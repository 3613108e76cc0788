"""Counting finished calls and having the carrier forget them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from helpline.domain.sweep import CountedCall, LedgerState, LegMemory


@dataclass(frozen=True, slots=True)
class SweepStart:
    """Where Redis stands when a sweep begins.

    `generation` changes whenever Redis is lost or a finished leg is forgotten; a sweep
    that sees two generations knows that what it read does not fit together.
    `watched` are the legs of which something is kept, to be forgotten once they are gone.
    """

    generation: str
    epoch_began_ms: int
    watched: frozenset[str]


class FinishedCalls(Protocol):
    """What Redis remembers of finished legs, by the carrier's leg id. Raises LiveStateDown."""

    def begin(self) -> SweepStart | None:
        """Where Redis stands; None while there is no epoch (not rebuilt yet)."""

    def remember(self, leg_ids: Sequence[str], now_ms: int) -> tuple[str, Mapping[str, LegMemory]]:
        """The generation, and what is known of each leg, read in that generation."""

    def fix_receipts(self, proposed: Mapping[str, str], now_ms: int) -> Mapping[str, str]:
        """Fix a receipt per leg unless one is, and watch it; answers the receipts in force."""

    def mark(self, counted: Sequence[str], now_ms: int) -> None:
        """Note that the count of these legs is committed, and watch them."""

    def watch(self, leg_ids: Sequence[str], now_ms: int) -> None:
        """Remember to forget these legs once they are gone; before they are deleted."""

    def forget(self, leg_ids: Sequence[str], now_ms: int) -> None:
        """Wipe every key of legs the carrier no longer has."""


class Ledger(Protocol):
    """The traffic counters, receipts and sweep number in SQL. Raises DatabaseDown."""

    def state(self) -> LedgerState:
        """The sweep number to hand back to `count`."""

    def count(self, sweep_no: int, calls: Sequence[CountedCall]) -> int | None:
        """Count `calls` in one transaction: how many were new; None when superseded.

        Conditional on `sweep_no`; a receipt already there adds nothing. Raising says
        nothing about whether it was committed: call again in a later sweep.
        """

    def purge_receipts(self, now_ms: int) -> int:
        """Delete receipts past their time; only after every counted leg was marked."""
