from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.emulator.line import P1, SERVER, Line, doc


def ring_and_decline(line: Line) -> list[str]:
    """A leg that is declined; the statuses reported, in order of arrival."""
    line.ring()
    line.wait(2)
    line.control.decline(P1)
    line.wait(10)
    return [asked["CallStatus"] for asked in line.server.at("/leg")]


def test_reports_can_be_lost(line: Line) -> None:
    line.control.set_faults({"callbacks": {"path": "/leg", "drop": 1.0}})

    assert ring_and_decline(line) == []


def test_reports_can_come_twice(line: Line) -> None:
    line.control.set_faults({"callbacks": {"duplicate": 1.0}})

    assert sorted(ring_and_decline(line)) == ["busy", "busy", "initiated", "initiated", "ringing", "ringing"]


def test_reports_can_come_late_and_in_another_order() -> None:
    orders = set()
    for seed in range(8):
        line = Line(seed=seed)
        line.control.set_faults({"callbacks": {"reorder": 1.0, "delay_ms": [0, 3_000]}})
        orders.add(tuple(ring_and_decline(line)))

    assert len(orders) > 1
    assert all(set(order) == {"initiated", "ringing", "busy"} for order in orders)


@pytest.mark.parametrize(
    ("fault", "reached"), [("500", 0), ("hang", 0), ("reset", 0), ("refuse", 0), ("lost", 1), ("slow", 1)]
)
def test_a_web_fault_reaches_the_server_or_not(line: Line, fault: str, reached: int) -> None:
    line.control.set_faults({"web": {"path": "/voice", "fault": fault, "ms": 16_000}})
    line.script(fallback=doc("<Say>secours</Say>"))

    call = line.dial(doc("<Say>bonjour</Say>"), wait_s=17)

    assert len(line.server.at("/voice")) == reached
    assert line.heard(call) == ["secours"]


def test_a_fault_can_start_late_and_stop_after_some_times(line: Line) -> None:
    line.control.set_faults({"web": {"path": "/w*", "fault": "500", "after": 1, "times": 1}})
    line.script(w=doc('<Pause length="5"/>'), left=doc('<Enqueue waitUrl="/w" action="/left">q</Enqueue>'))

    line.dial(doc('<Enqueue waitUrl="/w" action="/left">q</Enqueue>'), wait_s=20)

    results = [asked["QueueResult"] for asked in line.server.at("/left")]
    assert results == ["error"]


def test_a_duplicated_document_request_carries_one_token(line: Line) -> None:
    line.control.set_faults({"web": {"path": "/voice", "fault": "duplicate"}})

    call = line.dial(doc("<Say>bonjour</Say>"))

    first, second = line.server.at("/voice")
    assert first.headers["I-Twilio-Idempotency-Token"] == second.headers["I-Twilio-Idempotency-Token"]
    assert line.heard(call) == ["bonjour"]


def test_a_lost_inbound_leg_fails_and_tells_its_number(line: Line) -> None:
    call = line.dial(doc('<Say>a</Say><Pause length="60"/>'))

    line.control.set_faults({"legs": [call]})
    line.wait(1)

    assert line.control.call(call)["ended_by"] == "carrier"
    assert line.server.at("/numstatus")[0]["CallStatus"] == "failed"


def test_faults_are_part_of_the_evidence(line: Line) -> None:
    line.control.set_faults({"web": {"path": "/voice", "fault": "500"}})

    line.dial()

    assert [record["what"] for record in line.control.log() if record["kind"] == "fault"] == [
        "rules set",
        "web 500",
    ]


def test_the_same_seed_gives_the_same_run() -> None:
    def play() -> list[dict[str, object]]:
        line = Line(seed=5)
        line.script(w=doc('<Pause length="5"/>'))
        line.control.set_faults({"callbacks": {"drop": 0.3, "duplicate": 0.3, "delay_ms": [0, 500]}})
        ring_and_decline(line)
        line.dial(doc('<Enqueue waitUrl="/w" action="/q">q</Enqueue>'), wait_s=30)
        return line.control.log()

    assert play() == play()


def test_a_certificate_that_is_not_good_is_tried_once_more_and_told(line: Line) -> None:
    line.control.set_faults({"web": {"path": "/voice", "fault": "tls"}})
    line.script(fallback=doc("<Say>secours</Say>"))

    call = line.dial()

    attempts = [r["error"] for r in line.control.log() if r["kind"] == "document" and r["path"] == "/voice"]
    assert attempts == ["tls", "tls"]
    assert line.server.at("/voice") == []
    assert line.server.at("/fallback")[0]["ErrorCode"] == "11220"
    assert line.heard(call) == ["secours"]


def test_a_request_can_be_replayed_later_as_it_was(line: Line) -> None:
    line.control.set_faults({"web": {"path": "/voice", "fault": "replay", "ms": 60_000}})

    line.dial(doc("<Hangup/>"))
    early = len(line.server.at("/voice"))
    line.wait(61)

    first, again = line.server.at("/voice")
    assert (early, first.form, first.headers) == (1, again.form, again.headers)
    assert again.at_ms - first.at_ms == 60_000
    assert len(line.control.calls()) == 1


def test_a_call_can_end_between_a_look_and_an_order(line: Line) -> None:
    call = line.dial(doc('<Say>a</Say><Pause length="60"/>'))
    (listed,) = line.sdk.calls.list(status="in-progress")
    line.control.set_faults({"rest": {"operation": "calls.update", "fault": "ended"}})

    with pytest.raises(TwilioRestException) as error:
        listed.update(url=f"{SERVER}/new")

    assert (error.value.status, error.value.code) == (400, 21220)
    assert line.control.call(call)["ended_by"] == "caller"


def test_somebody_can_pick_up_while_the_order_to_cancel_is_on_its_way(line: Line) -> None:
    line.script(offer=doc('<Pause length="60"/>'))
    leg = line.ring()
    line.wait(1)
    line.control.set_faults({"rest": {"operation": "calls.update", "fault": "answered"}})

    still = line.sdk.calls(leg.sid).update(status="canceled")
    line.wait(1)
    ended = line.sdk.calls(leg.sid).update(status="completed")

    assert (still.status, ended.status) == ("in-progress", "completed")
    assert line.control.phone(P1)["state"] == "idle"


def test_who_is_called_can_decline_a_moment_before_the_order(line: Line) -> None:
    leg = line.ring()
    line.wait(1)
    line.control.set_faults({"rest": {"operation": "calls.fetch", "fault": "ended"}})

    assert line.sdk.calls(leg.sid).fetch().status == "busy"
