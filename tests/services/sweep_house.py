"""What tests of the sweep work on: real Redis, a real database, a carrier in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import redis
from sqlalchemy import select

from helpline.adapters.memory import SeededChance
from helpline.adapters.memory_carrier import MemoryCarrier
from helpline.adapters.redis.finished import RedisFinishedCalls
from helpline.adapters.redis.scripts import Scripts
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.ledger import SqlLedger
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.adapters.sql.tables import traffic
from helpline.domain.sweep import SweepReport
from helpline.ports import CarrierLeg, LegStatus, RestOutcome
from helpline.services.count_calls import CountCalls
from helpline.services.sweep_finished_calls import SweepFinishedCalls
from tests.crash import CrashPoint

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


def make_house(admin: redis.Redis, app: redis.Redis, database_url: str) -> House:
    """An empty house in an epoch that began an hour ago. Close its database at the end."""
    database = Database(make_engine(database_url))
    SqlMigrations(database).upgrade()
    house = House(app, database, admin)
    house.new_epoch(T0 - 60 * MINUTE)
    return house
