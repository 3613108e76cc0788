"""How processes start, log and end: what they refuse, what they never print, and that they end when told."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from helpline import logs
from helpline.adapters.snapshots import FileSnapshots
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.bootstrap import NotSetUp, service_of
from helpline.bootstrap_tools import preflight_of
from helpline.cli.demo_data import read_documents
from helpline.cli.servers.redis import RedisServer
from helpline.config import Settings, load_settings
from helpline.domain.errors import LiveStateDown
from helpline.domain.people import Roster
from helpline.domain.snapshot import Snapshot
from tests import builders
from tests.environ import environ_for_tests

ROOT = Path(__file__).parents[2]
CARRIER_ID = "CA" + "0123456789abcdef" * 2


def _with_snapshot(settings: Settings) -> Settings:
    rules, flows = read_documents(ROOT)
    snapshot = Snapshot(Roster((builders.psychologist("vera", 1),)), (), rules, flows)
    FileSnapshots(settings.home_dir / "snapshot").replace(snapshot)
    return settings


def test_making_a_service_connects_to_nothing(tmp_path: Path) -> None:
    settings = _with_snapshot(
        builders.settings(
            "postgresql://helpline@/nowhere?host=/nowhere", tmp_path, HELPLINE_REDIS_URL="unix:///no/sock"
        )
    )

    service = service_of(settings)

    assert service.switchboard.book.roster.by_handle("vera") is not None


def test_without_a_snapshot_a_service_is_refused_in_one_line(tmp_path: Path) -> None:
    settings = builders.settings("sqlite:////nowhere/helpline.db", tmp_path)

    with pytest.raises(NotSetUp, match=r"^snapshot: none that can be used; run .*$"):
        service_of(settings)


def test_only_the_clock_holds_the_user_that_reads_private_halves(
    tmp_path: Path, redis_server: RedisServer, redis_admin: redis.Redis, database_url: str
) -> None:
    urls = {"HELPLINE_REDIS_URL": redis_server.url_app, "HELPLINE_REDIS_CLOCK_URL": redis_server.url_clock}
    settings = _with_snapshot(builders.settings(database_url, tmp_path, **urls))
    database = Database(make_engine(database_url))
    SqlMigrations(database).upgrade()
    database.close()

    # The server itself refuses: the script may not write a private half.
    web, clock = service_of(settings), service_of(settings, clock=True)
    with pytest.raises(LiveStateDown, match=r"^redis: (ResponseError|NoPermissionError)$"):
        web.ensure_batch(1)
    clock.ensure_batch(1)
    web.close()
    clock.close()


@pytest.mark.parametrize(
    ("setting", "value"), [("save", "60 1"), ("appendonly", "yes"), ("maxmemory-policy", "allkeys-lru")]
)
def test_production_refuses_a_redis_that_writes_to_disk_or_forgets(
    tmp_path: Path, redis_server: RedisServer, redis_admin: redis.Redis, setting: str, value: str
) -> None:
    environ = environ_for_tests(
        "production", HELPLINE_REDIS_URL=redis_server.url_app, HELPLINE_REDIS_CLOCK_URL=redis_server.url_clock
    )
    settings = load_settings(environ, tmp_path)
    was = redis_admin.config_get(setting)[setting]
    sound = [fault for fault in preflight_of(settings) if fault.startswith("Redis")]
    redis_admin.config_set(setting, value)
    try:
        faults = [fault for fault in preflight_of(settings) if fault.startswith("Redis")]
    finally:
        redis_admin.config_set(setting, was)

    assert sound == []
    (fault,) = faults
    assert fault.startswith(f"Redis: {setting} must be")
    assert "\n" not in fault


def test_production_may_start_while_redis_is_away(tmp_path: Path) -> None:
    settings = load_settings(environ_for_tests("production"), tmp_path)

    assert not [fault for fault in preflight_of(settings) if fault.startswith("Redis")]


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("a call from +33639980001 came", "a call from █ came"),
        ("a call from 06 39 98 00 01 came", "a call from █ came"),
        ("06.39.98.00.01", "█"),
        (f"leg {CARRIER_ID} ended", "leg █ ended"),
        (
            "effect ring failed: KeyError at services/take_call.py:41",
            "effect ring failed: KeyError at services/take_call.py:41",
        ),
        ("the wall clock is 2500 ms away", "the wall clock is 2500 ms away"),
        ("listening on 127.0.0.1:8000", "listening on 127.0.0.1:8000"),
    ],
)
def test_the_last_line_blanks_numbers_and_carrier_ids(text: str, scrubbed: str) -> None:
    assert logs.scrub(text) == scrubbed


def test_tracebacks_and_arguments_are_scrubbed_too() -> None:
    try:
        raise ValueError("no leg for +33639980001")  # noqa: TRY301  # its traceback is what the test is about
    except ValueError:
        trace = sys.exc_info()
    record = logging.LogRecord("x", logging.ERROR, "", 0, "of %s", ("0639980001",), trace)

    line = logs.ScrubbingFormatter().format(record)

    assert "639980001" not in line
    assert "error x: of █" in line
    assert "ValueError: no leg for █" in line


def _environ(tmp_path: Path, server: RedisServer) -> dict[str, str]:
    urls = {
        "HELPLINE_REDIS_URL": server.url_app,
        "HELPLINE_REDIS_CLOCK_URL": server.url_clock,
        "HELPLINE_DATABASE_URL": f"sqlite:///{tmp_path}/helpline.db",
        "HELPLINE_CARRIER_URL": "http://127.0.0.1:9",
    }
    _with_snapshot(load_settings(environ_for_tests(**urls), tmp_path))
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("HELPLINE_", "TWILIO_"))
    }
    return plain | environ_for_tests(**urls)


@pytest.mark.parametrize("name", ["effects", "worker", "clock"])
def test_a_process_starts_without_its_neighbours_and_ends_when_told(
    tmp_path: Path, redis_server: RedisServer, redis_admin: redis.Redis, name: str
) -> None:
    command = [sys.executable, "-m", "helpline.cli.main", "run", name]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=_environ(tmp_path, redis_server),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        deadline = time.monotonic() + 15
        # Each leaves a first trace in Redis: the host's clock, or rq's list of workers.
        while not (redis_admin.keys("clock:*") or redis_admin.exists("rq:workers")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)
        assert process.poll() is None

        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=10)
    finally:
        process.kill()
        process.communicate()

    assert process.returncode == 0
    assert b"Traceback" not in printed


def test_a_process_with_wrong_settings_names_each_and_ends(tmp_path: Path) -> None:
    # Without the settings of the test run itself: a seed is refused in production, rightly.
    outer = {name: value for name, value in os.environ.items() if not name.startswith("HELPLINE_")}
    environ = outer | environ_for_tests("production", HELPLINE_SEAL_AFTER_S="5", TWILIO_AUTH_TOKEN=None)

    done = subprocess.run(
        [sys.executable, "-m", "helpline.cli.main", "run", "effects"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    names = [line.split(":")[0] for line in done.stderr.splitlines()]
    assert names == ["TWILIO_AUTH_TOKEN", "HELPLINE_SEAL_AFTER_S"]


def test_the_web_with_wrong_settings_ends_instead_of_trying_for_ever(tmp_path: Path) -> None:
    environ = {**os.environ, **environ_for_tests(TWILIO_AUTH_TOKEN=None)}

    done = subprocess.run(
        [sys.executable, "-c", "import helpline.web.wsgi"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("TWILIO_AUTH_TOKEN: ")
    assert len(done.stderr.splitlines()) == 1
