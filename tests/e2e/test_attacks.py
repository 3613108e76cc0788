"""Attacks 20 to 22, 24, 25 and 58 of the threat list: what is around us fails or is there twice. Stepped.

The others of the list that are about webhooks alone: `tests/web`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.cli.servers.redis import RedisServer
from helpline.domain.call import Stage
from helpline.domain.presence import State
from helpline.processes.sweeps import Sweeps
from helpline.services.reconcile import reconcile
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.e2e.races.skews import (
    QUICK,
    answers_until_talk,
    count_from_nothing,
    goes_home,
    is_asked,
    most_legs_at_once,
    picks_up,
    presses_code,
    until_talk,
)
from tests.live import live
from tests.phone import Line

vera, bruno = builders.psychologist("vera", 1), builders.psychologist("bruno", 2)


LOOPS = {"effects", "worker"}
"""Their processes wait while what they need is away; stepped, they are stopped, since nothing waits in here."""


class AwayRedis(redis.Redis):
    """A client whose server can be away."""

    away = False

    def execute_command(self, *args: Any, **options: Any) -> Any:
        if self.away:
            raise redis.ConnectionError("away")
        return super().execute_command(*args, **options)


@pytest.fixture
def redis_app(redis_server: RedisServer, redis_admin: redis.Redis) -> Iterator[AwayRedis]:
    """In place of the plain client, for `make_line` too."""
    with AwayRedis.from_url(redis_server.url_app, decode_responses=True, socket_timeout=2.0) as client:
        yield client


@pytest.fixture
def quick(make_line: MakeLine) -> MakeLine:
    return lambda *people, **changes: make_line(*people, **{**QUICK, **changes})


# ---- 20: Redis down while a call comes in (within a second, for real: tests/web/test_failures.py)


@pytest.mark.parametrize("away_s", [1, 10, 30])
def test_attack_20_who_calls_while_redis_is_down_is_adopted_when_it_returns(
    away_s: int, quick: MakeLine, redis_app: AwayRedis, redis_admin: redis.Redis
) -> None:
    line = quick()
    redis_app.away = True
    line.stepper.paused |= LOOPS
    caller = line.caller().dials()
    line.after(away_s)
    assert caller.state == "in_progress"
    assert caller.hears("Appel anonyme, non enregistré")

    redis_admin.flushall()
    redis_app.away = False
    line.stepper.paused -= LOOPS

    line.until(lambda: [call.stage for call in line.live()] == [Stage.WAITING], 15)
    answers_until_talk(line, caller, line.vera)
    assert line.silent_ms(caller) <= 5_000
    assert sum(goes_home(line, redis_admin).values()) == 1


# ---- 21: SQL down or read-only, from before the call until after it


@contextmanager
def broken_sql(*, only_writing: bool) -> Iterator[None]:
    """Every statement fails, or every one that changes something, as the driver would have it."""

    def refuse(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: Any) -> None:
        if not only_writing or not statement.lstrip().lower().startswith(("select", "begin", "pragma")):
            raise OperationalError(statement, None, Exception("not now"))

    event.listen(Engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", refuse)


@pytest.mark.parametrize("only_writing", [False, True], ids=["down", "read-only"])
def test_attack_21_without_sql_the_caller_sees_no_difference_and_is_counted_once_after_it(
    only_writing: bool, quick: MakeLine, redis_admin: redis.Redis
) -> None:
    def story(line: Line) -> list[tuple[int, str, str]]:
        begun_ms = line.stepper.now_ms
        caller = line.caller().dials()
        line.vera.accepts()
        until_talk(line, caller, line.vera)
        line.control.hang_up(caller.handle)
        heard = [(s["at_ms"] - begun_ms, s["kind"], s.get("text", "")) for s in caller.heard()]
        line.after(60)
        return heard

    usual = story(quick())
    redis_admin.flushall()
    line = quick()
    count_from_nothing(line.stepper.service.settings.database_url)

    line.stepper.paused |= LOOPS - {"effects"}
    with broken_sql(only_writing=only_writing):
        assert story(line) == usual
    line.stepper.paused.clear()

    line.after(30)
    assert not line.stepper.service.carrier.finished_legs()
    assert line.counts() == {"spoke": 1}


# ---- 22: the carrier's REST answers 429, 500, nothing; or creates the leg and its answer is lost


@pytest.mark.parametrize("fault", ["429", "500", "hang", "reset", "lost_reply"])
def test_attack_22_no_second_leg_for_one_offer_and_the_caller_hears_the_wait(
    fault: str, quick: MakeLine, redis_admin: redis.Redis
) -> None:
    line = quick(vera)
    line.control.set_faults({"rest": {"path": "calls.create", "fault": fault, "times": 1}})
    caller = line.caller().dials()

    # Certain that there is none: twice looked at, 2 s apart. Then the next order at once.
    line.until(line.vera.rings, 6)

    line.vera.accepts()
    until_talk(line, caller, line.vera)
    assert most_legs_at_once(line, line.vera) == 1
    assert line.vera.times_rung() == 1
    assert line.silent_ms(caller) <= 5_000
    goes_home(line, redis_admin)


# ---- 24: who answers is no psychologist


@pytest.mark.parametrize("who", ["mailbox", "silent person", "pocket"])
def test_attack_24_an_answer_without_the_code_is_not_joined_and_the_next_is_rung(
    who: str, quick: MakeLine, redis_admin: redis.Redis
) -> None:
    line = quick(vera, bruno, standby=("bruno",))
    if who == "mailbox":
        line.control.set_phone(line.vera.number, {"is": "mailbox"})
    caller = line.caller().dials()
    if who != "mailbox":
        picks_up(line, line.vera)
    if who == "pocket":
        line.control.phone_press(line.vera.number, "5")

    line.until(line.bruno.rings, 40)

    assert caller.talks_to() == []
    answers_until_talk(line, caller, line.bruno)
    assert caller.talks_to() == [line.bruno.number]
    goes_home(line, redis_admin)


# ---- 25: her leg ends as it may


def _fails(line: Line, how: str) -> None:
    """Vera's next leg ends so."""
    if how in ("busy", "off"):
        line.control.set_phone(line.vera.number, {"is": how})
    if how == "failed":
        line.control.set_phone(line.vera.number, {"is": "off"})
        line.control.set_knobs({"off_status": "failed"})


