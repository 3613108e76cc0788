"""A circuit breaker: after a failure, Redis is not asked for a second.

Without it every request of a hung Redis would wait out its own time limit, and the
threads that answer callers would all be waiting. Shared by the threads of a process.
"""

from __future__ import annotations

from collections.abc import Callable

from helpline.domain.errors import LiveStateDown

OPEN_MS = 1_000


class Breaker:
    """`monotonic_ms` times the second; one breaker for one connection pool."""

    def __init__(self, monotonic_ms: Callable[[], int]) -> None:
        self._monotonic_ms = monotonic_ms
        self._open_until_ms = 0

    def check(self) -> None:
        """Raises LiveStateDown while open."""
        if self._monotonic_ms() < self._open_until_ms:
            raise LiveStateDown("redis: failed less than a second ago")

    def failed(self) -> None:
        self._open_until_ms = self._monotonic_ms() + OPEN_MS
