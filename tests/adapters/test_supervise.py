"""The supervisor: restarts within a second, keeps down what is held, leaves nothing running."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpline.adapters.redis.connection import connect
from helpline.cli import children
from helpline.cli.servers.redis import plan_redis
from helpline.cli.supervise import Child, NotReady, PortTaken, Supervisor

pytestmark = pytest.mark.real

# A master with two workers, as gunicorn has; SIGTERM ends the master only.
MASTER = ("sh", "-c", "sleep 61 & sleep 62 & wait")


def until(holds: Callable[[], bool], within_s: float = 3.0) -> float:
    begin = time.monotonic()
    while not holds():
        assert time.monotonic() - begin < within_s, "did not happen in time"
        time.sleep(0.01)
    return time.monotonic() - begin


@pytest.fixture
def parts() -> Iterator[Supervisor]:
    with Supervisor() as supervisor:
        yield supervisor


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_killed_part_is_back_within_a_second_and_its_orphans_are_gone(parts: Supervisor) -> None:
    parts.start(Child(name="web", command=MASTER))
    until(lambda: len(parts.pids("web")) == 3)
    leader, *_workers = parts.pids("web")

    os.kill(leader, signal.SIGKILL)

    took_s = until(lambda: len(pids := parts.pids("web")) == 3 and leader not in pids)
    assert took_s < 1.0
    # Killed before the new one was started; how soon they are gone is the kernel's business.
    until(lambda: children.session_pids(leader) == [])
    assert parts.restarts("web") == 1


def test_a_part_that_keeps_dying_is_retried_within_a_second_each_time(
    parts: Supervisor, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    parts.start(
        Child(
            name="effects",
            command=("sh", "-c", f"date +%s%N >> '{starts}'; sleep 0.05; exit 3"),
            ready=starts.exists,
        )
    )
    until(lambda: parts.restarts("effects") >= 6, within_s=8)

    at = [int(line) / 1e9 for line in starts.read_text().split()]

    assert max(later - earlier for earlier, later in itertools.pairwise(at)) < 1.2


def test_redis_comes_back_empty_under_the_same_address(parts: Supervisor) -> None:
    plan = plan_redis()
    parts.start(
        Child(
            name="redis",
            command=plan.command,
            cwd=plan.directory,
            log=plan.directory / "log",
            ready=plan.ready,
        )
    )
    with connect(plan.url_app) as client:
        client.set("call:1", "x")

        parts.kill("redis")

        until(lambda: parts.restarts("redis") == 1 and plan.ready(), within_s=1.0)
        assert client.get("call:1") is None
    parts.stop()
    plan.remove()


def test_a_part_held_down_stays_down_until_let_up(parts: Supervisor) -> None:
    parts.start(Child(name="web", command=MASTER))
    until(lambda: len(parts.pids("web")) == 3)

    parts.hold_down("web")
    parts.hold_down("web")
    time.sleep(0.3)

    assert parts.pids("web") == []
    parts.let_up("web")
    until(lambda: len(parts.pids("web")) == 3)


def test_stop_ends_the_first_started_after_all_others_and_leaves_nothing(tmp_path: Path) -> None:
    order = tmp_path / "order"
    parts = Supervisor()
    for name in ("first", "second"):
        script = f"trap 'echo {name} >> \"{order}\"; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        log = tmp_path / name
        parts.start(
            Child(
                name=name,
                command=("sh", "-c", script),
                log=log,
                ready=lambda log=log: b"up" in log.read_bytes(),
            )
        )
    leaders = [parts.pids(name)[0] for name in parts.names()]

    parts.stop()
    parts.stop()

    assert order.read_text().split() == ["second", "first"]
    assert all(children.session_pids(leader) == [] for leader in leaders)


def test_a_part_that_ignores_sigterm_is_killed_after_its_time() -> None:
    with Supervisor() as parts:
        parts.start(Child(name="deaf", command=("sh", "-c", "trap '' TERM; sleep 60; sleep 60"), term_s=0.2))
        until(lambda: len(parts.pids("deaf")) == 2)
        leader = parts.pids("deaf")[0]
        begin = time.monotonic()

    assert time.monotonic() - begin < 2.0
    assert children.session_pids(leader) == []


def test_a_taken_port_is_named_with_its_part_before_anything_starts(
    parts: Supervisor, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(PortTaken, match=f"^dashboard: port {port} is taken"):
            parts.start(
                Child(
                    name="dashboard", command=("touch", str(tmp_path / "started")), ports=(free_port(), port)
                )
            )

    assert parts.names() == []
    assert not (tmp_path / "started").exists()


def test_a_part_that_never_gets_ready_is_named_with_its_last_words(parts: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "log" / "worker"

    with pytest.raises(NotReady, match=r"^worker: not ready after 0.4 s .*no database"):
        parts.start(
            Child(
                name="worker",
                command=("sh", "-c", "echo no database"),
                log=log,
                ready=lambda: False,
                ready_within_s=0.4,
            )
        )


def test_a_part_that_cannot_be_started_is_named(parts: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"^clock: not ready .*No such file"):
        parts.start(Child(name="clock", command=("true",), cwd=tmp_path / "nowhere"))


def test_a_part_outlives_the_thread_that_asked_for_it(parts: Supervisor) -> None:
    asking = threading.Thread(target=parts.start, args=(Child(name="web", command=("sleep", "60")),))
    asking.start()
    asking.join()
    pids = parts.pids("web")

    time.sleep(0.3)

    assert parts.pids("web") == pids
    assert parts.restarts("web") == 0


def test_everything_ends_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    port = free_port()
    application = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'up']\n"
    (tmp_path / "tiny.py").write_text(application)
    gunicorn = (
        sys.executable,
        "-m",
        "gunicorn",
        "-b",
        f"127.0.0.1:{port}",
        "-k",
        "gthread",
        "-w",
        "2",
        "tiny:app",
    )
    program = (
        "import sys, time, pathlib\nfrom helpline.cli.supervise import *\n"
        f"parts = Supervisor()\nparts.start(Child(name='web', command={gunicorn!r}, cwd=pathlib.Path({str(tmp_path)!r}), log=pathlib.Path({str(tmp_path / 'log')!r})))\n"
        "while len(parts.pids('web')) < 3: time.sleep(.05)\n"
        "print(*parts.pids('web'), flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]

        parent.kill()

    assert len(pids) == 3
    until(lambda: children.session_pids(pids[0]) == [], within_s=5)
