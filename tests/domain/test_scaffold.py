"""The files around the code: what is locked, what is run, and that no machine's name got in."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.rings import CHECK, RINGS

ROOT = Path(__file__).parents[2]


def test_every_dependency_is_locked_by_hash_and_from_no_named_host() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    lock = (ROOT / "requirements.lock").read_text()
    entries = re.split(r"\n(?=\S)", lock)

    locked = {entry.split("==")[0].lower() for entry in entries if "==" in entry.splitlines()[0]}
    names = {re.split(r"[\[<>=; ]", name)[0].lower().replace(".", "-") for name in wanted}

    assert names <= locked
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry.splitlines()[0])
    assert "://" not in lock
    assert "--index" not in lock


def test_the_lock_serves_debians_python_too() -> None:
    # Debian 12 has 3.11.2, where redis and aiohttp need a package that 3.11.3 made superfluous.
    assert "async-timeout==5.0.1 ; python_full_version < '3.11.3'" in (ROOT / "requirements.lock").read_text()


def test_the_make_targets_of_the_design_exist_with_a_line_of_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## \w", makefile, re.MULTILINE))

    assert {
        "demo",
        "demo-call",
        "test",
        "check",
        "check-long",
        "chaos",
        "soak",
        "bench",
        "help",
        "lock",
        "clean",
    } == targets


def test_the_processes_of_the_design_are_in_the_procfile() -> None:
    names = [line.split(":")[0] for line in (ROOT / "Procfile").read_text().splitlines()]

    assert names == ["release", "web", "dashboard", "live", "effects", "effects2", "worker", "clock"]


def test_the_rings_fit_into_the_time_of_make_check() -> None:
    shares = {ring.name: ring.share_s for ring in RINGS}

    assert sum(shares[name] for name in CHECK) <= 300
    assert len(shares) == len(RINGS)
