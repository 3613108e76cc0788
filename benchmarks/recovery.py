"""How soon a caller is led on, rung for, or in line again after a part has died: bounds in seconds, in real time.

    python -m benchmarks.recovery [--times 30] [--only killed …] [--json]

Real processes, the carrier's own log, nothing scaled but speech (three times as fast as people speak). One fault
after the other, `--times` repetitions each; the worst one counts. Exit status 1 when a bound is missed or a
promise was broken. What each bound means: `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import redis
from redis.exceptions import RedisError

from helpline.adapters.redis.connection import connect
from helpline.domain.errors import LiveStateDown
from helpline.services.keep_duty import begin_break
from tests.demo import killed, stopped
from tests.e2e.real_line import RealLine

WELCOME = "Appel anonyme, non enregistré"
WAY_ON = "Nous appelons un psychologue, restez en ligne"
CROWD = 100
LEGS_PER_S = "1000"
DECLARED_MS = 9_000


@dataclass
class Measured:
    """Seconds of every repetition of one fault, and what was wrong besides."""

    name: str
    bound_s: float
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        return bool(self.seconds) and max(self.seconds) <= self.bound_s and not self.wrong


def _new_caller(line: RealLine) -> float:
    """From dialling to the first word of the static chain."""
    dialled = time.monotonic()
    caller = line.caller().dials()
    line.until(lambda: caller.hears(WAY_ON), 20)
    return time.monotonic() - dialled


def web_killed(line: RealLine) -> float:
    with killed(line.parts, "web"):
        return _new_caller(line)


def web_stopped(line: RealLine) -> float:
    with stopped(line.parts, "web"):
        return _new_caller(line)


def who_waits(line: RealLine) -> float:
    """From the end of the wait document in play to the first word of the chain, while web stands still.

    Without web the carrier asks for the next document when this one has been heard; that request is the end.
    """
    caller = line.caller().dials()
    line.until(lambda: caller.hears(WELCOME), 5)
    with stopped(line.parts, "web"):
        line.until(lambda: caller.hears(WAY_ON), 40)
    asked = [
        r
        for r in line.records()
        if r["kind"] == "document" and r["leg"] == caller.handle and r["role"] == "wait"
    ]
    spoken = next(s["at_ms"] for s in caller.heard() if WAY_ON in s.get("text", ""))
    return (spoken - max(r["sent_ms"] for r in asked if r["sent_ms"] <= spoken)) / 1000


def effects_in_the_act(line: RealLine) -> float:
    """From the death of the process whose order hangs at the carrier until both phones have rung, once each."""
    (other,) = line.parts.pids("effects2")
    os.kill(other, signal.SIGSTOP)
    try:
        line.control.set_faults({"rest": {"operation": "calls.create", "fault": "hang", "times": 1}})
        line.caller().dials()
        line.until(lambda: any(r.get("what") == "rest hang" for r in line.records()), 5)
        line.parts.kill("effects")
    finally:
        os.kill(other, signal.SIGCONT)
    died = time.monotonic()
    line.until(lambda: line.vera.rings() and line.bruno.rings(), 15)
    took = time.monotonic() - died
    line.after(2)
    legs = [
        r["to"]
        for r in line.records()
        if r["kind"] == "leg" and r["what"] == "ringing" and r["leg"][0] == "l"
    ]
    assert len(legs) == len(set(legs)) == 2, f"rung more than once: {len(legs)} rings"
    return took


def redis_with_a_crowd(line: RealLine) -> float:
    """From Redis's first answer until all who wait are in line again, in the carrier's order, a talk untouched."""
    talker = line.caller().dials()
    line.until_reached(talker)
    with_whom = talker.talks_to()
    for who in line.psychologists.values():
        if who.number not in with_whom:
            begin_break(line.sw, who.person.id)
    for _ in range(CROWD):
        line.caller().dials()
    line.until(lambda: len(_in_line(line)) == CROWD, 60)
    # Ours know a caller an instant before the carrier has them in its queue.
    line.until(lambda: len(_entered(line, talker.handle)) == CROWD, 5)
    crowd = _entered(line, talker.handle)
    line.parts.kill("redis")
    with connect(line.demo.settings.redis_url) as client:
        line.until(lambda: _answers(client), 10)
    back = time.monotonic()
    line.until(lambda: _in_line(line) == crowd, 30)
    took = time.monotonic() - back
    assert talker.talks_to() == with_whom, "the talk was touched"
    return took


def _entered(line: RealLine, but: str) -> list[str]:
    """Who has entered the carrier's queue, in its order, `but` one."""
    entered = (r["leg"] for r in line.records() if r["kind"] == "queue" and r["what"] == "entered")
    return [leg for leg in entered if leg != but]


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


