"""From `POST /voice/incoming` to the REST request that rings a psychologist, through the running processes.

    python -m benchmarks.time_to_ring [--calls 200] [--only one crowd] [--json]

The clock is the carrier's (the emulator's log), its network has no delay and its leg rate is lifted. Between two
calls the carrier also calls the floor (`floor.py`), so that both meet the same noise. Goals: median at most
100 ms, p99 at most 400 ms. Then fifty calls at once, somebody free for each: a leg is ordered for each caller within
1 s (p95), 2 s (p99) of their arrival. Exit status 1 when one is missed. What is in the figures: `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from twilio.request_validator import RequestValidator

from helpline.bootstrap_data import data_of
from helpline.cli.demo_parts import WEB, DemoParts
from helpline.cli.supervise import Child
from helpline.domain.hours import Interval
from helpline.domain.people import Endpoint, EndpointKind, Psychologist, Shift, Tier
from helpline.domain.presence import State
from helpline.services.keep_duty import end_wrap_up
from helpline.services.publish_snapshot import publish_snapshot
from tests.e2e.real_line import RealLine
from tests.phone import Caller

MEDIAN_GOAL_MS, P99_GOAL_MS = 100, 400
BUSY_CALLS = 20  # of all calls, measured while others are in progress
IN_PROGRESS = 10
CROWD, WAVE, WAVES = 45, 5, 20
"""Talks in progress; callers who then arrive at once, fifty calls in all; how often."""

CROWD_PEOPLE = 66
P95_CROWD_MS, P99_CROWD_MS = 1000, 2000
LEGS_PER_S = "1000"
FLOOR_LINE, FLOOR_DIALLED = "+33199000003", "0800800854"
NO_NETWORK = {"latency_ms": 0, "setup_ms": 0, "ringing_ms": 0, "callback_latency_ms": 0}
FROM_OUTSIDE = 300  # webhooks sent directly for the CPU figure
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figures:
    """Milliseconds. `carrier_*`: the emulator's own part, measured in the same run."""

    calls: int
    first_ms: float
    median_ms: float
    p99_ms: float
    busy_median_ms: float
    busy_max_ms: float
    document_median_ms: float
    floor_median_ms: float
    floor_p99_ms: float
    carrier_document_ms: float
    carrier_rest_ms: float
    cpu_ms: float
    floor_cpu_ms: float
    faults: list[str] = field(default_factory=list)

    @property
    def missed(self) -> bool:
        return self.median_ms > MEDIAN_GOAL_MS or self.p99_ms > P99_GOAL_MS or bool(self.faults)


@dataclass(frozen=True)
class Crowd:
    """Milliseconds from the arrival of a caller to the first leg ordered for them, fifty calls in progress."""

    callers: int
    median_ms: float
    p95_ms: float
    p99_ms: float
    worst_ms: float
    faults: list[str] = field(default_factory=list)

    @property
    def missed(self) -> bool:
        return self.p95_ms > P95_CROWD_MS or self.p99_ms > P99_CROWD_MS or bool(self.faults)


class BenchParts(DemoParts):
    """The demo with ten psychologists more, all on duty."""

    more_people = IN_PROGRESS

    def _database(self) -> None:
        super()._database()
        data = data_of(self.settings)
        now = datetime.now(UTC)
        day = Interval(now.replace(hour=0, minute=0), now.replace(year=now.year + 1))
        for place in range(self.more_people):
            handle = f"p{place:02d}"
            phone = Endpoint(f"{handle}-phone", EndpointKind.PHONE, f"+336399851{place:02d}")
            person = Psychologist(f"p-{handle}", handle, handle, (phone,))
            data.seeds.add_psychologist(person, 100 + place)
            data.seeds.add_shift(f"bench-{handle}", Shift(person.id, Tier.ON_DUTY, day))
        publish_snapshot(data.published, data.snapshots)


class CrowdParts(BenchParts):
    more_people = CROWD_PEOPLE


