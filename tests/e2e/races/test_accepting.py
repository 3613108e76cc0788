"""Races of accepting: who presses when, and who has gone by then. R1, R2, R4, R5, R15, R18, R19 of the carrier study."""

from __future__ import annotations

from helpline.domain.presence import State
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.e2e.races.conftest import GoHome
from tests.e2e.races.skews import (
    Skew,
    answers_until_talk,
    her_silence_ms,
    is_asked,
    legs_of,
    picks_up,
    presses_code,
    until_talk,
)
from tests.phone import Line

GONE = "La personne a raccroché"
TAKEN = "déjà pris"


def test_r01_the_caller_hangs_up_around_the_acceptance(line: Line, skew: Skew, home: GoHome) -> None:
    """Just before: she is told and freed. Just after: she has a caller for a moment, and is freed too."""
    skew.onto(line)
    caller = line.caller().dials()
    line.after(skew.s(2_000, 12_000))
    picks_up(line, line.vera)
    before_ms = skew.ms(-1_500, 1_500)

    if before_ms >= 0:
        line.control.hang_up(caller.handle)
        line.after(before_ms / 1000)
        presses_code(line.vera)
    else:
        presses_code(line.vera)
        line.after(-before_ms / 1000)
        line.control.hang_up(caller.handle)

    line.until(lambda: not line.vera.is_up(), 15)
    spoke = line.vera.state is not State.AVAILABLE
    assert spoke or line.vera.hears(GONE) or before_ms >= 0, "freed without a word"
    assert her_silence_ms(line, line.vera) <= 10_000
    counts = home(line)
    assert set(counts) <= {"spoke", "left_in_welcome", "left_in_line"}


def test_r02_two_accept_within_milliseconds(line: Line, skew: Skew, home: GoHome) -> None:
    """One talks, the other is told that it is taken and is free again, and was in no room with the caller."""
    skew.onto(line)
    caller = line.caller().dials()
    first, second = skew.one_of((line.vera, line.bruno), (line.bruno, line.vera))
    picks_up(line, first, second)

    presses_code(first)
    line.after(skew.s(0, 60))
    presses_code(second)

    line.until(lambda: bool(caller.talks_to()), 15)
    line.after(2)
    (talker,) = caller.talks_to()
    loser = first if talker == second.number else second
    line.until(lambda: not loser.is_up(), 15)
    assert loser.hears(TAKEN)
    line.until(lambda: loser.state is State.AVAILABLE, 5)
    assert caller.talks_to() == [talker]
    assert home(line) == {"spoke": 1}


def test_r04_she_picks_up_exactly_when_her_leg_is_ended(line: Line, skew: Skew, home: GoHome) -> None:
    """Vera has accepted, Bruno's leg is being ended: whatever he hears, it is not the caller."""
    skew.onto(line)
    caller = line.caller().dials()
    line.until(line.bruno.rings, 5)
    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera) or not line.bruno.rings(), 15)
    line.after(skew.s(0, 900))
    if line.bruno.rings():
        line.control.answer(line.bruno.number)

    until_talk(line, caller, line.vera)
    line.until(lambda: not line.bruno.is_up() and not line.bruno.rings(), 15)
    line.until(lambda: line.bruno.state is State.AVAILABLE, 5)
    assert caller.talks_to() == [line.vera.number]
    assert home(line) == {"spoke": 1}


def test_r05_her_leg_dies_before_the_room_begins(line: Line, skew: Skew, home: GoHome) -> None:
    """The caller has their place again and the other is joined with them."""
    skew.onto(line)
    caller = line.caller().dials()
    picks_up(line, line.vera)
    presses_code(line.vera)
    line.after(skew.s(0, 3_000))
    if line.vera.is_up():
        skew.one_of(line.control.lose, lambda _: line.control.phone_hang_up(line.vera.number))(
            line.vera.handle_of_leg()
        )

    answers_until_talk(line, caller, line.bruno)

    assert home(line) == {"spoke": 1}


def test_r15_nobody_waits_in_silence_for_a_caller_who_has_gone(line: Line, skew: Skew, home: GoHome) -> None:
    """From the claim to the talk, at any moment: her leg ends by itself, and not after long silence."""
    skew.onto(line)
    caller = line.caller().dials()
    picks_up(line, line.vera)
    presses_code(line.vera)
    line.after(skew.s(0, 9_000))
    line.control.hang_up(caller.handle)

    line.until(lambda: not line.vera.is_up(), 15)

    assert her_silence_ms(line, line.vera) <= 10_000
    line.until(lambda: line.vera.state in (State.AVAILABLE, State.WRAP_UP), 5)
    home(line)


def test_r18_an_order_for_a_call_that_has_just_ended_is_no_error(
    quick_line: MakeLine, skew: Skew, home: GoHome
) -> None:
    """Her leg is lost, the caller is to be spoken to, and hangs up as the order leaves: refused with 21220, and well."""
    line = quick_line(builders.psychologist("vera", 1))
    skew.onto(line)
    caller = line.caller().dials()
    line.vera.accepts()
    until_talk(line, caller, line.vera)
    line.after(skew.s(100, 5_000))

    line.control.lose(line.vera.handle_of_leg())
    line.after(skew.s(0, 1_500))
    line.control.hang_up(caller.handle)

    line.after(3)
    assert caller.is_over()
    assert home(line) == {"spoke": 1}


def test_r19_a_key_of_an_earlier_question_accepts_nothing(line: Line, skew: Skew, home: GoHome) -> None:
    """Bruno was too late and presses on while he is told so; the next caller's question is not answered by that."""
    skew.onto(line)
    first = line.caller().dials()
    picks_up(line, line.vera, line.bruno)
    presses_code(line.vera)
    line.until(lambda: first.talks_with(line.vera), 15)
    line.until(lambda: line.bruno.hears(TAKEN) or not line.bruno.is_up(), 10)
    presses_code(line.bruno)
    line.until(lambda: not line.bruno.is_up(), 15)
    second = line.caller().dials()
    picks_up(line, line.bruno)

    line.after(skew.s(0, 2_000))

    assert second.talks_to() == []
    assert is_asked(line.bruno)
    presses_code(line.bruno)
    until_talk(line, second, line.bruno)
    assert len(legs_of(line, line.bruno)) == 2
    assert home(line) == {"spoke": 2}
