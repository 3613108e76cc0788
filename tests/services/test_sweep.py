"""The sweep on real Redis and a real database; the carrier is a list in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import redis
from sqlalchemy import select

from helpline.adapters.memory import SeededChance
from helpline.adapters.memory_carrier import MemoryCarrier
from helpline.adapters.redis.finished import RedisFinishedCalls
from helpline.adapters.redis.scripts import Scripts
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.ledger import SqlLedger
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.adapters.sql.tables import receipts, sweep_state, traffic
from helpline.domain.errors import DatabaseDown
from helpline.domain.sweep import SweepReport
from helpline.ports import CarrierLeg, LegStatus, RestOutcome
from helpline.services.count_calls import CountCalls
from helpline.services.sweep_finished_calls import SweepFinishedCalls
from tests.crash import Crash, CrashPoint

T0 = 1_795_000_000_000
MINUTE = 60_000
EFFECTS = {
    "finished": ("fix_receipts", "mark", "watch", "forget"),
    "ledger": ("count", "purge_receipts"),
    "carrier": ("erase",),
}


@dataclass
class OddCarrier(MemoryCarrier):
    """A carrier whose list can be overtaken or short, and which can fall silent."""

    after_list: Callable[[], None] | None = None
    short: bool = False
    silent: bool = False
    asked: int = 0

    def finished_legs(self) -> list[CarrierLeg]:
        listed = [] if self.short else super().finished_legs()
        meanwhile, self.after_list = self.after_list, None
        if meanwhile:
            meanwhile()
        return listed

    def erase(self, leg_id: str) -> RestOutcome:
        self.asked += 1
        return RestOutcome.UNKNOWN if self.silent else super().erase(leg_id)


@dataclass
class House:
    """What a sweeper works on, and hands to put calls into it."""

    redis: redis.Redis
    database: Database
    admin: redis.Redis
    carrier: OddCarrier = field(default_factory=OddCarrier)
    chance: SeededChance = field(default_factory=lambda: SeededChance(1))
    ended: list[str] = field(default_factory=list)

    def sweeper(self, point: CrashPoint | None = None) -> SweepFinishedCalls:
        """A sweeper as one process has it; `point` is where it dies."""
        point = point or CrashPoint()
        finished = point.around(RedisFinishedCalls(self.redis, Scripts(self.redis)), *EFFECTS["finished"])
        ledger = point.around(SqlLedger(self.database), *EFFECTS["ledger"])
        return SweepFinishedCalls(
            finished=finished,
            ledger=ledger,
            carrier=point.around(self.carrier, *EFFECTS["carrier"]),
            counting=CountCalls(finished, ledger, self.chance),
            end_call=self.end_call,
            erase_after_ms=MINUTE,
            every_ms=MINUTE,
        )

    def sweep(self, now_ms: int) -> SweepReport:
        self.carrier.now_ms = now_ms
        return self.sweeper().sweep(now_ms)

    def end_call(self, call_id: str, now_ms: int) -> None:
        """As the lead's `end_call`: only the first writes."""
        self.ended.append(call_id)
        if not self.redis.hget(f"call:{call_id}", "end_state"):
            self.redis.hset(f"call:{call_id}", mapping={"end_state": "left_in_line", "wait_class": "lt60"})

    def new_epoch(self, now_ms: int, name: str = "e1") -> None:
        self.redis.hset("epoch", mapping={"id": name, "began_ms": now_ms})

    def inbound(
        self,
        leg: str,
        ended_ms: int,
        *,
        call: str = "",
        status: LegStatus = LegStatus.COMPLETED,
        **record: Any,
    ) -> None:
        """A finished inbound leg at the carrier, with a record of ours when `call` is given."""
        self.carrier.add(
            CarrierLeg(leg, True, status, line="ligne", started_ms=ended_ms - 5 * MINUTE, ended_ms=ended_ms)
        )
        if call:
            self.redis.set(f"sid:{leg}", f"c:{call}")
            self.redis.sadd("calls", call)
            self.redis.hset(
                f"call:{call}", mapping={"leg_id": leg, "line": "ligne", "stage": "ended", **record}
            )

    def spoke(self, leg: str, ended_ms: int) -> None:
        receipt = f"{leg:0>32}"
        fields = {"end_state": "spoke", "wait_class": "lt20", "duration_class": "lt15", "receipt": receipt}
        self.inbound(leg, ended_ms, call=f"call-{leg}", **fields)

    def outbound(self, leg: str, ended_ms: int) -> None:
        self.carrier.add(CarrierLeg(leg, False, LegStatus.COMPLETED, endpoint="e", ended_ms=ended_ms))
        self.redis.set(f"sid:{leg}", f"o:try-{leg}")
        self.redis.hset(f"offer:try-{leg}", mapping={"call": "gone", "leg_id": leg, "state": "settled"})

    def counts(self, measure: str = "end_state") -> dict[str, int]:
        rows = self.database.transaction(
            lambda c: c.execute(select(traffic.c.cls, traffic.c.n).where(traffic.c.measure == measure)).all()
        )
        counted: Counter[str] = Counter()
        for cls, n in rows:
            counted[cls] += n
        return dict(counted)

    def left_in_redis(self) -> set[str]:
        """Keys of any kind; looked at with more rights than what is under test has."""
        return set(self.admin.keys("*")) - {"epoch", "done:forgets"}


@pytest.fixture
def house(redis_admin: redis.Redis, redis_app: redis.Redis, database_url: str) -> Iterator[House]:
    database = Database(make_engine(database_url))
    SqlMigrations(database).upgrade()
    house = House(redis_app, database, redis_admin)
    house.new_epoch(T0 - 60 * MINUTE)
    yield house
    database.close()


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
