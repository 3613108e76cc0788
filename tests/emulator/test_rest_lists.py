from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.emulator.line import ACCOUNT, P1, Line, N, doc


def test_t64_wrong_credentials_are_refused(line: Line) -> None:
    stranger = Client(ACCOUNT, "wrong", http_client=line.http)

    with pytest.raises(TwilioRestException) as error:
        stranger.calls("CA" + "0" * 32).fetch()

    assert (error.value.status, error.value.code) == (401, 20003)


def test_t64_an_api_key_opens_the_api() -> None:
    line = Line(api_key="SK" + "1" * 32, api_secret="quiet")

    keyed = Client("SK" + "1" * 32, "quiet", ACCOUNT, http_client=line.http)

    assert keyed.calls.list() == []


def test_t64_what_is_not_there_is_not_found(line: Line) -> None:
    line.sdk.queues.create(friendly_name="attente")
    missing = [
        lambda: line.sdk.calls("CA" + "0" * 32).fetch(),
        lambda: line.sdk.queues("attente").fetch(),
        lambda: line.sdk.queues(line.sdk.queues.list()[0].sid).members("Front").fetch(),
        lambda: line.sdk.conferences("CF" + "0" * 32).fetch(),
    ]

    for ask in missing:
        with pytest.raises(TwilioRestException) as error:
            ask()
        assert (error.value.status, error.value.code) == (404, 20404)


@pytest.mark.parametrize("http", [400, 409])
def test_t64_a_live_call_cannot_be_deleted_and_a_finished_one_is_gone(line: Line, http: int) -> None:
    line.control.set_knobs({"20009_http": http})
    call = line.dial(doc('<Say>a</Say><Pause length="60"/>'))
    sid = line.sid(call)

    with pytest.raises(TwilioRestException) as early:
        line.sdk.calls(sid).delete()
    line.control.hang_up(call)
    line.wait(1)
    deleted = line.sdk.calls(sid).delete()
    with pytest.raises(TwilioRestException) as late:
        line.sdk.calls(sid).fetch()

    assert (early.value.status, early.value.code) == (http, 20009)
    assert deleted
    assert late.value.code == 20404
    assert line.sdk.calls.list() == []


def test_a_finished_call_refuses_deletion_for_a_time_when_the_knob_says_so(line: Line) -> None:
    line.control.set_knobs({"erase_refused_ms": [60_000, 60_000]})
    call = line.dial(doc("<Hangup/>"))

    with pytest.raises(TwilioRestException):
        line.sdk.calls(line.sid(call)).delete()
    line.wait(61)

    assert line.sdk.calls(line.sid(call)).delete()


def test_t64_a_queue_name_can_be_created_once(line: Line) -> None:
    line.sdk.queues.create(friendly_name="attente")

    with pytest.raises(TwilioRestException) as error:
        line.sdk.queues.create(friendly_name="attente")

    assert (error.value.status, error.value.code) == (400, 22003)


def test_t64_120_calls_come_in_three_pages_even_while_they_are_deleted(line: Line) -> None:
    for _ in range(120):
        line.dial(doc("<Reject/>"), wait_s=0.3)

    first = line.sdk.calls.page(page_size=50)
    second = first.next_page()
    for call in list(first):
        line.sdk.calls(call.sid).delete()
    third = second.next_page()

    assert len(list(second)) == 50
    assert len(list(third)) == 20
    assert third.next_page() is None


def test_lists_are_filtered_by_status_number_and_time(line: Line) -> None:
    early = line.dial(doc("<Reject/>"))
    line.wait(3_600)
    middle = datetime.fromtimestamp(line.carrier.now_ms / 1000, UTC)
    line.wait(60)
    late = line.dial(doc('<Say>a</Say><Pause length="600"/>'))

    def sids(**filters: Any) -> list[str]:
        return [call.sid for call in line.sdk.calls.list(**filters)]

    assert sids() == [line.sid(late), line.sid(early)]
    assert sids(status="in-progress") == [line.sid(late)]
    assert sids(start_time_after=middle) == [line.sid(late)]
    assert sids(start_time_before=middle) == [line.sid(early)]
    assert sids(end_time_after=middle - timedelta(hours=2), end_time_before=middle) == [line.sid(early)]
    assert sids(to=N) == sids()
    assert sids(to=P1) == []


def test_legs_of_a_dial_are_listed_by_their_parent(line: Line) -> None:
    call = line.dial(doc(f'<Dial callerId="{N}">{P1}</Dial>'))

    (child,) = line.sdk.calls.list(parent_call_sid=line.sid(call))

    assert (child.to, child.direction, child.status) == (P1, "outbound-dial", "ringing")


def test_a_number_is_found_by_part_of_it_and_keeps_what_it_was_given(line: Line) -> None:
    (number,) = line.sdk.incoming_phone_numbers.list(phone_number="990000")
    changed = number.update(voice_url="https://other.test/v", voice_method="GET")

    assert changed.voice_url == "https://other.test/v"
    assert line.sdk.incoming_phone_numbers(number.sid).fetch().voice_method == "GET"
    assert line.sdk.incoming_phone_numbers.list(phone_number="+33155555555") == []


def test_a_fallback_needs_a_url(line: Line) -> None:
    with pytest.raises(TwilioRestException) as error:
        line.configure(voice_url="")

    assert error.value.code == 21405


def test_notifications_keep_the_requests_variables(line: Line) -> None:
    line.script(voice=(500, "", "text/html"))
    call = line.dial()

    (listed,) = line.sdk.notifications.list()
    full = line.sdk.notifications(listed.sid).fetch()

    assert (listed.error_code, listed.call_sid) == ("11200", line.sid(call))
    assert "From=+33639980001" in full.request_variables
