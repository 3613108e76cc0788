"""Redis that hangs is not asked again for a second."""

from __future__ import annotations

import pytest
import redis

from helpline.adapters.redis.breaker import Breaker
from helpline.adapters.redis.scripts import Scripts
from helpline.domain.errors import LiveStateDown


class Broken(redis.Redis):
    """A client whose every question fails, and counts."""

    asked = 0

    def get(self, name: object) -> None:
        self.asked += 1
        raise redis.TimeoutError("hung")


def test_after_a_failure_redis_is_left_alone_for_a_second() -> None:
    now = [0]
    client = Broken()
    scripts = Scripts(client, Breaker(lambda: now[0]))

    for _ in range(3):
        with pytest.raises(LiveStateDown):
            scripts.text("sid:x")
    assert client.asked == 1

    now[0] = 1_000
    with pytest.raises(LiveStateDown):
        scripts.text("sid:x")
    assert client.asked == 2


def test_the_drivers_words_do_not_come_through() -> None:
    scripts = Scripts(Broken())

    with pytest.raises(LiveStateDown) as failure:
        scripts.text("sid:x")

    assert "hung" not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__context__ is None
