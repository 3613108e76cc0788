"""A carrier that runs for weeks forgets what is long over, and says so; what is not over stays."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioException

from helpline.emulator.__main__ import ENDED_KEEPS, LOG_KEEPS, settings_from
from helpline.emulator.control import ControlError
from tests.emulator.line import P1, B, Line, doc

ROOM = doc('<Dial><Conference waitUrl="">{}</Conference></Dial>')


def test_legs_long_over_are_forgotten_as_if_deleted_and_the_others_stay() -> None:
    line = Line(ended_keeps=3)
    line.script(w=doc('<Pause length="600"/>'))
    waiting = line.dial(doc('<Enqueue waitUrl="/w">attente</Enqueue>'))

    calls = [line.dial(doc("<Reject/>")) for _ in range(5)]

    assert [call["call"] for call in line.control.calls()] == [waiting, *calls[2:]]
    assert len(line.sdk.calls.list()) == 4
    assert line.control.call(waiting)["state"] == "in_progress"
    with pytest.raises(ControlError) as error:
        line.control.call(calls[0])
    assert error.value.status == 404


def test_a_leg_that_was_deleted_is_forgotten_in_its_turn() -> None:
    line = Line(ended_keeps=2)
    first = line.dial(doc("<Reject/>"))
    line.sdk.calls(line.sid(first)).delete()

    for _ in range(2):
        line.dial(doc("<Reject/>"))

    assert first not in line.carrier.world.handles
    assert len(line.sdk.calls.list()) == 2


def test_rooms_long_over_are_forgotten_and_their_names_free() -> None:
    line = Line(ended_keeps=4)
    for name in ("a", "b", "c", "a"):
        line.control.hang_up(line.dial(ROOM.format(name)))
        line.wait(1)

    line.dial(ROOM.format("a"), from_=B)

    rooms = [(room.friendly_name, room.status) for room in line.sdk.conferences.list()]
    assert rooms == [("a", "in-progress"), ("a", "completed"), ("c", "completed")]


def test_old_lines_of_the_debugger_are_forgotten_and_pages_stay_right() -> None:
    line = Line(ended_keeps=4)
    for number in range(9):
        line.carrier.world.alert(12200, f"line {number}")

    first = line.sdk.notifications.page(page_size=2)
    line.carrier.world.alert(12200, "one more")
    second = first.next_page()

    texts = [one.message_text for page in (first, second) for one in page]
    assert texts == ["line 8", "line 7", "line 6", "line 5"]
    assert len(line.control.alerts()) == 6


def test_everything_is_kept_unless_told_otherwise(line: Line) -> None:
    for _ in range(6):
        line.dial(doc("<Reject/>"))

    assert len(line.control.calls()) == 6
    assert line.control.log()[0]["n"] == 1


def test_a_carrier_started_as_a_program_keeps_so_much() -> None:
    kept = settings_from({}, {})
    told = settings_from({"log_keeps": 10, "ended_keeps": 0}, {})

    assert (kept.log_keeps, kept.ended_keeps) == (LOG_KEEPS, ENDED_KEEPS)
    assert (told.log_keeps, told.ended_keeps) == (10, 0)


def test_members_come_in_pages_even_while_the_head_leaves(line: Line) -> None:
    line.script(w=doc('<Pause length="600"/>'))
    calls = [line.dial(doc('<Enqueue waitUrl="/w">attente</Enqueue>')) for _ in range(5)]
    members = line.sdk.queues(line.sdk.queues.list()[0].sid).members

    first = members.page(page_size=2)
    line.control.hang_up(calls[0])
    line.control.hang_up(calls[1])
    line.wait(1)
    second = first.next_page()

    listed = [member.call_sid for page in (first, second) for member in page]
    assert listed == [line.sid(call) for call in calls[:4]]


@pytest.mark.parametrize("token", ["PAxyz", "PACA" + "f" * 32, "PA.1", "1"])
def test_a_token_of_no_page_is_refused(line: Line, token: str) -> None:
    line.ring(P1)

    with pytest.raises(TwilioException) as error:
        line.sdk.calls.page(page_token=token)

    assert '"code": 20001' in str(error.value)
