"""docs/runbook.md against the code: whatever raises an alarm, on the board or in the log, has its entry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpline.domain.alarms import AlarmKind

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/runbook.md").read_text("utf-8")
ERROR = re.compile(r"_log\.error\(\s*\"([^\"]+)\"")
ON_THE_BOARD = "alarm: %s"
PARTS = ("helpline/adapters", "helpline/processes", "helpline/services", "helpline/web", "dashboard")
FILES = [file for part in PARTS for file in (ROOT / part).rglob("*.py")]
LINES = sorted({line for file in FILES for line in ERROR.findall(file.read_text("utf-8"))} - {ON_THE_BOARD})


@pytest.mark.parametrize("kind", AlarmKind)
def test_each_alarm_of_the_board_has_its_entry(kind: AlarmKind) -> None:
    assert f"| `{kind.value}` |" in PAGE


def test_there_are_errors_that_stand_on_no_board() -> None:
    assert len(LINES) >= 10


@pytest.mark.parametrize("line", LINES)
def test_each_error_of_the_log_has_its_entry(line: str) -> None:
    words = re.split(r"[:;]", re.sub(r"%[sd]", "…", line))[0]

    assert f"`{words}`" in PAGE
