"""Runs the test rings, each within its share of the time, and says plainly what did not run.

One after another, but for neighbours that are `stepped`: on virtual time nothing waits for the machine, so they
share its cores, and what each prints is shown when it is done.

`python -m tests.run_rings all | check | NAME…` (make test, make check). A ring is a few commands; it fails when
one fails, when a test was skipped, or when it passes its share. A ring whose part is missing on this machine, or
that holds no test yet, is left out by name; with HELPLINE_ALL_RINGS=1 (.ci/run) that is a failure too. Why not
tox or nox: docs/decisions/ring-runner.md.
"""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import sqlalchemy as sa

from helpline.cli import children
from helpline.cli.servers.common import ServerFailed, ServerMissing
from helpline.cli.servers.postgres import open_postgres
from helpline.cli.servers.redis import why_not
from tests.rings import CHECK, PYTHON, RINGS, Ring

ROOT = Path(__file__).parents[1]
NO_TESTS = 5  # pytest's exit status when it collected nothing


@dataclass(frozen=True)
class Outcome:
    """What became of a ring. `why` is empty for a green one; `left_out` means that nothing was proven."""

    ring: Ring
    took_s: float = 0.0
    passed: int = 0
    failed: int = 0
    why: str = ""
    left_out: bool = False


def environment() -> dict[str, str]:
    """Ours, without the settings of a real service: tests bring their own."""
    kept = {"HELPLINE_ALL_RINGS", "HELPLINE_LONG", "HELPLINE_SEED"}
    return {
        name: value
        for name, value in os.environ.items()
        if name in kept or not name.startswith(("HELPLINE_", "TWILIO_", "FLASK_", "PYTEST_"))
    }


def main(arguments: list[str]) -> int:
    """Run the rings asked for; 0 when all are green, 1 otherwise, 2 for a ring nobody knows."""
    by_name = {ring.name: ring for ring in RINGS}
    names = (
        [ring.name for ring in RINGS]
        if arguments == ["all"]
        else list(CHECK if arguments == ["check"] else arguments)
    )
    if not names or not set(names) <= set(by_name):
        print(f"usage: run_rings all | check | NAME…; rings: {', '.join(by_name)}", file=sys.stderr)
        return 2
    down = given_but_down(os.environ)
    if down:
        print(down, file=sys.stderr)
        return 1
    env = environment()
    if env.get("HELPLINE_LONG") == "1":
        env.setdefault("HELPLINE_SEED", str(random.SystemRandom().randrange(2**32)))
        print(f"SEED={env['HELPLINE_SEED']} (make check-long SEED=… repeats this run)", flush=True)
    groups = itertools.groupby((by_name[name] for name in names), key=lambda ring: ring.stepped)
    outcomes = [
        outcome
        for stepped, rings in groups
        for outcome in (run_beside(list(rings), env) if stepped else [run_ring(ring, env) for ring in rings])
    ]
    return report(outcomes, strict=env.get("HELPLINE_ALL_RINGS") == "1")


def given_but_down(environ: Mapping[str, str]) -> str | None:
    """One line naming a part that the settings name and that does not answer. Tests use servers of their own,
    but who points us at a stopped one should hear so.
    """
    for name in ("HELPLINE_REDIS_URL", "HELPLINE_REDIS_CLOCK_URL"):
        problem = why_not(environ[name]) if environ.get(name) else None
        if problem:
            return f"Redis ({name}): {problem}"
    for name in ("HELPLINE_DATABASE_URL", "HELPLINE_TEST_DATABASE_URL"):
        if environ.get(name, "").startswith("postgresql") and not database_answers(environ[name]):
            return f"PostgreSQL ({name}): does not answer"
    return None


def database_answers(url: str) -> bool:
    try:
        engine = sa.create_engine(url, connect_args={"connect_timeout": 5})
        with engine.connect():
            return True
    except (sa.exc.SQLAlchemyError, ImportError):
        return False


def run_beside(rings: list[Ring], env: Mapping[str, str]) -> list[Outcome]:
    """Two at a time; what they print is shown in their order."""

    def one(ring: Ring) -> tuple[Outcome, str]:
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
            outcome = run_ring(ring, env, said)
            said.seek(0)
            return outcome, said.read()

    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        outcomes = []
        for outcome, text in pool.map(one, rings):
            print(text, end="", flush=True)
            outcomes.append(outcome)
    return outcomes


