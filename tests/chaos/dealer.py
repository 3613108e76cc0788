"""Deals the faults of a plan to a running house, and ends them."""

from __future__ import annotations

import contextlib
import heapq
import os
import resource
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from helpline.cli.control_client import ControlDown, ControlRefused
from helpline.cli.supervise import NotReady
from tests.chaos.house import ChaosParts
from tests.chaos.plan import KILLED, Fault, Plan
from tests.demo import pids_of, signalled

HOUR_MS = 3_600_000
MAY_FAIL = (OSError, redis.RedisError, SQLAlchemyError, ControlRefused, ControlDown, NotReady)
BACKGROUND: dict[str, list[dict[str, Any]]] = {
    "web": [
        {"path": "/voice/*", "fault": "duplicate", "chance": 0.03},
        {"path": "/voice/*", "fault": "lost", "chance": 0.01},
        {"path": "/voice/*", "fault": "500", "chance": 0.005},
        {"path": "/voice/*", "fault": "slow", "ms": 1500, "chance": 0.01},
    ],
    "rest": [
        {"operation": "*", "fault": "429", "chance": 0.03},
        {"operation": "*", "fault": "503", "chance": 0.02},
        {"operation": "*", "fault": "lost_reply", "chance": 0.02},
        {"operation": "*", "fault": "latency", "ms": 800, "chance": 0.03},
    ],
    "callbacks": [
        {"path": "*", "drop": 0.03, "duplicate": 0.05, "reorder": 0.1},
    ],
}
"""The carrier's bad day, all day."""

APART: dict[str, list[dict[str, Any]]] = {
    "web": [{"path": "/voice/*", "fault": "refuse"}],
    "rest": [{"operation": "*", "fault": "reset"}],
}
REST_AWAY: dict[str, list[dict[str, Any]]] = {"rest": [{"operation": "*", "fault": "503"}]}
HELD: dict[str, list[dict[str, Any]]] = {"callbacks": [{"path": "*", "delay_ms": [5_000, 90_000]}]}
CARRIER = {"carrier": BACKGROUND, "apart": APART, "rest away": REST_AWAY, "callbacks held": HELD}


UNABLE_S: dict[tuple[str, str], float] = {
    ("kill", "redis"): 2.0,
    ("stop", "redis"): 1.5,
    ("redis slow", ""): 1.5,
    ("redis cut", ""): 1.5,
    ("redis hangs", ""): 1.5,
    ("redis full", ""): 1.5,
    ("clock step", ""): 2.0,
    ("kill", "web"): 3.0,
    ("stop", "web"): 1.0,
    ("restart", "web"): 3.0,
    ("apart", ""): 0.0,
    ("rest away", ""): 0.0,
    ("everything", ""): 6.0,
}
"""Faults during which nobody can be spoken to, by (kind, part): the fault's own length and so much to come back."""


@dataclass
class Dealt:
    """What was really dealt: the table at the end, and from when to when nobody can be held to anything."""

    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    redis_lost_ms: list[int] = field(default_factory=list)
    outages: list[tuple[int, int]] = field(default_factory=list)
    """(from ms, to ms): nothing of ours could have spoken to somebody left alone."""

    failed: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Spell:
    """A kind of trouble at the carrier, from when it begins until it is ended."""

    kind: str


