"""One sweep, and the note that it finished: what the worker runs and, in need, the clock."""

from __future__ import annotations

from dataclasses import dataclass

from helpline.bootstrap import Service
from helpline.domain.sweep import SweepReport


@dataclass(frozen=True, slots=True)
class SweepJob:
    service: Service

    def run(self, now_ms: int) -> SweepReport:
        """Sweep once. Raises CarrierDown, LiveStateDown or DatabaseDown; then nothing is noted."""
        report = self.service.sweeper.sweep(now_ms)
        self.service.sweep_times.note(now_ms)
        return report

    def last_ms(self) -> int | None:
        return self.service.sweep_times.last()
