"""The embedded PostgreSQL, and the ending of child processes with all they started."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from helpline.cli import children
from helpline.cli.servers import postgres

NOWHERE = "/nonexistent"


def until(holds: Callable[[], bool], within_s: float = 5.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.PostgresServer]:
    server = postgres.start_postgres()
    yield server
    server.stop()


def answer(url: str, question: str) -> object:
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(sa.text(question)).scalar()
    finally:
        engine.dispose()


def test_postgres_answers_on_a_unix_socket_only(cluster: postgres.PostgresServer) -> None:
    assert answer(cluster.url, "show listen_addresses") == ""
    assert answer(cluster.url, "show server_encoding") == "UTF8"


def test_postgres_never_runs_as_root(cluster: postgres.PostgresServer) -> None:
    assert Path(f"/proc/{cluster.pid}").stat().st_uid != 0


def test_postgres_ends_and_leaves_nothing() -> None:
    server = postgres.start_postgres(postgres.find_postgres(path=NOWHERE, debian=Path(NOWHERE)))
    assert server.pid is not None
    assert server.directory is not None

    server.stop()
    server.stop()

    assert children.session_pids(server.pid) == []
    assert not server.directory.exists()


def test_the_wheel_runs_from_a_folder_closed_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres.stat, "S_IXOTH", 0)  # as if some folder on the way were closed
    server = postgres.start_postgres(postgres.find_postgres(path=NOWHERE, debian=Path(NOWHERE)))

    assert answer(server.url, "select 1") == 1
    server.stop()


def test_a_given_database_is_used_and_left_running() -> None:
    given = postgres.open_postgres({"HELPLINE_TEST_DATABASE_URL": "postgresql+psycopg://u@h/d"})

    given.stop()

    assert (given.url, given.pid) == ("postgresql+psycopg://u@h/d", None)


def test_ending_a_child_ends_what_it_started(tmp_path: Path) -> None:
    process = children.spawn(["sh", "-c", "sleep 60 & sleep 60 & trap '' TERM; wait; sleep 60"], cwd=tmp_path)
    assert until(lambda: len(children.session_pids(process.pid)) == 3)

    children.end(process, term_s=0.2)

    assert process.returncode == -signal.SIGKILL
    assert children.session_pids(process.pid) == []
    assert os.getpid() not in children.session_pids(process.pid)
