from __future__ import annotations

from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from helpline.emulator import LostReply
from tests.emulator.line import EVENTS, P1, P2, SERVER, Line, N, doc


def refused(line: Line, **changes: Any) -> tuple[int, int]:
    """Status and code with which a create is refused."""
    with pytest.raises(TwilioRestException) as error:
        line.ring(**changes)
    return error.value.status, error.value.code


def test_t60_a_leg_is_queued_then_reports_each_step_and_asks_for_its_document(line: Line) -> None:
    line.script(offer=doc("<Say>bonjour</Say>"))

    leg = line.ring()
    line.wait(2)
    line.control.answer(P1)
    line.wait(3)

    assert leg.status == "queued"
    assert (leg.date_created, leg.start_time, leg.end_time, leg.duration) == (None, None, None, None)
    assert line.http.bodies[-1].count("StatusCallbackEvent=") == 4
    assert [asked["CallStatus"] for asked in line.server.at("/leg")] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    asked = line.server.at("/offer")[0]
    assert (asked["Direction"], asked["CallStatus"], asked["CallSid"]) == (
        "outbound-api",
        "in-progress",
        leg.sid,
    )
    assert [asked["SequenceNumber"] for asked in line.server.at("/leg")] == ["0", "1", "2", "3"]
    done = line.sdk.calls(leg.sid).fetch()
    assert (done.status, done.duration) == ("completed", "1")
    assert done.start_time < done.end_time


def test_t60_only_the_end_is_reported_by_default(line: Line) -> None:
    line.sdk.calls.create(to=P1, from_=N, url=f"{SERVER}/offer", status_callback=f"{SERVER}/leg")
    line.wait(2)
    line.control.decline(P1)
    line.wait(1)

    (told,) = line.server.at("/leg")
    assert (told["CallStatus"], told["SequenceNumber"], told["SipResponseCode"]) == ("busy", "0", "486")


def test_t61_one_string_of_events_is_accepted_and_nothing_is_ever_reported(line: Line) -> None:
    leg = line.ring(status_callback_event="initiated ringing answered completed")
    line.wait(2)
    line.control.decline(P1)
    line.wait(2)

    assert leg.status == "queued"
    assert line.server.at("/leg") == []
    assert 21626 in line.codes()


@pytest.mark.parametrize("status", ["completed", "canceled"])
def test_t62_completed_ends_a_ringing_leg(line: Line, status: str) -> None:
    line.control.set_knobs({"completed_while_ringing": status})
    leg = line.ring()
    line.wait(2)

    ended = line.sdk.calls(leg.sid).update(status="completed")
    line.wait(1)

    assert ended.status == status
    assert line.server.at("/leg")[-1]["CallStatus"] == status
    assert line.server.at("/offer") == []
    assert line.control.phone(P1)["state"] == "idle"


def test_t62_a_call_that_is_over_cannot_be_redirected(line: Line) -> None:
    call = line.dial(doc("<Hangup/>"))

    with pytest.raises(TwilioRestException) as error:
        line.sdk.calls(line.sid(call)).update(url=f"{SERVER}/new")

    assert (error.value.status, error.value.code) == (400, 21220)
    assert "Call is not in-progress. Cannot redirect." in error.value.msg


def test_t62_a_call_that_is_not_answered_yet_cannot_be_redirected(line: Line) -> None:
    call = line.dial(doc('<Pause length="30"/><Say>a</Say>'))

    with pytest.raises(TwilioRestException) as error:
        line.sdk.calls(line.sid(call)).update(url=f"{SERVER}/new")

    assert error.value.code == 21220


def test_t62_canceled_does_not_end_an_answered_call(line: Line) -> None:
    call = line.dial(doc('<Say>a</Say><Pause length="60"/>'))

    line.sdk.calls(line.sid(call)).update(status="canceled")
    line.wait(1)

    assert line.control.call(call)["state"] == "in_progress"
    assert line.sdk.calls(line.sid(call)).fetch().status == "in-progress"


def test_t62_a_leg_cancelled_before_it_left_reports_nothing(line: Line) -> None:
    line.ring(P1)
    queued = line.ring(P2)

    ended = line.sdk.calls(queued.sid).update(status="canceled")
    line.wait(5)

    assert ended.status == "canceled"
    assert {asked["To"] for asked in line.server.at("/leg")} == {P1}
    assert line.control.phone(P2)["heard"] == []


def test_t63_rest_legs_leave_one_a_second(line: Line) -> None:
    start_ms = line.carrier.now_ms

    legs = [line.ring(f"+3363998500{i}") for i in range(1, 5)]
    line.wait(6)

    assert [leg.status for leg in legs] == ["queued"] * 4
    assert [int(leg.queue_time) for leg in legs] == [0, 1_000, 2_000, 3_000]
    left = [asked.at_ms - start_ms for asked in line.server.at("/leg") if asked["CallStatus"] == "initiated"]
    assert [round(at / 1000) for at in left] == [0, 1, 2, 3]


def test_t63_a_leg_withdrawn_from_the_queue_lets_the_next_leave_sooner(line: Line) -> None:
    legs = [line.ring(f"+3363998500{i}") for i in range(1, 4)]

    line.sdk.calls(legs[1].sid).update(status="completed")
    line.wait(1.5)

    assert line.control.phone("+33639985003")["state"] == "ringing"


