"""What the real carrier does and this one does not is refused where anyone can see it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client
from werkzeug.wrappers import Response

from helpline.emulator import control_app, rest_app
from helpline.emulator.page.options import Options
from helpline.emulator.page.views import Names, row_view
from helpline.emulator.web import WebRequest, call_wsgi
from tests.emulator.line import ACCOUNT, P1, SERVER, TOKEN, Line, N, doc

HELP = doc("<Say>Appelez le 15.</Say>")
"""The fallback, which drives the call when a document has failed."""


def warnings(line: Line) -> list[dict[str, Any]]:
    """The lines of the debugger in the evidence; each must be a row of the telephone page."""
    found = [record for record in line.control.log() if record["kind"] == "warning"]
    names = Names(line.carrier, Options())
    assert all(row_view(record, names) for record in found)
    return found


def check_document_refused(line: Line, reply: Any, code: int, text: str) -> None:
    """A call that gets this reply goes to its fallback, told the code, and the page shows why."""
    line.script(voice=reply, fallback=HELP)

    call = line.dial(wait_s=3)

    assert line.server.at("/fallback")[0]["ErrorCode"] == str(code)
    assert line.heard(call) == ["Appelez le 15."]
    (told,) = [record for record in warnings(line) if record["code"] == code]
    assert told["level"] == "error"
    assert text in told["text"]
    assert "not modelled by this carrier" in told["text"]


@pytest.mark.parametrize(
    ("verb", "named"),
    [
        ("<Dial><Sip>sip:vera@sip.test</Sip></Dial>", "<Sip>"),
        (f'<Dial callerId="{N}"><Number>{P1}</Number><Sip>sip:vera@sip.test</Sip></Dial>', "<Sip>"),
        ("<Dial><Queue>attente</Queue></Dial>", "<Queue>"),
        (f'<Dial answerOnBridge="true">{P1}</Dial>', '<Dial answerOnBridge="true">'),
        (f'<Dial referUrl="/r">{P1}</Dial>', "referUrl"),
        (f'<Dial><Number sendDigits="1">{P1}</Number></Dial>', "sendDigits"),
        ('<Gather input="speech"/>', '<Gather input="speech">'),
        ('<Gather input="dtmf speech" speechTimeout="auto"/>', "speechTimeout"),
        ('<Enqueue workflowSid="WW1"/>', "workflowSid"),
        (f"<Sms to='{P1}'>non</Sms>", "<Sms>"),
        ("<Pay/>", "<Pay>"),
        ("<Refer/>", "<Refer>"),
    ],
)
def test_a_verb_noun_or_attribute_that_is_not_modelled_fails_the_document(
    line: Line, verb: str, named: str
) -> None:
    check_document_refused(line, doc(verb), 12400, named)

    assert line.control.phone(P1)["heard"] == []
    assert line.sdk.queues.list() == []


def test_what_says_the_default_aloud_is_no_wish(line: Line) -> None:
    line.dial(
        doc(f'<Gather input="dtmf" timeout="1"/><Dial callerId="{N}" answerOnBridge="false">{P1}</Dial>'),
        wait_s=3,
    )

    assert line.control.phone(P1)["state"] == "ringing"
    assert warnings(line) == []


def test_a_redirect_fails_the_document(line: Line) -> None:
    check_document_refused(
        line, lambda form: Response("", 307, {"Location": "/v2"}), 11216, "HTTP status 307"
    )

    assert line.server.at("/v2") == []


def test_a_cookie_is_not_kept_and_told(line: Line) -> None:
    page = doc("<Redirect>/next</Redirect>")
    line.script(voice=lambda form: Response(page, 200, {"Set-Cookie": "sid=1"}, content_type="text/xml"))

    line.dial()

    assert "Cookie" not in line.server.at("/next")[0].headers
    (told,) = warnings(line)
    assert (told["level"], told["text"]) == ("warning", "Set-Cookie is not modelled by this carrier")


@pytest.mark.parametrize("kind", ["text/plain", "audio/mpeg"])
def test_a_document_that_is_plain_text_or_sound_fails(line: Line, kind: str) -> None:
    check_document_refused(line, (doc("<Say>bonjour</Say>"), kind), 12300, kind)


def check_rest_refused(line: Line, ask: Any, status: int, code: int, text: str) -> None:
    """The client gets the carrier's error, and the page shows why."""
    with pytest.raises(TwilioRestException) as error:
        ask()

    assert (error.value.status, error.value.code) == (status, code)
    told = warnings(line)[-1]
    assert (told["level"], told["code"]) == ("error", code)
    assert text in told["text"]
    asked = [record for record in line.control.log() if record["kind"] == "rest"][-1]
    assert (asked["status"], asked["code"]) == (status, code)


