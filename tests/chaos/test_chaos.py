"""A hundred calls while everything dies in turn, in real processes: nobody is lost, nobody twice."""

from __future__ import annotations

import os

import pytest

from tests.chaos.plan import SHORT, make_plan
from tests.chaos.run import run

pytestmark = [pytest.mark.real, pytest.mark.timeout(176)]

SEED = int(os.environ.get("HELPLINE_SEED") or 4)
"""One seed in CI, so that a red run is red again as far as real time allows; `make chaos` draws others."""


def test_a_hundred_calls_while_everything_dies(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        result = run(make_plan(SEED, SHORT))

    assert [f"{finding.rule}: {finding.text}" for finding in result.found] == []
