"""News lost, late or double; Redis lost; orders whose answer never came. Stepped."""

from __future__ import annotations

import pytest
import redis

from helpline.domain.call import Stage
from helpline.domain.presence import State
from tests.e2e.conftest import MakeLine
from tests.phone import Caller, Line


def in_talk(line: Line) -> Caller:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    return caller


# ---- news


@pytest.mark.parametrize("lost", ["/voice/leg/*", "/voice/room/*", "/voice/ended", "/voice/*"])
def test_every_callback_of_a_kind_lost_and_the_call_still_ends_well(line: Line, lost: str) -> None:
    line.control.set_faults({"callbacks": {"path": lost, "drop": 1.0}})
    caller = line.caller().dials()
    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera), 25)
    line.after(30)

    caller.hangs_up()

    line.until(lambda: not line.vera.is_up(), 20)
    line.until(lambda: line.vera.state is State.AVAILABLE, 200)
    line.until(lambda: line.bruno.state is State.AVAILABLE, 20)
    assert line.until_counted() == {"spoke": 1}


def test_callbacks_doubled_late_and_overtaking_change_nothing(make_line: MakeLine) -> None:
    line = make_line()
    line.control.set_faults(
        {"callbacks": {"path": "*", "duplicate": 1.0, "reorder": 0.5, "delay_ms": [0, 3000]}}
    )
    caller = line.caller().dials()
    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera), 25)
    line.after(60)
    assert line.only_call().stage is Stage.TALKING

    caller.hangs_up()

    line.until(lambda: line.vera.state is State.AVAILABLE, 200)
    assert line.until_counted() == {"spoke": 1}
    line.is_sound()


def test_news_of_the_room_that_comes_late_tears_nobody_out_of_it(line: Line) -> None:
    """Let in by the queue's own way at the end of the welcome, when the order to join is not due yet."""
    line.control.set_faults({"callbacks": {"path": "/voice/room/*", "delay_ms": [4000, 4000]}})
    caller = line.caller().dials()
    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera), 15)

    line.after(15)

    joins = [r for r in line.control.log() if r["kind"] == "room" and r["what"] == "join"]
    assert [r["leg"] for r in joins].count(caller.handle) == 1
    assert caller.talks_to() == [line.vera.number]


def test_a_caller_left_alone_is_found_though_the_news_is_lost(line: Line) -> None:
    caller = in_talk(line)
    line.control.set_faults({"callbacks": {"path": "*", "drop": 1.0}})

    line.vera.hangs_up()

    line.until(lambda: caller.hears("La communication est terminée"), 15)


# ---- Redis


def test_redis_lost_while_waiting_loses_nobody(line: Line, redis_admin: redis.Redis) -> None:
    callers = [line.caller().dials() for _ in range(5)]
    line.after(9)

    redis_admin.flushall()

    line.until(lambda: len(line.live()) == 5, 5)
    places = sorted(line.live(), key=lambda call: call.line_key_ms)
    assert [call.leg_id for call in places] == [line.leg_id(caller) for caller in callers]
    line.vera.accepts()
    line.until(lambda: any(caller.talks_with(line.vera) for caller in callers), 25)
    assert callers[0].talks_with(line.vera)


def test_redis_lost_in_a_talk_touches_no_talk(line: Line, redis_admin: redis.Redis) -> None:
    caller = in_talk(line)

    redis_admin.flushall()

    line.after(20)
    assert caller.talks_with(line.vera)
    assert line.vera.state is State.TALKING
    other = line.caller().dials()
    line.bruno.accepts()
    line.until_talk(other, line.bruno)
    assert line.vera.times_rung() == 1
    caller.hangs_up()
    line.until(lambda: not line.vera.is_up(), 5)
    other.hangs_up()
    assert line.until_counted() == {"spoke": 2}


def test_redis_lost_while_ringing_rings_again(line: Line, redis_admin: redis.Redis) -> None:
    caller = line.caller().dials()
    line.until(line.vera.rings, 5)

    redis_admin.flushall()

    line.after(5)
    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera), 40)