@pytest.mark.parametrize("how", ["busy", "off", "failed", "declined", "lost"])
def test_attack_25_whatever_becomes_of_her_leg_the_next_is_rung_within_two_seconds(
    how: str, quick: MakeLine, redis_admin: redis.Redis
) -> None:
    line = quick(vera, bruno)
    line.book.rules = replace(line.book.rules, at_once_max=1)
    _fails(line, how)
    line.caller().dials()
    if how in ("declined", "lost"):
        line.until(line.vera.rings, 5)
        handle = line.vera.handle_of_leg()
        (line.control.lose if how == "lost" else lambda _: line.control.decline(line.vera.number))(handle)
    line.until(lambda: _ended_ms(line, line.vera.number) is not None, 10)

    line.until(line.bruno.rings, 10)

    rung_ms = next(r["at_ms"] for r in line.control.log() if _is_leg(r, line.bruno.number, "ringing"))
    assert rung_ms - (_ended_ms(line, line.vera.number) or 0) <= 2_000
    goes_home(line, redis_admin)


def _is_leg(record: dict[str, Any], number: str, what: str) -> bool:
    return record["kind"] == "leg" and record.get("to") == number and record["what"] == what


def _ended_ms(line: Line, number: str) -> int | None:
    ends = (
        r for r in line.control.log() if r["kind"] == "leg" and r.get("to") == number and r.get("ended_by")
    )
    return next((int(r["at_ms"]) for r in ends), None)


# ---- 58: two of each


def test_attack_58_two_reconcilers_at_once_order_nothing_and_change_nothing(
    quick: MakeLine, redis_admin: redis.Redis
) -> None:
    line = quick()
    sw, carrier = line.sw, line.stepper.service.carrier

    def twice_for_nothing() -> None:
        line.after(6)
        reconcile(sw, carrier)
        calls, presences, seen = live(sw.calls), sw.offers.presences(), len(line.control.log())
        again = [reconcile(sw, carrier) for _ in range(2)]
        orders = [r for r in line.control.log()[seen:] if r["kind"] == "rest" and r["method"] != "GET"]
        assert orders == []
        assert [(r.adopted, r.ended, r.freed, r.dropped, r.rebuilt) for r in again] == [
            (0, 0, 0, 0, False)
        ] * 2
        assert (live(sw.calls), sw.offers.presences()) == (calls, presences)

    twice_for_nothing()
    caller = line.caller().dials()
    twice_for_nothing()
    answers_until_talk(line, caller, line.vera)
    twice_for_nothing()
    line.caller().dials()
    picks_up(line, line.bruno)
    assert is_asked(line.bruno)
    presses_code(line.bruno)
    line.after(3)
    twice_for_nothing()
    assert caller.talks_to() == [line.vera.number]
    goes_home(line, redis_admin)


def test_attack_58_two_clocks_count_and_free_once(quick: MakeLine, redis_admin: redis.Redis) -> None:
    line = quick()
    other = Sweeps(line.stepper.service, "other")
    callers = [line.caller().dials() for _ in range(2)]
    line.vera.accepts()
    line.until(lambda: any(caller.talks_with(line.vera) for caller in callers), 25)

    def both() -> bool:
        other.run_due(line.stepper.now_ms)
        return False

    line.stepper.run(20_000, until=both)
    for caller in callers:
        line.control.hang_up(caller.handle)
    line.stepper.run(60_000, until=both)

    assert line.counts() == {"spoke": 1, "left_in_line": 1}
    assert line.vera.state in (State.WRAP_UP, State.AVAILABLE)
    goes_home(line, redis_admin)


UPGRADE = (
    "from helpline.adapters.sql.engine import Database, make_engine\n"
    "from helpline.adapters.sql.migrate import SqlMigrations\n"
    "import sys\n"
    "SqlMigrations(Database(make_engine(sys.argv[1]))).upgrade()\n"
)


def test_attack_58_two_migrations_at_once_leave_one_whole_database(database_url: str) -> None:
    both = [subprocess.Popen([sys.executable, "-c", UPGRADE, database_url]) for _ in range(2)]

    assert [process.wait(50) for process in both] == [0, 0]

    database = Database(make_engine(database_url))
    assert SqlMigrations(database).differences() == []
    database.close()
