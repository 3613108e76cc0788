"""More callers than psychologists, more than the line holds, machines among them. Stepped; the real thing: benchmarks/flood.py."""

from __future__ import annotations

from dataclasses import replace

import redis

from helpline.domain.alarms import AlarmKind
from helpline.domain.call import LiveCall, Stage
from helpline.ports import Gate, LiveCalls, Reception
from helpline.services import documents
from helpline.services.switch_attack_mode import attack_mode_until, begin_attack_mode, end_attack_mode
from helpline.services.take_call import admit_call, take_call
from tests.e2e.conftest import MakeLine
from tests.phone import Caller, Line


def alarms(line: Line) -> set[AlarmKind]:
    return {alarm.kind for alarm in line.sw.alarms.standing()}


def in_line(line: Line, count: int, every_s: float = 0.5) -> list[Caller]:
    callers = []
    for _ in range(count):
        callers.append(line.caller().dials())
        line.after(every_s)
    return callers


def test_in_a_long_line_nobody_is_sent_to_the_chain_for_not_having_been_rung_for(line: Line) -> None:
    """The first are rung for, one after the other; the last of twelve is not forgotten, only not yet at the head."""
    callers = in_line(line, 12)

    line.after(110)

    assert not [caller for caller in callers if caller.hears("Si vous avez pu parler, raccrochez")]
    assert {call.stage for call in line.live()} == {Stage.WAITING}


def test_only_who_is_at_the_head_hears_that_nobody_answers(line: Line) -> None:
    callers = in_line(line, 8)

    line.after(150)

    told = [caller.hears("Personne n'a encore pu vous répondre") for caller in callers]
    assert told[0]
    assert not told[-1]


def test_a_flood_takes_nobodys_place_and_nobodys_offer(make_line: MakeLine) -> None:
    line = make_line(rules={"waiting_max": 5})
    first = line.caller().dials()
    line.until(line.vera.rings, 5)

    machines = in_line(line, 40, every_s=0.1)

    assert alarms(line) == {AlarmKind.LINE_FULL}
    assert len([call for call in line.live() if call.stage is Stage.WAITING]) == 5
    line.until(lambda: all(m.hears("3114") or m.is_over() for m in machines[4:]), 5)
    line.vera.accepts()
    line.until_talk(first, line.vera)
    for machine in machines:
        if not machine.is_over():
            machine.hangs_up()
    first.hangs_up()
    counts = line.until_counted()
    assert (counts["spoke"], counts["refused"]) == (1, 36)
    assert sum(counts.values()) == 41
    line.until(lambda: not alarms(line), 15)
    line.is_sound()


def test_who_asked_before_others_took_the_last_places_hears_that_the_line_is_full(
    make_line: MakeLine,
) -> None:
    line = make_line(rules={"waiting_max": 2})
    menu = LiveCall("menu", "CA-menu", "entraide", Stage.MENU, line.stepper.now_ms)
    in_line(line, 2)
    line.sw.calls.arrive(menu, None, (), line.stepper.now_ms)
    asked_before = replace(line.sw, calls=AskedBefore(line.sw.calls))
    full = documents.call_flow(line.book, documents.FULL_FLOW).document

    assert take_call(asked_before, "CA-new", "entraide") == full
    assert admit_call(asked_before, menu, ("1",)) == full

    assert line.sw.calls.gate(line.stepper.now_ms).waiting == 2
    refused = [line.sw.calls.by_leg(leg) for leg in ("CA-new", "CA-menu")]
    assert [(call.stage, call.refused) for call in refused if call] == [(Stage.LED_ON, True)] * 2
    assert alarms(line) == {AlarmKind.LINE_FULL}


def test_who_was_not_let_in_is_told_so_though_a_place_comes_free_a_moment_later(make_line: MakeLine) -> None:
    """Told to stand in line, they stood there as one who had pressed nothing, and over the bound."""
    line = make_line(rules={"waiting_max": 2})
    menu = LiveCall("menu", "CA-menu", "entraide", Stage.MENU, line.stepper.now_ms)
    in_line(line, 2)
    line.sw.calls.arrive(menu, None, (), line.stepper.now_ms)
    free_again = replace(line.sw, calls=AskedBefore(line.sw.calls, looks=2))

    said = admit_call(free_again, menu, ("1",))

    assert said == documents.call_flow(line.book, documents.FULL_FLOW).document
    after = line.sw.calls.by_leg("CA-menu")
    assert after is not None
    assert (after.stage, after.refused) == (Stage.LED_ON, True)
    assert alarms(line) == {AlarmKind.LINE_FULL}


class AskedBefore:
    """The calls, whose reception, and gate for `looks`, tell how it was when nobody waited."""

    def __init__(self, calls: LiveCalls, looks: int = 1) -> None:
        self._calls = calls
        self._old = looks * [Gate(0, None)]

    def gate(self, now_ms: int) -> Gate:
        return self._old.pop() if self._old else self._calls.gate(now_ms)

    def reception(self, leg_id: str, limit: int, room: int, people: int, now_ms: int) -> Reception:
        now = self._calls.reception(leg_id, limit, 2 * room, people, now_ms)
        return replace(now, gate=Gate(0, None))

    def __getattr__(self, name: str) -> object:
        return getattr(self._calls, name)


def test_who_stands_in_the_carriers_queue_is_adopted_however_many_they_are(
    make_line: MakeLine, redis_admin: redis.Redis
) -> None:
    line = make_line(rules={"waiting_max": 5})
    callers = in_line(line, 5)
    redis_admin.flushall()
    line.book.rules = replace(line.book.rules, waiting_max=2)

    line.until(lambda: len([c for c in line.live() if c.stage is Stage.WAITING]) == 5, 15)

    assert not any(caller.is_over() for caller in callers)


def test_attack_mode_asked_twice_asks_again_and_rings_nobody(line: Line) -> None:
    begin_attack_mode(line.sw)
    line.caller().dials()
    line.after(1)

    assert line.replay("/voice/incoming") == 200

    line.after(3)
    assert line.only_call().stage is Stage.MENU
    assert line.vera.times_rung() == line.bruno.times_rung() == 0


def test_who_was_asked_is_let_in_by_the_key_when_attack_mode_is_over(line: Line) -> None:
    begin_attack_mode(line.sw)
    caller = line.caller().dials()
    line.after(3)
    end_attack_mode(line.sw)

    caller.presses("1")

    line.vera.accepts()
    line.until_talk(caller, line.vera)
    assert caller.hears("Appel anonyme, non enregistré"), "the welcome of the line comes after the key"


def test_attack_mode_ends_by_itself_and_with_redis(line: Line, redis_admin: redis.Redis) -> None:
    begin_attack_mode(line.sw, 5)
    line.after(301)
    assert attack_mode_until(line.sw) is None
    assert not [key for key in line.keys(redis_admin) if key.startswith("attack")]

    begin_attack_mode(line.sw)
    redis_admin.flushall()
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)


def test_nobody_pressing_in_attack_mode_is_refused_and_machines_that_hang_up_left_in_welcome(
    line: Line,
) -> None:
    begin_attack_mode(line.sw)
    silent, machine = line.caller().dials(), line.caller().dials()
    line.after(2)
    machine.hangs_up()

    line.until(silent.is_over, 90)

    assert silent.hears("faites le 15")
    assert silent.hears("3114")
    assert line.until_counted() == {"refused": 1, "left_in_welcome": 1}
    assert line.vera.times_rung() == 0
