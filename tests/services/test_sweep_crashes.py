"""The sweep dying, or losing Redis, at each of its effects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from helpline.adapters.sql.tables import receipts, sweep_state, traffic
from tests.crash import Crash, CrashPoint
from tests.services.sweep_house import MINUTE, T0, House, make_house


@pytest.fixture
def house(redis_admin: redis.Redis, redis_app: redis.Redis, database_url: str) -> Iterator[House]:
    house = make_house(redis_admin, redis_app, database_url)
    yield house
    house.database.close()


def _three_calls(house: House) -> None:
    house.spoke("a", T0)
    house.inbound("b", T0 - MINUTE)
    house.inbound("c", T0 - 2 * MINUTE, call="open")
    house.outbound("p", T0)


def _effects(house: House) -> int:
    """How many effects three sweeps have when nobody dies."""
    point = CrashPoint()
    _three_calls(house)
    for minute in (2, 3, 4):
        house.carrier.now_ms = T0 + minute * MINUTE
        house.sweeper(point).sweep(T0 + minute * MINUTE)
    return point.seen


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("lost", [False, True], ids=["redis stays", "redis lost with it"])
def test_dying_at_any_effect_counts_nothing_twice_and_leaves_nothing(
    house: House, redis_admin: redis.Redis, after: bool, lost: bool
) -> None:
    effects = _effects(house)
    assert effects > 10
    for at in range(1, effects + 1):
        _start_again(house, redis_admin)
        _three_calls(house)
        _die(house, CrashPoint(at=at, after=after))
        if lost:
            redis_admin.flushall()
            house.new_epoch(T0 + 5 * MINUTE, "e2")
        for minute in (6, 7, 8):
            house.sweep(T0 + minute * MINUTE)

        assert sum(house.counts().values()) == 3, f"died at effect {at} of {effects}"
        assert house.counts("presented") == {"ligne": 3}
        assert house.carrier.legs == {}
        assert house.left_in_redis() == set(), f"died at effect {at} of {effects}"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_redis_lost_at_any_effect_under_a_living_sweeper_counts_nothing_twice(
    house: House, redis_admin: redis.Redis, after: bool
) -> None:
    effects = _effects(house)
    for at in range(1, effects + 1):
        _start_again(house, redis_admin)
        _three_calls(house)

        def lose() -> None:
            redis_admin.flushall()
            house.new_epoch(house.carrier.now_ms, "e2")

        point = CrashPoint(at=at, after=after, instead=lose)
        for minute in range(2, 9):
            house.carrier.now_ms = T0 + minute * MINUTE
            house.sweeper(point).sweep(T0 + minute * MINUTE)

        assert sum(house.counts().values()) == 3, f"lost at effect {at} of {effects}"
        assert house.carrier.legs == {}
        assert house.left_in_redis() == set(), f"lost at effect {at} of {effects}"


def _die(house: House, point: CrashPoint) -> None:
    try:
        for minute in (2, 3, 4):
            house.carrier.now_ms = T0 + minute * MINUTE
            house.sweeper(point).sweep(T0 + minute * MINUTE)
    except Crash:
        return
    raise AssertionError("nobody died")


def _start_again(house: House, admin: redis.Redis) -> None:
    admin.flushall()
    house.new_epoch(T0 - 60 * MINUTE)
    for table in (traffic, receipts):
        house.database.transaction(lambda c, table=table: c.execute(table.delete()).close())
    house.database.transaction(
        lambda c: c.execute(sweep_state.update().values(sweep_no=0, counted_until_ms=None)).close()
    )