def run_ring(ring: Ring, env: Mapping[str, str], out: TextIO | None = None) -> Outcome:
    """Run one ring and time it; never raises for what a ring may meet. `out`: where it prints, else ours."""
    print(f"\n=== {ring.name} (share {ring.share_s} s)", file=out, flush=True)
    begin = time.monotonic()
    try:
        if ring.needs is not None:
            ring.needs()
        if not ring.postgres:
            outcome = run_commands(ring, env, begin, out)
        else:
            server = open_postgres(os.environ)
            try:
                database = {**env, "HELPLINE_TEST_DATABASE_URL": server.url}
                outcome = run_commands(ring, database, begin, out)
            finally:
                server.stop()
    except ServerMissing as missing:
        outcome = Outcome(ring, why=str(missing), left_out=True)
    except ServerFailed as failed:
        outcome = Outcome(ring, failed=1, why=str(failed))
    took_s = time.monotonic() - begin
    why = f": {outcome.why}" if outcome.why else ""
    print(f"=== {ring.name}: {took_s:.1f} s{why}", file=out, flush=True)
    return replace(outcome, took_s=took_s)


def run_commands(ring: Ring, env: Mapping[str, str], begin: float, out: TextIO | None) -> Outcome:
    limit_s = None if env.get("HELPLINE_LONG") == "1" else ring.share_s
    broken = []
    for command in ring.commands:  # all of them, so that one look shows every fault
        status = run(command, env, begin, limit_s, out)
        if status != 0:
            broken.append(f"{Path(command[0]).name} {why_status(status, ring)}")
    if broken:
        return Outcome(
            ring, passed=len(ring.commands) - len(broken), failed=len(broken), why="; ".join(broken)
        )
    if ring.name == "install":
        return check_install(ring)
    if not ring.tests:
        return Outcome(ring, passed=len(ring.commands))
    long = env.get("HELPLINE_LONG") == "1"
    tests = ring.tests
    if long and ring.long_tests:
        tests, env = ring.long_tests, {name: env[name] for name in env if name != "HELPLINE_LONG"}
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        seed = ["--hypothesis-seed", env["HELPLINE_SEED"]] if long else []
        status = run(
            (*PYTHON, "-m", "pytest", "-q", *tests, *seed, f"--junitxml={results}"),
            env,
            begin,
            limit_s,
            out,
        )
        passed, failed, skipped = count(results)
    if status == NO_TESTS:
        return Outcome(ring, why="holds no test yet", left_out=True)
    if status == 0 and skipped:
        return Outcome(
            ring, passed=passed, failed=skipped, why=f"{skipped} skipped: a test runs or is not there"
        )
    return Outcome(
        ring, passed=passed, failed=max(failed, status != 0), why=why_status(status, ring) if status else ""
    )


def check_install(ring: Ring) -> Outcome:
    """Installing came before us (make_venv.sh): hold its time against the share."""
    note = Path(sys.prefix) / ".install-seconds"
    seconds = int(note.read_text()) if note.exists() else None
    print(f"installed in {seconds} s" if seconds is not None else "not installed by make; time unknown")
    if seconds is not None and seconds > ring.share_s:
        return Outcome(ring, failed=1, why=f"installing took {seconds} s")
    return Outcome(ring, passed=1)


def run(
    command: tuple[str, ...],
    env: Mapping[str, str],
    begin: float,
    limit_s: float | None,
    out: TextIO | None,
) -> int | None:
    """The command's exit status; None when the ring's time ran out and it was ended with all it started."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT if out else None,
        start_new_session=True,
    )
    try:
        return process.wait(None if limit_s is None else max(0.1, limit_s - (time.monotonic() - begin)))
    except subprocess.TimeoutExpired:
        return None
    finally:
        children.end(process)


def why_status(status: int | None, ring: Ring) -> str:
    return f"passed its share of {ring.share_s} s" if status is None else f"failed (status {status})"


def count(results: Path) -> tuple[int, int, int]:
    """(passed, failed, skipped) of pytest's XML; an expected failure counts as skipped there, and so here."""
    if not results.exists():
        return 0, 0, 0
    suite = ET.parse(results).getroot()[0]  # noqa: S314  # written by our own pytest a moment ago
    tests, failed, errors, skipped = (
        int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")
    )
    return tests - failed - errors - skipped, failed + errors, skipped


def report(outcomes: list[Outcome], *, strict: bool) -> int:
    """The closing table; its last line is the one that machines read."""
    print("\nring                          time   share  result")
    for outcome in outcomes:
        result = "left out" if outcome.left_out else "failed" if outcome.failed or outcome.why else "passed"
        row = f"{outcome.ring.name:<27} {outcome.took_s:5.1f} s  {outcome.ring.share_s:4d} s  {result}"
        print(row + (f": {outcome.why}" if outcome.why else f" ({outcome.passed})"))
    left_out = [outcome for outcome in outcomes if outcome.left_out]
    if left_out and strict:
        print(f"HELPLINE_ALL_RINGS is set: {len(left_out)} left out counts as failed")
    failed = sum(outcome.failed for outcome in outcomes) + (len(left_out) if strict else 0)
    passed = sum(outcome.passed for outcome in outcomes)
    print(f"\n{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
