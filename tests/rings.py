"""What is proven, ring by ring, and the share of the gate's time each may take. `run_rings` runs them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from helpline.cli.servers.postgres import find_postgres
from helpline.cli.servers.redis import find_redis
from tests.browser.chromium import find_chromium

PYTHON = (sys.executable,)


@dataclass(frozen=True)
class Ring:
    """`share_s` bounds the whole ring; `tests` are pytest's arguments, `commands` run before them.

    `needs` finds the ring's part or raises ServerMissing, whose text says what to install. `stepped`: all its tests
    are on virtual time; it may run beside a neighbour that is too. `long_tests`: instead of `tests` in check-long,
    at CI's sizes: another database does not need as many examples.
    """

    name: str
    share_s: int
    commands: tuple[tuple[str, ...], ...] = ()
    tests: tuple[str, ...] = ()
    needs: Callable[[], object] | None = None
    postgres: bool = False
    stepped: bool = False
    long_tests: tuple[str, ...] = ()


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).with_name(name)), *arguments)


def find_both() -> None:
    """Redis and PostgreSQL, or ServerMissing."""
    find_redis()
    find_postgres()


ONE_STORY = "test_a_caller_is_answered_and_counted_and_nothing_is_left"
"""Told on PostgreSQL too; SQLite tells all of them."""

RACES = ("tests/e2e/races", "tests/e2e/test_accept_at_any_moment.py")
CRASHES = ("tests/e2e/test_crash_points.py",)

RINGS = (
    Ring("install", 240, commands=((*PYTHON, "-m", "pip", "check", "--disable-pip-version-check"),)),
    Ring(
        "lint and types",
        120,
        commands=(
            tool("ruff", "check"),
            tool("ruff", "format", "--check"),
            tool("mypy"),
            tool("lint-imports", "--no-logo"),
        ),
    ),
    Ring("domain and services", 180, tests=("tests/domain", "tests/services")),
    Ring("adapters, SQLite", 120, tests=("tests/adapters", "-m", "not leak"), needs=find_redis),
    Ring("webhooks", 120, tests=("tests/web", "-m", "not leak"), needs=find_redis),
    Ring(
        "adapters, PostgreSQL",
        120,
        tests=("tests/adapters", f"tests/e2e/test_answered.py::{ONE_STORY}", "-m", "database"),
        needs=find_postgres,
        postgres=True,
        long_tests=("tests", "-m", "database and not real and not leak"),
    ),
    Ring("emulator", 120, tests=("tests/emulator",)),
    Ring("mutants", 60, tests=("tests/mutants",)),
    Ring(
        "stories, stepped",
        240,
        tests=(
            "tests/e2e",
            *(f"--ignore={path}" for path in (*RACES, *CRASHES)),
            "-m",
            "not real and not leak",
        ),
        needs=find_redis,
        stepped=True,
    ),
    Ring("crash points, stepped", 150, tests=CRASHES, needs=find_redis, stepped=True),
    Ring(
        "races, stepped", 180, tests=(*RACES, "-m", "not real and not leak"), needs=find_redis, stepped=True
    ),
    Ring("real processes", 420, tests=("tests/e2e", "-m", "real and not leak"), needs=find_redis),
    # PostgreSQL too: it is killed, stopped and filled in there, so the one that a setting names will not do.
    Ring("chaos of 100 calls", 180, tests=("tests/chaos",), needs=find_both),
    Ring("dashboard", 180, tests=("tests/dashboard", "-m", "not leak"), needs=find_redis),
    Ring("browser", 300, tests=("tests/browser", "-m", "not leak"), needs=find_chromium),
    Ring("leak", 120, tests=("tests", "-m", "leak"), needs=find_redis),
)
CHECK = ("lint and types", "domain and services")
