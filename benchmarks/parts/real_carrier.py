"""The carrier in real mode against the trivial server: driven, paced and loaded; and bare requests as the floor."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from helpline.emulator import CarrierSettings
from helpline.emulator.realtime_service import Service
from helpline.emulator.sockets import SocketTransport
from helpline.emulator.web import Answer, WebReply, WebRequest

AT_ONCE, DRIVEN_S = 64, 4.0
LOG_KEEPS, ENDED_KEEPS = 50_000, 5_000
PACE_PER_S, PACED_S = 300, 6.0
LIVE, NEW_PER_S, RAMP_S = 1_000, 50, 30
NO_NETWORK = {"latency_ms": 0, "setup_ms": 0, "callback_latency_ms": 0}


class Trivial:
    """The trivial server as a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "benchmarks.parts.trivial_server", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.origin = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def taken(self) -> int:
        """POSTs so far."""
        with urllib.request.urlopen(f"{self.origin}/count", timeout=5) as reply:  # noqa: S310 -- our own server
            return int(json.loads(reply.read())["taken"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(5)


@contextmanager
def carrier_at(server: Trivial, path: str) -> Iterator[Service]:
    """A carrier in real mode whose numbers ask `server`, each with a line of its own."""
    service = Service(CarrierSettings(log_keeps=LOG_KEEPS, ended_keeps=ENDED_KEEPS), 0)
    with service.live.entered():
        service.control.set_knobs(NO_NETWORK)
        for place, config in enumerate(service.carrier.world.numbers.values()):
            url = f"{server.origin}{path}".replace("<line>", f"q{place}")
            config.urls.update(voice_url=url, status_callback=f"{server.origin}/status")
    service.start()
    try:
        yield service
    finally:
        service.stop()


def driven_per_s(server: Trivial) -> float:
    """Documents a second: so many calls at a time, each asking for its next document when it has read one."""
    with carrier_at(server, "/again") as service:
        with service.live.entered():
            for _ in range(AT_ONCE):
                service.control.dial("0639980001", "0800288038")
        time.sleep(1)
        before, began = server.taken(), time.perf_counter()
        time.sleep(DRIVEN_S)
        return (server.taken() - before) / (time.perf_counter() - began)


class RawPosts:
    """The floor: the same transport, the same server, a request of the same size, and no carrier."""

    def __init__(self, server: Trivial) -> None:
        self.loop = asyncio.new_event_loop()
        self.transport = SocketTransport(self.loop, lambda act: act())
        body = "&".join(f"Name{n:02d}=value+of+the+envelope" for n in range(28)).encode()
        headers = (
            ("Host", server.origin[7:]), ("User-Agent", "floor"), ("X-Twilio-Signature", "A" * 28),
            ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", str(len(body))),
        )  # fmt: skip
        self.request = WebRequest("POST", f"{server.origin}/again", headers, body)
        self.took_ms: list[float] = []
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def driven_per_s(self) -> float:
        """The same number at a time, each sent again when it is answered."""
        for _ in range(AT_ONCE):
            self.loop.call_soon_threadsafe(self._again)
        time.sleep(1)
        before, began = len(self.took_ms), time.perf_counter()
        time.sleep(DRIVEN_S)
        return (len(self.took_ms) - before) / (time.perf_counter() - began)

    def _again(self) -> None:
        began = time.perf_counter()

        def done(answer: Answer) -> None:
            assert isinstance(answer, WebReply)
            self.took_ms.append(1000 * (time.perf_counter() - began))
            self._again()

        self.transport.send(self.request, done)

    def paced_p99_ms(self) -> float:
        """p99 of `PACE_PER_S` a second, evenly spread; late starts count."""
        took: list[float] = []
        first = self.loop.time() + 0.1

        def send(due_s: float) -> None:
            self.transport.send(self.request, lambda _: took.append(1000 * (self.loop.time() - due_s)))

        def arrange() -> None:
            for n in range(round(PACE_PER_S * PACED_S)):
                self.loop.call_at(first + n / PACE_PER_S, send, first + n / PACE_PER_S)

        self.loop.call_soon_threadsafe(arrange)
        time.sleep(PACED_S + 1)
        return percentile(took, 99)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.transport.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(2)
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()


def paced_p99_ms(server: Trivial) -> float:
    """p99 of a document at the same pace, from the instant it is due to its reply read: as the log has it."""
    with carrier_at(server, "/empty") as service:
        with service.live.entered():
            service.control.start_load({"live": PACE_PER_S, "new_per_s": PACE_PER_S, "for_s": PACED_S})
        time.sleep(PACED_S + 3)
        with service.live.entered():
            log = service.control.log()
        return percentile([r["ms"] for r in log if r["kind"] == "document" and r["role"] == "voice"], 99)


@dataclass(frozen=True)
class Held:
    """A load that was held. late: ms after they were due; MiB grown while it filled and while it was held."""

    calls: int
    requests: int
    lost: int
    cut: int
    late_p50_ms: float
    late_p99_ms: float
    late_max_ms: float
    filled_mib: float
    held_mib: float
    cpu_share: float


def held_load(server: Trivial, hold_s: float, say: Callable[[str], None]) -> Held:
    """Fill up to 1,000 live calls, hold, let everybody go; every request must have reached the server."""
    with carrier_at(server, "/voice/<line>") as service:
        before, empty = server.taken(), resident_mib()
        cpu, began = time.process_time(), time.monotonic()
        wish = {"live": LIVE, "new_per_s": NEW_PER_S, "for_s": RAMP_S + hold_s}
        with service.live.entered():
            service.control.start_load(wish)
        full, filled = empty, 0.0
        while True:
            time.sleep(1)
            with service.live.entered():
                found = service.control.load()
            passed_s = time.monotonic() - began
            if found["over"]:
                break
            if not filled and found["live"] >= 0.95 * LIVE:
                full = resident_mib()
                filled = (full - empty) * 1000 / found["live"]
            if round(passed_s) % 30 == 0:
                say(
                    f"  {passed_s:.0f} s: {found['live']} live, {found['requests']} requests, late {found['late_ms']}"
                )
        share = (time.process_time() - cpu) / (time.monotonic() - began)
        time.sleep(1)
        with service.live.entered():
            found = service.control.load()
        late = found["late_ms"]
        return Held(
            calls=found["placed"],
            requests=found["requests"],
            lost=abs(found["requests"] - (server.taken() - before)) + found["failed"],
            cut=found["cut"],
            late_p50_ms=late["p50"],
            late_p99_ms=late["p99"],
            late_max_ms=late["max"],
            filled_mib=filled,
            held_mib=resident_mib() - full,
            cpu_share=share,
        )


def resident_mib() -> float:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
