"""The reconciler of a very long line: how often it looks, and that it reads no more than it must. Stepped."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
import redis

from helpline.adapters.memory_carrier import MemoryCarrier
from helpline.domain.call import Stage
from helpline.ports import CarrierLeg, LegStatus
from helpline.processes.sweeps import Sweeps, pause_ms
from helpline.services.reconcile import Reconciled, reconcile
from tests.live import live
from tests.phone import Line

LOOK_MS = 250


@dataclass
class Crowd(MemoryCarrier):
    """A carrier with many callers in its queue; notes when its legs were asked for."""

    asked_ms: list[int] = field(default_factory=list)

    def stand(self, line: str, callers: int, since_ms: int) -> None:
        for n in range(callers):
            leg_id = f"CA{n:032x}"
            self.add(CarrierLeg(leg_id, True, LegStatus.IN_PROGRESS, line=line, started_ms=since_ms + n))
            self.queue[leg_id] = since_ms + n

    def live_legs(self) -> list[CarrierLeg]:
        self.asked_ms.append(self.now_ms)
        return super().live_legs()


class Watched:
    """A clock of its own that reconciles with a crowd, four looks a second."""

    def __init__(self, line: Line, callers: int) -> None:
        line.stepper.paused |= {"clock", "effects"}
        self.line = line
        self.carrier = Crowd(now_ms=line.stepper.now_ms)
        self.carrier.stand(next(iter(line.sw.book.rules.lines)), callers, line.stepper.now_ms)
        service = replace(line.stepper.service, carrier=self.carrier)
        self.sweeps = Sweeps(service, "watched", only=("reconcile",))

    def rounds(self, seconds: int) -> list[int]:
        """When a round began in the next seconds, in ms from now."""
        clock, begin = self.line.stepper.clock, self.line.stepper.now_ms
        self.carrier.asked_ms.clear()
        for _ in range(seconds * 1000 // LOOK_MS):
            self.carrier.now_ms = clock.now
            self.sweeps.run_due(clock.now)
            clock.now += LOOK_MS
        return [at_ms - begin for at_ms in self.carrier.asked_ms]


def gaps(moments: list[int]) -> set[int]:
    return {later - at for at, later in itertools.pairwise(moments)}


def test_of_as_many_as_the_rules_let_in_it_looks_every_ten_seconds(line: Line) -> None:
    watched = Watched(line, line.sw.book.rules.waiting_max + 50)
    watched.rounds(30)

    assert gaps(watched.rounds(60)) == {10_000}


def test_a_very_long_line_where_all_is_in_place_is_looked_at_more_seldom_until_something_is_not(
    line: Line, redis_admin: redis.Redis
) -> None:
    watched = Watched(line, 1_500)
    watched.rounds(30)
    assert len(live(line.sw.calls)) == 1_500
    assert gaps(watched.rounds(60)) == {15_000}

    gone = next(iter(watched.carrier.legs))
    watched.carrier.end(gone)
    moments = watched.rounds(45)
    assert moments[1] - moments[0] == 10_000, "after a round that ended a call the next comes as soon as ever"
    assert gaps(moments[1:]) == {15_000}
    assert line.sw.calls.by_leg(gone).stage is Stage.ENDED  # type: ignore[union-attr]  # known: it was adopted

    redis_admin.flushall()
    assert watched.rounds(1)[0] <= LOOK_MS, "a loss is noticed at once, however long the line"


@pytest.mark.parametrize(
    ("found", "pause"),
    [
        (Reconciled(legs=0), 10_000),
        (Reconciled(legs=1_000), 10_000),
        (Reconciled(legs=3_000), 30_000),
        (Reconciled(legs=10_000), 60_000),
        (Reconciled(legs=10_000, adopted=1), 10_000),
        (Reconciled(legs=10_000, ended=1), 10_000),
        (Reconciled(legs=10_000, freed=1), 10_000),
        (Reconciled(legs=10_000, dropped=1), 10_000),
        (Reconciled(legs=10_000, mended=1), 10_000),
        (Reconciled(legs=10_000, strangers={"CA1": 5}), 2_000),
        (Reconciled(legs=10_000, young=True), 2_000),
    ],
)
def test_the_next_round_is_late_only_after_one_that_found_everybody_in_place(
    found: Reconciled, pause: int
) -> None:
    assert pause_ms(found) == pause


def test_who_is_where_they_should_be_is_not_read_whole(line: Line, redis_admin: redis.Redis) -> None:
    watched = Watched(line, 300)
    watched.rounds(30)
    sw, carrier = line.sw, watched.carrier

    def read_whole(do: Callable[[], object]) -> int:
        redis_admin.config_resetstat()
        do()
        return int(redis_admin.info("commandstats").get("cmdstat_hgetall", {"calls": 0})["calls"])

    quiet = read_whole(lambda: reconcile(sw, carrier))
    carrier.end(next(iter(carrier.legs)))
    ended: list[Reconciled] = []
    read_whole(lambda: ended.append(reconcile(sw, carrier)))

    assert quiet < 50
    assert [done.ended for done in ended] == [1]
