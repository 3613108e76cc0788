"""Races of a talk that is made or cut. R6, R7, R8, R13, R14 of the carrier study."""

from __future__ import annotations

from helpline.domain.call import Stage
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.e2e.races.conftest import GoHome
from tests.e2e.races.skews import Skew, answers_until_talk, picks_up, presses_code, until_talk
from tests.phone import Caller, Handset, Line


def rooms_joined(line: Line, handle: str) -> list[str]:
    """The rooms a leg was in, in order."""
    joins = (r for r in line.control.log() if r["kind"] == "room" and r["what"] == "join")
    return [r["room"] for r in joins if r["leg"] == handle]


def in_line(line: Line) -> list[str]:
    """Ids of the calls that wait, in the order in which they are rung for."""
    return [one.call for one in line.sw.calls.line(50, line.stepper.now_ms).waiting]


def drops(line: Line, who: Handset, how: str) -> None:
    """Her side of a talk ends, if it has not ended already: she hangs up, or the network loses her."""
    if who.is_up() and how == "lost":
        line.control.lose(who.handle_of_leg())
    elif who.is_up():
        line.control.phone_hang_up(who.number)


def on_the_way(line: Line, caller: Caller) -> bool:
    """The caller has been taken out of the queue towards the room."""
    call = line.sw.calls.by_leg(line.leg_id(caller))
    return call is not None and (call.moved_ms is not None or call.caller_in)


def test_r06_her_leg_dies_while_the_caller_is_on_the_way_into_the_room(
    line: Line, skew: Skew, home: GoHome
) -> None:
    """They are told, keep their place, and the other is joined with them."""
    skew.onto(line)
    caller = line.caller().dials()
    line.vera.accepts()
    line.until(lambda: on_the_way(line, caller), 15)
    line.after(skew.s(0, 1_500))
    drops(line, line.vera, skew.one_of("lost", "hung up"))

    answers_until_talk(line, caller, line.bruno)

    assert line.silent_ms(caller) <= 5_000
    assert home(line) == {"spoke": 1}


def test_r07_who_was_cut_off_comes_before_who_called_later(
    quick_line: MakeLine, skew: Skew, home: GoHome
) -> None:
    """One psychologist, two callers: the first, whose talk was cut, keeps their arrival and is served first again."""
    line = quick_line(builders.psychologist("vera", 1))
    skew.onto(line)
    first = line.caller().dials()
    line.vera.accepts()
    until_talk(line, first, line.vera)
    second = line.caller().dials()
    line.after(skew.s(1_000, 20_000))

    drops(line, line.vera, skew.one_of("lost", "hung up"))

    cut = line.sw.calls.by_leg(line.leg_id(first))
    assert cut is not None
    line.until(lambda: cut.id in in_line(line), 30)
    assert in_line(line)[0] == cut.id
    assert len(in_line(line)) == 2
    answers_until_talk(line, first, line.vera)
    assert line.silent_ms(first) <= 5_000
    assert second.talks_to() == []
    assert not second.is_over()
    assert home(line).get("spoke") == 1


def test_r08_the_action_of_the_queue_that_was_left_has_no_effect(
    line: Line, skew: Skew, home: GoHome
) -> None:
    """Redirected out of the queue, `/voice/left` is asked all the same, and perhaps late: nothing changes."""
    skew.onto(line)
    caller = line.caller().dials()
    line.until(lambda: caller.heard()[-1]["kind"] == "play", 20)
    picks_up(line, line.vera)
    line.after(skew.s(0, 3_000))
    presses_code(line.vera)
    until_talk(line, caller, line.vera)
    before = line.only_call()

    line.after(skew.s(0, 5_000))
    replies = line.replay("/voice/left")

    line.after(3)
    assert replies == 200
    actions = [r for r in line.control.log() if r["kind"] == "document" and r["path"] == "/voice/left"]
    assert [r["params"]["QueueResult"] for r in actions] == ["redirected"]
    after = line.only_call()
    assert (after.stage, after.attempt, after.psychologist) == (
        Stage.TALKING,
        before.attempt,
        before.psychologist,
    )
    assert caller.talks_to() == [line.vera.number]
    assert rooms_joined(line, caller.handle) == [before.attempt]
    assert home(line) == {"spoke": 1}


def test_r13_who_comes_back_to_the_same_caller_comes_into_a_new_room(
    quick_line: MakeLine, skew: Skew, home: GoHome
) -> None:
    """A name in use twice would be refused by the carrier: every talk has its own."""
    line = quick_line(builders.psychologist("vera", 1))
    skew.onto(line)
    caller = line.caller().dials()
    for _ in range(3):
        answers_until_talk(line, caller, line.vera, 60)
        line.after(skew.s(0, 4_000))
        drops(line, line.vera, skew.one_of("lost", "hung up"))
        line.after(0.1)

    rooms = rooms_joined(line, caller.handle)

    assert len(rooms) == len(set(rooms)) == 3
    assert not [r for r in line.control.log() if r["kind"] == "alert" and r.get("code") == 16025]
    assert home(line) == {"spoke": 1}


def test_r14_a_room_that_is_not_listed_yet_cuts_nobody(line: Line, skew: Skew, home: GoHome) -> None:
    """The news of joining is late or lost and the list of rooms lags: the talk goes on and is counted as one."""
    skew.onto(line, room_list_lag_ms=skew.ms(0, 9_000))
    lost = skew.one_of(0.0, 1.0)
    line.control.set_faults({"callbacks": {"path": "/voice/room/*", "drop": lost, "delay_ms": [0, 6_000]}})
    caller = line.caller().dials()
    picks_up(line, line.vera)
    line.after(skew.s(0, 4_000))
    presses_code(line.vera)
    line.until(lambda: caller.talks_with(line.vera), 25)

    line.after(40)

    assert caller.talks_to() == [line.vera.number], line.story(120)
    assert line.only_call().stage is Stage.TALKING
    assert not line.bruno.rings()
    assert home(line) == {"spoke": 1}
