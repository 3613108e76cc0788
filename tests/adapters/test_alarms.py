"""Alarms on the real Redis."""

from __future__ import annotations

import logging

import pytest
import redis

from helpline.adapters.redis.alarms import KEY, RedisAlarms
from helpline.adapters.redis.scripts import Scripts
from helpline.domain.alarms import Alarm, AlarmKind

KIND = AlarmKind.NOBODY_ANSWERS


def test_an_alarm_stands_from_when_it_was_first_raised_until_it_is_cleared(redis_app: redis.Redis) -> None:
    alarms = RedisAlarms(Scripts(redis_app))

    assert alarms.raise_alarm(KIND, 1_000)
    assert not alarms.raise_alarm(KIND, 2_000)
    assert alarms.raise_alarm(AlarmKind.NOBODY_ON_DUTY, 500)
    assert alarms.standing() == (Alarm(AlarmKind.NOBODY_ON_DUTY, 500), Alarm(KIND, 1_000))
    assert alarms.clear(KIND, 3_000)
    assert not alarms.clear(KIND, 3_000)
    assert alarms.standing() == (Alarm(AlarmKind.NOBODY_ON_DUTY, 500),)


def test_the_log_says_when_one_begins_and_ends_and_only_then(
    redis_app: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    alarms = RedisAlarms(Scripts(redis_app))

    with caplog.at_level(logging.WARNING, logger="helpline.alarms"):
        for change in (alarms.raise_alarm, alarms.raise_alarm, alarms.clear, alarms.clear):
            change(KIND, 1_000)

    assert caplog.messages == ["alarm: nobody_answers", "alarm over: nobody_answers"]


def test_one_of_a_newer_release_is_left_standing_and_not_shown(redis_app: redis.Redis) -> None:
    redis_app.hset(KEY, "the_moon_is_down", 1)
    assert RedisAlarms(Scripts(redis_app)).standing() == ()
