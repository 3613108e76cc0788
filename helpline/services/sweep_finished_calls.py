"""The sweep: count every finished call, then have the carrier forget it.

Nothing of ours needs to survive for this: the carrier's list of finished legs is the
to-do list, SQL's sweep number, receipts and `counted_until` say how far counting went,
and what Redis remembers only makes the count finer. The rule is `domain/sweep.py`, the
reasons are in `docs/internals/sweep.md`. Two sweepers at once are harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from helpline.domain.sweep import Horizon, LedgerState, LegMemory, SweepReport, Verdict, judge
from helpline.ports import Carrier, CarrierLeg, FinishedCalls, Ledger, SweepStart
from helpline.services.count_calls import Countable, CountCalls
from helpline.services.erase_at_carrier import erase_at_carrier

EndCall: TypeAlias = Callable[[str, int], None]
"""(our call id, now in ms): run the end step of a call whose leg is over; twice changes nothing."""


@dataclass(slots=True)
class SweepFinishedCalls:
    """One sweeper. `erase_after_ms` and `every_ms` are settings; `end_call` is a service."""

    finished: FinishedCalls
    ledger: Ledger
    carrier: Carrier
    counting: CountCalls
    end_call: EndCall
    erase_after_ms: int
    every_ms: int
    _due_ms: int = field(default=0, init=False)

    def next_due_ms(self) -> int:
        """When the next sweep is due, in ms; 0 before the first."""
        return self._due_ms

    def sweep(self, now_ms: int) -> SweepReport:
        """Sweep once. Raises CarrierDown, LiveStateDown or DatabaseDown; then a later sweep goes on.

        1. Read where Redis and SQL stand; without an epoch there is nothing to go by.
        2. List the finished legs, then read what is remembered of them. When something
           was forgotten or lost in between, stop: what was read does not fit together.
        3. Run the end step of calls that have none, count, mark.
        4. Delete at the carrier what is counted or never counts (outbound legs).
        5. Forget what earlier sweeps deleted and the carrier no longer knows.
        """
        self._due_ms = now_ms + self.every_ms
        start = self.finished.begin()
        if start is None:
            return SweepReport(superseded=True)
        ledger = self.ledger.state()
        legs = self.carrier.finished_legs()
        report = SweepReport(listed=len(legs))
        # A leg of ours that was ended before it left the carrier's queue has no time at all: it is long over.
        dated = {
            leg.leg_id: (leg, ended or 0)
            for leg in legs
            if (ended := _ended_ms(leg)) is not None or not leg.inbound
        }
        judged = self._judge(dated, start, ledger, now_ms)
        if judged is None:
            return replace(report, superseded=True)
        counted = self.counting.count(ledger.sweep_no, judged.to_count, now_ms)
        if counted is None:
            return replace(report, superseded=True)
        report = self._erase(judged, legs, replace(report, counted=counted), now_ms)
        report = replace(report, forgotten=self._forget(start, legs, now_ms))
        # Every counted leg of this list is marked by now, so old receipts have done their work.
        self.ledger.purge_receipts(now_ms)
        if report.erased:
            # Look soon whether the carrier has really forgotten them, to forget them too.
            self._due_ms = now_ms + self.every_ms // 2
        return report

    def _judge(
        self,
        dated: Mapping[str, tuple[CarrierLeg, int]],
        start: SweepStart,
        ledger: LedgerState,
        now_ms: int,
    ) -> _Judged | None:
        """What to do with each leg; None when Redis moved on while we were reading."""
        horizon = Horizon(now_ms, self.erase_after_ms, start.epoch_began_ms, ledger.counted_until_ms)
        generation, memories = self.finished.remember(list(dated), now_ms)
        if generation != start.generation:
            return None
        judged = _Judged()
        unended = []
        for leg_id, (leg, ended_ms) in dated.items():
            verdict = judge(inbound=leg.inbound, ended_ms=ended_ms, memory=memories[leg_id], horizon=horizon)
            if verdict is Verdict.COUNT_RECORD:
                # A process that died half-way through the end step left the rest of it undone.
                self.end_call(_call_id(memories[leg_id]), now_ms)
            if verdict is Verdict.END_FIRST:
                unended.append(Countable(leg, ended_ms, memories[leg_id]))
            else:
                judged.add(verdict, Countable(leg, ended_ms, memories[leg_id]))
        ended = self._end(unended, start, now_ms)
        if ended is None:
            return None
        judged.to_count.extend(ended)
        return judged

    def _end(self, calls: Sequence[Countable], start: SweepStart, now_ms: int) -> list[Countable] | None:
        """Run the missing end steps; a call that has none even then is counted by its leg's status."""
        for call in calls:
            self.end_call(_call_id(call.memory), now_ms)
        if not calls:
            return []
        generation, memories = self.finished.remember([call.leg.leg_id for call in calls], now_ms)
        if generation != start.generation:
            return None
        return [replace(call, memory=memories[call.leg.leg_id]) for call in calls]

    def _erase(
        self, judged: _Judged, legs: Sequence[CarrierLeg], report: SweepReport, now_ms: int
    ) -> SweepReport:
        leg_ids = [call.leg.leg_id for call in judged.to_count] + judged.to_erase
        self.finished.watch(leg_ids, now_ms)
        done = erase_at_carrier(self.carrier, leg_ids)
        left = [leg for leg in legs if leg.leg_id not in done.erased]
        ends = [ended_ms for ended_ms in map(_ended_ms, left) if ended_ms is not None]
        return replace(
            report,
            erased=len(done.erased),
            refused=len(done.refused),
            waiting=len(left) - len(done.refused),
            oldest_ended_ms=min(ends, default=None),
        )

    def _forget(self, start: SweepStart, legs: Sequence[CarrierLeg], now_ms: int) -> int:
        """Forget legs that were known as finished before this list was taken and are not in it.

        A list is not believed alone: pages shift while somebody deletes, and a leg
        forgotten that is still there would be counted again. So each is asked for.
        """
        missing = sorted(start.watched - {leg.leg_id for leg in legs})
        gone = [leg_id for leg_id in missing if self.carrier.leg(leg_id) is None]
        if gone:
            self.finished.forget(gone, now_ms)
        return len(gone)


@dataclass(slots=True)
class _Judged:
    to_count: list[Countable] = field(default_factory=list)
    to_erase: list[str] = field(default_factory=list)

    def add(self, verdict: Verdict, call: Countable) -> None:
        if verdict in (Verdict.COUNT_RECORD, Verdict.COUNT_UNKNOWN):
            self.to_count.append(call)
        elif verdict is Verdict.DELETE:
            self.to_erase.append(call.leg.leg_id)


def _ended_ms(leg: CarrierLeg) -> int | None:
    """A leg that never began has no end time at some carriers; its start stands for it."""
    return leg.ended_ms if leg.ended_ms is not None else leg.started_ms


def _call_id(memory: LegMemory) -> str:
    return memory.call_id or ""
