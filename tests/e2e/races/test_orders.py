"""Races of ringing: what the carrier answers, queues or loses. R3, R9, R10, R11, R16 of the carrier study."""

from __future__ import annotations

from helpline.domain.people import Endpoint, EndpointKind, Psychologist
from helpline.domain.presence import State
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.e2e.races.conftest import GoHome
from tests.e2e.races.skews import (
    Skew,
    answers_until_talk,
    legs_of,
    most_legs_at_once,
    picks_up,
    presses_code,
    until_talk,
)
from tests.phone import Line

CREW = ("vera", "bruno", "carla", "dora", "elsa")


def test_r03_a_mailbox_that_answers_gets_no_caller(line: Line, skew: Skew, home: GoHome) -> None:
    """However soon it answers and however long it speaks: no key, no bridge, her leg is ended, the other is joined."""
    skew.onto(
        line,
        mailbox_answer_ms=skew.ms(0, 20_000),
        mailbox_greeting_ms=skew.ms(500, 30_000),
    )
    line.control.set_phone(line.vera.number, {"is": "mailbox"})
    caller = line.caller().dials()
    line.after(skew.s(0, 40_000))
    assert caller.talks_to() == []

    answers_until_talk(line, caller, line.bruno, 60)

    assert caller.talks_to() == [line.bruno.number]
    line.until(lambda: not line.vera.is_up(), 30)
    assert home(line) == {"spoke": 1}


def test_r09_news_late_double_and_overtaking_changes_nothing(line: Line, skew: Skew, home: GoHome) -> None:
    """One talk, one end state, everybody free, whatever order the callbacks come in."""
    skew.onto(line, late_ms=skew.ms(0, 8_000))
    caller = line.caller().dials()
    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera), 25)
    line.after(skew.s(9_000, 40_000))
    assert caller.talks_to() == [line.vera.number]
    assert not line.bruno.rings()

    line.control.hang_up(caller.handle)

    line.after(15)
    assert not line.vera.is_up()
    assert home(line) == {"spoke": 1}


def test_r10_an_order_without_an_answer_makes_no_second_leg(
    quick_line: MakeLine, skew: Skew, home: GoHome
) -> None:
    """Executed or not, nobody knows: her telephone has one leg at a time, and she is rung all the same."""
    line = quick_line(builders.psychologist("vera", 1))
    skew.onto(line)
    fault = skew.one_of("lost_reply", "hang", "reset", "503")
    times = skew.one_of(1, 2, 3)
    line.control.set_faults({"rest": {"path": "calls.create", "fault": fault, "times": times}})
    caller = line.caller().dials()

    answers_until_talk(line, caller, line.vera, 60)

    assert most_legs_at_once(line, line.vera) == 1
    if fault == "lost_reply" and times == 1:
        assert len(legs_of(line, line.vera)) == 1
    assert home(line) == {"spoke": 1}


def test_r11_legs_ended_while_the_carrier_still_queues_them_free_their_psychologists(
    quick_line: MakeLine, skew: Skew, home: GoHome
) -> None:
    """The carrier lets one leg leave per second; ending one before that brings no callback, and none is waited for."""
    crew = [builders.psychologist(name, nth) for nth, name in enumerate(CREW, 1)]
    line = quick_line(*crew, leg_rate=1.0)
    skew.onto(line)
    caller = line.caller().dials()
    line.until(lambda: any(who.rings() for who in line.psychologists.values()), 10)
    first = next(who for who in line.psychologists.values() if who.rings())
    picks_up(line, first)
    line.after(skew.s(0, 1_000))
    presses_code(first)

    until_talk(line, caller, first)

    others = [who for who in line.psychologists.values() if who is not first]
    line.until(lambda: all(who.state is State.AVAILABLE for who in others), 5)
    line.after(5)
    assert not any(who.rings() for who in others)
    assert home(line) == {"spoke": 1}


def test_r16_a_browser_that_has_gone_gives_way_to_the_phone(
    quick_line: MakeLine, skew: Skew, home: GoHome
) -> None:
    """Token expired, laptop asleep, tab closed while it rings: her phone rings soon, and she is joined by it."""
    browser = Endpoint("e8", EndpointKind.CLIENT, "client:nadia")
    phone = Endpoint("e9", EndpointKind.PHONE, "+33639985009")
    line = quick_line(Psychologist("p9", "nadia", "Nadia", (browser, phone)))
    skew.onto(line)
    line.control.set_client("nadia", {"registered": skew.one_of(True, False)})
    line.after(skew.s(0, 1_000))
    line.control.set_client("nadia", {"registered": False})
    caller = line.caller().dials()

    line.until(lambda: line.control.phone(phone.address)["state"] == "ringing", 5)

    nadia = line.nadia
    nadia.number = phone.address
    answers_until_talk(line, caller, nadia)
    assert home(line) == {"spoke": 1}
