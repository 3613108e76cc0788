"""`kill -9` of each process, at each moment of a call, in real processes: nobody is lost.

One line for the whole file. The supervisor starts what was killed again; where a part is kept down, the test says
so. Judged by the carrier's log alone. The times measured are printed at the end of the file's run.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import requests

from helpline.emulator.verdict import told_a_way_on
from tests.e2e.real_line import RealLine, held_down

pytestmark = [pytest.mark.real, pytest.mark.timeout(100)]

WELCOME = "Appel anonyme, non enregistré"
FALLBACK = "Nous appelons un psychologue, restez en ligne"
UP_AGAIN_S = 10


@dataclass
class Times:
    """What was measured, row by row, for whoever runs the file."""

    rows: list[str] = field(default_factory=list)

    def note(self, story: str, **seconds: float) -> None:
        shown = ", ".join(f"{what.replace('_', ' ')} {value:.2f} s" for what, value in seconds.items())
        self.rows.append(f"  {story:<48} {shown}")


@pytest.fixture(scope="module")
def times(request: pytest.FixtureRequest) -> Iterator[Times]:
    """Printed past pytest's capture, since they are to be read after a green run too."""
    measured = Times()
    yield measured
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n\nafter kill -9, in seconds since the kill:")
        print("\n".join(measured.rows))


@pytest.fixture(scope="module")
def whole_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealLine]:
    with RealLine(tmp_path_factory.mktemp("line")) as line:
        yield line


@pytest.fixture
def line(whole_line: RealLine) -> Iterator[RealLine]:
    """Everybody free, everything up; afterwards everybody hangs up and is free again."""
    whole_line.begins()
    yield whole_line
    whole_line.control.set_faults({})
    whole_line.everybody_hangs_up()
    is_up(whole_line, time.monotonic())


def is_up(line: RealLine, since: float) -> float:
    """Wait until a caller would be served; seconds since `since`."""
    ready = f"http://127.0.0.1:{line.demo.settings.voice_port}/health/ready"
    with requests.Session() as session:
        session.trust_env = False

        def answers() -> bool:
            try:
                return session.get(ready, timeout=0.5).status_code == 200
            except requests.RequestException:
                return False

        line.until(answers, UP_AGAIN_S)
    return time.monotonic() - since


# ---- who is killed


def web(line: RealLine) -> None:
    assert len(line.parts.kill("web")) == 3, "a master and two workers"


def one_web_worker(line: RealLine) -> None:
    os.kill(line.parts.pids("web")[1], signal.SIGKILL)


def redis(line: RealLine) -> None:
    assert len(line.parts.kill("redis")) == 1


def effects(line: RealLine) -> None:
    assert len(line.parts.kill("effects") + line.parts.kill("effects2")) == 2


def clock(line: RealLine) -> None:
    assert len(line.parts.kill("clock")) == 1


def effects_in_the_act(line: RealLine) -> None:
    """The process that carries out effects dies; the other, stopped so far, is there to take over."""
    assert line.parts.kill("effects")
    os.kill(line.parts.pids("effects2")[0], signal.SIGCONT)


@pytest.fixture
def one_acts(line: RealLine) -> Iterator[None]:
    """Only the first effects process moves, so it is known who is in the act."""
    (other,) = line.parts.pids("effects2")
    os.kill(other, signal.SIGSTOP)
    yield
    os.kill(other, signal.SIGCONT)


def is_hanging(line: RealLine) -> bool:
    """Whether an order is at the carrier, unanswered and not carried out."""
    return any(record.get("what") == "rest hang" for record in line.records())


EACH = pytest.mark.parametrize("kill", [web, redis, effects, clock])


@EACH
def test_killed_in_the_welcome_and_the_caller_reaches_her(
    line: RealLine, times: Times, kill: Callable[[RealLine], None]
) -> None:
    caller = line.caller().dials()
    line.until(lambda: caller.hears(WELCOME), 5)

    kill(line)

    killed = time.monotonic()
    line.until_reached(caller)
    times.note(f"{kill.__name__}, in the welcome", talk=time.monotonic() - killed)
    line.is_sound()


@pytest.mark.parametrize("kill", [web, one_web_worker, redis, effects, clock])
def test_killed_while_ringing_and_the_caller_reaches_her(
    line: RealLine, times: Times, kill: Callable[[RealLine], None]
) -> None:
    caller = line.caller().dials()
    line.until(line.vera.rings, 5)
    line.until(line.bruno.rings, 5)

    kill(line)

    killed = time.monotonic()
    line.until_reached(caller)
    times.note(f"{kill.__name__}, while ringing", talk=time.monotonic() - killed)
    line.is_sound()


