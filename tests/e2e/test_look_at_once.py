"""After a webhook that failed the reconciler does not wait for its next round. Stepped."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpline.domain.errors import LiveStateDown
from tests.live import live
from tests.phone import Caller, Line

ENDS = ("helpline.web.voice.end_by_leg", "helpline.services.leave_line.end_by_leg")
"""By these the carrier's news that a caller has hung up is taken in."""

Ring = Callable[[int], Caller]


@pytest.fixture
def rung(line: Line) -> Ring:
    """A caller for whom a telephone has just begun to ring, so long after a look at the carrier."""

    def ring(seconds: int) -> Caller:
        line.after(20 + seconds)
        caller = line.caller().dials()
        line.until(line.vera.rings, 10)
        return caller

    return ring


@pytest.mark.parametrize("seconds", [0, 2, 4, 6, 8])
def test_a_fault_of_ours_in_taking_news_in_is_made_up_for_within_seconds(
    line: Line, rung: Ring, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rung(seconds)

    def fails(*given: object) -> None:
        raise ZeroDivisionError

    for place in ENDS:
        monkeypatch.setattr(place, fails)
    line.control.hang_up(caller.handle)

    line.until(lambda: not line.vera.rings(), 4)
    assert not live(line.sw.calls)


@pytest.mark.parametrize("seconds", [0, 2, 4])
def test_news_lost_while_redis_was_away_is_made_up_for_once_a_webhook_reaches_it(
    line: Line, rung: Ring, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = rung(seconds)

    def is_away(*given: object, **named: object) -> None:
        raise LiveStateDown("away")

    with monkeypatch.context() as away:
        for place in ENDS:
            away.setattr(place, is_away)
        away.setattr(line.sw.calls, "ask_for_a_look", is_away)
        line.control.hang_up(caller.handle)
        line.after(1)
    line.control.answer(line.vera.number)

    line.until(lambda: not live(line.sw.calls), 4)


def test_however_many_webhooks_fail_the_carrier_is_looked_at_every_two_seconds_at_most(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.after(30)
    looks: list[int] = []
    live_legs = line.stepper.service.carrier.live_legs

    def counted() -> object:
        looks.append(line.stepper.now_ms)
        return live_legs()

    monkeypatch.setattr(line.stepper.service.carrier, "live_legs", counted)
    for _ in range(40):
        line.sw.calls.ask_for_a_look(line.stepper.now_ms)
        line.after(0.25)

    assert len(looks) in (4, 5)
