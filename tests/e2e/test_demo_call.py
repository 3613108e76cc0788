"""`helpline demo --once`: one whole call through real processes, and the promises it makes somebody see broken."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpline.adapters.redis.connection import connect
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.adapters.sql.people import SqlPublishedStore, SqlSeedStore
from helpline.cli import children
from helpline.cli.demo_call import NUMBER, DemoCall
from helpline.cli.demo_data import PSYCHOLOGISTS
from helpline.cli.demo_parts import DemoParts
from helpline.cli.servers.redis import plan_redis, start_redis
from tests import builders
from tests.demo import plain_environ

pytestmark = [pytest.mark.real, pytest.mark.timeout(150)]

ROOT = Path(__file__).parents[2]
DEMO = (sys.executable, "-m", "helpline.cli.main", "demo")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return plain_environ(tmp_path)


@pytest.fixture
def demo(environ: dict[str, str]) -> Iterator[DemoParts]:
    with DemoParts(environ, ROOT) as parts:
        yield parts


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _children_of(needle: str) -> list[str]:
    """Command lines of live processes whose environment names this test's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and needle.encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def _assert_nothing_left(environ: dict[str, str]) -> None:
    base = int(environ["HELPLINE_PORT_BASE"])
    assert not [port for port in range(base, base + 5) if _listens(port)]
    assert _children_of(environ["HELPLINE_VAR_DIR"]) == []


def test_the_story_is_told_every_promise_kept_and_nothing_left_running(environ: dict[str, str]) -> None:
    began = time.monotonic()

    done = subprocess.run([*DEMO, "--once"], cwd=ROOT, env=environ, capture_output=True, text=True)

    story = done.stdout
    assert (done.returncode, done.stderr) == (0, ""), story + done.stderr
    wanted = (
        "seal_after_s=5 erase_after_s=5 sweep_every_s=2",
        "A dials 0 800 288 038",
        "A hears: « Entraide médecins et internes. Appel anonyme",
        "vera's phone rings",
        "vera picks up",
        "vera presses ",
        "A and vera talk",
        "proposals asso retenue, cdom refusee",
        "A hangs up",
        "the carrier has deleted its record of A's leg",
        "in SQL: 1 call more is counted, 1 sealed fiche more is kept",
        "measure=end_state, cls=spoke, n=1, +1",
        "carrier  nothing",
        "P2 never a name: kept",
    )
    assert [text for text in wanted if text not in story] == []
    assert story.index("phone rings") < story.index("A leaves the waiting line")
    assert re.search(r"^ {3}0\.000  A dials", story, re.MULTILINE)
    assert time.monotonic() - began < 75
    told = re.sub(r"0 800 288 038|HELPLINE\S*|files in \S+", "", story)
    assert re.findall(r"[A-Z]{2}[0-9a-f]{32}|\+?\d{10,}|06 ?39", told) == []
    _assert_nothing_left(environ)


def test_effects_kept_away_break_two_promises_by_name(demo: DemoParts) -> None:
    def keep_away(step: str) -> None:
        if step == "dial":
            demo.parts.hold_down("effects")
            demo.parts.hold_down("effects2")

    broken = DemoCall(demo, print, keep_away, patience_s=4, tidy_s=1).play()

    assert any(re.match(r"P5 broken: a caller waited [2-9]\d{3} ms with somebody free", b) for b in broken), (
        broken
    )
    assert "P1 broken: c1 reached nobody" in broken


@pytest.mark.long
def test_a_refused_erasure_breaks_the_second_promise_by_name(demo: DemoParts) -> None:
    def refuse(step: str) -> None:
        if step == "dial":
            demo.control.set_knobs({"erase_refused_forever": True})

    broken = DemoCall(demo, print, refuse, tidy_s=10).play()

    (only,) = broken
    assert re.fullmatch(
        r"P2 broken: the carrier still keeps its record of [23] legs, 1 of them the caller's", only
    )


def test_a_number_planted_in_a_log_breaks_the_second_promise_without_being_shown(
    demo: DemoParts, capsys: pytest.CaptureFixture[str]
) -> None:
    def plant(step: str) -> None:
        if step == "show":
            with demo.log_of("web").open("a") as log:
                log.write(f"a call from {NUMBER}\n")

    broken = DemoCall(demo, print, plant).play()

    assert broken == ["P2 broken: the caller's number (national) is held in file log/web.log"]
    assert NUMBER not in capsys.readouterr().out


def test_told_to_end_it_leaves_nothing_running(environ: dict[str, str]) -> None:
    process = children.spawn(DEMO, env=environ, cwd=ROOT, log=subprocess.DEVNULL)
    base = int(environ["HELPLINE_PORT_BASE"])
    deadline = time.monotonic() + 30
    while not _listens(base) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _listens(base)

    process.send_signal(signal.SIGTERM)

    assert process.wait(30) == 0
    _assert_nothing_left(environ)


