"""What is due by time: reconcile, the sweep, sealing, an open batch. The clock's loop.

Two clocks are harmless: reconciling has one holder by lease, everything else may run
twice. The sweep is handed to the worker as a hint; when none has finished for two of
its periods the clock sweeps itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from helpline.bootstrap import Service
from helpline.domain.errors import HelplineError, OutsideError, place_of
from helpline.processes.sweep_job import SweepJob
from helpline.services.reconcile import Reconciled, reconcile

RECONCILE_EVERY_MS = 10_000
RECONCILE_LEG_MS, RECONCILE_AT_LEAST_EVERY_MS = 10, 60_000
"""A round costs in proportion to the legs on the line. With more than a thousand of them, and nothing to put right,
the next comes this much later for each: docs/decisions/pace-of-the-reconciler.md.
"""

RECONCILE_RETRY_MS = 1_000
RECONCILE_SOON_MS = 2_000
"""In a young copy, or with somebody unaccounted for: who was on the way has arrived by then."""

EPOCH_LOOK_MS = 250
"""How often the clock looks whether the working copy was lost."""

BATCH_EVERY_MS = 5_000
LEASE_MS = 4_000
"""A clock that dies while it reconciles holds the other up for so long. Two at once would be harmless: the lease
only spares the carrier."""

SWEEP_JOB = "sweep_finished_calls"
_log = logging.getLogger("helpline.clock")


@dataclass(slots=True)
class Task:
    """One thing done again and again: `do(now_ms)` answers when it is due next."""

    name: str
    do: Callable[[int], int]
    due_ms: int = 0


def pause_ms(done: Reconciled) -> int:
    """From the beginning of one round to that of the next. By what it found, not by how long it took: a replay of a
    night looks at the same moments.
    """
    soon = done.young or done.strangers
    if soon:
        return RECONCILE_SOON_MS
    if not done.agreed:
        return RECONCILE_EVERY_MS  # news does get lost just now
    return min(max(RECONCILE_EVERY_MS, RECONCILE_LEG_MS * done.legs), RECONCILE_AT_LEAST_EVERY_MS)


class Sweeps:
    """The clock's loop: `run_due`, `next_due`. `holder` is this clock's name for leases.

    `only` names the tasks of this loop, all when None. The process runs two loops, each in
    a thread: what needs SQL may hang with it, and must not hold up the reconciler.
    """

    def __init__(self, service: Service, holder: str, only: Collection[str] | None = None) -> None:
        self.service = service
        self.switchboard = service.switchboard
        self.holder = holder
        self.sweep_job = SweepJob(service)
        self.every_ms = 1000 * service.settings.sweep_every_s
        self._reconcile_at_ms = self._looked_ms = 0
        self._strangers: Mapping[str, int] = {}
        self._last_ms = 0
        tasks = (
            Task("batch", self._batch),
            Task("reconcile", self._reconcile),
            Task("sweep", self._sweep),
            Task("seal", self._seal),
        )
        self.tasks = [task for task in tasks if only is None or task.name in only]

    def run_due(self, now_ms: int) -> int:
        """Do every task that is due. A part that is away only delays its own task."""
        if now_ms < self._last_ms:
            self._begin_anew()
        self._last_ms = now_ms
        done = 0
        for task in self.tasks:
            if task.due_ms > now_ms:
                continue
            try:
                task.due_ms = task.do(now_ms)
            except OutsideError as error:
                _log.warning("%s waits: %s", task.name, type(error).__name__)
                task.due_ms = now_ms + RECONCILE_RETRY_MS
            except Exception as error:  # one bad task must not stop the others
                _log.error("%s failed: %s", task.name, place_of(error))
                task.due_ms = now_ms + RECONCILE_RETRY_MS
            done += 1
        return done

    def next_due(self) -> int | None:
        return min(task.due_ms for task in self.tasks)

    def _begin_anew(self) -> None:
        """Time went back: it was taken anew after a loss, and the wall clock had been ahead. What was due then is hours
        away now.
        """
        self._reconcile_at_ms, self._looked_ms, self._strangers = 0, 0, {}
        for task in self.tasks:
            task.due_ms = 0

    def _batch(self, now_ms: int) -> int:
        self.service.ensure_batch(now_ms)
        return now_ms + BATCH_EVERY_MS

    def _reconcile(self, now_ms: int) -> int:
        """Every ten seconds, of a very long line more seldom; at once when the working copy is new or was lost, when
        a webhook has failed, and when a part that was away is back.
        """
        calls = self.switchboard.calls
        try:
            due = calls.epoch() is None or now_ms >= self._reconcile_at_ms or self._is_asked(now_ms)
            # One holder at a time; given back at once, since the next clock must not wait for our lease's end.
            if due and calls.hold("reconcile", self.holder, LEASE_MS, now_ms):
                try:
                    self._look(now_ms)
                finally:
                    calls.hold("reconcile", self.holder, 0, now_ms)
        except OutsideError:
            self._reconcile_at_ms = now_ms + RECONCILE_RETRY_MS
            raise
        return now_ms + EPOCH_LOOK_MS

    def _look(self, now_ms: int) -> None:
        self._looked_ms = now_ms
        done = reconcile(self.switchboard, self.service.carrier, self._strangers)
        self._strangers = done.strangers
        self._reconcile_at_ms = now_ms + pause_ms(done)

    def _is_asked(self, now_ms: int) -> bool:
        """For a look before its time; never more often than every two seconds, however many webhooks fail."""
        if now_ms - self._looked_ms < RECONCILE_SOON_MS:
            return False
        asked_ms = self.switchboard.calls.look_asked_ms()
        # Not by a process whose time was hours ahead for a moment after a loss: that would be asking for hours.
        return asked_ms is not None and self._looked_ms <= asked_ms <= now_ms + RECONCILE_SOON_MS

    def _sweep(self, now_ms: int) -> int:
        last_ms = self.sweep_job.last_ms()
        if last_ms is None or abs(now_ms - last_ms) > 2 * self.every_ms:
            self.sweep_job.run(now_ms)
        elif self.service.jobs.is_empty():
            self.service.jobs.enqueue(SWEEP_JOB)
        # Twice in a period: what one sweep erased, the next forgets, within the period.
        return now_ms + self.every_ms // 2

    def _seal(self, now_ms: int) -> int:
        self.service.sealer.seal_due(now_ms)
        return min(self.service.sealer.next_seal() or now_ms + 1_000, now_ms + 1_000)


def run(sweeps: Sweeps, now_ms: Callable[[], int], stopping: Callable[[], bool]) -> None:
    """Until `stopping`: do what is due, sleep until the next is."""
    while not stopping():
        try:
            sweeps.run_due(now_ms())
        except HelplineError as error:
            _log.warning("clock waits: %s", type(error).__name__)
        left_s = ((sweeps.next_due() or 0) - now_ms()) / 1000
        time.sleep(min(0.25, max(0.02, left_s)))
