"""What ten thousand callers cost who wait while nothing happens: the processes' share of a processor, against nobody.

Everything of ours runs: web, two effects processes, worker, clock, Redis. The carrier is one where nothing happens
(`still_carrier.py`); what it takes itself is not counted. Everybody who could be rung is on a break.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.parts.still_carrier import leg_id
from benchmarks.parts.web_pair import WebPair, WebParts
from helpline.cli.supervise import Child
from helpline.domain import paths
from helpline.services import documents
from helpline.services.keep_duty import begin_break

CALLERS, BATCH = 10_000, 2_000
SETTLES_S, WATCHED_S = 25.0, 120.0
"""Two rounds of the reconciler are watched: of so long a line it makes one a minute."""

OURS = ("web", "effects", "effects2", "worker", "clock")


@dataclass(frozen=True)
class Idle:
    """Percent of one processor, all processes together; `parts`: of each, with nobody and with everybody."""

    callers: int
    empty: float
    waiting: float
    parts: str


class StillParts(WebParts):
    """All processes of ours, and the still carrier."""

    def _start(self) -> None:
        settings = self.settings
        line = next(iter(self.service.switchboard.book.rules.lines.values()))
        carrier = (
            *("-m", "benchmarks.parts.still_carrier", str(settings.emulator_port)),
            *(settings.carrier.account_sid, line.number_e164, documents.QUEUE),
        )
        self.parts.start(
            Child(
                name="still",
                command=(sys.executable, *carrier),
                env=dict(os.environ),
                log=self.log_of("still"),
                ready=lambda: _put(settings.emulator_port, 0),
            )
        )
        for child in self._children():
            if child.name in OURS:
                self.parts.start(child)


def measured() -> Idle:
    with (
        tempfile.TemporaryDirectory(prefix="hl-bench-") as folder,
        WebPair(Path(folder), parts=StillParts) as pair,
    ):
        for person in pair.sw.book.roster.psychologists:
            begin_break(pair.sw, person.id)
        empty = _watched(pair)
        _fill(pair)
        full = _watched(pair)
        assert len(pair.sw.calls.roll().just_wait) == CALLERS, "somebody did not stay in the line"
    told = ", ".join(f"{name} {empty[name]:.1f} → {full[name]:.1f}" for name in full)
    return Idle(CALLERS, sum(empty.values()), sum(full.values()), told)


def _watched(pair: WebPair) -> Mapping[str, float]:
    """Percent of a processor that each part takes."""
    time.sleep(SETTLES_S)
    before = _taken_ms(pair)
    time.sleep(WATCHED_S)
    after = _taken_ms(pair)
    return {name: (after[name] - before[name]) / WATCHED_S / 10 for name in after}


def _taken_ms(pair: WebPair) -> dict[str, float]:
    return {**{name: pair.cpu_ms(name) for name in OURS}, "redis": pair.redis_cpu_ms()}


def _fill(pair: WebPair) -> None:
    """They arrive at the carrier and in the working copy while the clock stands still: it finds both agreed."""
    stopped = [pid for name in OURS if name != "web" for pid in pair.demo.parts.pids(name)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    pair.ask(paths.INCOMING, leg_id(0))
    pair.ask(paths.WAIT, leg_id(0), {"CallStatus": "in-progress"})
    first = pair.sw.calls.by_leg(leg_id(0))
    assert first is not None
    copy = pair.admin.hgetall(f"call:{first.id}")
    (need,) = pair.admin.smembers("needs")
    for start in range(1, CALLERS, BATCH):
        with pair.admin.pipeline(transaction=False) as pipe:
            for n in range(start, min(start + BATCH, CALLERS)):
                call = f"{n:032x}"
                pipe.hset(f"call:{call}", mapping={**copy, b"leg_id": leg_id(n)})
                pipe.set(f"sid:{leg_id(n)}", f"c:{call}")
                pipe.sadd("calls", call)
                pipe.zadd(b"waiting:" + need, {call: first.line_key_ms + n})
            pipe.execute()
    stand(pair, CALLERS)
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)


def stand(pair: WebPair, callers: int) -> None:
    """So many stand in the still carrier's queue from now on."""
    assert _put(pair.demo.settings.emulator_port, callers)


def _put(port: int, callers: int) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.post(f"http://127.0.0.1:{port}/callers/{callers}", timeout=10).ok
        except requests.RequestException:
            return False
