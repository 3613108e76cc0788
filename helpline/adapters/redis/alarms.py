"""`ports.Alarms` on Redis: one hash `alarms`, kind to the moment it was raised. A line in the log for each change."""

from __future__ import annotations

import logging

from helpline.adapters.redis.scripts import Scripts
from helpline.domain.alarms import Alarm, AlarmKind

KEY = "alarms"
_log = logging.getLogger("helpline.alarms")


class RedisAlarms:
    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def raise_alarm(self, kind: AlarmKind, now_ms: int) -> bool:
        new = self._change("raise", kind, now_ms)
        if new:
            _log.error("alarm: %s", kind.value)
        return new

    def clear(self, kind: AlarmKind, now_ms: int) -> bool:
        over = self._change("clear", kind, now_ms)
        if over:
            _log.warning("alarm over: %s", kind.value)
        return over

    def standing(self) -> tuple[Alarm, ...]:
        known = {kind.value for kind in AlarmKind}
        found = self._scripts.hash(KEY).items()
        # One of a newer release is not ours to show.
        alarms = [Alarm(AlarmKind(kind), int(float(since))) for kind, since in found if kind in known]
        return tuple(sorted(alarms, key=lambda alarm: (alarm.since_ms, alarm.kind)))

    def _change(self, op: str, kind: AlarmKind, now_ms: int) -> bool:
        return self._scripts.run("alarm", now_ms, {"op": op, "kind": kind.value}) == 1
