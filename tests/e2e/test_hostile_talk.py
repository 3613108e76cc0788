"""What a hostile reading of the conversation, and of the ways into the line, found. Each failed once. Stepped."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from helpline.adapters.documents import load_rules
from helpline.domain.call import Stage
from helpline.domain.presence import State
from helpline.services import keep_duty
from helpline.services.conclude_talk import conclude_talk
from helpline.services.switch_attack_mode import begin_attack_mode
from helpline.services.switchboard import Switchboard
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.phone import Caller, Line

vera = builders.psychologist("vera", 1)


def in_talk(line: Line) -> Caller:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.after(5)
    return caller


# ---- the conversation


@pytest.mark.parametrize("goes", [keep_duty.go_off_duty, keep_duty.begin_break])
def test_a_colleague_who_leaves_while_she_is_called_into_a_talk_is_rung_no_more(
    line: Line, goes: Callable[[Switchboard, str], State | None]
) -> None:
    in_talk(line)
    line.vera.calls_third("p:p2")
    line.until(line.bruno.rings, 5)

    goes(line.sw, "p2")

    line.until(lambda: not line.bruno.rings(), 3)
    assert line.only_call().third is None


@pytest.mark.parametrize("after_s", [0.05, 0.3, 0.6, 1.0, 1.5, 3.0])
def test_terminer_while_the_caller_comes_back_from_hold_leaves_nobody_in_an_empty_room(
    line: Line, after_s: float
) -> None:
    line.control.set_knobs({"latency_ms": 300})
    caller = in_talk(line)
    line.vera.holds()
    line.after(8)
    line.vera.resumes()
    line.after(after_s)

    assert conclude_talk(line.sw, "p1")

    line.until(lambda: caller.hears("Vous pouvez rappeler cette ligne"), 9)
    line.until(caller.is_over, 40)
    assert line.silent_ms(caller) <= 5_000
    assert line.until_counted() == {"spoke": 1}


def test_terminer_while_a_third_party_is_being_let_go(line: Line) -> None:
    caller = in_talk(line)
    line.vera.calls_third("s:lac")
    line.places["lac"].answers()
    line.after(3)
    line.stepper.paused.add("effects")
    line.vera.lets_third_go()
    assert conclude_talk(line.sw, "p1")
    line.after(2)
    line.stepper.paused.discard("effects")

    line.until(caller.is_over, 60)
    assert line.silent_ms(caller) <= 5_000
    assert not line.places["lac"].is_up()
    assert line.until_counted() == {"spoke": 1}


def test_back_from_hold_without_news_of_it_nobody_new_is_heard_unannounced(line: Line) -> None:
    caller = in_talk(line)
    line.vera.holds()
    line.after(10)
    line.control.set_faults({"callbacks": {"path": "/voice/room/*", "drop": 1.0}})
    line.vera.resumes()
    line.until(lambda: caller.talks_with(line.vera), 5)
    line.after(1)
    line.control.set_faults({})

    line.vera.calls_third("s:lac")
    line.places["lac"].answers()
    line.after(4)

    assert not caller.talks_to()
    assert line.places["lac"].talks_to() == [line.vera.number]
    line.vera.brings_together()
    line.until(lambda: len(caller.talks_to()) == 2, 10)
    assert caller.hears("Une troisième personne est en ligne")


def test_a_colleague_called_into_a_talk_that_is_over_is_rung_for_the_caller_instead(line: Line) -> None:
    caller = in_talk(line)
    line.vera.goes_off_duty()
    line.vera.calls_third("p:p2")
    line.until(line.bruno.rings, 5)
    before = line.bruno.times_rung()

    line.vera.hangs_up()

    line.until(lambda: line.bruno.times_rung() > before, 5)
    line.bruno.accepts()
    line.until_talk(caller, line.bruno)


def test_a_third_party_is_not_rung_before_the_caller_is_out_of_the_room(line: Line) -> None:
    caller = in_talk(line)
    line.control.set_faults({"rest": {"operation": "calls.update", "fault": "503"}})

    line.vera.calls_third("s:lac")
    line.after(10)

    assert not line.places["lac"].rings()
    assert caller.talks_to() == [line.vera.number]
    line.control.set_faults({})
    line.places["lac"].answers()
    line.after(2)
    assert not caller.talks_to()
    assert line.places["lac"].talks_to() == [line.vera.number]


def test_a_third_party_who_waits_to_be_rung_can_be_let_go_and_keeps_nobody_from_being_rung(
    line: Line,
) -> None:
    in_talk(line)
    line.control.set_faults({"rest": {"operation": "calls.update", "fault": "503"}})
    line.vera.calls_third("s:lac")
    line.after(3)

    line.caller().dials()
    line.until(line.bruno.rings, 3)
    line.vera.lets_third_go()
    line.after(5)

    assert not line.places["lac"].rings()
    call = next(call for call in line.live() if call.stage is Stage.TALKING)
    assert call.third_out is None
    assert not call.held


# ---- attack mode


def test_who_stayed_in_attack_mode_though_nobody_was_there_has_the_ordinary_wait(make_line: MakeLine) -> None:
    line = make_line(vera)
    # Where no rule names a wait, the door names it: attack mode has another door.
    rules = re.sub(r"\n  wait: attente\n", "\n", (builders.ROOT / "routing_rules.yaml").read_text("utf-8"))
    line.book.rules = load_rules(rules, flows=line.book.flows)
    line.vera.goes_off_duty()
    begin_attack_mode(line.sw)
    caller = line.caller().dials()
    line.until(lambda: caller.hears("appuyez sur 1"), 5)
    line.after(5)
    caller.presses("1")
    line.until(lambda: caller.hears("Aucun psychologue ne peut"), 10)
    line.after(3)
    caller.presses("2")
    line.until(lambda: caller.hears("Dès qu'un psychologue sera là"), 30)

    line.vera.goes_on_duty()

    line.until(line.vera.rings, 5)
    line.until(lambda: caller.hears("Nous appelons un psychologue."), 40)
    assert line.vera.state is State.RINGING


# ---- keys at the wrong moment


def test_who_chose_the_partner_line_as_she_accepted_has_not_chosen_it_for_later(make_line: MakeLine) -> None:
    line = make_line(vera, partner=True)
    caller = line.caller().dials()
    line.vera.answers()
    line.vera.is_asked()
    line.after(8)
    caller.presses("4")
    line.control.phone_press(line.vera.number, line.vera.code())
    line.until_talk(caller, line.vera)
    line.after(5)
    line.vera.goes_off_duty()

    line.vera.hangs_up()

    line.until(lambda: caller.hears("Aucun psychologue ne peut vous répondre"), 40)
