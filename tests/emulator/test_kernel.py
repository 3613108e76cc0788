from __future__ import annotations

import time

import pytest

from helpline.emulator.kernel import Cancelled, Kernel, Outcome
from tests.emulator.line import Line, doc


def test_events_run_in_time_order_and_equals_in_the_order_they_were_made() -> None:
    kernel, seen = Kernel(1_000), []
    kernel.after(5, lambda: seen.append("later"))
    kernel.after(2, lambda: seen.append("first"))
    kernel.after(2, lambda: seen.append("second"))

    assert kernel.run_due(1_002) == 2
    assert kernel.next_due() == 1_005
    assert kernel.run_due(2_000) == 1
    assert seen == ["first", "second", "later"]
    assert (kernel.now_ms, kernel.next_due()) == (2_000, None)


def test_a_cancelled_event_neither_runs_nor_is_due() -> None:
    kernel = Kernel(0)
    kernel.after(5, lambda: pytest.fail("it ran")).cancel()

    assert kernel.next_due() is None
    assert kernel.run_due(10) == 0


def test_time_never_goes_back() -> None:
    kernel = Kernel(100)

    kernel.run_due(50)

    assert kernel.now_ms == 100


def test_an_outcome_keeps_its_first_value_and_wakes_its_task() -> None:
    kernel, seen = Kernel(0), []
    outcome: Outcome[str] = Outcome()

    async def steps() -> None:
        seen.append(await outcome)

    kernel.spawn(steps)
    kernel.after(5, lambda: outcome.set("a"))
    kernel.after(6, lambda: outcome.set("b"))
    kernel.run_due(10)

    assert seen == ["a"]


def test_waiting_ends_with_the_outcome_or_with_the_time() -> None:
    kernel, seen = Kernel(0), []
    quick: Outcome[None] = Outcome()

    async def steps() -> None:
        seen.append((await kernel.wait(quick, 10), kernel.now_ms))
        seen.append((await kernel.wait(Outcome(), 10), kernel.now_ms))

    kernel.spawn(steps)
    kernel.after(3, lambda: quick.set(None))
    kernel.run_due(100)

    assert seen == [(True, 3), (False, 13)]


def test_an_interruption_is_thrown_where_the_task_waits_and_not_inside_the_call() -> None:
    kernel, seen = Kernel(0), []

    async def steps() -> None:
        try:
            await Outcome[None]()
        finally:
            seen.append("cleaned up")

    task = kernel.spawn(steps)
    kernel.run_due(1)
    task.interrupt(Cancelled())

    assert seen == []
    kernel.run_due(2)
    assert seen == ["cleaned up"]
    assert task.over.done


def test_a_mistake_in_a_task_is_not_swallowed() -> None:
    kernel = Kernel(0)

    async def steps() -> None:
        raise ValueError("a mistake")

    kernel.spawn(steps)

    with pytest.raises(ValueError, match="a mistake"):
        kernel.run_due(1)


@pytest.mark.real
def test_a_thousand_events_take_less_than_a_second() -> None:
    """Of the processor: the wall also measures who else is at work."""
    line = Line()
    line.script(w=doc('<Say>bonjour</Say><Pause length="10"/>'))
    for _ in range(20):
        line.dial(doc('<Enqueue waitUrl="/w">q</Enqueue>'), wait_s=0)

    began, count = time.process_time(), 0
    while count < 1_000:
        count += line.carrier.run_due(line.carrier.now_ms + 1_000)

    assert time.process_time() - began < 1.0