def test_everything_is_as_before_once_all_is_over(line: Line, redis_admin: redis.Redis) -> None:
    def one_call() -> list[str]:
        in_talk(line).hangs_up()
        line.until_counted()
        line.after(700)
        return line.keys(redis_admin)

    empty = one_call()

    assert one_call() == empty
    assert not [key for key in empty if key.startswith(("call:", "offer", "sid:", "fiche:", "receipt:"))]


# ---- orders


def test_a_psychologist_is_rung_once_though_the_answer_to_the_order_is_lost(line: Line) -> None:
    line.bruno.goes_off_duty()
    line.control.set_faults({"rest": {"path": "calls.create", "fault": "lost_reply", "times": 1}})
    caller = line.caller().dials()

    line.vera.accepts()

    line.until_talk(caller, line.vera)
    assert line.vera.times_rung() == 1


def test_an_order_refused_for_haste_is_repeated(line: Line) -> None:
    line.control.set_faults({"rest": {"path": "calls.create", "fault": "429", "times": 2}})
    line.caller().dials()

    line.until(line.vera.rings, 4)


def test_a_bridge_is_made_without_any_rest(line: Line) -> None:
    """The second way: the queue lets the caller go, its action joins them."""
    caller = line.caller().dials()
    line.until(line.vera.rings, 5)
    line.control.set_faults({"rest": {"path": "*", "fault": "503"}})

    line.vera.accepts()

    line.until(lambda: caller.talks_with(line.vera), 20)


def test_a_caller_who_hung_up_as_she_accepted_is_told_to_her(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.answers()
    line.vera.is_asked()
    line.control.hang_up(caller.handle)
    line.control.phone_press(line.vera.number, line.vera.code())

    line.until(lambda: line.vera.hears("La personne a raccroché"), 10)
    line.until(lambda: not line.vera.is_up(), 10)
    line.until(lambda: line.vera.state is State.AVAILABLE, 5)


def test_a_psychologist_who_drops_between_claim_and_bridge_gives_the_call_back(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.control.lose(line.vera.handle_of_leg())
    line.after(0.5)

    line.bruno.accepts()

    line.until_talk(caller, line.bruno)


# ---- the web


def test_a_dead_web_leads_to_the_fallback(make_line: MakeLine) -> None:
    line = make_line()
    line.control.set_faults({"web": {"path": "/voice/incoming", "fault": "refuse"}})
    caller = line.caller().dials()

    line.until(lambda: caller.hears("Nous appelons un psychologue"), 5)
    line.vera.answers()
    line.vera.presses("1")
    line.until(lambda: caller.talks_with(line.vera), 10)


def test_who_picks_up_while_the_web_is_away_hears_french(line: Line) -> None:
    line.caller().dials()
    line.until(line.vera.rings, 5)
    line.control.set_faults({"web": {"path": "/voice/offer/*", "fault": "refuse"}})

    line.vera.answers()

    line.until(lambda: line.vera.hears("Un incident technique"), 10)
    line.until(lambda: not line.vera.is_up(), 15)
    assert not line.vera.hears("application error")


def test_a_replayed_call_rings_nobody(line: Line) -> None:
    caller = line.caller().dials()
    line.after(2)
    caller.hangs_up()
    line.until_counted()
    rung = line.vera.times_rung()

    line.replay("/voice/incoming")

    line.after(30)
    assert line.vera.times_rung() == rung
    assert not line.live()
    assert line.counts() == {"left_in_welcome": 1}


# ---- the sound


@pytest.mark.parametrize("then", ["skip", "fail"])
def test_a_missing_sound_never_silences_the_wait(line: Line, then: str) -> None:
    line.control.set_knobs({"play_failure": then})
    line.control.set_faults({"media": ["*attente*"]})
    caller = line.caller().dials()
    line.after(60)

    assert not caller.is_over()
    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera), 25)
    line.is_sound()
