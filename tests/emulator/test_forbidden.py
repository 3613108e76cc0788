from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException

from helpline.emulator import forbidden
from helpline.emulator.verdict import promises_broken
from tests.emulator.line import ACCOUNT, P1, Line, N, doc


@pytest.mark.parametrize(
    "verb",
    [
        "<Record/>",
        f'<Dial record="record-from-answer">{P1}</Dial>',
        f'<Dial record="do-not-record">{P1}</Dial>',
        f'<Dial recordingStatusCallback="/r">{P1}</Dial>',
        '<Dial><Conference record="record-from-start">R</Conference></Dial>',
        '<Dial><Conference muted="true">R</Conference></Dial>',
        '<Dial><Conference muted="false">R</Conference></Dial>',
        '<Dial><Conference coach="CA1">R</Conference></Dial>',
        '<Dial><Conference eventCallbackUrl="/e">R</Conference></Dial>',
        f'<Dial><Number machineDetection="Enable">{P1}</Number></Dial>',
        f'<Dial><Number amdStatusCallback="/m">{P1}</Number></Dial>',
        f'<Dial transcribe="true">{P1}</Dial>',
        '<Gather transcriptionEngine="x"/>',
        '<Start><Stream url="wss://x.test"/></Start>',
        '<Connect><Stream url="wss://x.test"/></Connect>',
        "<Start><Transcription/></Start>",
        '<Start><Siprec name="x"/></Start>',
        "<Connect><ConversationRelay/></Connect>",
        "<Stop><Stream name='x'/></Stop>",
    ],
)
def test_a_forbidden_word_in_a_document_fails_it_and_breaks_the_run(line: Line, verb: str) -> None:
    line.script(fallback=doc("<Say>Composez le 15.</Say>"))

    call = line.dial(doc(verb))

    assert len(line.carrier.broken) == 1
    assert line.carrier.broken[0].startswith("P3 broken: <")
    assert line.heard(call) == ["Composez le 15."]
    assert promises_broken(line.control.log()) == line.carrier.broken
    assert line.control.phone(P1)["heard"] == []


def test_t56_joining_to_coach_is_refused_and_breaks_the_run(line: Line) -> None:
    line.script(fallback=doc("<Say>Composez le 15.</Say>"))
    caller = line.dial(doc('<Dial><Conference waitUrl="">R</Conference></Dial>'))

    supervisor = line.dial(doc(f'<Dial><Conference coach="{line.sid(caller)}">R</Conference></Dial>'))

    assert line.carrier.broken == [
        f'P3 broken: <Conference coach="{line.sid(caller)}"> in the answer of voice /voice'
    ]
    assert line.heard(supervisor) == ["Composez le 15."]
    assert line.control.call(caller)["with"] == []
    (room,) = line.sdk.conferences.list()
    assert [one.call_sid for one in line.sdk.conferences(room.sid).participants.list()] == [line.sid(caller)]


@pytest.mark.parametrize(
    "parameter",
    [
        "record",
        "recording_channels",
        "recording_track",
        "recording_status_callback",
        "recording_status_callback_event",
        "recording_status_callback_method",
        "machine_detection",
        "machine_detection_timeout",
        "machine_detection_speech_threshold",
        "machine_detection_speech_end_threshold",
        "machine_detection_silence_timeout",
        "async_amd",
        "async_amd_status_callback",
        "async_amd_status_callback_method",
    ],
)
def test_a_forbidden_parameter_of_a_create_is_refused_and_breaks_the_run(line: Line, parameter: str) -> None:
    value = ["true"] if parameter.endswith("_event") else "true"

    with pytest.raises(TwilioRestException) as error:
        line.ring(**{parameter: value})

    name = "".join(part.capitalize() for part in parameter.split("_"))
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    assert line.carrier.broken == [f"P3 broken: {name} in POST {path}"]
    assert error.value.code == 20001
    assert line.sdk.calls.list() == []


def test_a_forbidden_word_in_the_document_of_a_request_is_refused_before_anybody_is_rung(line: Line) -> None:
    with pytest.raises(TwilioRestException):
        line.sdk.calls.create(to=P1, from_=N, twiml=doc("<Record/>"))

    assert line.carrier.broken[0].startswith("P3 broken: <Record> in POST ")
    assert line.sdk.calls.list() == []


Ask = Callable[[Any, Any], object]


@pytest.mark.parametrize(
    "ask",
    [
        lambda call, room: call.recordings.create(),
        lambda call, room: call.recordings.list(),
        lambda call, room: call.transcriptions.create(),
        lambda call, room: call.streams.create(url="wss://x.test"),
        lambda call, room: call.siprec.create(),
        lambda call, room: room.recordings.list(),
        lambda call, room: room.participants(call._solution["sid"]).update(muted=True),
        lambda call, room: room.participants(call._solution["sid"]).update(muted=False),
        lambda call, room: room.participants(call._solution["sid"]).update(
            coaching=True, call_sid_to_coach="CA1"
        ),
        lambda call, room: room.participants.list(muted=True),
        lambda call, room: room.participants.list(coaching=True),
        lambda call, room: room.participants.create(from_=N, to=P1, conference_record="true"),
    ],
)
def test_a_resource_or_parameter_about_recording_or_listening_breaks_the_run(line: Line, ask: Ask) -> None:
    sid = line.sid(line.dial(doc('<Dial><Conference waitUrl="">R</Conference></Dial>')))
    room = line.sdk.conferences(line.sdk.conferences.list()[0].sid)

    with pytest.raises(TwilioException):
        ask(line.sdk.calls(sid), room)

    (broken,) = line.carrier.broken
    asked = [record for record in line.control.log() if record["kind"] == "rest"][-1]
    assert broken.startswith("P3 broken: ")
    assert broken.endswith(f" in {asked['method']} {asked['path']}")
    assert (asked["status"], asked["code"]) == (400, 20001)
    assert promises_broken(line.control.log()) == [broken]


def test_a_harmless_document_breaks_nothing(line: Line) -> None:
    line.dial(doc(f'<Dial callerId="{N}" timeout="10"><Number url="/w">{P1}</Number></Dial>'))

    assert line.carrier.broken == []


def test_resources_of_recordings_are_refused() -> None:
    assert forbidden.in_rest("/2010-04-01/Accounts/AC/Calls/CA/Recordings.json", []) == ["Recordings.json"]
    assert forbidden.in_rest("/2010-04-01/Accounts/AC/Calls.json", ["To", "From", "Url"]) == []
