"""The carrier ends every call after four hours. R20 of the carrier study: she is warned a quarter of an hour before."""

from __future__ import annotations

import redis

from helpline.domain.call import Stage
from helpline.domain.presence import State
from helpline.services.await_recall import await_recall
from helpline.services.desk_view import CallShown, desk_of
from tests.e2e.test_conversation import in_talk
from tests.phone import Line

HOUR_S = 3_600


def call_shown(line: Line) -> CallShown:
    shown = desk_of(line.sw, "p1", ()).call
    assert shown is not None
    return shown


def until_after_arrival(line: Line, seconds: float) -> None:
    """Hours without news: the clock's looks at the carrier are left out, they would be five thousand."""
    line.stepper.paused.add("clock")
    line.after(seconds - (line.stepper.now_ms - line.only_call().arrived_ms) / 1000)
    line.stepper.paused.clear()


def test_a_quarter_of_an_hour_before_the_carrier_ends_a_talk_her_desk_says_so(line: Line) -> None:
    caller = in_talk(line)
    began_ms = line.only_call().arrived_ms
    until_after_arrival(line, 3.75 * HOUR_S - 1)
    assert call_shown(line).cut_at_ms is None

    line.after(1)

    assert call_shown(line).cut_at_ms == began_ms + 4 * HOUR_S * 1000
    line.vera.holds()
    line.after(5)
    assert call_shown(line).cut_at_ms is not None, "on hold too"
    line.vera.resumes()
    until_after_arrival(line, 4 * HOUR_S - 5)
    assert caller.talks_with(line.vera)
    line.until(caller.is_over, 10)


def test_who_was_cut_off_after_four_hours_and_calls_again_is_put_through_to_her_first(line: Line) -> None:
    caller = in_talk(line)
    until_after_arrival(line, 4 * HOUR_S - 1)
    line.until(caller.is_over, 10)
    line.until(lambda: line.vera.state is State.WRAP_UP, 10)

    assert await_recall(line.sw, "p1")
    again = line.caller().dials()

    line.until(line.vera.rings, 5)
    line.vera.accepts()
    line.until_talk(again, line.vera)
    assert desk_of(line.sw, "p1", ()).call is not None
    assert call_shown(line).cut_at_ms is None


def test_after_a_loss_of_redis_the_warning_still_comes_by_the_age_of_the_leg(
    line: Line, redis_admin: redis.Redis
) -> None:
    in_talk(line)
    began_ms = line.only_call().arrived_ms
    until_after_arrival(line, HOUR_S)

    redis_admin.flushall()

    line.until(lambda: line.vera.state is State.TALKING, 5)
    assert line.only_call().stage is Stage.TALKING
    until_after_arrival(line, 3.75 * HOUR_S + 2)
    assert abs((call_shown(line).cut_at_ms or 0) - began_ms - 4 * HOUR_S * 1000) <= 1_000
