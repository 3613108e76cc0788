from __future__ import annotations

import base64
import json
import re
from urllib.parse import unquote

import pytest

from tests.emulator.line import ACCOUNT, P1, SERVER, A, Line, N, doc

WITHHELD = [
    "ANONYMOUS",
    "anonymous",
    "RESTRICTED",
    "unknown",
    "+266696687",
    "+7378742833",
    "+86282452253",
    "",
]


def test_t05_an_incoming_call_arrives_with_its_whole_envelope(line: Line) -> None:
    line.dial(doc("<Redirect>/next</Redirect>"))

    first, second = line.server.asked[:2]
    assert (first.method, first.path) == ("POST", "/voice")
    assert first.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert re.fullmatch(r"CA[0-9a-f]{32}", first["CallSid"])
    assert first["From"] == first["Caller"] == A
    assert first["To"] == first["Called"] == N
    wanted = {
        "CallStatus": "ringing",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
        "AccountSid": ACCOUNT,
    }
    assert wanted.items() <= first.form.items()
    assert "ParentCallSid" not in first.form
    assert {"FromCity", "FromZip", "CallerState", "ToCountry", "CalledCity"} <= set(first.form)
    assert first["FromCountry"] == "FR"
    assert first.headers["User-Agent"] == "TwilioProxy/1.1"
    assert first.headers["X-Twilio-Signature"]
    assert first.headers["I-Twilio-Idempotency-Token"]
    assert second.path == "/next"
    assert second["CallSid"] == first["CallSid"]


def test_t05_the_documents_after_the_answer_say_in_progress(line: Line) -> None:
    line.dial(doc("<Say>a</Say><Redirect>/next</Redirect>"), wait_s=3)

    assert line.server.at("/next")[0]["CallStatus"] == "in-progress"


def test_the_call_token_hides_the_callers_number_from_nobody(line: Line) -> None:
    line.dial(doc("<Say>a</Say>"))

    token = json.loads(unquote(line.server.asked[0]["CallToken"]))["parentCallInfoToken"]
    claims = token.split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["from"] == A


def test_a_translated_number_is_told_as_forwarded(line: Line) -> None:
    line.script(voice=doc("<Say>a</Say>"))
    line.control.dial("0639980001", "0800288038")
    line.wait(1)

    assert line.server.asked[0]["To"] == N
    assert line.server.asked[0]["ForwardedFrom"] == "+33800288038"


@pytest.mark.parametrize("form", WITHHELD)
def test_t06_a_withheld_number_arrives_in_the_form_asked_for(line: Line, form: str) -> None:
    line.control.set_knobs({"withheld_form": form})

    reports = 'statusCallback="/s" statusCallbackEvent="initiated"'
    dial = f'<Dial callerId="{N}"><Number {reports}>{P1}</Number></Dial>'

    call = line.dial(doc("<Say>bonjour</Say>", dial), from_=None, wait_s=3)

    assert line.server.asked[0]["From"] == line.server.asked[0]["Caller"] == form
    assert line.heard(call) == ["bonjour"]
    assert (line.server.at("/s")[0]["From"], line.server.at("/s")[0]["Caller"]) == (N, N)
    assert line.sdk.calls(line.sid(call)).fetch().status == "in-progress"


def test_t06_a_dial_that_inherits_a_withheld_number_fails(line: Line) -> None:
    line.control.set_knobs({"withheld_form": "+266696687"})

    line.dial(doc(f'<Dial action="/d"><Number>{N}</Number></Dial>'), from_=None)

    assert line.server.at("/d")[0]["DialCallStatus"] == "failed"
    assert 13214 in line.codes()


def test_get_carries_the_same_parameters_in_the_query(line: Line) -> None:
    line.configure(voice_url=f"{SERVER}/voice?x=1", voice_method="GET")

    line.dial(doc("<Say>a</Say>"))

    assert line.server.asked[0].method == "GET"
    assert line.server.asked[0].raw.startswith("/voice?x=1&CallSid=CA")
    assert line.transport.errors == []