class Dealer:
    """`run()` in a thread of its own until every fault has begun and ended; `heal()` ends what is left."""

    def __init__(self, house: ChaosParts, plan: Plan, started: float) -> None:
        self.house = house
        self.dealt = Dealt()
        self._started = started
        self._todo: list[tuple[float, int, Callable[[], None]]] = []
        self._nth = 0
        self._active: list[Spell] = []
        self._lock = threading.Lock()
        self._stopped: dict[str, list[int]] = {}
        for fault in plan.faults:
            self._at(fault.at_s, lambda fault=fault: self._deal(fault))  # type: ignore[misc]  # bound now

    def _at(self, at_s: float, do: Callable[[], None]) -> None:
        self._nth += 1
        heapq.heappush(self._todo, (at_s, self._nth, do))

    def run(self) -> None:
        while self._todo:
            at_s, _, do = heapq.heappop(self._todo)
            wait_s = self._started + at_s - time.monotonic()
            if wait_s > 0:
                time.sleep(wait_s)
            try:
                do()
            except MAY_FAIL as error:
                self.dealt.failed.append(f"{type(error).__name__}")
        self.heal()

    def _end(self, ends: Callable[[], None], due: float, unable: int | None) -> None:
        """End a fault, however often that has to be tried: what it needs may be down just then.

        `unable`: its place among the outages. One that is ended later than `due` has lasted longer than planned.
        """
        try:
            ends()
        except MAY_FAIL:
            self._at(time.monotonic() - self._started + 1.0, lambda: self._end(ends, due, unable))
            raise
        if unable is not None:
            from_ms, to_ms = self.dealt.outages[unable]
            self.dealt.outages[unable] = (from_ms, to_ms + max(0, round(1000 * (time.monotonic() - due))))

    def heal(self) -> None:
        for part in list(self._stopped):
            self._go_on(part)
        self._limit_sql(None)
        self.house.set_link("open")

    # ---- one by one

    def _deal(self, fault: Fault) -> None:
        self.dealt.counted[fault.kind, fault.part] += 1
        unable_s, unable = UNABLE_S.get((fault.kind, fault.part)), None
        if unable_s is not None:
            now_ms = int(time.time() * 1000)
            unable = len(self.dealt.outages)
            self.dealt.outages.append((now_ms, now_ms + round(1000 * (fault.for_s + unable_s))))
        ends: Callable[[], None] | None = None
        if fault.kind in CARRIER:
            ends = self._carrier(fault.kind)
        elif fault.kind.startswith("redis "):
            ends = self._redis(fault)
        elif fault.kind.startswith("sql "):
            ends = self._sql(fault.kind)
        else:
            ends = self._process(fault)
        if ends is not None:
            due = time.monotonic() + fault.for_s
            self._at(due - self._started, partial(self._end, ends, due, unable))

    def _carrier(self, kind: str) -> Callable[[], None]:
        spell = Spell(kind)
        self._active.append(spell)
        self._set_carrier()

        def ends() -> None:
            if spell in self._active:
                self._active.remove(spell)
            self._set_carrier()

        return ends

    def _set_carrier(self) -> None:
        """The rules in force, the newest kind first: the first rule that fits strikes."""
        rules: dict[str, list[dict[str, Any]]] = {}
        for spell in reversed(self._active):
            for group, entries in CARRIER[spell.kind].items():
                rules.setdefault(group, []).extend(entries)
        self.house.control.set_faults(rules)

    def _redis(self, fault: Fault) -> Callable[[], None]:
        if fault.kind == "redis full":
            self._maxmemory("1mb")
            return lambda: self._maxmemory("0")
        modes = {"redis slow": f"slow {fault.amount:g}", "redis cut": "cut", "redis hangs": "hang"}
        self.house.set_link(modes[fault.kind])
        return lambda: self.house.set_link("open")

    def _maxmemory(self, value: str) -> None:
        with self.house.redis_direct() as client:
            client.config_set("maxmemory", value)

    def _sql(self, kind: str) -> Callable[[], None]:
        if kind == "sql full":
            self._limit_sql(8_192)
            return lambda: self._limit_sql(None)
        self._read_only("on")
        return lambda: self._read_only("off")

    def _read_only(self, value: str) -> None:
        assert self.house.sql is not None
        # A server that is stopped is not waited for: whoever lets it go on is this thread.
        patience = {"connect_timeout": 2, "options": "-c statement_timeout=2000"}
        engine = create_engine(self.house.sql.url, isolation_level="AUTOCOMMIT", connect_args=patience)
        try:
            with engine.connect() as db:
                db.execute(text("set transaction_read_only = off"))
                db.execute(text(f"alter system set default_transaction_read_only = {value}"))
                db.execute(text("select pg_reload_conf()"))
        finally:
            engine.dispose()

    def _limit_sql(self, size: int | None) -> None:
        """No file of the server may grow past `size` bytes: what a full disk does to it, without root."""
        limit = resource.RLIM_INFINITY if size is None else size
        for pid in self._pids("sql"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def _process(self, fault: Fault) -> Callable[[], None] | None:
        part, parts = fault.part, self.house.parts
        if fault.kind == "kill":
            self._kill(part)
        elif fault.kind == "kill one":
            for pid in parts.pids(part)[1:2]:
                os.kill(pid, signal.SIGKILL)
        elif fault.kind == "stop":
            self._signal(part, signal.SIGSTOP)
            self._stopped[part] = []
            return lambda: self._go_on(part)
        elif fault.kind in ("restart", "reload"):
            pids = parts.pids(part)
            told = signal.SIGTERM if fault.kind == "restart" else signal.SIGHUP
            for pid in pids[:1]:
                os.kill(pid, told)
        elif fault.kind == "everything":
            for each in KILLED:
                self._kill(each)
        elif fault.kind == "clock step":
            self._lose_redis(fault.amount)
            return lambda: self._lose_redis(0.0)
        return None

    def _kill(self, part: str) -> None:
        if part == "redis":
            self.dealt.redis_lost_ms.append(int(time.time() * 1000))
        self._signal(part, signal.SIGKILL)

    def _signal(self, part: str, what: signal.Signals) -> None:
        signalled(self._pids(part), what)

    def _go_on(self, part: str) -> None:
        self._stopped.pop(part, None)
        self._signal(part, signal.SIGCONT)

    def _pids(self, part: str) -> list[int]:
        return pids_of(self.house.parts, part)

    def _lose_redis(self, hours: float) -> None:
        """Redis is lost while the host's wall clock is `hours` off: the service's time is taken anew from it.

        The host's own clock is everybody's, so the step is made where it would arrive: in the offset.
        """
        self.house.set_link("cut")
        try:
            self._kill("redis")
            time.sleep(0.1)
            self.house.parts.wait_ready("redis")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
            with self.house.redis_direct() as client:
                seconds, micros = client.time()
                now_ms = seconds * 1000 + micros // 1000
                mono_ms = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000_000
                client.set(f"clock:{boot}", str(now_ms - mono_ms + round(hours * HOUR_MS)))
        finally:
            self.house.set_link("open")
