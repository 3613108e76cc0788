"""How long a thousand events take, stepped, and a load in real mode: held to the goals of `benchmarks/emulator.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.emulator import stepped_product_s, stepped_trivial_s

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.real, pytest.mark.long]


def test_a_thousand_events_take_a_second_at_most_against_a_trivial_server() -> None:
    assert min(stepped_trivial_s() for _ in range(3)) <= 1.0


def test_a_thousand_events_take_three_seconds_at_most_against_the_product() -> None:
    assert min(stepped_product_s()[0] for _ in range(3)) <= 3.0


@pytest.mark.timeout(600)
def test_a_thousand_calls_and_fifty_new_ones_a_second_are_held_for_five_minutes() -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks.emulator",
        "--only",
        "load",
        "--hold-s",
        "300",
        "--real-time",
        "--json",
    ]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580)

    found = json.loads(done.stdout)
    assert [goal for goal in found["goals"] if not goal["kept"]] == [], done.stderr
    assert found["load"]["calls"] >= 16_000
