"""Attack 21 of the threat list, its slow half, in real processes: SQL holds every statement up for half a minute.

Down and read-only: `test_attacks.py`. Every transaction of ours begins by taking SQLite's write lock, so whoever holds
it for thirty seconds is a database that slow: each statement waits until its own time limit, again and again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.e2e.real_line import RealLine
from tests.phone import Caller

pytestmark = [pytest.mark.real, pytest.mark.timeout(150)]

SLOW_S = 30.0


@contextmanager
def slow_sql(database: Path) -> Iterator[None]:
    """Inside the block, and at least for `SLOW_S`, no transaction gets further than its beginning."""
    until_s = time.monotonic() + SLOW_S
    with closing(sqlite3.connect(database, isolation_level=None, timeout=20)) as held:
        held.execute("begin immediate")
        yield
        time.sleep(max(0.0, until_s - time.monotonic()))
        held.execute("rollback")


def _counted(database: Path) -> dict[str, int]:
    with closing(sqlite3.connect(database, timeout=20)) as read:
        rows = read.execute("select cls, sum(n) from traffic where measure = 'end_state' group by cls")
        return {str(cls): int(n) for cls, n in rows}


def _whole_call(line: RealLine) -> tuple[list[str], float]:
    """Dial, wait, talk, hang up: the sentences heard, and the seconds until somebody answered."""
    began_s = time.monotonic()
    caller = line.caller().dials()
    line.until_reached(caller, 30)
    reached_s = time.monotonic() - began_s
    line.after(2)
    line.control.hang_up(caller.handle)
    return _heard(caller), reached_s


def _heard(caller: Caller) -> list[str]:
    return [sound["text"] for sound in caller.heard() if sound["kind"] == "say"]


def test_attack_21_with_sql_half_a_minute_slow_the_caller_sees_no_difference_and_is_counted_once(
    tmp_path: Path,
) -> None:
    with RealLine(tmp_path) as line:
        database = line.demo.home / "helpline.db"
        line.begins()
        usual, usual_s = _whole_call(line)
        line.everybody_hangs_up()
        line.until(lambda: _counted(database) == {"spoke": 1}, 30)

        line.begins()
        with slow_sql(database):
            heard, took_s = _whole_call(line)
            line.is_sound()

        assert heard == usual
        assert took_s <= usual_s + 2
        line.until(lambda: _counted(database) == {"spoke": 2}, 40)
        line.everybody_hangs_up()
        line.until(lambda: not line.service.carrier.finished_legs(), 30)
        assert _counted(database) == {"spoke": 2}
