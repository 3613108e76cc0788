"""The call that everything is for, and the ways it can go. One test a kind of story."""

from __future__ import annotations

from helpline.domain.call import Stage
from helpline.domain.presence import State
from helpline.services.conclude_talk import conclude_talk
from tests.e2e.conftest import MakeLine
from tests.phone import Line


def test_a_caller_is_answered_and_counted_and_nothing_is_left(line: Line) -> None:
    caller = line.caller().dials()

    line.vera.accepts()
    line.until_talk(caller, line.vera)

    assert caller.hears("Appel anonyme, non enregistré")
    assert line.only_call().stage is Stage.TALKING
    assert line.vera.state is State.TALKING
    line.until(lambda: line.bruno.state is State.AVAILABLE, 5)

    line.after(120)
    caller.hangs_up()

    line.until(lambda: line.vera.state is State.WRAP_UP, 5)
    assert line.until_counted() == {"spoke": 1}
    assert line.counts("duration") == {"lt15": 1}
    line.until(lambda: line.vera.state is State.AVAILABLE, 120)
    line.is_sound()


def test_ringing_overlaps_the_welcome(line: Line) -> None:
    caller = line.caller().dials()

    line.until(line.vera.rings, 1)
    line.until(line.bruno.rings, 1)

    line.after(2)
    assert caller.hears("Danger immédiat : faites le 15")


def test_who_hangs_up_in_the_welcome_is_counted_so_and_frees_everybody(line: Line) -> None:
    caller = line.caller().dials()
    line.until(line.vera.rings, 5)
    line.after(3)

    caller.hangs_up()

    line.until(lambda: not line.vera.rings() and not line.bruno.rings(), 2)
    assert line.until_counted() == {"left_in_welcome": 1}
    assert line.vera.state is line.bruno.state is State.AVAILABLE
    line.is_sound()


def test_who_hangs_up_in_the_line_is_counted_so(line: Line) -> None:
    caller = line.caller().dials()
    line.after(15)
    assert caller.hears("Nous appelons un psychologue")

    caller.hangs_up()

    assert line.until_counted() == {"left_in_line": 1}
    assert line.counts("wait_left") == {"lt20": 1}
    line.is_sound()


def test_nobody_on_duty_says_where_else_to_turn(line: Line) -> None:
    line.vera.goes_off_duty()
    line.bruno.goes_off_duty()

    caller = line.caller().dials()
    line.until(caller.is_over, 60)

    assert caller.hears("3114")
    assert line.vera.times_rung() == line.bruno.times_rung() == 0
    assert line.until_counted() == {"diverted": 1}
    line.is_sound()


def test_a_declined_call_is_answered_by_the_other(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.declines()

    line.bruno.accepts()

    line.until_talk(caller, line.bruno)
    caller.hangs_up()
    assert line.vera.times_rung() == 1
    assert line.until_counted() == {"spoke": 1}
    line.is_sound()


def test_declining_by_key_lets_the_other_ring_on(make_line: MakeLine) -> None:
    line = make_line()
    caller = line.caller().dials()
    line.vera.answers()
    line.vera.presses("9")
    line.until(lambda: line.vera.state is State.AVAILABLE, 5)

    line.bruno.accepts()

    line.until_talk(caller, line.bruno)
    line.is_sound()


def test_a_psychologist_who_hangs_up_first_leaves_a_choice_and_is_rung_again(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.after(60)

    line.vera.hangs_up()

    line.until(lambda: caller.hears("La communication est terminée de notre côté"), 5)
    line.until(line.vera.rings, 25)
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    caller.hangs_up()
    assert line.until_counted() == {"spoke": 1}
    line.is_sound()


def test_who_had_finished_hangs_up_and_nobody_is_rung(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    rung = line.vera.times_rung() + line.bruno.times_rung()
    line.vera.hangs_up()
    line.until(lambda: caller.hears("Si vous aviez fini"), 5)
    line.after(3)

    caller.hangs_up()

    line.after(30)
    assert line.vera.times_rung() + line.bruno.times_rung() == rung
    assert line.until_counted() == {"spoke": 1}


def test_a_lost_leg_is_offered_at_once(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.after(10)

    line.control.lose(line.vera.handle_of_leg())

    line.until(lambda: line.vera.rings() or line.bruno.rings(), 2)
    line.until(lambda: caller.hears("La communication a été coupée"), 5)
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    caller.hangs_up()
    assert line.until_counted() == {"spoke": 1}
    line.is_sound()


def test_terminer_lets_the_caller_hear_the_closing(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.after(30)

    assert conclude_talk(line.sw, line.vera.person.id)

    line.until(lambda: not line.vera.is_up(), 3)
    line.until(caller.is_over, 60)
    assert caller.hears("Au revoir")
    assert line.until_counted() == {"spoke": 1}
    line.is_sound()