def _in_line(line: RealLine) -> list[str]:
    """The callers of the waiting line by the carrier's handle, first in line first."""
    handles = {r["sid"]: r["leg"] for r in line.records() if r.get("sid") and r.get("leg")}
    try:
        waiting = line.sw.calls.line(2 * CROWD, line.sw.clock.now_ms()).waiting
        calls = [line.sw.calls.get(one.call) for one in waiting]
    except LiveStateDown:
        return []
    return [handles.get(call.leg_id, "?") for call in calls if call is not None]


FAULTS: Mapping[str, tuple[Callable[[RealLine], float], float, str]] = {
    "web-killed": (web_killed, 2, "all web processes killed: a new caller hears the way on"),
    "web-stopped": (web_stopped, 5, "all web processes stopped: a new caller hears the way on"),
    "who-waits": (who_waits, 9, "all web processes stopped: who waits hears it, after the document in play"),
    "effects": (effects_in_the_act, 2, "effects killed in the act of ringing: rung, once"),
    "redis-crowd": (redis_with_a_crowd, 5, f"Redis killed with {CROWD} waiting: all in line again, in order"),
}


def _broken(line: RealLine, key: str) -> list[str]:
    """Promises broken, less what P1 declares: at most nine seconds after a wait document while web stands still."""
    broken = line.wrong()
    if key != "who-waits":
        return broken
    silences = ((text, re.search(r"heard nothing for (\d+) ms", text)) for text in broken)
    return [text for text, silent in silences if silent is None or int(silent[1]) > DECLARED_MS]


def repeat(line: RealLine, key: str, times: int, say: Callable[[str], None]) -> Measured:
    """One fault, `times` times, each on a line at rest."""
    fault, bound_s, words = FAULTS[key]
    measured = Measured(words, bound_s)
    for turn in range(times):
        line.begins()
        try:
            measured.seconds.append(fault(line))
            measured.wrong += _broken(line, key)
        except AssertionError as error:
            measured.wrong.append(f"repetition {turn + 1}: {str(error).splitlines()[0]}")
        finally:
            line.control.set_faults({})
            line.everybody_hangs_up()
            line.until_reconciled()
    say(tell(measured))
    return measured


def tell(m: Measured) -> str:
    worst = f"{max(m.seconds):.2f} s" if m.seconds else "never"
    middle = f"{sorted(m.seconds)[len(m.seconds) // 2]:.2f} s" if m.seconds else "never"
    verdict = "kept  " if m.kept else "MISSED"
    lines = [f"{verdict} {m.name}: worst {worst} of {len(m.seconds)} (bound {m.bound_s} s), median {middle}"]
    return "\n".join([*lines, *(f"       {text}" for text in m.wrong[:5])])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recovery", description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=sorted(FAULTS), default=list(FAULTS))
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    asked = parser.parse_args(arguments)

    def say(text: str) -> None:
        if not asked.json:
            print(text, flush=True)

    with tempfile.TemporaryDirectory(prefix="hl-bench-") as folder:
        settings = {"HELPLINE_LEGS_PER_S": LEGS_PER_S}
        with RealLine(Path(folder), settings) as line:
            found = [repeat(line, key, asked.times, say) for key in asked.only]
    kept = all(one.kept for one in found)
    if asked.json:
        print(json.dumps({"kept": kept, "faults": [asdict(one) | {"kept": one.kept} for one in found]}))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
