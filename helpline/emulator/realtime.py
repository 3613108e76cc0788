"""Real mode: the wall clock, one thread that runs the core, and one lock around it."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from helpline.emulator.carrier import Carrier
from helpline.emulator.settings import CarrierSettings
from helpline.emulator.sockets import SocketTransport


class WallClock:
    """Epoch milliseconds that never go back: the wall once, then the monotonic clock."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now_ms(self) -> int:
        """The present instant."""
        return int((self._offset_s + time.monotonic()) * 1000)


def fresh_seed() -> int:
    """A seed of its own for each start: a server that outlives its carrier must not meet old identifiers again."""
    return time.time_ns()


class Realtime:
    """A carrier that lives on the wall clock.

    `entered()` is the only way to touch the carrier from another thread: it takes the lock, brings the core's time
    up to now, and wakes the core's thread afterwards so that new events are not slept over.
    """

    def __init__(self, settings: CarrierSettings) -> None:
        self._clock = WallClock()
        lock = threading.RLock()
        self._changed = threading.Condition(lock)  # the core has something to do
        self._news = threading.Condition(lock)  # somebody who watches may have something to see
        self._revision = 0
        self._posted: list[Callable[[], None]] = []
        self._stopping = False
        self.carrier = Carrier(settings, SocketTransport(self._post), self._clock.now_ms())
        self._thread = threading.Thread(target=self._run, name="carrier-core", daemon=True)

    def start(self) -> None:
        """Let time pass."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the core's thread; requests under way are dropped."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
            self._news.notify_all()
        self._thread.join(timeout=2)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Hold the carrier still, at the present instant."""
        with self._changed:
            self._step()
            try:
                yield
            finally:
                self._changed.notify()
                self._tell()

    @contextmanager
    def watched(self, seen: int, limit_s: float) -> Iterator[int | None]:
        """Hold the carrier still once it has changed since revision `seen`, or after `limit_s`, without moving it.

        Gives the present revision, None when the carrier stops. Watching is no change.
        """
        with self._news:
            self._news.wait_for(lambda: self._revision != seen or self._stopping, limit_s)
            yield None if self._stopping else self._revision

    def _tell(self) -> None:
        self._revision += 1
        self._news.notify_all()

    def _post(self, action: Callable[[], None]) -> None:
        with self._changed:
            self._posted.append(action)
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._stopping:
                self._step()
                due_ms = self.carrier.next_due()
                if self._posted:
                    continue
                left_s = None if due_ms is None else max(0.0, (due_ms - self._clock.now_ms()) / 1000)
                self._changed.wait(left_s)

    def _step(self) -> None:
        """Run what is due and take in what came back. A mistake in one event must not stop all the calls."""
        posted, self._posted = self._posted, []
        try:
            ran = self.carrier.run_due(self._clock.now_ms())
            for action in posted:
                action()
            ran += self.carrier.run_due(self._clock.now_ms())
            if ran or posted:
                self._tell()
        except Exception:
            traceback.print_exc(file=sys.stderr)
            self.carrier.world.log.add("fault", what="emulator error", text=traceback.format_exc(limit=3))
