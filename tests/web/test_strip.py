"""Answers of the carrier's REST API: whatever they hold, no number comes through.

The documents are the emulator's, key for key those of the real one, and random ones with numbers planted anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helpline.adapters.carriers.twilio.rest import StrippingClient
from helpline.adapters.carriers.twilio.strip import strip, strip_error
from helpline.bootstrap_carrier import name_of
from helpline.cli.stepped import WsgiAdapter
from helpline.emulator import rest_app
from tests import builders
from tests.leak.needles import of_number, search, significant
from tests.phone import Line
from tests.web.carrier import ACCOUNT, TOKEN

CANARY = "+33639980123"
BOOK = builders.book(builders.roster(builders.psychologist("vera", 1), builders.psychologist("bruno", 2)))
HER_PHONE = "+33639985001"
SID = "0123456789abcdef" * 2

FIELDS = (
    "sid call_sid parent_call_sid account_sid to to_formatted from from_formatted phone_number_sid status start_time "
    "end_time duration price direction answered_by annotation forwarded_from group_sid caller_name queue_time "
    "trunk_sid uri subresource_uris date_created date_updated date_enqueued friendly_name phone_number voice_url "
    "status_callback label position wait_time current_size message_text message_date request_url request_variables "
    "response_body response_headers error_code log more_info next_page_uri first_page_uri previous_page_uri page "
    "page_size calls queues queue_members conferences participants incoming_phone_numbers notifications code message "
    "region reason_conference_ended call_token x_unknown"
).split()


def named(number: str) -> str | None:
    return name_of(BOOK, number)


def as_found(text: str) -> list[str]:
    """Forms of the canary in a text, and any run of digits long enough to be most of it."""
    core = significant(CANARY)
    hits = search(of_number(CANARY, "caller"), {"answer": text.encode()})
    return hits + [core[at : at + 7] for at in range(3) if core[at : at + 7] in text]


canaries = st.sampled_from(
    [
        CANARY,
        "0639980123",
        "06 39 98 01 23",
        "639980123",
        "33639980123",
        "%2B33639980123",
        "06.39.98.01.23",
        "321089936",
    ]
)
planted = st.one_of(
    canaries,
    st.builds(
        lambda before, canary, after: before + canary + after,
        st.text(max_size=8),
        canaries,
        st.text(max_size=8),
    ),
    st.builds(lambda c: f"/2010-04-01/Accounts/AC{SID}/Calls.json?Page=1&To={c}", canaries),
    st.builds(lambda c: f"/2010-04-01/Accounts/AC{SID}/Calls.json?Page={c}&PageToken={c}", canaries),
    st.just(int("33639980123")),
    st.just(639980123),
    st.just(639980123.0),
)
harmless = st.one_of(st.none(), st.booleans(), st.integers(0, 999), st.text(max_size=5), st.just(f"CA{SID}"))
documents = st.recursive(
    st.one_of(planted, harmless),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(FIELDS), canaries, st.text(max_size=6)), inner, max_size=8),
    ),
    max_leaves=30,
)


@given(documents)
def test_no_number_comes_through_whatever_the_answer_holds(document: Any) -> None:
    assert as_found(json.dumps(strip(json.dumps(document), named))) == []
    assert as_found(json.dumps(strip(json.dumps(document, ensure_ascii=False), named))) == []


@given(st.dictionaries(st.sampled_from(FIELDS), planted, min_size=1), st.sampled_from(FIELDS))
def test_no_number_comes_through_a_field_or_a_page_of_things(fields: dict[str, Any], of: str) -> None:
    assert as_found(json.dumps(strip(json.dumps(fields), named))) == []
    assert as_found(json.dumps(strip(json.dumps({of: [fields, fields], **fields}), named))) == []


NEXT = f"/2010-04-01/Accounts/AC{SID}/Calls.json?PageSize=2&Page=1&PageToken=PACA{SID}"


@pytest.mark.parametrize(
    "uri",
    [
        f"{NEXT}&To=%2B33639980123",
        f"{NEXT}&From=0639980123",
        f"{NEXT}&Status=0639980123",
        NEXT.replace("PACA", "0639980123"),
        NEXT.replace("Page=1", "Page=0639980123"),
        NEXT.replace("Calls", "Calls/0639980123"),
        f"{NEXT}#0639980123",
        f"https://0639980123{NEXT}",
        f"//0639980123{NEXT}",
    ],
)
def test_the_way_to_the_next_page_is_kept_only_when_it_quotes_nothing(uri: str) -> None:
    kept = strip(json.dumps({"calls": [], "next_page_uri": NEXT}), named)
    dropped = strip(json.dumps({"calls": [], "next_page_uri": uri}), named)

    assert kept["next_page_uri"] == NEXT
    assert dropped["next_page_uri"] is None


@given(documents, st.integers(400, 599))
def test_no_number_comes_through_an_error(document: Any, status: int) -> None:
    told = json.dumps(strip_error(json.dumps(document), status))

    assert as_found(told) == []
    assert json.loads(told)["status"] == status


@given(st.text())
def test_what_is_no_json_becomes_nothing(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        assert strip(text, named) == {}
        assert strip_error(text, 500)["code"] is None


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "1", '"x"', "[" * 100_000, '{"calls": 1}', '{"calls": [1, null, []]}']
)
def test_an_answer_of_another_shape_is_not_an_error(text: str) -> None:
    assert CANARY not in json.dumps(strip(text, named))
    assert strip_error(text, 400) == {"code": None, "status": 400, "message": "", "more_info": ""}


def test_an_error_that_quotes_a_number_keeps_its_code_and_nothing_of_its_text() -> None:
    body = {
        "code": 21211,
        "message": f"The 'To' number {CANARY} is not a valid phone number.",
        "more_info": f"https://www.twilio.com/docs/errors/21211?To={CANARY}",
        "status": 400,
        "details": {"to": CANARY},
    }

    assert strip_error(json.dumps(body), 400) == {
        "code": 21211,
        "status": 400,
        "message": "",
        "more_info": "",
    }


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        ("+33199000001", "line:entraide"),
        ("+33199000002", "line:ancien_0826"),
        (HER_PHONE, "endpoint:e1"),
        (CANARY, None),
        ("anonymous", None),
        ("", None),
        ("client:nobody", None),
    ],
)
def test_a_number_becomes_what_it_means_to_us_or_nothing(number: str, meaning: str | None) -> None:
    stripped = strip(json.dumps({"to": number, "from": number}), named)

    assert stripped == {"to": meaning}


# ---- the real SDK on the emulator's answers


class Recording(StrippingClient):
    """Our HTTP client, keeping what it hands to the SDK."""

    handed: list[str]

    def request(self, *args: Any, **kwargs: Any) -> Any:
        answer = super().request(*args, **kwargs)
        self.handed.append(answer.text)
        return answer


@pytest.fixture
def recording(line: Line) -> tuple[Client, Recording]:
    session = requests.Session()
    session.mount("http://", WsgiAdapter(rest_app(line.stepper.carrier)))
    http = Recording(session, "http://carrier.test", lambda number: name_of(line.sw.book, number))
    http.handed = []
    return Client(ACCOUNT, TOKEN, ACCOUNT, http_client=http), http


def everything(client: Client, line: Line) -> list[Callable[[], Any]]:
    """Every question that can be asked about a live call, and some that are refused."""
    sids = list(line.stepper.carrier.world.legs)
    return [
        lambda: client.calls.list(page_size=1),
        lambda: client.calls.list(to="+33639980001"),
        *(lambda sid=sid: client.calls(sid).fetch() for sid in sids),
        lambda: [q.fetch() for q in client.queues.list()],
        lambda: [client.queues(q.sid).members.list() for q in client.queues.list()],
        lambda: [room.participants.list() for room in client.conferences.list()],
        client.incoming_phone_numbers.list,
        client.calls(sids[0]).notifications.list,
        lambda: client.calls.create(to="+33639980001", from_="+33639980001", url="https://voix.test/x"),
        lambda: client.calls.create(to="0639980001x", from_="+33199000001", url="https://voix.test/x"),
        lambda: client.calls("CA" + "0" * 32).fetch(),
        lambda: client.calls.list(to="+33639980001", status="no-such"),
    ]


def test_no_answer_about_a_live_call_hands_a_number_to_the_sdk(
    line: Line, recording: tuple[Client, Recording]
) -> None:
    client, http = recording
    waiting = line.caller().dials()
    line.after(3)
    questions = everything(client, line)
    talking = line.caller().dials()
    line.vera.accepts()
    line.until(line.vera.is_up, 5)
    line.after(10)
    questions += everything(client, line)
    assert {waiting.number, talking.number} == {"0639980001", "0639980002"}

    refused = []
    for ask in questions:
        try:
            ask()
        except TwilioRestException as error:
            refused.append(str(error))

    callers = (*of_number("0639980001", "caller 1"), *of_number("0639980002", "caller 2"))
    handed, told = "\n".join(http.handed).encode(), "\n".join(refused).encode()
    assert len(http.handed) >= len(questions)
    assert refused
    assert search((*callers, *of_number(HER_PHONE, "vera")), {"handed to the SDK": handed}) == []
    assert search(callers, {"errors": told}) == []
    # What the product needs is there.
    mine = [call for call in client.calls.list() if call.direction == "inbound"]
    assert {call.to for call in mine} == {"line:entraide"}
    assert {call._from for call in mine} == {None}
    assert {call.to for call in client.calls.list() if call.direction != "inbound"} <= {
        "endpoint:e1",
        "endpoint:e2",
    }


def test_all_pages_of_a_list_are_still_read(line: Line, recording: tuple[Client, Recording]) -> None:
    client, http = recording
    for _ in range(5):
        line.caller().dials()
    line.after(2)
    legs = set(line.stepper.carrier.world.legs)
    http.handed.clear()

    assert {call.sid for call in client.calls.list(page_size=2)} == legs
    assert len(http.handed) >= 3
    assert {call.sid for call in client.calls.list(status="in-progress", page_size=2)} <= legs
