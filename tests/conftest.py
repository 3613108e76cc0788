"""What every ring shares: no network, one embedded Redis a session, repeatable chance, an empty database.

Markers: `real` and `loopback` lift the ban on TCP; `long` tests run only with HELPLINE_LONG=1 and are left out by
selection, not skipped; `database` is given to every test that takes `database_url`.
"""

from __future__ import annotations

import itertools
import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import redis

from helpline.adapters.redis.connection import connect
from helpline.cli.servers.redis import RedisServer, plan_redis, start_redis

LONG = os.environ.get("HELPLINE_LONG") == "1"
SEED = int(os.environ.get("HELPLINE_SEED") or (random.SystemRandom().randrange(2**32) if LONG else 0))
DATABASE_URL = os.environ.get("HELPLINE_TEST_DATABASE_URL")

# ci: the same examples each time, so that a red run is red again. long: new ones, from the seed shown in the header.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
hypothesis.settings.register_profile("long", max_examples=2000, deadline=None, print_blob=True)
hypothesis.settings.load_profile("long" if LONG else "ci")


def pytest_report_header() -> str:
    return f"helpline: {'long' if LONG else 'ci'} profile, HELPLINE_SEED={SEED}, {'PostgreSQL' if DATABASE_URL else 'SQLite'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "database_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.database)
    left_out = [item for item in items if item.get_closest_marker("long") and not LONG]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse TCP and UDP connections; unix sockets (the embedded servers) stay allowed."""
    if any(request.node.get_closest_marker(name) for name in ("real", "loopback")):
        return
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, address: Any, _original: Any = original) -> Any:
            if self.family == socket.AF_UNIX:
                return _original(self, address)
            raise AssertionError(
                "this ring has no network: mark the test `real` or `loopback`, or use a fake"
            )

        monkeypatch.setattr(socket.socket, name, guarded)


@pytest.fixture
def seed() -> int:
    """The seed of this run: 0, HELPLINE_SEED, or a fresh one in long runs (shown in the header)."""
    return SEED


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One embedded server for the session, with users app, clock and admin (`url_admin`)."""
    server = start_redis(plan_redis(admin=True))
    yield server
    server.stop()


@pytest.fixture
def redis_admin(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """May do everything; the server is emptied first, scripts included, and its set-up put right."""
    assert redis_server.url_admin is not None
    with connect(redis_server.url_admin, timeout_s=2.0) as client:
        client.flushall()
        client.script_flush()
        yield client


@pytest.fixture
def redis_app(redis_server: RedisServer, redis_admin: redis.Redis) -> Iterator[redis.Redis]:
    """User `app` on the emptied server: what web, workers and desk have."""
    with connect(redis_server.url_app, timeout_s=2.0) as client:
        yield client


@pytest.fixture
def redis_clock(redis_server: RedisServer, redis_admin: redis.Redis) -> Iterator[redis.Redis]:
    """User `clock` on the emptied server: what the clock process has."""
    with connect(redis_server.url_clock, timeout_s=2.0) as client:
        yield client


_numbers = itertools.count()


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """An empty database of this test's own: an SQLite file, or on PostgreSQL when HELPLINE_TEST_DATABASE_URL is set."""
    if not DATABASE_URL:
        yield f"sqlite:///{tmp_path}/helpline.db"
        return
    import psycopg  # noqa: PLC0415  # an extra, needed by this branch only
    from sqlalchemy import make_url  # noqa: PLC0415

    url = make_url(DATABASE_URL)
    name = f"t_{os.getpid()}_{next(_numbers)}"
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f'create database "{name}"')
        yield url.set(database=name).render_as_string(hide_password=False)
        admin.execute(f'drop database "{name}" with (force)')