def test_the_front_of_a_queue_is_refused(line: Line) -> None:
    line.script(w=doc('<Pause length="60"/>'))
    line.dial(doc('<Enqueue waitUrl="/w">attente</Enqueue>'))
    front = line.sdk.queues(line.sdk.queues.list()[0].sid).members("Front")

    check_rest_refused(line, front.fetch, 404, 20404, "Members/Front is not modelled")
    check_rest_refused(
        line, lambda: front.update(url=f"{SERVER}/in"), 404, 20404, "Members/Front is not modelled"
    )


def test_creating_a_participant_is_refused(line: Line) -> None:
    line.dial(doc('<Dial><Conference waitUrl="">R</Conference></Dial>'))

    def create() -> None:
        line.sdk.conferences("R").participants.create(from_=N, to=P1)

    check_rest_refused(line, create, 404, 20404, "POST")
    assert line.sdk.calls.list(to=P1) == []


@pytest.mark.parametrize(
    "named",
    ["send_digits", "caller_id", "call_reason", "call_token", "byoc", "sip_auth_username", "application_sid"],
)
def test_a_parameter_of_a_create_that_is_not_modelled_is_refused(line: Line, named: str) -> None:
    check_rest_refused(line, lambda: line.ring(**{named: "1"}), 400, 20001, "not modelled by this carrier")
    assert line.sdk.calls.list() == []


def test_a_parameter_that_no_carrier_knows_is_ignored_and_told(line: Line) -> None:
    reply = line.http.request(
        "POST", f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Queues.json",
        data={"FriendlyName": "attente", "MaximumSize": "3"}, auth=(ACCOUNT, TOKEN),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip

    assert reply.status_code == 201
    (told,) = warnings(line)
    assert (told["level"], told["text"]) == (
        "warning",
        "MaximumSize of queues.create: no such parameter, ignored",
    )


def test_an_account_lives_in_one_region(line: Line) -> None:
    def client(region: str, edge: str) -> Client:
        return Client(ACCOUNT, TOKEN, region=region, edge=edge, http_client=line.http)

    assert client("ie1", "dublin").calls.list() == []
    check_rest_refused(
        line,
        client("au1", "sydney").calls("CA" + "0" * 32).fetch,
        401,
        20003,
        "several regions are not modelled",
    )
    assert client("ie1", "dublin").calls.list() == []


def test_insights_are_refused(line: Line) -> None:
    check_rest_refused(line, line.sdk.insights.v1.calls("CA" + "0" * 32).fetch, 404, 20404, "/v1/Voice/")


@pytest.mark.parametrize(
    "path", ["Calls/CA1/Events.json", "Applications.json", "Calls", "Usage/Records.json"]
)
def test_a_resource_that_is_not_modelled_is_refused(line: Line, path: str) -> None:
    key = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/{path}"

    reply = call_wsgi(rest_app(line.carrier), WebRequest("GET", url, (("Authorization", f"Basic {key}"),)))

    assert reply.status == 404
    assert b'"code": 20404' in reply.body
    assert path in warnings(line)[-1]["text"]


def test_an_order_about_a_room_that_is_not_modelled_is_refused(line: Line) -> None:
    call = line.dial(doc('<Dial><Conference waitUrl="">R</Conference></Dial>'))
    room = line.sdk.conferences(line.sdk.conferences.list()[0].sid)

    check_rest_refused(
        line, lambda: room.participants(line.sid(call)).update(wait_url=f"{SERVER}/w"), 400, 20001, "WaitUrl"
    )


def test_the_control_api_knows_no_other_carrier(line: Line) -> None:
    reply = call_wsgi(
        control_app(line.carrier, line.control), WebRequest("GET", "http://127.0.0.1/v1/Voice", ())
    )

    assert reply.status == 404
