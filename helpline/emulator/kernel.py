"""Virtual time: a heap of events, and coroutines that wait for them.

What it holds: the instant, what is due later, and the tasks that wait. What it must not know: telephones.
Time moves only in `run_due`; there is no clock, no sleep and no thread here, so the same seed and the same
inputs give the same run, whether the hours pass in a test or on the wall.

A task is a plain coroutine that awaits `Outcome`s. It never runs inside the code that wakes it: waking puts an
event at the present instant, so no caller is ever re-entered by what it caused.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Interruption(Exception):
    """Thrown into a task at the place where it waits. `final` ones are never replaced by a later one."""

    final = False


class Cancelled(Interruption):
    """The task's result is no longer wanted."""


class Outcome(Generic[T]):
    """A value that will be known once. Later values are ignored: the first news counts."""

    __slots__ = ("_value", "_waiters", "done")

    def __init__(self) -> None:
        self.done = False
        self._value: T | None = None
        self._waiters: list[Callable[[], object]] = []

    def set(self, value: T) -> None:
        """Make the value known and call who asked for it, in the order they asked."""
        if self.done:
            return
        self.done, self._value = True, value
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter()

    def then(self, waiter: Callable[[], object]) -> None:
        """Call `waiter` when the value is known, at once when it already is."""
        if self.done:
            waiter()
        else:
            self._waiters.append(waiter)

    def get(self) -> T:
        """The value; only to be asked once `done`."""
        assert self.done
        return self._value  # type: ignore[return-value]  # done means that it was set

    def __await__(self) -> Generator[Outcome[Any], None, T]:
        while not self.done:
            yield self
        return self.get()


def _nothing() -> None:
    """What a cancelled event does."""


class Timer:
    """One event of the heap: `action` is called at `at_ms` unless cancelled."""

    __slots__ = ("action", "at_ms", "cancelled")

    def __init__(self, at_ms: int, action: Callable[[], object]) -> None:
        self.at_ms = at_ms
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        """Forget the event, and what it would have touched. Safe to repeat, and after it has run."""
        self.cancelled, self.action = True, _nothing


Steps = Coroutine[Outcome[Any], None, object]


class Task:
    """A coroutine on virtual time. `over` is set when it has ended, whichever way.

    The coroutine is made when the task takes its first step: a carrier dropped before that leaves nothing unawaited.
    """

    def __init__(self, kernel: Kernel, begin: Callable[[], Steps]) -> None:
        self.over: Outcome[None] = Outcome()
        self._kernel = kernel
        self._begin = begin
        self._steps: Steps | None = None
        self._turn = 0
        self._pending: Interruption | None = None
        self._wake()

    def interrupt(self, reason: Interruption) -> None:
        """Throw `reason` where the task waits, at this instant but not inside this call.

        Of two that meet before the task has run, the later counts, unless the earlier is final. A task that has not
        taken its first step is dropped.
        """
        if self.over.done or (self._pending is not None and self._pending.final):
            return
        self._pending = reason
        self._wake()

    def close(self) -> None:
        """Drop the task (used by reset only)."""
        self.over.set(None)
        if self._steps is not None:
            self._steps.close()

    def _wake(self) -> None:
        turn = self._turn
        self._kernel.after(0, lambda: self._run(turn))

    def _run(self, turn: int) -> None:
        if turn != self._turn or self.over.done:
            return
        self._turn += 1
        try:
            awaited = self._step()
        except (StopIteration, Interruption):
            self.over.set(None)
        else:
            turn = self._turn
            awaited.then(lambda: self._kernel.after(0, lambda: self._run(turn)))

    def _step(self) -> Outcome[Any]:
        """Run to the next thing awaited. Raises StopIteration at the end, or the interruption nobody caught."""
        reason, self._pending = self._pending, None
        if self._steps is None:
            if reason is not None:
                raise reason
            self._steps = self._begin()
        return self._steps.throw(reason) if reason is not None else self._steps.send(None)


class Kernel:
    """The heap and the instant. `now_ms` is epoch milliseconds, UTC."""

    def __init__(self, start_ms: int) -> None:
        self.now_ms = start_ms
        self.ran = 0  # events so far
        self._heap: list[
            tuple[int, int, Timer]
        ] = []  # instant, order of making: equals run first-in first-out
        self._count = 0
        self._tasks: set[Task] = set()

    def at(self, at_ms: int, action: Callable[[], object]) -> Timer:
        """Call `action` at `at_ms`, or now when that is past."""
        self._count += 1
        timer = Timer(max(at_ms, self.now_ms), action)
        heapq.heappush(self._heap, (timer.at_ms, self._count, timer))
        return timer

    def after(self, delay_ms: int, action: Callable[[], object]) -> Timer:
        """Call `action` `delay_ms` from now."""
        return self.at(self.now_ms + delay_ms, action)

    def spawn(self, begin: Callable[[], Steps]) -> Task:
        """Start a task, given as a function that makes its coroutine; its first step is at this instant, not inside
        this call."""
        task = Task(self, begin)
        self._tasks.add(task)
        task.over.then(lambda: self._tasks.discard(task))
        return task

    def sleep(self, delay_ms: int) -> Outcome[None]:
        """Something to await for `delay_ms`."""
        outcome: Outcome[None] = Outcome()
        self.after(delay_ms, lambda: outcome.set(None))
        return outcome

    async def wait(self, outcome: Outcome[Any], limit_ms: int) -> bool:
        """True when `outcome` came within `limit_ms`, False when the time was up first."""
        first: Outcome[bool] = Outcome()
        outcome.then(lambda: first.set(True))
        timer = self.after(limit_ms, lambda: first.set(False))
        try:
            return await first
        finally:
            timer.cancel()

    def run_due(self, now_ms: int) -> int:
        """Run every event due at or before `now_ms`, in time order, and move the instant there.

        Returns how many ran. An instant in the past runs nothing and moves nothing.
        """
        before = self.ran
        while (due := self.next_due()) is not None and due <= now_ms:
            at_ms, _, timer = heapq.heappop(self._heap)
            self.now_ms = max(self.now_ms, at_ms)
            self.ran += 1
            timer.action()
        self.now_ms = max(self.now_ms, now_ms)
        return self.ran - before

    def next_due(self) -> int | None:
        """When the next event is due, None when there is none."""
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def clear(self) -> None:
        """Forget all events and tasks; the instant stays."""
        for task in list(self._tasks):
            task.close()
        self._tasks.clear()
        self._heap.clear()