@EACH
def test_killed_in_the_talk_which_goes_on_and_the_next_caller_reaches_the_other(
    line: RealLine, times: Times, kill: Callable[[RealLine], None]
) -> None:
    caller = line.caller().dials()
    line.until_reached(caller)
    with_whom = caller.talks_to()
    line.after(0.5)

    kill(line)

    killed = time.monotonic()
    other = line.caller().dials()
    line.until_reached(other)
    times.note(f"{kill.__name__}, in the talk: the next caller's", talk=time.monotonic() - killed)
    assert caller.talks_to() == with_whom
    assert len({*with_whom, *other.talks_to()}) == 2
    line.is_sound()


# ---- an effects process in the act: its order is at the carrier, its answer never comes


@pytest.mark.usefixtures("one_acts")
def test_killed_while_it_orders_the_ring_and_the_other_rings_her_once(line: RealLine, times: Times) -> None:
    line.control.set_faults({"rest": {"operation": "calls.create", "fault": "hang", "times": 1}})
    caller = line.caller().dials()
    line.until(lambda: is_hanging(line), 5)

    effects_in_the_act(line)

    killed = time.monotonic()
    line.until(lambda: line.vera.rings() and line.bruno.rings(), 10)
    times.note("effects, ordering the ring: both phones", ring=time.monotonic() - killed)
    line.until_reached(caller)
    assert rung(line) == {line.vera.number: 1, line.bruno.number: 1}
    line.is_sound()


@pytest.mark.usefixtures("one_acts")
def test_killed_while_it_moves_the_caller_and_the_other_joins_them(line: RealLine, times: Times) -> None:
    caller = line.caller().dials()
    line.after(line.demo.settings.welcome_s + 0.5)  # from then on a caller is moved as soon as she accepts
    line.control.set_faults({"rest": {"operation": "calls.update", "fault": "hang", "times": 1}})

    def in_the_act() -> bool:
        line.everybody_picks_up()
        return is_hanging(line)

    line.until(in_the_act, 10)

    effects_in_the_act(line)

    killed = time.monotonic()
    line.until_reached(caller)
    times.note("effects, moving the caller", talk=time.monotonic() - killed)
    line.is_sound()


@pytest.mark.usefixtures("one_acts")
def test_killed_while_it_frees_who_was_too_late_and_the_other_frees_her(line: RealLine, times: Times) -> None:
    caller = line.caller().dials()
    line.until(lambda: line.vera.rings() and line.bruno.rings(), 5)
    line.control.set_faults({"rest": {"operation": "calls.update", "fault": "hang", "times": 1}})
    line.vera.accepts()
    line.until(lambda: is_hanging(line), 10)
    assert line.bruno.rings()

    effects_in_the_act(line)

    killed = time.monotonic()
    line.until(lambda: not line.bruno.rings(), 5)
    times.note("effects, freeing who was too late", freed=time.monotonic() - killed)
    line.until(lambda: caller.talks_with(line.vera), 10)
    line.is_sound()


def rung(line: RealLine) -> dict[str, int]:
    """How often each telephone was rung."""
    legs = [
        r["to"]
        for r in line.records()
        if r["kind"] == "leg" and r["what"] == "ringing" and r["leg"][0] == "l"
    ]
    return {number: legs.count(number) for number in legs}


# ---- kept down


def test_without_web_a_new_caller_hears_the_way_on_and_reaches_her_by_key(
    line: RealLine, times: Times
) -> None:
    with held_down(line, "web"):
        dialled = time.monotonic()
        caller = line.caller().dials()
        line.until(lambda: caller.hears(FALLBACK), 5)
        times.note("web kept down: a new caller", hears_the_way_on=time.monotonic() - dialled)
        line.until(line.vera.rings, 10)
        assert not caller.talks_to()
        line.until_reached(caller)
        line.until_reconciled()
        assert caller.talks_with(line.vera), "the reconciler must not touch what it did not make"
    line.is_sound()


def test_without_web_who_waits_is_led_to_the_way_on(line: RealLine, times: Times) -> None:
    caller = line.caller().dials()
    line.until(lambda: caller.hears(WELCOME), 5)

    with held_down(line, "web"):
        killed = time.monotonic()
        line.until(lambda: caller.hears(FALLBACK), 15)
        times.note("web kept down: who waits", hears_the_way_on=time.monotonic() - killed)
        line.until_reached(caller)
    line.is_sound()


@pytest.mark.long  # the limit of 45 s in the queue is kept
def test_without_redis_the_welcome_then_the_standby_chain_rings_her(line: RealLine, times: Times) -> None:
    with held_down(line, "redis"):
        dialled = time.monotonic()
        caller = line.caller().dials()
        line.until(lambda: caller.hears(WELCOME), 5)
        times.note("Redis kept down: a new caller", hears_the_welcome=time.monotonic() - dialled)
        line.until(lambda: told_a_way_on(line.records(), caller.handle), 10)
        line.until(line.vera.rings, 65)
        times.note("Redis kept down: the standby chain", rings_her=time.monotonic() - dialled)
        line.until_reached(caller)
    line.is_sound()
