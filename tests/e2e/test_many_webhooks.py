"""Attack 23 of the threat list: two hundred webhooks a second. Real processes; judged by the carrier's log.

Machines dial, listen for some seconds and hang up: documents of the welcome, the wait and the refusal, and the news of
each end. In check-long: five seconds, and the whole minute. benchmarks/flood.py asks what it does to people.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import requests

from helpline.domain.call import Stage
from tests.e2e.real_line import RealLine

WEBHOOKS_PER_S = 200
STAY_S = 2  # on average; a caller is two webhooks on arriving and two on leaving
P99_MS = 1_000
PEOPLE = 5

pytestmark = pytest.mark.real


@pytest.fixture
def line(tmp_path: Path) -> Iterator[RealLine]:
    with RealLine(tmp_path) as line:
        yield line


def load(line: RealLine, method: str, **body: int) -> dict[str, Any]:
    url = f"http://127.0.0.1:{line.demo.settings.emulator_port}/control/load"
    answer = requests.request(method, url, json=body or None, timeout=10)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def arrivals_in_line(line: RealLine) -> list[int]:
    """When each of those who wait arrived at the carrier, ms, in the order of our line."""
    waiting = [call for call in line.live() if call.stage is Stage.WAITING]
    waiting.sort(key=lambda call: (call.line_key_ms, call.id))
    came: dict[str, int] = {}
    for record in line.records():
        if record["kind"] == "leg":
            came.setdefault(record["sid"], record["at_ms"])
    return [came[call.leg_id] for call in waiting]


@pytest.mark.parametrize(
    ("seconds", "dial_per_s"),
    [
        pytest.param(5, 70, marks=[pytest.mark.long, pytest.mark.timeout(100)]),
        pytest.param(60, 55, marks=[pytest.mark.long, pytest.mark.timeout(200)]),
    ],
)
def test_attack_23_two_hundred_webhooks_a_second_are_answered_in_time_and_in_order(
    seconds: int, dial_per_s: int, line: RealLine
) -> None:
    line.begins()
    people = [line.caller().dials() for _ in range(PEOPLE)]
    line.until(lambda: len(line.live()) == PEOPLE, 10)
    load(line, "POST", new_per_s=dial_per_s, live=dial_per_s * STAY_S, for_s=seconds)

    line.after(seconds)
    arrivals = arrivals_in_line(line)
    line.until(lambda: bool(load(line, "GET")["over"]), 60)

    sent = [record for record in line.records() if record["kind"] in ("document", "callback")]
    began = min(record["sent_ms"] for record in sent)
    in_time = [record for record in sent if record["sent_ms"] < began + 1_000 * seconds]
    assert len(in_time) >= WEBHOOKS_PER_S * seconds
    assert [(r["path"], r["status"], r["error"]) for r in sent if r["error"] or r["status"] >= 500] == []
    took = sorted(record["ms"] for record in in_time)
    assert took[len(took) * 99 // 100] <= P99_MS
    # Two who dial within the time that one answer may take are answered in either order.
    assert len(arrivals) > 10 * PEOPLE
    assert max(last - came for last, came in zip(accumulate(arrivals, max), arrivals, strict=True)) <= P99_MS
    assert not any(person.is_over() for person in people)
