"""R2 and R4 of the carrier study in real processes: two web workers answer at the same instant."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from helpline.cli.control_client import ControlRefused
from helpline.domain.presence import State
from tests.e2e.real_line import RealLine
from tests.phone import Handset

pytestmark = [pytest.mark.real, pytest.mark.timeout(100)]
TIMES = (0, *(pytest.param(nth, marks=pytest.mark.long) for nth in range(1, 3)))
"""Once in CI, where the kill tests need the time; again and again in check-long."""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLine]:
    with RealLine(tmp_path_factory.mktemp("races")) as line:
        yield line


def at_once(*deeds: Callable[[], None]) -> None:
    """All of them from threads that start together; a telephone that cannot (any more) is no error."""
    gate = threading.Barrier(len(deeds))

    def run(deed: Callable[[], None]) -> None:
        gate.wait(5)
        try:
            deed()
        except ControlRefused:
            return

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)


def is_free(who: Handset) -> bool:
    return not who.is_up() and not who.rings() and who.state is State.AVAILABLE


@pytest.mark.parametrize("nth", TIMES)
def test_r02_two_accept_at_once_and_one_is_joined(nth: int, line: RealLine) -> None:
    line.begins()
    caller = line.caller().dials()
    both = (line.vera, line.bruno)
    for who in both:
        who.answers()
    for who in both:
        who.is_asked()

    at_once(*(lambda who=who: line.control.phone_press(who.number, who.code()) for who in both))

    line.until(lambda: bool(caller.talks_to()), 20)
    (talker,) = caller.talks_to()
    (loser,) = (who for who in both if who.number != talker)
    line.until(lambda: is_free(loser), 15)
    assert caller.talks_to() == [talker]
    line.everybody_hangs_up()
    assert line.wrong() == []


@pytest.mark.parametrize("nth", TIMES)
def test_r04_one_accepts_as_the_other_picks_up(nth: int, line: RealLine) -> None:
    line.begins()
    caller = line.caller().dials()
    line.vera.answers()
    line.vera.is_asked()
    line.until(line.bruno.rings, 10)

    at_once(
        lambda: line.control.phone_press(line.vera.number, line.vera.code()),
        lambda: line.control.answer(line.bruno.number),
    )

    line.until(lambda: caller.talks_with(line.vera), 20)
    line.until(lambda: is_free(line.bruno), 20)
    assert caller.talks_to() == [line.vera.number]
    line.everybody_hangs_up()
    assert line.wrong() == []
