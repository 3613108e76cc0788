"""The carrier emulator: what an event costs stepped, how many documents it drives in real mode, a long load.

    python -m benchmarks.emulator [--hold-s 30] [--only load|drive|stepped] [--real-time] [--json]

Goals: stepped, 1,000 events at most 1 s against a trivial server and 3 s against the product; in real mode at least
1,000 documents a second; at most 60 MiB for 1,000 live calls; with 1,000 calls live and 50 new ones a second, held for
`--hold-s`, no request lost and p99 at most 50 ms late. Exit status 1 when one is missed. `--real-time` asks the system
for real-time priority (root), so that whatever else runs on the machine stays out of the figures. What is in them:
`benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.parts.real_carrier import (
    LIVE,
    LOG_KEEPS,
    NEW_PER_S,
    PACE_PER_S,
    RAMP_S,
    Held,
    RawPosts,
    Trivial,
    driven_per_s,
    held_load,
    paced_p99_ms,
)
from benchmarks.parts.stepped_line import stepped_line
from benchmarks.parts.trivial_server import WAIT, enqueue
from helpline.emulator import Carrier, CarrierSettings, Control
from helpline.emulator.web import Answer, WebReply, WebRequest

EVENTS, CALLERS = 1_000, 20
ORIGIN = "http://srv.test"
PARTS = ("load", "drive", "stepped")


@dataclass(frozen=True)
class Goal:
    """A figure and what it may be. `floor` and `ratio` where there is a floor; `least`: more is better."""

    name: str
    figure: float
    goal: float
    unit: str
    least: bool = False
    floor: float | None = None

    @property
    def kept(self) -> bool:
        return self.figure >= self.goal if self.least else self.figure <= self.goal

    @property
    def ratio(self) -> float | None:
        return None if not self.floor else self.figure / self.floor


# ---- stepped


class Instant:
    """The trivial server without a server: answers inside the process, at once."""

    def send(self, request: WebRequest, done: Callable[[Answer], None]) -> None:
        path = request.url.removeprefix(ORIGIN)
        body = enqueue("q") if path == "/voice" else WAIT if path == "/wait" else "<Response/>"
        done(WebReply(200, (("Content-Type", "text/xml"),), body.encode()))


def stepped_trivial_s(events: int = EVENTS) -> float:
    """Seconds of `events` events of twenty callers who wait."""
    carrier = Carrier(CarrierSettings(), Instant())
    for config in carrier.world.numbers.values():
        config.urls.update(voice_url=f"{ORIGIN}/voice", status_callback=f"{ORIGIN}/status")
    control = Control(carrier)
    for _ in range(CALLERS):
        control.dial("0639980001", "0800288038")
    began, kernel = time.perf_counter(), carrier.world.kernel
    while kernel.ran < events:
        carrier.run_due(carrier.now_ms + 1_000)
    return (time.perf_counter() - began) * events / kernel.ran


def stepped_product_s(events: int = EVENTS) -> tuple[float, int]:
    """(seconds of `events` events of the same twenty callers with the whole product behind, requests among them)."""
    with stepped_line() as line:
        line.control.hang_up(line.control.dial("0639980001", "0800288038"))
        line.after(60)  # connections, scripts, modules
        kernel, counters = line.stepper.carrier.world.kernel, line.stepper.carrier.world.counters
        for _ in range(CALLERS):
            line.control.dial("0639980001", "0800288038")
        ran, requests, began = kernel.ran, counters["requests"], time.perf_counter()
        while kernel.ran - ran < events:
            line.after(1)
        took_s = (time.perf_counter() - began) * events / (kernel.ran - ran)
        return took_s, counters["requests"] - requests


def in_real_time() -> bool:
    """Ask for real-time priority, for this process and those it starts."""
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(5))
        return True
    return False


def load_goals(hold_s: float, say: Callable[[str], None]) -> tuple[list[Goal], Held]:
    say(f"{LIVE} calls live, {NEW_PER_S} new a second: {RAMP_S} s to fill, held {hold_s:g} s …")
    with Trivial() as server:
        held = held_load(server, hold_s, say)
    goals = [
        Goal("memory, 1,000 live calls", held.filled_mib, 60, "MiB"),
        Goal(f"load held {hold_s:g} s: p99 late", held.late_p99_ms, 50, "ms"),
        Goal("  requests lost or failed", held.lost, 0, ""),
        Goal("  calls cut", held.cut, 0, ""),
    ]
    return goals, held


def drive_goals(say: Callable[[str], None]) -> list[Goal]:
    with Trivial() as server:
        say("documents as fast as they go, and the floor …")
        with RawPosts(server) as raw:
            floor_rate = raw.driven_per_s()
        rate = driven_per_s(server)
        say(f"{PACE_PER_S} documents a second, and the floor …")
        with RawPosts(server) as raw:
            floor_p99 = raw.paced_p99_ms()
        p99 = paced_p99_ms(server)
    return [
        Goal("documents a second", rate, 1_000, "/s", least=True, floor=floor_rate),
        Goal(f"p99 of a document at {PACE_PER_S}/s", p99, 50, "ms", floor=floor_p99),
        Goal("  of it our own", max(0.0, p99 - floor_p99), 10, "ms"),
    ]


def stepped_goals(say: Callable[[str], None]) -> list[Goal]:
    say("stepped …")
    trivial_s = min(stepped_trivial_s() for _ in range(3))
    product_s, requests = min(stepped_product_s() for _ in range(3))
    name = f"stepped, 1,000 events ({requests} requests), our product"
    return [
        Goal("stepped, 1,000 events, trivial server", trivial_s, 1.0, "s"),
        Goal(name, product_s, 3.0, "s", floor=trivial_s),
    ]


def tell(goals: Sequence[Goal], held: Held | None) -> str:
    rows = []
    for goal in goals:
        sign = "≥" if goal.least else "≤"
        floor = f"floor {goal.floor:.3g}, ratio {goal.ratio:.2f}" if goal.floor and goal.ratio else ""
        rows.append(
            f"{goal.name:<52} {goal.figure:8.4g} {goal.unit:<4} goal {sign} {goal.goal:g}  {floor}"
            + ("" if goal.kept else "  MISSED")
        )
    if held is not None:
        rows.append(tell_load(held))
    return "\n".join(rows)


def tell_load(held: Held) -> str:
    return (
        f"the load: {held.calls} calls, {held.requests} requests, late p50 {held.late_p50_ms:g}, max {held.late_max_ms:g} ms; "
        f"{100 * held.cpu_share:.0f} % of a core; {held.held_mib:+.0f} MiB while held (a log of {LOG_KEEPS} records at least)"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.emulator", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--hold-s", type=float, default=30.0, help="how long the load is held (300 in check-long)"
    )
    parser.add_argument(
        "--real-time", action="store_true", help="real-time priority: a busy machine stays out"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    parser.add_argument("--only", choices=PARTS, help="one part of it")
    asked = parser.parse_args(arguments)
    if asked.hold_s <= 0:
        parser.error("--hold-s: more than 0")
    real_time = asked.real_time and in_real_time()
    if asked.real_time and not real_time:
        print("real-time priority refused; measured without", file=sys.stderr)

    def say(text: str) -> None:
        if not asked.json:
            print(text, flush=True)

    goals, held = load_goals(asked.hold_s, say) if asked.only in (None, "load") else ([], None)
    goals += drive_goals(say) if asked.only in (None, "drive") else []
    goals += stepped_goals(say) if asked.only in (None, "stepped") else []
    kept = all(goal.kept for goal in goals)
    found: dict[str, Any] = {
        "goals": [asdict(goal) | {"kept": goal.kept, "ratio": goal.ratio} for goal in goals],
        "load": asdict(held) if held else None, "real_time": real_time, "kept": kept,
    }  # fmt: skip
    print(json.dumps(found) if asked.json else tell(goals, held))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
