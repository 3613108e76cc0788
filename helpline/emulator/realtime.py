"""Real mode: the wall clock, one thread that runs the core and its sockets, and one lock around the core."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from helpline.emulator.carrier import Carrier
from helpline.emulator.lateness import Lateness
from helpline.emulator.settings import CarrierSettings
from helpline.emulator.sockets import SocketTransport, is_on


class WallClock:
    """Epoch milliseconds that never go back: the wall once, then the monotonic clock."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now_ms(self) -> int:
        """The present instant."""
        return int((self._offset_s + time.monotonic()) * 1000)

    def left_s(self, at_ms: int) -> float:
        """Seconds until an instant, 0 when it has passed."""
        return max(0.0, at_ms / 1000 - self._offset_s - time.monotonic())


def fresh_seed() -> int:
    """A seed of its own for each start: a server that outlives its carrier must not meet old identifiers again."""
    return time.time_ns()


class Realtime:
    """A carrier that lives on the wall clock.

    The core's thread is an event loop: it runs what is due, and carries the requests that come of it. `entered()` is
    the only way to touch the carrier from another thread: it takes the lock, brings the core's time up to now, and
    wakes the core's thread afterwards so that new events are not slept over.
    """

    def __init__(self, settings: CarrierSettings) -> None:
        self._clock = WallClock()
        self._lock = threading.RLock()
        self._news = threading.Condition(self._lock)  # somebody who watches may have something to see
        self._revision = 0
        self._posted: deque[Callable[[], None]] = deque()
        self._stopping = False
        self._called = False  # the core's turn is arranged
        self._alarm: asyncio.TimerHandle | None = None
        self._loop = asyncio.new_event_loop()
        self.lateness = Lateness(self._clock.now_ms)
        self._transport = SocketTransport(
            self._loop,
            self._post,
            instant=lambda: self.carrier.now_ms,
            lateness=self.lateness,
            idle_s=lambda: self.carrier.world.knobs.keep_alive_ms / 1000,
        )
        self.carrier = Carrier(settings, self._transport, self._clock.now_ms())
        self._thread = threading.Thread(target=self._run, name="carrier-core", daemon=True)

    def start(self) -> None:
        """Let time pass."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the core's thread; requests under way are dropped."""
        with self._news:
            self._stopping = True
            self._news.notify_all()
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=2)
        elif not self._loop.is_closed():
            self._loop.close()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Hold the carrier still, at the present instant."""
        with self._lock:
            self._step()
            try:
                yield
            finally:
                self._wake()
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
        self._posted.append(action)
        self._wake()

    def _wake(self) -> None:
        """Arrange the core's turn, from whatever thread."""
        if self._called or self._stopping:
            return
        self._called = True
        if is_on(self._loop):
            self._loop.call_soon(self._turn)
        else:
            self._loop.call_soon_threadsafe(self._turn)

    def _run(self) -> None:
        self._wake()
        self._loop.run_forever()
        self._transport.close()
        self._loop.run_until_complete(asyncio.sleep(0))  # connections hear that they are closed
        self._loop.close()

    def _turn(self) -> None:
        """Do what is due, and come back when more is."""
        self._called = False  # first: what is posted from now on arranges a turn of its own
        with self._lock:
            if self._stopping:
                return
            self._step()
            due_ms = self.carrier.next_due()
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = None
        if due_ms is not None:
            self._alarm = self._loop.call_later(self._clock.left_s(due_ms), self._turn)

    def _step(self) -> None:
        """Run what is due and take in what came back. A mistake in one event must not stop all the calls."""
        if self._stopping:
            return
        try:
            ran = self.carrier.run_due(self._clock.now_ms())
            while self._posted:
                self._posted.popleft()()
                ran += 1
            ran += self.carrier.run_due(self._clock.now_ms())
            if ran:
                self._tell()
        except Exception:
            traceback.print_exc(file=sys.stderr)
            self.carrier.world.log.add("fault", what="emulator error", text=traceback.format_exc(limit=3))
            self._wake()
