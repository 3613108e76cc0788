"""The sweep on real Redis and a real database; the carrier is a list in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from sqlalchemy import select

from helpline.adapters.sql.tables import receipts, sweep_state, traffic
from helpline.domain.errors import DatabaseDown
from helpline.ports import LegStatus
from tests.services.sweep_house import MINUTE, T0, House, make_house


@pytest.fixture
def house(redis_admin: redis.Redis, redis_app: redis.Redis, database_url: str) -> Iterator[House]:
    house = make_house(redis_admin, redis_app, database_url)
    yield house
    house.database.close()


def test_a_call_is_counted_in_the_classes_of_its_record_then_erased_then_forgotten(house: House) -> None:
    house.spoke("a", T0)

    first = house.sweep(T0 + 2 * MINUTE)

    assert (first.listed, first.counted, first.erased, first.waiting) == (1, 1, 1, 0)
    assert house.counts() == {"spoke": 1}
    assert house.counts("presented") == {"ligne": 1}
    assert house.counts("wait_spoke") == {"lt20": 1}
    assert house.counts("duration") == {"lt15": 1}
    assert house.carrier.legs == {}

    second = house.sweep(T0 + 3 * MINUTE)

    assert (second.counted, second.forgotten) == (0, 1)
    assert house.left_in_redis() == set()


def test_a_call_that_ended_a_moment_ago_waits(house: House) -> None:
    house.spoke("a", T0)

    report = house.sweep(T0 + MINUTE - 1)

    assert (report.counted, report.erased, report.waiting, report.oldest_ended_ms) == (0, 0, 1, T0)
    assert house.counts() == {}


def test_a_record_without_an_end_has_its_end_step_run_first(house: House) -> None:
    house.inbound("a", T0, call="mine")

    house.sweep(T0 + 2 * MINUTE)

    assert house.ended == ["mine"]
    assert house.counts() == {"left_in_line": 1}


@pytest.mark.parametrize(
    ("status", "end_state"),
    [
        (LegStatus.COMPLETED, "diverted"),
        (LegStatus.NO_ANSWER, "left_in_welcome"),
        (LegStatus.BUSY, "left_in_welcome"),
        (LegStatus.CANCELED, "left_in_welcome"),
        (LegStatus.FAILED, "carrier_failed"),
    ],
)
def test_a_leg_we_know_nothing_of_is_counted_by_what_the_carrier_says(
    house: House, status: LegStatus, end_state: str
) -> None:
    house.inbound("a", T0, status=status)

    house.sweep(T0 + 2 * MINUTE)

    assert house.counts() == {end_state: 1}


def test_a_record_we_cannot_read_is_counted_by_its_leg_and_stops_nobody(house: House) -> None:
    house.inbound("a", T0, call="odd", end_state="of another release")
    house.spoke("b", T0)

    house.sweep(T0 + 2 * MINUTE)

    assert house.counts() == {"diverted": 1, "spoke": 1}


def test_a_leg_to_a_psychologist_is_erased_and_never_counted(house: House) -> None:
    house.outbound("p", T0)

    assert house.sweep(T0 + 2 * MINUTE).erased == 1
    house.sweep(T0 + 3 * MINUTE)

    assert house.counts() == {}
    assert house.left_in_redis() == set()


def test_an_offer_of_a_call_that_lives_keeps_its_name_but_not_its_leg(house: House) -> None:
    house.outbound("p", T0)
    house.redis.hset("call:gone", "stage", "waiting")

    house.sweep(T0 + 2 * MINUTE)
    house.sweep(T0 + 3 * MINUTE)

    assert house.redis.hget("offer:try-p", "call") == "gone"
    assert house.redis.hget("offer:try-p", "leg_id") is None
    assert not house.redis.exists("sid:p")


def test_a_leg_not_deletable_yet_is_left_for_a_later_round_and_counted_once(house: House) -> None:
    house.spoke("a", T0)
    house.carrier.deletable_after_ms = 10 * MINUTE

    for minute in range(2, 9):
        report = house.sweep(T0 + minute * MINUTE)
        assert (report.erased, report.waiting) == (0, 1)
    assert house.sweep(T0 + 11 * MINUTE).erased == 1

    assert house.counts() == {"spoke": 1}


def test_after_redis_was_lost_what_was_counted_is_only_deleted(
    house: House, redis_admin: redis.Redis
) -> None:
    house.spoke("a", T0)
    house.carrier.deletable_after_ms = 10 * MINUTE
    house.sweep(T0 + 2 * MINUTE)

    redis_admin.flushall()
    house.new_epoch(T0 + 3 * MINUTE, "e2")
    house.spoke("late", T0 - MINUTE)
    house.redis.delete("sid:late", "call:call-late")
    house.sweep(T0 + 12 * MINUTE)

    assert house.counts() == {"spoke": 1}
    assert house.carrier.legs == {}


def test_after_redis_was_lost_what_was_not_counted_still_is(house: House, redis_admin: redis.Redis) -> None:
    house.spoke("a", T0)
    house.sweep(T0 + 2 * MINUTE)
    house.spoke("b", T0 + 2 * MINUTE)

    redis_admin.flushall()
    house.new_epoch(T0 + 3 * MINUTE, "e2")
    house.sweep(T0 + 5 * MINUTE)

    assert house.counts() == {"spoke": 1, "diverted": 1}


def test_without_an_epoch_nothing_is_judged(house: House, redis_admin: redis.Redis) -> None:
    house.spoke("a", T0)
    redis_admin.flushall()

    assert house.sweep(T0 + 2 * MINUTE).superseded
    assert list(house.carrier.legs) == ["a"]


def test_sql_away_delays_and_loses_nothing(house: House) -> None:
    house.spoke("a", T0)
    sweeper = house.sweeper()
    sweeper.ledger = _Away()

    with pytest.raises(DatabaseDown):
        sweeper.sweep(T0 + 2 * MINUTE)
    assert list(house.carrier.legs) == ["a"]
    house.sweep(T0 + 3 * MINUTE)

    assert house.counts() == {"spoke": 1}


class _Away:
    def state(self) -> None:
        raise DatabaseDown("sql: away")


def test_a_carrier_that_does_not_answer_ends_the_round(house: House) -> None:
    for name in ("a", "b", "c"):
        house.spoke(name, T0)
    house.carrier.silent = True

    report = house.sweeper().sweep(T0 + 2 * MINUTE)

    assert (house.carrier.asked, report.counted, report.erased, report.waiting) == (1, 3, 0, 3)


def test_a_sweep_overtaken_while_it_looked_counts_nothing(house: House) -> None:
    house.spoke("a", T0)
    house.carrier.deletable_after_ms = 10 * MINUTE

    def overtake() -> None:
        house.sweep(T0 + 2 * MINUTE)
        house.inbound("b", T0)

    house.carrier.after_list = overtake

    report = house.sweep(T0 + 2 * MINUTE)

    assert (report.counted, house.counts()) == (0, {"spoke": 1})
    house.sweep(T0 + 3 * MINUTE)
    assert house.counts() == {"spoke": 1, "diverted": 1}


def test_a_leg_forgotten_while_another_sweep_looks_is_not_taken_for_unknown(house: House) -> None:
    house.spoke("a", T0)

    def overtake() -> None:
        house.sweep(T0 + 2 * MINUTE)
        house.sweep(T0 + 3 * MINUTE)  # it is gone at the carrier, and forgotten

    house.carrier.after_list = overtake

    assert house.sweep(T0 + 2 * MINUTE).superseded
    assert house.counts() == {"spoke": 1}
    assert house.left_in_redis() == set()


def test_a_leg_missing_from_one_list_is_not_forgotten_while_the_carrier_has_it(house: House) -> None:
    house.spoke("a", T0)
    house.carrier.deletable_after_ms = 10 * MINUTE
    house.sweep(T0 + 2 * MINUTE)
    house.carrier.short = True

    report = house.sweep(T0 + 3 * MINUTE)

    assert report.forgotten == 0
    assert house.redis.hget("receipt:a", "counted") == "1"


def test_the_hour_is_that_of_the_start_and_nothing_finer_is_stored(house: House) -> None:
    house.spoke("a", T0)

    house.sweep(T0 + 2 * MINUTE)

    hours = house.database.transaction(lambda c: c.execute(select(traffic.c.hour_utc)).scalars().all())
    kept = house.database.transaction(lambda c: c.execute(select(receipts.c.kept_until)).scalars().all())
    assert {(hour.minute, hour.second, hour.microsecond) for hour in [*hours, *kept]} == {(0, 0, 0)}


def test_receipts_are_purged_a_day_after(house: House) -> None:
    house.spoke("a", T0)
    house.sweep(T0 + 2 * MINUTE)

    def kept() -> int:
        return len(house.database.transaction(lambda c: c.execute(select(receipts)).all()))

    house.sweep(T0 + 23 * 60 * MINUTE)
    assert kept() == 1
    house.sweep(T0 + 26 * 60 * MINUTE)
    assert kept() == 0


def test_counted_until_never_goes_back(house: House) -> None:
    house.spoke("b", T0)
    house.sweep(T0 + 2 * MINUTE)
    house.spoke("late", T0 - 10 * MINUTE)
    house.sweep(T0 + 3 * MINUTE)

    until = house.database.transaction(
        lambda c: c.execute(select(sweep_state.c.counted_until_ms)).scalar_one()
    )
    assert until == T0
    assert house.counts() == {"spoke": 2}
