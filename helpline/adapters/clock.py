"""The real clock and real chance. Nothing else in the project asks the system for either.

All processes of one host share one time: Redis's TIME less this host's monotonic clock,
written once as `clock:<boot id>`. A wall clock that jumps moves nobody's deadline. Redis
away: the offset known so far, or the wall clock until first contact.
"""

from __future__ import annotations

import logging
import random
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import redis
from redis.exceptions import RedisError

T = TypeVar("T")

RECHECK_S = 1.0
"""How long processes may disagree about the time after Redis was lost."""

DRIFT_ALARM_MS = 2_000
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_log = logging.getLogger("helpline.clock")


def monotonic_ms() -> int:
    """Milliseconds of this host since some moment; never jumps."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000_000


class SystemClock:
    """`ports.Clock` of the processes. Safe to share between threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._offset_ms: int | None = None
        self._recheck_at_ms = 0

    def now_ms(self) -> int:
        mono_ms = monotonic_ms()
        if mono_ms >= self._recheck_at_ms:
            self._recheck_at_ms = mono_ms + int(RECHECK_S * 1000)
            self._take_offset()
        if self._offset_ms is None:
            return int(time.time() * 1000)
        return monotonic_ms() + self._offset_ms

    def _take_offset(self) -> None:
        """Read the host's offset, or write it if we are the first. Redis lost it: a new one."""
        key = f"clock:{_boot_id()}"
        try:
            known = self._client.get(key)
            if known is None:
                seconds, micros = self._client.time()
                offset = seconds * 1000 + micros // 1000 - monotonic_ms()
                self._client.setnx(key, str(offset))
                known = self._client.get(key)
        except (RedisError, OSError):
            return
        if known is not None:
            self._offset_ms = int(str(known))
            drift_ms = abs(int(time.time() * 1000) - (monotonic_ms() + self._offset_ms))
            if drift_ms > DRIFT_ALARM_MS:
                _log.error("the wall clock is %d ms away from the service's time", drift_ms)


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except OSError:
        return "unknown"


class SystemChance:
    """`ports.Chance` from the operating system's generator."""

    def new_id(self) -> str:
        return secrets.token_hex(16)

    def shuffled(self, things: Sequence[T]) -> list[T]:
        mixed = list(things)
        random.SystemRandom().shuffle(mixed)
        return mixed
