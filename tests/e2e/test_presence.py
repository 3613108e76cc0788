"""What a psychologist is doing lives on the server: duty, coding, breaks, a call that goes by. Stepped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from helpline.domain.hours import Interval
from helpline.domain.people import Endpoint, EndpointKind, Roster, Shift, Tier
from helpline.domain.presence import State
from helpline.services import keep_duty
from helpline.services.board_view import board_of
from helpline.services.desk_view import desk_of
from helpline.services.keep_browser import keep_browser
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.phone import Caller, Handset, Line

vera = builders.psychologist("vera", 1)
bruno = builders.psychologist("bruno", 2)
dora = builders.psychologist("dora", 3)
with_browser = replace(vera, endpoints=(Endpoint("e1b", EndpointKind.CLIENT, "client:vera"), *vera.endpoints))


def talks(line: Line, who: Handset) -> Caller:
    caller = line.caller().dials()
    who.accepts()
    line.until_talk(caller, who)
    return caller


def codes(line: Line, who: Handset) -> int:
    """She has had a talk; the end of her time for coding (ms)."""
    talks(line, who).hangs_up()
    line.until(lambda: who.state is State.WRAP_UP, 5)
    return wrap_up_until(line, who)


def wrap_up_until(line: Line, who: Handset) -> int:
    return desk_of(line.sw, who.person.id, ()).wrap_up_until_ms or 0


def planned_until(line: Line, handle: str, minutes: float) -> None:
    """Her shift began long ago and ends in so many minutes."""
    now = datetime.fromtimestamp(line.stepper.now_ms / 1000, UTC)
    people = line.book.roster.psychologists
    shifts = [
        Shift(p.id, Tier.ON_DUTY, Interval(now - timedelta(days=1), now + timedelta(minutes=minutes)))
        if p.handle == handle
        else next(s for s in line.book.roster.shifts if s.psychologist_id == p.id)
        for p in people
    ]
    line.book.roster = Roster(people, tuple(shifts))


# ---- duty


def test_who_has_only_a_telephone_is_available_by_her_shift_alone(make_line: MakeLine) -> None:
    line = make_line(vera)

    caller = talks(line, line.vera)

    assert caller.talks_with(line.vera)


def test_a_closed_browser_ends_no_duty_and_her_telephone_rings(make_line: MakeLine) -> None:
    line = make_line(with_browser)
    line.control.set_client("vera", {"registered": True})
    keep_browser(line.sw, "p1")
    line.control.set_client("vera", {"registered": False})
    line.after(60)
    assert line.vera.state is State.AVAILABLE

    line.caller().dials()

    phone = with_browser.endpoints[1].address
    line.until(lambda: line.control.phone(phone)["state"] == "ringing", 4)


def test_a_silent_browser_warns_on_the_board_and_changes_no_state(make_line: MakeLine) -> None:
    line = make_line(with_browser, bruno)
    keep_browser(line.sw, "p1")
    assert [p.browser_closed for p in board_of(line.sw).people] == [False, False]

    line.after(26)

    assert [(p.state, p.browser_closed) for p in board_of(line.sw).people] == [
        (State.AVAILABLE, True),
        (State.AVAILABLE, False),
    ]


def test_the_end_of_her_shift_changes_nothing_for_her_call(make_line: MakeLine) -> None:
    line = make_line(vera)
    planned_until(line, "vera", 1)
    caller = talks(line, line.vera)

    line.after(300)
    keep_duty.apply_rota(line.sw, line.stepper.now_ms)
    line.after(1)

    assert caller.talks_with(line.vera)
    assert line.vera.state is State.TALKING
    assert desk_of(line.sw, "p1", ()).leaving
    caller.hangs_up()
    line.until(lambda: line.vera.state is State.OFFLINE, 5)
    line.is_sound()


def test_the_next_shift_lets_her_telephone_ring_again(make_line: MakeLine) -> None:
    line = make_line(vera, bruno)
    caller = line.caller().dials()
    line.until(lambda: bool(desk_of(line.sw, "p1", ()).suspended), 90)
    caller.hangs_up()
    planned_until(line, "vera", 0.1)
    line.after(10)
    keep_duty.apply_rota(line.sw, line.stepper.now_ms)
    assert line.vera.state is State.OFFLINE

    now = datetime.fromtimestamp(line.stepper.now_ms / 1000, UTC)
    people = line.book.roster.psychologists
    again = Shift("p1", Tier.ON_DUTY, Interval(now, now + timedelta(hours=8)))
    line.book.roster = Roster(people, (again, *line.book.roster.shifts))
    keep_duty.apply_rota(line.sw, line.stepper.now_ms)

    assert line.vera.state is State.AVAILABLE
    assert desk_of(line.sw, "p1", ()).suspended == ()


# ---- her time for coding, her breaks


def test_her_time_for_coding_ends_by_itself(make_line: MakeLine) -> None:
    line = make_line(vera)
    until = codes(line, line.vera)

    assert until - line.stepper.now_ms > 100_000
    line.until(lambda: line.vera.state is State.AVAILABLE, 125)
    assert abs(line.stepper.now_ms - until) < 50


def test_two_minutes_more_are_two_minutes_more_and_bounded(make_line: MakeLine) -> None:
    line = make_line(vera)
    first = until = codes(line, line.vera)
    granted = 0
    while keep_duty.lengthen_wrap_up(line.sw, "p1", until) and granted < 20:
        granted += 1
        until = wrap_up_until(line, line.vera)

    assert (granted, until - first) == (5, 600_000)
    assert not desk_of(line.sw, "p1", ()).may_code_longer
    line.until(lambda: line.vera.state is State.AVAILABLE, 730)
    assert abs(line.stepper.now_ms - until) < 50


def test_a_longer_coding_time_keeps_no_caller_waiting_past_its_step(make_line: MakeLine) -> None:
    line = make_line(vera)
    keep_duty.lengthen_wrap_up(line.sw, "p1", codes(line, line.vera))
    line.caller().dials()

    line.until(line.vera.rings, 47)


def test_on_a_break_nobody_rings_her_until_it_is_over(make_line: MakeLine) -> None:
    line = make_line(vera, bruno)
    keep_duty.begin_break(line.sw, "p1")
    caller = line.caller().dials()
    line.until(line.bruno.rings, 2)
    line.after(20)
    assert line.vera.times_rung() == 0

    keep_duty.end_break(line.sw, "p1")

    line.until(line.vera.rings, 8)
    assert not caller.is_over()


# ---- a call that goes by


def test_exactly_one_call_goes_by_her(make_line: MakeLine) -> None:
    line = make_line(vera, bruno)
    keep_duty.let_next_go_by(line.sw, "p1")
    assert desk_of(line.sw, "p1", ()).lets_next_go_by

    first = talks(line, line.bruno)
    assert line.vera.times_rung() == 0
    assert not desk_of(line.sw, "p1", ()).lets_next_go_by

    second = talks(line, line.vera)
    assert first.talks_with(line.bruno)
    assert second.talks_with(line.vera)
    line.is_sound()


def test_standby_is_rung_at_once_for_the_call_that_goes_by(make_line: MakeLine) -> None:
    line = make_line(vera, dora, standby=("dora",))
    keep_duty.let_next_go_by(line.sw, "p1")

    line.caller().dials()

    line.until(line.dora.rings, 2)
    assert line.vera.times_rung() == 0


def test_the_last_one_who_can_be_rung_is_rung_whatever_she_wished(make_line: MakeLine) -> None:
    line = make_line(vera, bruno)
    keep_duty.begin_break(line.sw, "p2")
    keep_duty.let_next_go_by(line.sw, "p1")

    caller = talks(line, line.vera)

    assert caller.talks_with(line.vera)
    assert not desk_of(line.sw, "p1", ()).lets_next_go_by, "that was her next call"
    line.is_sound()


def test_when_the_other_declines_the_call_comes_to_her_after_all(make_line: MakeLine) -> None:
    line = make_line(vera, bruno)
    keep_duty.let_next_go_by(line.sw, "p1")
    line.caller().dials()

    line.bruno.declines()

    line.until(line.vera.rings, 2)


def test_she_may_take_it_back(make_line: MakeLine) -> None:
    line = make_line(vera, bruno)
    keep_duty.let_next_go_by(line.sw, "p1")
    keep_duty.take_next(line.sw, "p1")

    line.caller().dials()

    line.until(line.vera.rings, 2)
