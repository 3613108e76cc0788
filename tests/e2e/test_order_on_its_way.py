"""An order to ring that is on its way to the carrier when Redis is lost: nobody knows of it, and a telephone rings."""

from __future__ import annotations

from typing import Any

import pytest
import redis
import requests

from helpline.cli.stepped import WsgiAdapter
from helpline.emulator import rest_app
from helpline.services import keep_duty
from tests.phone import Handset, Line


class SlowWay(WsgiAdapter):
    """The way to the carrier. The first order to ring stays on it: whoever gave it is dead, and `lands` delivers it."""

    def __init__(self, line: Line) -> None:
        super().__init__(rest_app(line.stepper.carrier))
        self._on_its_way: list[requests.PreparedRequest] = []
        line.stepper.outside.session.mount("http://", self)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self._on_its_way or not rings_somebody(request):
            return super().send(request, *args, **kwargs)
        self._on_its_way.append(request)
        raise requests.ReadTimeout

    def has_one(self) -> bool:
        return bool(self._on_its_way)

    def lands(self) -> None:
        (request,) = self._on_its_way
        super().send(request)


def rings_somebody(request: requests.PreparedRequest) -> bool:
    return request.method == "POST" and str(request.path_url).endswith("/Calls.json")


def lives(line: Line, who: Handset) -> list[tuple[int, int | None]]:
    """Every leg to her: (ordered, ended), ms."""
    records = [r for r in line.control.log() if r["kind"] == "leg" and r["to"] == who.number]
    ended = {r["leg"]: r["at_ms"] for r in records if r.get("ended_by")}
    return [(r["at_ms"], ended.get(r["leg"])) for r in records if r["what"] == "queued"]


def test_nobody_is_rung_anew_while_an_order_from_before_the_loss_may_still_arrive(
    line: Line, redis_admin: redis.Redis
) -> None:
    """It arrived after the carrier had been asked who is rung: she was rung a second time, and found her line busy."""
    way = SlowWay(line)
    caller = line.caller().dials()
    line.until(way.has_one, 1)

    redis_admin.flushall()
    line.after(0.6)
    way.lands()
    line.after(3)

    (_, first_ended_ms), (second_ms, _) = lives(line, line.vera)
    assert first_ended_ms is not None, line.story()
    assert first_ended_ms <= second_ms, line.story()
    assert len(lives(line, line.bruno)) == 1
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.is_sound()


def test_without_a_call_the_copy_is_whole_at_once(line: Line, redis_admin: redis.Redis) -> None:
    redis_admin.flushall()

    line.until(lambda: line.sw.calls.epoch() is not None, 0.3)


def test_whose_order_comes_back_to_a_copy_that_was_lost_meanwhile_is_not_left_ringing(
    line: Line, redis_admin: redis.Redis
) -> None:
    class LostOnTheWay(WsgiAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            if rings_somebody(request):
                line.stepper.paused.add("clock")
                redis_admin.flushall()
            return super().send(request, *args, **kwargs)

    line.stepper.outside.session.mount("http://", LostOnTheWay(rest_app(line.stepper.carrier)))
    line.caller().dials()

    line.until(lambda: bool(lives(line, line.vera) + lives(line, line.bruno)), 1)
    line.after(0.1)

    assert [ended is not None for who in (line.vera, line.bruno) for _, ended in lives(line, who)] == [True]


@pytest.mark.parametrize("late_s", [0.5, 2.5])
def test_an_order_that_arrives_when_all_is_built_anew_does_not_ring_on(
    line: Line, redis_admin: redis.Redis, late_s: float
) -> None:
    """She is on a break by then: no later ring of hers would find her line busy and tell. The one comes before the second
    look at the young copy, the other after it.
    """
    way = SlowWay(line)
    line.caller().dials()
    line.until(way.has_one, 1)
    redis_admin.flushall()
    line.until(lambda: line.sw.calls.epoch() is not None, 3)
    line.until(lambda: bool(lives(line, line.vera)) and bool(lives(line, line.bruno)), 1)
    for who in (line.vera, line.bruno):
        keep_duty.begin_break(line.sw, who.person.id)
    line.after(late_s)
    before = {who: len(lives(line, who)) for who in (line.vera, line.bruno)}

    way.lands()
    line.after(3)

    (late,) = [lives(line, who)[n:] for who, n in before.items() if len(lives(line, who)) > n]
    assert [ended is not None for _, ended in late] == [True], line.story()
