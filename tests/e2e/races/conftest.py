"""A line for each skew of each race; nothing may fail unseen in any of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
import redis

from helpline.emulator.verdict import Allowed
from tests.e2e.conftest import MakeLine
from tests.e2e.races.skews import QUICK, SKEWS, Skew, goes_home
from tests.phone import Line

GoHome = Callable[..., dict[str, int]]


@pytest.fixture(params=range(SKEWS))
def skew(request: pytest.FixtureRequest, seed: int) -> Iterator[Skew]:
    drawn = Skew(seed, request.function.__name__, request.param)
    yield drawn
    print(f"{drawn.name}: {', '.join(drawn.drawn)}")


@pytest.fixture
def quick_line(make_line: MakeLine) -> MakeLine:
    """`make_line` with calls that are soon counted and erased."""
    return lambda *people, **changes: make_line(*people, **{**QUICK, **changes})


@pytest.fixture
def line(quick_line: MakeLine) -> Line:
    """Vera and Bruno on duty, Sunday night at three."""
    return quick_line()


@pytest.fixture
def home(redis_admin: redis.Redis) -> GoHome:
    """`home(line)`: everybody hangs up, and the night is judged."""

    def go(line: Line, allowed: Allowed | None = None) -> dict[str, int]:
        return goes_home(line, redis_admin, allowed)

    return go


@pytest.fixture(autouse=True)
def nothing_fails_unseen(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A webhook or an effect that fails says so in the log; in a race none may."""
    yield
    failed = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    assert not failed, failed