class BenchLine(RealLine):
    """A real line without waiting at the carrier, and the floor beside it."""

    def __init__(self, folder: Path, parts: type[BenchParts] = BenchParts) -> None:
        super().__init__(folder, {"HELPLINE_LEGS_PER_S": LEGS_PER_S}, parts=parts)
        self.direct = requests.Session()
        self.direct.trust_env = False
        self._seen = 0

    def open(self) -> None:
        """Start the floor and give it one of our numbers."""
        settings = self.demo.settings
        self.floor = f"http://127.0.0.1:{settings.port_base + 3}"
        self.parts.start(
            Child(
                name="floor",
                command=(
                    sys.executable,
                    "-m",
                    "gunicorn",
                    *WEB,
                    "--bind",
                    self.floor[7:],
                    "benchmarks.floor:app",
                ),
                env={**os.environ, "FLOOR_TOKEN": settings.carrier.auth_token},
                log=self.demo.log_of("floor"),
                ready=lambda: self._answers(f"{self.floor}/"),
            )
        )
        self.control.set_knobs(NO_NETWORK)
        numbers = self._rest("GET", "IncomingPhoneNumbers")["incoming_phone_numbers"]
        sid = next(number["sid"] for number in numbers if number["phone_number"] == FLOOR_LINE)
        values = {"VoiceUrl": f"{self.floor}/voice", "VoiceFallbackUrl": "", "StatusCallback": ""}
        self._rest("POST", f"IncomingPhoneNumbers/{sid}", values)

    def _answers(self, url: str) -> bool:
        try:
            return self.direct.get(url, timeout=1).ok
        except requests.RequestException:
            return False

    def _rest(self, method: str, what: str, form: Mapping[str, str] | None = None) -> Any:
        account = self.demo.settings.carrier
        url = f"http://127.0.0.1:{self.demo.settings.emulator_port}/2010-04-01/Accounts/{account.account_sid}/{what}.json"
        pair = (account.account_sid, account.auth_token)
        answer = self.direct.request(method, url, data=form, auth=pair, timeout=5)
        answer.raise_for_status()
        return answer.json()

    def rest_ms(self) -> float:
        """One question of the carrier, as a client of it sees it."""
        began = time.perf_counter()
        self._rest("GET", "IncomingPhoneNumbers")
        return 1000 * (time.perf_counter() - began)

    # ---- one call

    def time_to_ring(self) -> tuple[int, int]:
        """Ring for one caller who then hangs up: (ms until the order to ring, ms of the first document)."""
        after = self._last()
        caller = self.caller().dials()
        found: dict[str, Any] = {}

        def is_rung() -> bool:
            for record in self.control.log(after):
                if record["kind"] == "rest" and record["operation"] == "calls.create":
                    found.setdefault("ring", record)
                elif record["kind"] == "document" and record["role"] == "voice":
                    found.setdefault("document", record)
            return len(found) == 2

        self.until(is_rung, 10)
        self.control.hang_up(caller.handle)
        self.until(self.is_at_rest, 15)
        document = found["document"]
        return found["ring"]["at_ms"] - document["sent_ms"], document["ms"]

    def crowd_gathers(self) -> list[Caller]:
        """So many callers, each in a talk."""
        callers = [self.caller().dials() for _ in range(CROWD)]

        def all_talk() -> bool:
            self.everybody_picks_up()
            return all(caller.talks_to() for caller in callers)

        self.until(all_talk, 120)
        self.until(self.is_at_rest, 30)
        return callers

    def wave_ms(self) -> list[int]:
        """Some arrive at once and hang up when a leg was ordered for each: ms from arrival to order, of each."""
        after = self._last()
        callers = [self.caller().dials() for _ in range(WAVE)]
        waits: dict[str, int] = {}

        def all_are_rung_for() -> bool:
            waits.update(self._first_orders(self.control.log(after)))
            return len(waits) == WAVE

        self.until(all_are_rung_for, 15)
        for caller in callers:
            self.control.hang_up(caller.handle)
        self.until(self.is_at_rest, 30)
        return list(waits.values())

    def _first_orders(self, log: list[dict[str, Any]]) -> dict[str, int]:
        """Caller's handle to ms from their first document to the first leg ordered for them."""
        first = [r for r in log if r["kind"] == "document" and r["path"] == "/voice/incoming"]
        sent = {record["leg"]: record["sent_ms"] for record in reversed(first)}
        handles = {record["sid"]: record["leg"] for record in log if record.get("sid") and record.get("leg")}
        found: dict[str, int] = {}
        for record in log:
            if record["kind"] == "rest" and record["operation"] == "calls.create":
                offer = self.sw.offers.get(record["params"]["Url"].partition("#")[0].rpartition("/")[2])
                call = self.sw.calls.get(offer.call) if offer is not None else None
                handle = handles.get(call.leg_id) if call is not None else None
                if handle in sent:
                    found.setdefault(handle, record["at_ms"] - sent[handle])
        return found

    def floor_ms(self) -> int:
        """The same carrier's request to the floor."""
        after = self._last()
        self.control.dial("0639980999", FLOOR_DIALLED)
        found: list[int] = []

        def is_answered() -> bool:
            found.extend(
                r["ms"] for r in self.control.log(after) if r["kind"] == "document" and r["status"] == 200
            )
            return bool(found)

        self.until(is_answered, 10)
        return found[0]

    def is_at_rest(self) -> bool:
        """Nobody waits and nobody is rung: talks may go on."""
        presences = self.sw.offers.presences().values()
        for presence in presences:
            if presence.state is State.WRAP_UP:
                end_wrap_up(self.sw, presence.psychologist)
        states = {presence.state for presence in presences}
        return states <= {State.AVAILABLE, State.TALKING} and State.AVAILABLE in states

    def talk(self) -> Caller:
        caller = self.caller().dials()
        self.until_reached(caller, 30)
        self.until(self.is_at_rest, 15)
        return caller

    def _last(self) -> int:
        records = self.control.log(self._seen)
        self._seen = records[-1]["n"] if records else self._seen
        return self._seen

    # ---- CPU

    def sample_params(self) -> dict[str, str]:
        """The parameters of a real first request."""
        log = self.control.log()
        return dict(
            next(r["params"] for r in log if r["kind"] == "document" and r["path"] == "/voice/incoming")
        )

    def cpu_ms(self, part: str, url: str, params: dict[str, str]) -> tuple[float, float]:
        """(CPU ms of `part`, ms on the clock) per request, one after the other, each a new call."""
        validator = RequestValidator(self.demo.settings.carrier.auth_token)
        pids, took = self.parts.pids(part), []
        before = sum(map(_cpu_ticks, pids))
        for number in range(FROM_OUTSIDE):
            form = params | {"CallSid": f"CA{number:032x}"}
            headers = {
                "X-Twilio-Signature": validator.compute_signature(url, form),
                "Content-Type": "application/x-www-form-urlencoded",
                "Connection": "close",
            }
            began = time.perf_counter()
            assert _post(url, urlencode(form), headers) == 200
            took.append(1000 * (time.perf_counter() - began))
        spent = sum(map(_cpu_ticks, pids)) - before
        return 1000 * spent / TICKS / FROM_OUTSIDE, statistics.median(took)


