"""Who is rung for whom, and when. Stepped."""

from __future__ import annotations

from helpline.domain.people import Endpoint, EndpointKind, Psychologist
from helpline.domain.presence import State
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.phone import Line

vera = builders.psychologist("vera", 1)
bruno = builders.psychologist("bruno", 2)


def test_one_psychologist_serves_two_callers_in_their_order(make_line: MakeLine) -> None:
    line = make_line(vera)
    first = line.caller().dials()
    line.after(1)
    second = line.caller().dials()

    line.vera.accepts()
    line.until_talk(first, line.vera)
    line.after(30)
    assert not second.is_over()
    assert line.vera.times_rung() == 1
    first.hangs_up()

    line.until(line.vera.rings, 200)
    line.vera.accepts()
    line.until_talk(second, line.vera)
    line.is_sound()


def test_standby_is_rung_when_nobody_on_duty_has_answered(make_line: MakeLine) -> None:
    line = make_line(vera, bruno, standby=("bruno",))
    line.caller().dials()
    line.until(line.vera.rings, 2)
    assert line.bruno.times_rung() == 0

    line.until(line.bruno.rings, 40)


def test_a_decline_with_nobody_else_free_calls_standby_at_once(make_line: MakeLine) -> None:
    line = make_line(vera, bruno, standby=("bruno",))
    line.caller().dials()

    line.vera.declines()

    line.until(line.bruno.rings, 2)
    line.after(30)
    assert line.vera.times_rung() == 1


def test_who_lets_it_ring_is_rung_again_when_alone(make_line: MakeLine) -> None:
    line = make_line(vera)
    caller = line.caller().dials()

    line.until(lambda: line.vera.times_rung() == 2, 60)

    line.vera.accepts()
    line.until_talk(caller, line.vera)


def test_a_mailbox_never_gets_the_call(make_line: MakeLine) -> None:
    line = make_line(vera, bruno)
    line.control.set_phone(line.vera.number, {"is": "mailbox"})
    caller = line.caller().dials()
    line.after(20)
    assert caller.talks_to() == []

    line.bruno.accepts()

    line.until_talk(caller, line.bruno)


def test_a_browser_accepts_on_screen(make_line: MakeLine) -> None:
    line = make_line(builders.psychologist("alma", 3, client=True))
    line.control.set_client("alma", {"registered": True})
    caller = line.caller().dials()
    line.until(lambda: line.control.client("alma")["state"] == "ringing", 5)

    line.control.accept("alma")

    line.until(lambda: caller.talks_to() == ["client:alma"], 15)


def test_an_unreachable_browser_gives_way_to_her_phone(make_line: MakeLine) -> None:
    browser = Endpoint("e8", EndpointKind.CLIENT, "client:nadia")
    phone = Endpoint("e9", EndpointKind.PHONE, "+33639985009")
    nadia = Psychologist("p9", "nadia", "Nadia", (browser, phone))
    line = make_line(nadia)
    line.caller().dials()

    line.until(lambda: line.control.phone(phone.address)["state"] == "ringing", 4)


def test_an_unreachable_browser_alone_is_not_rung_in_a_tight_loop(make_line: MakeLine) -> None:
    line = make_line(builders.psychologist("alma", 3, client=True))
    line.caller().dials()
    line.after(30)

    legs = [r for r in line.control.log() if r["kind"] == "leg" and r["what"] == "initiated"]
    assert 4 <= len(legs) <= 8


def test_withheld_numbers_are_separate_callers(line: Line) -> None:
    callers = [line.caller(withheld=True).dials() for _ in range(3)]
    line.after(2)
    assert len(line.live()) == 3

    line.vera.accepts()
    line.until_talk(callers[0], line.vera)
    for caller in callers[1:]:
        assert not caller.is_over()


def test_the_old_number_is_answered_alike_and_says_the_new_one(line: Line) -> None:
    caller = line.caller().dials("0826000401")
    line.after(12)

    assert caller.hears("Appel anonyme, non enregistré")
    assert caller.hears("nouveau numéro")
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    caller.hangs_up()
    line.until_counted()
    assert line.counts("presented") == {"ancien_0826": 1}


def test_every_leg_shows_one_of_our_own_numbers(line: Line) -> None:
    caller = line.caller(withheld=True).dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)

    out = [r for r in line.control.log() if r["kind"] == "leg" and r["direction"] != "inbound"]
    assert {leg["from"] for leg in out} <= {"+33199000001", "+33199000002", "+33199000003"}


def test_signing_off_in_mid_call_counts_from_its_end(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)

    line.vera.goes_off_duty()

    line.after(10)
    assert caller.talks_with(line.vera)
    caller.hangs_up()
    line.until(lambda: line.vera.state is State.OFFLINE, 5)


def test_legs_leave_at_the_accounts_rate(make_line: MakeLine) -> None:
    line = make_line(vera, bruno, leg_rate=1.0, HELPLINE_LEGS_PER_S="1")
    line.caller().dials()
    line.until(line.bruno.rings, 3)
    line.until(line.vera.rings, 3)

    legs = [r for r in line.control.log() if r["kind"] == "leg" and r["what"] == "queued"]
    assert all(leg["queue_time_ms"] == 0 for leg in legs), "the carrier had to queue what we should have held"
