"""The line of `time_to_ring`: the demo's processes with more psychologists, no network, and the floor beside them."""

from __future__ import annotations

import http.client
import os
import statistics
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from twilio.request_validator import RequestValidator

from benchmarks.parts.people import add_people
from helpline.cli.demo_parts import WEB, DemoParts
from helpline.cli.supervise import Child
from helpline.domain.presence import State
from helpline.services.keep_duty import end_wrap_up
from tests.e2e.real_line import RealLine
from tests.phone import Caller

IN_PROGRESS = 10
CROWD, WAVE = 45, 5
"""Talks in progress; callers who then arrive at once, fifty calls in all."""

CROWD_PEOPLE = 66
LEGS_PER_S = "1000"
FLOOR_LINE, FLOOR_DIALLED = "+33199000003", "0800800854"
NO_NETWORK = {"latency_ms": 0, "setup_ms": 0, "ringing_ms": 0, "callback_latency_ms": 0}
FROM_OUTSIDE = 300  # webhooks sent directly for the CPU figure
TICKS = os.sysconf("SC_CLK_TCK")


class BenchParts(DemoParts):
    """The demo with ten psychologists more, all on duty."""

    more_people = IN_PROGRESS

    def _database(self) -> None:
        super()._database()
        add_people(self.settings, self.more_people)


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