def _post(url: str, body: str, headers: Mapping[str, str]) -> int:
    """As the emulator sends: a connection for each request. The status."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("POST", parts.path, body, dict(headers))
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def measure(calls: int, say: Callable[[str], None]) -> Figures:
    with tempfile.TemporaryDirectory(prefix="hl-bench-") as folder, BenchLine(Path(folder)) as line:
        line.open()
        line.until(line.is_at_rest, 15)
        first_ms, _ = line.time_to_ring()
        for _ in range(5):  # the next first uses, in each of two processes: connections, modules, scripts
            line.time_to_ring()
            line.floor_ms()
        quiet = max(1, calls - BUSY_CALLS)
        say(f"{quiet} calls, the floor between them …")
        rung, documents, floor, rest = [], [], [], []
        for _ in range(quiet):
            ring_ms, document_ms = line.time_to_ring()
            rung.append(ring_ms)
            documents.append(document_ms)
            floor.append(line.floor_ms())
            rest.append(line.rest_ms())
        params = line.sample_params()
        floor_cpu, floor_direct = line.cpu_ms("floor", f"{line.floor}/voice", params)
        origin = line.demo.settings.public_origin
        cpu, _ = line.cpu_ms("web", f"{origin}/voice/incoming", params)
        line.until(line.is_at_rest, 60)
        say(f"{IN_PROGRESS} talks begin, then {BUSY_CALLS} calls …")
        talks = [line.talk() for _ in range(IN_PROGRESS)]
        busy = [line.time_to_ring()[0] for _ in range(BUSY_CALLS)]
        faults = [f"{c.handle}: the talk ended" for c in talks if not c.talks_to()]
        everyone = sorted(rung + busy)
        return Figures(
            calls=len(everyone),
            first_ms=first_ms,
            median_ms=statistics.median(everyone),
            p99_ms=percentile(everyone, 99),
            busy_median_ms=statistics.median(busy),
            busy_max_ms=max(busy),
            document_median_ms=statistics.median(documents),
            floor_median_ms=statistics.median(floor),
            floor_p99_ms=percentile(sorted(floor), 99),
            carrier_document_ms=max(0.0, statistics.median(floor) - floor_direct),
            carrier_rest_ms=statistics.median(rest),
            cpu_ms=cpu,
            floor_cpu_ms=floor_cpu,
            faults=faults,
        )


def measure_crowd(say: Callable[[str], None]) -> Crowd:
    with (
        tempfile.TemporaryDirectory(prefix="hl-bench-") as folder,
        BenchLine(Path(folder), CrowdParts) as line,
    ):
        line.control.set_knobs(NO_NETWORK)
        line.until(line.is_at_rest, 30)
        line.time_to_ring()
        say(f"{CROWD} talks begin, then {WAVES} times {WAVE} callers at once …")
        talks = line.crowd_gathers()
        waits = sorted(ms for _ in range(WAVES) for ms in line.wave_ms())
        return Crowd(
            callers=len(waits),
            median_ms=statistics.median(waits),
            p95_ms=percentile(waits, 95),
            p99_ms=percentile(waits, 99),
            worst_ms=waits[-1],
            faults=[f"{c.handle}: the talk ended" for c in talks if not c.talks_to()],
        )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least `percent` % of the sorted values do not exceed."""
    return values[max(0, -(-len(values) * percent // 100) - 1)]


def tell(f: Figures) -> str:
    return "\n".join(
        [
            f"time to ring, {f.calls} calls ({BUSY_CALLS} with {IN_PROGRESS} talks in progress):",
            f"  median {f.median_ms:.0f} ms (goal {MEDIAN_GOAL_MS}), p99 {f.p99_ms:.0f} ms (goal {P99_GOAL_MS})",
            f"  with {IN_PROGRESS} talks: median {f.busy_median_ms:.0f} ms, worst {f.busy_max_ms:.0f} ms",
            (
                f"  of it the emulator's own: {f.carrier_document_ms:.1f} ms to send a document and take its answer, "
                f"{f.carrier_rest_ms:.1f} ms for each REST request"
            ),
            f"  the very first call after the start (not counted): {f.first_ms:.0f} ms",
            f"/voice/incoming answered: median {f.document_median_ms:.0f} ms",
            f"floor (verify and answer), same carrier: median {f.floor_median_ms:.0f} ms, p99 {f.floor_p99_ms:.0f} ms",
            f"ratio time to ring / floor: {f.median_ms / max(f.floor_median_ms, 0.5):.1f}",
            (
                f"CPU per webhook: /voice/incoming {f.cpu_ms:.2f} ms, floor {f.floor_cpu_ms:.2f} ms, "
                f"ratio {f.cpu_ms / max(f.floor_cpu_ms, 0.01):.1f}"
            ),
            *(f"FAULT {fault}" for fault in f.faults),
            "goal missed" if f.missed else "goals kept",
        ]
    )


def tell_crowd(c: Crowd) -> str:
    return "\n".join(
        [
            f"a leg ordered for each of {WAVE} callers who arrive at once, {CROWD} talks in progress, {c.callers} callers:",
            (
                f"  median {c.median_ms:.0f} ms, p95 {c.p95_ms:.0f} ms (goal {P95_CROWD_MS}), "
                f"p99 {c.p99_ms:.0f} ms (goal {P99_CROWD_MS}), worst {c.worst_ms:.0f} ms"
            ),
            *(f"FAULT {fault}" for fault in c.faults),
            "goal missed" if c.missed else "goals kept",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.time_to_ring", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--only", nargs="+", choices=("one", "crowd"), default=("one", "crowd"))
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    asked = parser.parse_args(arguments)
    if asked.calls <= BUSY_CALLS:
        parser.error(f"--calls: more than {BUSY_CALLS}")

    def say(text: str) -> None:
        if not asked.json:
            print(text, flush=True)

    found: dict[str, object] = {}
    kept = True
    if "one" in asked.only:
        figures = measure(asked.calls, say)
        found |= asdict(figures) | {"median_goal_ms": MEDIAN_GOAL_MS, "p99_goal_ms": P99_GOAL_MS}
        kept = not figures.missed
        say(tell(figures))
    if "crowd" in asked.only:
        crowd = measure_crowd(say)
        found["crowd"] = asdict(crowd) | {"p95_goal_ms": P95_CROWD_MS, "p99_goal_ms": P99_CROWD_MS}
        kept = kept and not crowd.missed
        say(tell_crowd(crowd))
    if asked.json:
        print(json.dumps(found | {"kept": kept}))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
