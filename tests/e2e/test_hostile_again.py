"""What a third hostile reading found; each failed once. Stepped."""

from __future__ import annotations

import pytest

from helpline.domain.presence import State
from helpline.services import keep_duty
from helpline.services.await_recall import await_recall
from helpline.services.switch_attack_mode import begin_attack_mode
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.phone import Line

vera = builders.psychologist("vera", 1)


# ---- a reply of ours is lost, and the carrier asks once more


@pytest.mark.parametrize("path", ["/voice/wait", "/voice/left"])
def test_the_partner_line_is_rung_though_the_reply_to_that_choice_was_lost(
    make_line: MakeLine, path: str
) -> None:
    line = make_line(vera, partner=True)
    caller = line.caller().dials()
    line.after(12)
    line.control.set_faults({"web": {"path": path, "fault": "lost", "times": 1}})

    caller.presses("4")

    line.until(line.places["partenaire"].rings, 20)


def test_the_partner_line_of_a_flow_before_the_line_is_rung_though_the_reply_was_lost(
    make_line: MakeLine,
) -> None:
    line = make_line(vera, partner=True)
    line.vera.goes_off_duty()
    line.control.set_faults({"web": {"path": "/voice/keys", "fault": "lost", "times": 1}})

    line.caller().dials()

    line.until(line.places["partenaire"].rings, 30)


def test_after_the_partner_line_a_caller_is_offered_like_any_other(make_line: MakeLine) -> None:
    line = make_line(vera, partner=True)
    caller = line.caller().dials()
    line.after(12)
    caller.presses("4")
    partner = line.places["partenaire"]
    line.until(partner.rings, 20)
    line.control.decline(partner.number)
    line.until(lambda: caller.hears("votre place est gardée"), 20)
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.is_sound()


def test_in_attack_mode_who_pressed_nothing_is_not_let_in_by_a_lost_reply(line: Line) -> None:
    begin_attack_mode(line.sw)
    line.control.set_faults({"web": {"path": "/voice/keys", "fault": "lost", "after": 1, "times": 1}})

    caller = line.caller().dials()

    line.until(caller.is_over, 90)
    assert caller.hears("faites le 15")
    assert line.vera.times_rung() == line.bruno.times_rung() == 0
    assert line.until_counted() == {"refused": 1}


# ---- two wishes of one psychologist


def test_interrompu_is_kept_though_she_had_wished_to_let_the_next_call_go_by(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.after(5)
    caller.hangs_up()
    line.until(lambda: line.vera.state is State.WRAP_UP, 5)
    keep_duty.let_next_go_by(line.sw, "p1")

    assert await_recall(line.sw, "p1")

    line.caller().dials()
    line.until(line.vera.rings, 5)


def test_a_psychologist_on_standby_who_marked_a_talk_as_cut_off_is_rung_for_the_next_call(
    make_line: MakeLine,
) -> None:
    line = make_line(vera, builders.psychologist("bruno", 2), standby=("vera",))
    line.bruno.goes_off_duty()
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.after(5)
    caller.hangs_up()
    line.until(lambda: line.vera.state is State.WRAP_UP, 5)
    line.bruno.goes_on_duty()

    assert await_recall(line.sw, "p1")

    line.caller().dials()
    line.until(line.vera.rings, 5)


# ---- erasure


def test_a_leg_ended_before_it_left_the_carriers_queue_is_erased_like_any_other(make_line: MakeLine) -> None:
    line = make_line(leg_rate=0.2)
    caller = line.caller().dials()
    line.after(2)

    caller.hangs_up()

    assert line.until_counted() == {"left_in_welcome": 1}
