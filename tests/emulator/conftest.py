"""A line for each test. The cases of the carrier's documents (test_t01_… to test_t64_…) are played under drawn knobs too."""

from __future__ import annotations

import random
import re

import pytest

from tests.conftest import LONG, SEED
from tests.emulator.line import Line

CASE = re.compile(r"test_t\d\d_")
KNOB_SEEDS = random.Random(SEED).sample(range(1_000_000), 20 if LONG else 1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each case with the knobs as they are, and with all open questions drawn from each seed."""
    on_sockets = metafunc.definition.get_closest_marker("loopback") is not None  # with a carrier of its own
    if CASE.match(metafunc.function.__name__) and not on_sockets:
        ids = ["", *(f"knobs {seed}" for seed in KNOB_SEEDS)]
        metafunc.parametrize("knob_seed", [None, *KNOB_SEEDS], indirect=True, ids=ids)


@pytest.fixture(autouse=True)
def knob_seed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The seed from which every line of the test draws its knobs; a case that depends on one sets it itself."""
    monkeypatch.setattr(Line, "knob_seed", getattr(request, "param", None))


@pytest.fixture
def line() -> Line:
    return Line()
