from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.emulator.line import ACCOUNT, P1, SERVER, A, Line, N, doc


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
        lambda: line.sdk.queues(line.sdk.queues.list()[0].sid).members("CA" + "0" * 32).fetch(),
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


PAGE_KEYS = frozenset(
    "end first_page_uri next_page_uri last_page_uri page page_size previous_page_uri start total num_pages uri".split()
)


def test_t64_a_page_holds_one_list_and_says_where_the_next_is(line: Line) -> None:
    for _ in range(120):
        line.dial(doc("<Reject/>"), wait_s=0.3)

    uri, pages = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json?PageSize=50", []
    while uri:
        body = json.loads(line.sdk.request("GET", f"https://api.twilio.com{uri}").text)
        pages.append(body)
        uri = body["next_page_uri"]

    assert [set(page) - PAGE_KEYS for page in pages] == [{"calls"}] * 3
    assert [len(page["calls"]) for page in pages] == [50, 50, 20]
    assert re.search(r"PageToken=PACA[0-9a-f]{32}$", pages[0]["next_page_uri"])
    sids = [call["sid"] for page in pages for call in page["calls"]]
    assert len(set(sids)) == 120
    starts = [parsedate_to_datetime(call["start_time"]) for page in pages for call in page["calls"]]
    assert starts == sorted(starts, reverse=True)


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


def test_notifications_keep_the_requests_variables_of_documents_and_callbacks(line: Line) -> None:
    line.script(voice=(500, "", "text/html"), numstatus=(500, "", "text/html"))
    call = line.dial(wait_s=6)

    listed = line.sdk.notifications.list()
    full = [line.sdk.notifications(one.sid).fetch() for one in listed]

    assert [(one.error_code, one.log) for one in listed] == [("15003", "1"), ("11200", "0")]
    assert {one.call_sid for one in listed} == {line.sid(call)}
    for one in full:
        variables = dict(parse_qsl(one.request_variables, keep_blank_values=True))
        assert (variables["From"], variables["CallSid"]) == (A, line.sid(call))
    assert [one.sid for one in line.sdk.calls(line.sid(call)).notifications.list()] == [
        one.sid for one in listed
    ]


def test_notifications_come_in_pages(line: Line) -> None:
    for number in range(7):
        line.carrier.world.alert(12200, f"line {number}")

    first = line.sdk.notifications.page(page_size=3)
    pages = [first, second := first.next_page(), second.next_page()]

    texts = [[one.message_text for one in page] for page in pages]
    assert texts == [["line 6", "line 5", "line 4"], ["line 3", "line 2", "line 1"], ["line 0"]]
    assert pages[2].next_page() is None


def test_alerts_are_the_same_lines_with_the_same_variables_in_pages_of_their_own(line: Line) -> None:
    line.script(voice=(500, "", "text/html"))
    call = line.dial(wait_s=6)
    for number in range(4):
        line.carrier.world.alert(12200, f"line {number}", level="warning")

    first = line.sdk.monitor.v1.alerts.page(page_size=2)
    pages = [first, second := first.next_page(), second.next_page()]
    listed = [one for page in pages for one in page]
    full = line.sdk.monitor.v1.alerts(listed[-1].sid).fetch()

    assert [one.alert_text for one in listed[:4]] == ["line 3", "line 2", "line 1", "line 0"]
    assert [(one.error_code, one.log_level) for one in listed[3:]] == [
        ("12200", "warning"),
        ("11200", "error"),
    ]
    assert pages[2].next_page() is None
    assert (full.resource_sid, full.request_url) == (line.sid(call), f"{SERVER}/voice")
    assert dict(parse_qsl(full.request_variables))["From"] == A
    assert [one.sid for one in listed] == [one.sid for one in line.sdk.notifications.list()]
    assert full.date_generated.timestamp() * 1000 <= line.carrier.now_ms


def test_the_lists_of_queues_members_rooms_and_participants_parse_into_the_types_of_the_client(
    line: Line,
) -> None:
    line.script(
        w=doc('<Pause length="60"/>'), offer=doc('<Dial><Conference waitUrl="">R</Conference></Dial>')
    )
    calls = [
        line.dial(doc('<Enqueue waitUrl="/w">attente</Enqueue>'), from_=f"+336399800{i}0") for i in range(3)
    ]
    leg = line.ring(P1)
    line.wait(1)
    line.control.answer(P1)
    line.wait(1)

    (queue,) = line.sdk.queues.list()
    first = line.sdk.queues(queue.sid).members.page(page_size=2)
    members = [*first, *(first.next_page() or ())]
    (room,) = line.sdk.conferences.list()
    (participant,) = line.sdk.conferences(room.sid).participants.list()

    assert [member.call_sid for member in members] == [line.sid(call) for call in calls]
    assert [member.position for member in members] == [1, 2, 3]
    assert (queue.current_size, room.status) == (3, "in-progress")
    assert (participant.call_sid, participant.hold, participant.status) == (leg.sid, False, "connected")