def test_t64_two_equal_creates_are_two_calls(line: Line) -> None:
    assert line.ring().sid != line.ring().sid
    assert len(line.sdk.calls.list(to=P1)) == 2


def test_t64_a_callback_endpoint_that_fails_changes_nothing_and_is_not_asked_again(line: Line) -> None:
    line.script(leg=(500, "", "text/html"), offer=doc('<Pause length="30"/>'))
    leg = line.ring()
    line.wait(1)
    line.control.answer(P1)
    line.wait(5)

    assert [asked["CallStatus"] for asked in line.server.at("/leg")] == [
        "initiated",
        "ringing",
        "in-progress",
    ]
    assert line.sdk.calls(leg.sid).fetch().status == "in-progress"
    assert 15003 in line.codes()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"from_": "+33199009999"}, 21210),
        ({"from_": "vera"}, 21212),
        ({"to": "3114"}, 21211),
        ({"url": "offer"}, 21205),
        ({"status_callback": "leg"}, 21609),
        ({"method": "PATCH"}, 21209),
        ({"url": None, "twiml": doc("<Say>" + "x" * 4000 + "</Say>")}, 32018),
        ({"url": None, "twiml": doc('<Gather action="/g"/>')}, 15004),
    ],
)
def test_a_create_that_cannot_be_is_refused_with_its_code(
    line: Line, changes: dict[str, Any], code: int
) -> None:
    values = {"url": f"{SERVER}/offer"} | changes
    values = {name: value for name, value in values.items() if value is not None}

    if "url" not in values:
        with pytest.raises(TwilioRestException) as error:
            line.sdk.calls.create(to=P1, from_=N, **values)
        assert error.value.code == code
    else:
        assert refused(line, **values) == (400, code)


def test_a_leg_can_be_given_its_document_in_the_request(line: Line) -> None:
    line.sdk.calls.create(to=P1, from_=N, twiml=doc("<Say>bonjour</Say>"))
    line.wait(1)
    line.control.answer(P1)
    line.wait(1)

    assert line.server.asked == []
    assert [sound["text"] for sound in line.control.phone(P1)["heard"] if sound["kind"] == "say"] == [
        "bonjour"
    ]


def test_a_leg_has_a_fallback_of_its_own(line: Line) -> None:
    line.script(offer=(500, "", "text/html"), rescue=doc("<Say>secours</Say>"))
    line.ring(fallback_url=f"{SERVER}/rescue")
    line.wait(1)
    line.control.answer(P1)
    line.wait(1)

    assert line.server.at("/rescue")[0]["ErrorCode"] == "11200"
    assert line.server.at("/fallback") == []


def test_a_leg_that_nobody_answers_ends_after_its_timeout_and_a_margin(line: Line) -> None:
    leg = line.ring(timeout=20)
    line.wait(27)

    assert line.sdk.calls(leg.sid).fetch().status == "no-answer"


def test_a_time_limit_ends_the_talk(line: Line) -> None:
    line.script(offer=doc('<Pause length="600"/>'))
    leg = line.ring(time_limit=30)
    line.wait(1)
    line.control.answer(P1)
    line.wait(31)

    assert line.sdk.calls(leg.sid).fetch().duration == "30"


def test_rest_faults_refuse_lose_or_ignore_a_request(line: Line) -> None:
    line.control.set_faults({"rest": [
        {"operation": "calls.create", "fault": "429", "times": 1},
        {"operation": "calls.create", "fault": "503", "times": 1},
        {"operation": "calls.create", "fault": "hang", "times": 1},
        {"operation": "calls.create", "fault": "lost_reply", "times": 1},
    ]})  # fmt: skip

    assert refused(line) == (429, 20429)
    assert refused(line)[0] == 503
    with pytest.raises(LostReply):
        line.ring()
    assert line.sdk.calls.list(to=P1) == []
    with pytest.raises(LostReply):
        line.ring()
    assert len(line.sdk.calls.list(to=P1)) == 1
    assert line.ring().status == "queued"


def test_above_the_account_s_number_of_calls_a_create_is_refused(line: Line) -> None:
    line.control.set_knobs({"concurrent_calls_max": 2})
    line.ring(P1)
    line.ring(P2)

    assert refused(line, to="+33639985003") == (429, 10004)


def test_events_of_a_leg_can_be_few(line: Line) -> None:
    line.ring(status_callback_event=["answered", "completed"])
    line.wait(1)
    line.control.answer(P1)
    line.wait(2)

    assert [(asked["CallStatus"], asked["SequenceNumber"]) for asked in line.server.at("/leg")] == [
        ("in-progress", "0"),
        ("completed", "1"),
    ]
    assert set(EVENTS) >= {"answered", "completed"}


def test_parameters_given_to_a_client_reach_its_page(line: Line) -> None:
    line.control.set_client("vera", {"registered": True})

    leg = line.ring("client:vera?offer=o1&n=2")
    line.wait(1)

    assert leg.to == "client:vera"
    assert line.control.client("vera")["parameters"] == {"offer": "o1", "n": "2"}
    assert len(line.sdk.calls.list(to="client:vera")) == 1