def test_killed_it_takes_every_part_with_it(environ: dict[str, str]) -> None:
    process = children.spawn(DEMO, env=environ, cwd=ROOT, log=subprocess.DEVNULL)
    base = int(environ["HELPLINE_PORT_BASE"])
    deadline = time.monotonic() + 30
    while not _listens(base) and time.monotonic() < deadline:
        time.sleep(0.1)

    process.kill()
    process.wait()

    deadline = time.monotonic() + 10
    while _children_of(environ["HELPLINE_VAR_DIR"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    _assert_nothing_left(environ)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"HELPLINE_REDIS_URL": "redis://app:word@127.0.0.1:9/0"},
            "Redis (HELPLINE_REDIS_URL): does not answer",
        ),
        (
            {"HELPLINE_DATABASE_URL": "postgresql://helpline@127.0.0.1:9/helpline"},
            "SQL (HELPLINE_DATABASE_URL): does not answer",
        ),
        ({"HELPLINE_PORT_BASE": "80"}, "HELPLINE_PORT_BASE: must be a whole number from 1024 to 65000"),
    ],
)
def test_a_part_that_is_away_is_named_in_one_line(
    environ: dict[str, str], changes: dict[str, str], line: str
) -> None:
    done = subprocess.run(
        [*DEMO, "--once"], cwd=ROOT, env=environ | changes, capture_output=True, text=True, timeout=10
    )

    assert (done.returncode, done.stdout, done.stderr) == (1, "", line + "\n")
    assert _children_of(environ["HELPLINE_VAR_DIR"]) == []


def test_a_taken_port_is_named_with_its_part(environ: dict[str, str]) -> None:
    base = int(environ["HELPLINE_PORT_BASE"])
    with socket.socket() as other:
        other.bind(("127.0.0.1", base + 2))
        other.listen()

        done = subprocess.run([*DEMO], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=10)

    assert done.returncode == 1
    assert (
        done.stderr
        == f"carrier: port {base + 2} is taken by another program; end it or set HELPLINE_PORT_BASE\n"
    )


def test_with_the_web_kept_down_the_chain_alone_brings_the_caller_to_a_psychologist(
    demo: DemoParts,
) -> None:
    demo.parts.hold_down("web")
    phone = PSYCHOLOGISTS[0].endpoints[0].address
    call = demo.control.dial("0639980002", "0800288038")

    _until(lambda: demo.control.phone(phone)["state"] == "ringing", 20)
    demo.control.phone_does(phone, "answer")
    _until(lambda: any("tapez 1" in sound["text"] for sound in demo.control.phone(phone)["heard"]), 10)
    time.sleep(0.5)
    demo.control.phone_does(phone, "press", keys="1")
    _until(lambda: bool(demo.control.call(call)["with"]), 10)
    demo.control.hang_up(call)

    assert "0639980002" not in "".join(file.read_text() for file in (demo.home / "log").iterdir())


def _until(what: Callable[[], bool], for_s: float) -> None:
    deadline = time.monotonic() + for_s
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_attack_58_a_database_of_other_people_is_left_alone(environ: dict[str, str], tmp_path: Path) -> None:
    database = Database(make_engine(f"sqlite:///{tmp_path}/real.db"))
    SqlMigrations(database).upgrade()
    SqlSeedStore(database).add_psychologist(builders.psychologist("nadia", 7), 0)

    done = subprocess.run(
        [*DEMO, "--once"],
        cwd=ROOT,
        env=environ | {"HELPLINE_DATABASE_URL": f"sqlite:///{tmp_path}/real.db"},
        capture_output=True,
        text=True,
        timeout=20,
    )

    assert done.returncode == 1
    assert (
        done.stderr
        == "SQL (HELPLINE_DATABASE_URL): holds other people than the demo's; name another database\n"
    )
    people = SqlPublishedStore(database).snapshot().roster.psychologists
    database.close()
    assert [person.handle for person in people] == ["nadia"]


def test_attack_58_a_redis_that_serves_other_people_is_left_alone(environ: dict[str, str]) -> None:
    server = start_redis(plan_redis(admin=True))
    try:
        with connect(server.url_app) as live:
            live.sadd("psys", "p-nadia")
            live.sadd("calls", "a-call-of-theirs")
            before = {key: live.smembers(key) for key in ("psys", "calls")}
            done = subprocess.run(
                [*DEMO, "--once"],
                cwd=ROOT,
                env=environ
                | {"HELPLINE_REDIS_URL": server.url_app, "HELPLINE_REDIS_CLOCK_URL": server.url_clock},
                capture_output=True,
                text=True,
                timeout=20,
            )

            assert done.returncode == 1
            assert (
                done.stderr
                == "Redis (HELPLINE_REDIS_URL): serves other people than the demo's; name another server\n"
            )
            assert {key: live.smembers(key) for key in ("psys", "calls")} == before
    finally:
        server.stop()
