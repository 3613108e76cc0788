"""Count finished calls in traffic: the only place where a call becomes a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from helpline.domain.sweep import CountedCall, LegMemory, hour_of
from helpline.domain.traffic import CallOutcome, rows_for, state_of_unknown_leg
from helpline.ports import CarrierLeg, Chance, FinishedCalls, Ledger

UNKNOWN_LINE: Final = "unknown"
"""The line of a leg whose called number is none of ours (any more)."""


@dataclass(frozen=True, slots=True)
class Countable:
    """One inbound leg to be counted, and what is remembered of it."""

    leg: CarrierLeg
    ended_ms: int
    memory: LegMemory

    def as_counted(self, receipt: str) -> CountedCall:
        """Its rows: by its record when it has one with an end, else by the carrier's status."""
        outcome = self.memory.outcome or CallOutcome(state_of_unknown_leg(self.leg.status.value))
        began_ms = self.leg.started_ms if self.leg.started_ms is not None else self.ended_ms
        line = self.memory.line or self.leg.line or UNKNOWN_LINE
        return CountedCall(receipt, self.ended_ms, rows_for(hour_of(began_ms), line, outcome))


@dataclass(frozen=True, slots=True)
class CountCalls:
    """Counts legs together, each once whatever happens in between."""

    finished: FinishedCalls
    ledger: Ledger
    chance: Chance

    def count(self, sweep_no: int, calls: Sequence[Countable], now_ms: int) -> int | None:
        """Count `calls` and mark them; how many were new, None when another sweep was faster.

        1. A receipt is fixed in Redis for each leg. Before the commit: were it drawn
           after, a sweeper that takes over would draw another and count again.
        2. All are counted in one transaction, conditional on `sweep_no`, which must have
           been read before the memories were.
        3. All are marked. Dying before this is harmless: the receipts are in SQL.
        """
        if not calls:
            return 0
        proposed = {call.leg.leg_id: call.memory.receipt or self.chance.new_id() for call in calls}
        receipts = self.finished.fix_receipts(proposed, now_ms)
        new = self.ledger.count(sweep_no, [call.as_counted(receipts[call.leg.leg_id]) for call in calls])
        if new is not None:
            self.finished.mark(list(proposed), now_ms)
        return new
