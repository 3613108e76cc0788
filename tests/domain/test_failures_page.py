"""docs/internals/failures.md against the tree: every row is there, and names a test or a story that is there, or an issue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/internals/failures.md").read_text("utf-8")
ROW = re.compile(r"^\| ([FI]\d+) \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)
OWNERS = re.compile(r"issue (0[5-9]|10)")
EVERY = [*(f"F{n}" for n in range(1, 33)), *(f"I{n}" for n in range(1, 21))]


def faults_of(cell: str) -> list[str]:
    """What is wrong with what a row names; empty when nothing is."""
    named = [part.strip() for part in cell.split("·") if part.strip()]
    return [fault for part in named if (fault := _fault(part))] if named else ["nothing is named"]


def _fault(part: str) -> str | None:
    if OWNERS.fullmatch(part):
        return None
    if story := re.fullmatch(r"`(tests/e2e/stories/\w+\.story)`", part):
        return None if (ROOT / story[1]).exists() else f"no such story: {part}"
    node = re.fullmatch(r"`(tests/[\w/]+\.py)::(test_\w+)`", part)
    if node is None:
        return f"neither a test nor an issue: {part}"
    file, name = ROOT / node[1], node[2]
    there = file.exists() and f"def {name}(" in file.read_text("utf-8")
    return None if there else f"no such test: {part}"


def test_every_failure_and_every_invariant_has_one_row_in_order() -> None:
    assert [row[0] for row in ROW.findall(PAGE)] == EVERY


@pytest.mark.parametrize("row", ROW.findall(PAGE), ids=lambda row: row[0])
def test_a_row_names_tests_that_are_there_or_the_issue_that_owns_it(row: tuple[str, str, str]) -> None:
    assert faults_of(row[2]) == []


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("", "nothing is named"),
        (" · ", "nothing is named"),
        ("issue 11", "neither"),
        ("soon", "neither"),
        ("`tests/domain/test_call.py::test_that_nobody_wrote`", "no such test"),
        ("`tests/domain/no_such_file.py::test_nothing_brings_an_ended_call_back`", "no such test"),
        ("`tests/e2e/stories/that_nobody_told.story`", "no such story"),
        ("issue 05 · `tests/domain/test_call.py::test_that_nobody_wrote`", "no such test"),
    ],
)
def test_a_row_that_names_nothing_of_the_kind_is_told(cell: str, fault: str) -> None:
    assert fault in str(faults_of(cell))
