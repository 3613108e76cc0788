"""Alarms that stand. Delivering one to somebody is another matter; here it is kept and shown."""

from __future__ import annotations

from typing import Protocol

from helpline.domain.alarms import Alarm, AlarmKind


class Alarms(Protocol):
    """Every method may raise LiveStateDown."""

    def raise_alarm(self, kind: AlarmKind, now_ms: int) -> bool:
        """Let it stand from now on; False when it stood already (its beginning stays)."""

    def clear(self, kind: AlarmKind, now_ms: int) -> bool:
        """What was wrong is over; False when it did not stand."""

    def standing(self) -> tuple[Alarm, ...]:
        """Oldest first."""
