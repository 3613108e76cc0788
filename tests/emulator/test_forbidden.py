from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException

from helpline.emulator import forbidden
from helpline.emulator.verdict import promises_broken
from tests.emulator.line import P1, Line, N, doc


@pytest.mark.parametrize(
    "verb",
    [
        "<Record/>",
        f'<Dial record="record-from-answer">{P1}</Dial>',
        f'<Dial record="do-not-record">{P1}</Dial>',
        '<Dial><Conference muted="true">R</Conference></Dial>',
        '<Dial><Conference coach="CA1">R</Conference></Dial>',
        f'<Dial><Number machineDetection="Enable">{P1}</Number></Dial>',
        '<Start><Stream url="wss://x.test"/></Start>',
        "<Start><Transcription/></Start>",
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


@pytest.mark.parametrize("parameter", ["record", "machine_detection", "async_amd", "recording_channels"])
def test_a_forbidden_parameter_of_a_create_is_refused_and_breaks_the_run(line: Line, parameter: str) -> None:
    with pytest.raises(TwilioRestException):
        line.ring(**{parameter: "true"})

    assert line.carrier.broken[0].startswith("P3 broken: ")
    assert line.sdk.calls.list() == []


def test_a_harmless_document_breaks_nothing(line: Line) -> None:
    line.dial(doc(f'<Dial callerId="{N}" timeout="10"><Number url="/w">{P1}</Number></Dial>'))

    assert line.carrier.broken == []


def test_resources_of_recordings_are_refused() -> None:
    assert forbidden.in_rest("/2010-04-01/Accounts/AC/Calls/CA/Recordings.json", []) == ["Recordings.json"]
    assert forbidden.in_rest("/2010-04-01/Accounts/AC/Calls.json", ["To", "From", "Url"]) == []
