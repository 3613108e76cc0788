"""Machines call, 50 a second for two minutes, and 100 people among them: how many people are answered or led on?

    python -m benchmarks.flood [--seconds 120] [--attack-mode] [--json]

The running processes of the demo, the emulator's callers at the speed people hear. A person is *answered* when they
talk with a psychologist within 60 s of dialling, *led on* when they have heard where else to turn (3114) within 60 s.
Goals: at least 99 % of the people; no webhook failed (a 5xx is one); memory bounded. Exit status 1 when one is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from helpline.adapters.redis.connection import connect
from helpline.cli.control_client import ControlRefused
from helpline.services.switch_attack_mode import begin_attack_mode
from tests.e2e.real_line import RealLine

PEOPLE = 100
PER_S, STAY_S = 50, 30
WITHIN_S = 60
SHARE_GOAL = 0.99
REDIS_GOAL_MB, WEB_GOAL_MB = 64, 40  # how much more than before
LOOK_S = 0.5


@dataclass(frozen=True)
class Figures:
    """Memory in MB; `*_more` is the most seen during the flood less what stood before it."""

    machines: int
    people: int
    answered: int
    led_on: int
    neither: int
    failed: int
    failed_how: dict[str, int]
    requests: int
    redis_mb: float
    redis_more_mb: float
    web_mb: float
    web_more_mb: float
    most_waiting: int
    late_p99_ms: float

    @property
    def missed(self) -> bool:
        too_few = self.answered + self.led_on < SHARE_GOAL * self.people
        return bool(
            too_few or self.failed or self.redis_more_mb > REDIS_GOAL_MB or self.web_more_mb > WEB_GOAL_MB
        )


@dataclass
class Flood:
    """One flood on a running line."""

    line: RealLine
    seconds: int
    most_redis: int = 0
    most_web: int = 0
    most_waiting: int = 0

    def measure(self) -> Figures:
        self.line.control.set_knobs({"say_chars_per_s": 15})
        self.redis = connect(self.line.demo.settings.redis_url)
        before = self._redis_bytes(), self._web_bytes()
        self._load("POST", {"new_per_s": PER_S, "for_s": self.seconds, "live": PER_S * STAY_S})
        fates = self._people()
        load = self._load("GET")
        return Figures(
            machines=load["placed"],
            people=PEOPLE,
            answered=fates.count("answered"),
            led_on=fates.count("led on"),
            neither=fates.count("neither"),
            failed=load["failed"],
            failed_how=self._failed_how(),
            requests=load["requests"],
            redis_mb=before[0] / 2**20,
            redis_more_mb=(self.most_redis - before[0]) / 2**20,
            web_mb=before[1] / 2**20,
            web_more_mb=(self.most_web - before[1]) / 2**20,
            most_waiting=self.most_waiting,
            late_p99_ms=(load["late_ms"] or {}).get("p99") or 0,
        )

    def _people(self) -> list[str]:
        """What became of each of the people, who dial evenly spread over the flood."""
        began, fates = time.monotonic(), []
        on_the_line: list[tuple[str, float]] = []
        dialled = 0
        while len(fates) < PEOPLE:
            now = time.monotonic()
            if dialled < PEOPLE and now >= began + dialled * self.seconds / PEOPLE:
                handle = self.line.control.dial(f"06399849{dialled:02d}", "0800288038")
                on_the_line.append((handle, now))
                dialled += 1
                continue
            while on_the_line and now >= on_the_line[0][1] + WITHIN_S + 1:
                fates.append(self._fate(on_the_line.pop(0)[0]))
            self.line.everybody_picks_up()
            self._look()
            time.sleep(LOOK_S)
        return fates

    def _fate(self, handle: str) -> str:
        """How the first minute of this caller went; then they hang up."""
        call = self.line.control.call(handle)
        heard = call["heard"]
        if call["state"] != "ended":
            with contextlib.suppress(ControlRefused):  # over in between
                self.line.control.hang_up(handle)
        if call["with"]:
            return "answered"
        first = heard[0]["at_ms"] if heard else 0
        in_time = (s for s in heard if s["at_ms"] - first <= 1000 * WITHIN_S)
        return "led on" if any("3114" in sound.get("text", "") for sound in in_time) else "neither"

    def _failed_how(self) -> dict[str, int]:
        """Requests without an answer by what the carrier says of them, and answers of 500 and more."""
        asked = (r for r in self.line.control.log() if r["kind"] in ("document", "callback"))
        wrong = (r["error"] or r["status"] for r in asked if r["error"] or (r["status"] or 0) >= 500)
        return dict(Counter(map(str, wrong)))

    def _look(self) -> None:
        self.most_redis = max(self.most_redis, self._redis_bytes())
        self.most_web = max(self.most_web, self._web_bytes())
        gate = self.line.sw.calls.gate(self.line.sw.clock.now_ms())
        self.most_waiting = max(self.most_waiting, gate.waiting)

    def _redis_bytes(self) -> int:
        info: Any = self.redis.info("memory")
        return int(info["used_memory"])

    def _web_bytes(self) -> int:
        """Resident memory of all web processes."""
        pages = (
            int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
            for pid in self.line.parts.pids("web")
        )
        return 4096 * sum(pages)

    def _load(self, method: str, body: dict[str, int] | None = None) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.line.demo.settings.emulator_port}/control/load"
        answer = requests.request(method, url, json=body, timeout=10)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def measure(seconds: int, *, attack_mode: bool, say: Callable[[str], None]) -> Figures:
    # The account's rate is lifted no further than the carrier grants on request.
    lifted = {"HELPLINE_LEGS_PER_S": "10"}
    with (
        tempfile.TemporaryDirectory(prefix="hl-flood-") as folder,
        RealLine(Path(folder), lifted) as line,
    ):
        if attack_mode:
            begin_attack_mode(line.sw)
        say(f"{PER_S} machines a second for {seconds} s, {PEOPLE} people among them …")
        return Flood(line, seconds).measure()


def tell(f: Figures) -> str:
    reached = f.answered + f.led_on
    return "\n".join(
        [
            f"flood: {f.machines} machines, {f.requests} webhooks, {f.failed} failed (goal 0) {f.failed_how or ''}",
            f"  people, within {WITHIN_S} s: {f.answered} answered, {f.led_on} led on, {f.neither} neither",
            f"  answered or led on: {100 * reached / f.people:.0f} % (goal {100 * SHARE_GOAL:.0f} %)",
            f"  most waiting at a time: {f.most_waiting}",
            f"  Redis {f.redis_mb:.1f} MB before, {f.redis_more_mb:.1f} more at most (goal {REDIS_GOAL_MB})",
            f"  web {f.web_mb:.1f} MB before, {f.web_more_mb:.1f} more at most (goal {WEB_GOAL_MB})",
            f"  requests left the emulator at most {f.late_p99_ms:.0f} ms late (p99)",
            "goal missed" if f.missed else "goals kept",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flood", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--attack-mode", action="store_true", help="ask everybody for a key first")
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    asked = parser.parse_args(arguments)
    say = (lambda text: None) if asked.json else (lambda text: print(text, flush=True))
    figures = measure(asked.seconds, attack_mode=asked.attack_mode, say=say)
    print(json.dumps(asdict(figures) | {"kept": not figures.missed}) if asked.json else tell(figures))
    return 1 if figures.missed else 0


if __name__ == "__main__":
    sys.exit(main())
