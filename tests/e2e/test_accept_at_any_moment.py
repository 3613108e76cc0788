"""Accepting at every moment from the first ring to 12 s, while the order to bring the caller in goes wrong.

Every 400 ms in CI, by phone and by browser in turn; every 100 ms by both in check-long. In each play: exactly one
bridge, or one honest sentence to her; the whole welcome; never more than 20 s from accepting to talking.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis

from helpline.cli.story_player import keys_asked_for
from helpline.domain.presence import State
from helpline.emulator.verdict import bridges, heard, promises_broken
from tests import builders
from tests.conftest import LONG
from tests.e2e.conftest import MakeLine
from tests.e2e.races.skews import is_asked, presses_code
from tests.phone import Caller, Line

STEP_MS = 100 if LONG else 400
MOMENTS = range(0, 12_001, STEP_MS)
BY = {"phone": builders.psychologist("vera", 1), "browser": builders.psychologist("alma", 3, client=True)}
TROUBLE: dict[str, dict[str, Any]] = {
    "nothing": {},
    "refused": {"rest": {"path": "calls.update", "fault": "21220"}},
    "lost": {"rest": {"path": "calls.update", "fault": "hang", "times": 2}},
    "rest down": {"rest": {"path": "*", "fault": "503"}},
    "caller gone": {},
}
WELCOME = "Appel anonyme, non enregistré"
GONE = "La personne a raccroché"
CHARS_PER_S = 15
MOST_S = 20

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize("by", BY)
def test_accepted_at_any_moment(trouble: str, by: str, make_line: MakeLine, redis_admin: redis.Redis) -> None:
    moments = MOMENTS if LONG else MOMENTS[list(BY).index(by) :: 2]
    wrong: dict[int, str] = {}
    for at_ms in moments:
        redis_admin.flushall()
        line = make_line(BY[by])
        try:
            _play(line, by, trouble, at_ms)
        except AssertionError as error:
            wrong[at_ms] = str(error).partition("\n")[0]
        finally:
            line.close()

    assert not wrong, f"{len(wrong)} of {len(moments)}: {wrong}"


def _play(line: Line, by: str, trouble: str, at_ms: int) -> None:
    caller = line.caller()
    accept, is_up = _hand(line, by)
    caller.dials()
    line.until(lambda: _rings(line, by), 5)
    rung_ms = line.stepper.now_ms
    if by == "phone":
        line.control.answer(line.vera.number)
        line.until(lambda: is_asked(line.vera), 5)
    line.after(max(0, at_ms - (line.stepper.now_ms - rung_ms)) / 1000)
    line.control.set_faults(TROUBLE[trouble])
    accept()
    if trouble == "caller gone":
        _goes(line, caller, is_up, (7 * at_ms) % 3_000)
        return
    if by == "phone":
        _insists(line)
    line.until(lambda: bool(caller.talks_to()), MOST_S)
    line.after(8)
    assert caller.talks_to(), "the bridge did not last"
    _once(line, caller)
    _welcome_is_whole(line, caller)


def _insists(line: Line) -> None:
    """Keys pressed while the question is fetched anew reach nobody: she hears it again, and presses again."""
    keys = [record for record in line.control.log() if record["kind"] == "key"]
    if keys and not keys[-1]["taken"]:
        asked = _times_asked(line)
        line.until(lambda: _times_asked(line) > asked, 5)
        presses_code(line.vera)


def _times_asked(line: Line) -> int:
    said = (item.get("text", "") for item in line.vera.phone["heard"] if item["kind"] == "say")
    return sum(1 for text in said if keys_asked_for(text))


def _hand(line: Line, by: str) -> tuple[Callable[[], None], Callable[[], bool]]:
    """How she accepts, and whether her leg is up."""
    if by == "phone":
        return lambda: presses_code(line.vera), line.vera.is_up
    line.control.set_client("alma", {"registered": True})
    return lambda: line.control.accept("alma"), lambda: line.control.client("alma")["state"] != "idle"


def _rings(line: Line, by: str) -> bool:
    return line.vera.rings() if by == "phone" else line.control.client("alma")["state"] == "ringing"


def _goes(line: Line, caller: Caller, is_up: Callable[[], bool], later_ms: int) -> None:
    """The caller hangs up: she talked, or is told, or was never joined; in any case her leg ends and she is freed."""
    line.after(later_ms / 1000)
    line.control.hang_up(caller.handle)
    line.until(lambda: not is_up(), 15)
    (who,) = line.psychologists.values()
    line.until(lambda: who.state in (State.AVAILABLE, State.WRAP_UP), 5)
    log = line.control.log()
    talked = any(talk.leg == caller.handle for talk in bridges(log))
    told = sum(1 for r in log if r["kind"] == "sound" and GONE in r.get("text", ""))
    assert talked or told == 1, f"no talk, and told {told} times"
    broken = promises_broken(log)
    assert not broken, str(broken)


def _once(line: Line, caller: Caller) -> None:
    """One talk, with one leg, from its beginning until now."""
    talks = [talk for talk in bridges(line.control.log()) if talk.leg == caller.handle]
    assert len(talks) == 1, f"{len(talks)} talks"
    broken = promises_broken(line.control.log())
    assert not broken, str(broken)


def _welcome_is_whole(line: Line, caller: Caller) -> None:
    (welcome,) = (i for i in heard(line.control.log(), caller.handle) if WELCOME in i.text)
    lasted_ms = welcome.end_ms - welcome.start_ms
    assert lasted_ms >= len(welcome.text) / CHARS_PER_S * 1000 - 50, (
        f"the welcome was cut after {lasted_ms} ms"
    )
