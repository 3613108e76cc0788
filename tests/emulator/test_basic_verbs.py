from __future__ import annotations

import re
from itertools import pairwise

import pytest

from tests.emulator.line import Line, N, doc

THIRTY_SECONDS = "<Say>" + "x" * 450 + "</Say>"


@pytest.mark.parametrize(
    ("reject", "status"), [('<Reject reason="busy"/>', "busy"), ("<Reject/>", "no-answer")]
)
def test_t17_reject_first_never_answers(line: Line, reject: str, status: str) -> None:
    line.control.set_knobs({"reject_default_status": "no-answer"})
    call = line.dial(doc(reject, "<Say>jamais</Say>"))

    told = line.server.at("/numstatus")[0]
    assert (told["CallStatus"], told["CallDuration"]) == (status, "0")
    assert line.heard(call) == []
    tone = {"busy": "busy", "no-answer": "not in service"}[status]
    assert line.control.call(call)["heard"][-1].items() >= {"kind": "tone", "text": tone}.items()
    assert line.sdk.calls(line.sid(call)).fetch().status == status


def test_t17_reject_later_ends_an_answered_call(line: Line) -> None:
    line.dial(doc("<Say>bonjour</Say><Reject/>"), wait_s=3)

    assert line.server.at("/numstatus")[0]["CallStatus"] == "completed"


def test_t18_pause_first_lets_it_ring_on(line: Line) -> None:
    call = line.dial(doc("<Pause length='3'/><Say>bonjour et bienvenue à vous tous</Say>"), wait_s=2)

    assert line.control.call(call)["state"] == "ringing"
    line.wait(2)
    assert line.control.call(call)["state"] == "in_progress"
    assert line.heard(call) == ["bonjour et bienvenue à vous tous"]


def test_t18_say_first_answers_at_once(line: Line) -> None:
    call = line.dial(doc("<Say>bonjour à vous</Say>"), wait_s=0.3)

    assert line.control.call(call)["state"] == "in_progress"


def test_t19_hangup_first_answers_then_ends(line: Line) -> None:
    call = line.dial(doc("<Hangup/>"))

    assert line.server.at("/numstatus")[0]["CallStatus"] == "completed"
    whats = [r["what"] for r in line.control.log() if r["kind"] == "leg" and r["leg"] == call]
    assert whats == ["ringing", "in-progress", "completed"]


def test_t20_the_end_of_the_document_hangs_up_and_reports_once(line: Line) -> None:
    line.dial(doc("<Say>un deux trois quatre cinq</Say>"), wait_s=5)

    (told,) = line.server.at("/numstatus")
    assert told["CallStatus"] == "completed"
    assert int(told["CallDuration"]) >= 1
    assert told["SequenceNumber"] == "0"
    assert told["CallbackSource"] == "call-progress-events"
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", told["Timestamp"])


def test_t21_a_caller_who_gives_up_while_the_first_document_is_fetched_leaves_no_answer(line: Line) -> None:
    line.control.set_faults({"web": {"path": "/voice", "fault": "slow", "ms": 5_000}})
    call = line.dial(doc('<Enqueue waitUrl="/wait" action="/left">line</Enqueue>'), wait_s=2)

    line.control.hang_up(call)
    line.wait(10)

    assert line.server.paths() == ["/voice", "/numstatus"]
    assert line.server.at("/numstatus")[0]["CallStatus"] == "no-answer"
    assert line.sdk.queues.list() == []


def test_t22_a_key_stops_the_prompt_and_leads_to_the_action_at_once(line: Line) -> None:
    call = line.dial(doc(f'<Gather numDigits="1" action="/g">{THIRTY_SECONDS}</Gather>'), wait_s=3)
    pressed_ms = line.carrier.now_ms

    line.control.press(call, "2")
    line.wait(1)

    (asked,) = line.server.at("/g")
    assert asked["Digits"] == "2"
    assert asked.at_ms - pressed_ms < 100
    said = [record for record in line.control.log() if record["kind"] == "sound" and record["leg"] == call]
    assert (said[-1]["sound"], said[-1]["at_ms"] - pressed_ms < 100) == ("silence", True)


@pytest.mark.parametrize(
    ("attributes", "keys", "digits"),
    [
        ("", "12#", "12"),
        ('finishOnKey="*"', "1#*", "1#"),
        ('finishOnKey=""', "1#", "1#"),
        ('numDigits="2"', "123", "12"),
    ],
)
def test_t23_keys_are_collected_until_the_finishing_key(
    line: Line, attributes: str, keys: str, digits: str
) -> None:
    call = line.dial(doc(f'<Gather action="/g" {attributes}><Say>tapez</Say></Gather>'))

    line.control.press(call, keys)
    line.wait(6)

    assert [asked["Digits"] for asked in line.server.at("/g")] == [digits]


def test_t23_without_a_finishing_key_the_silence_submits(line: Line) -> None:
    call = line.dial(doc('<Gather action="/g" finishOnKey=""><Say>tapez</Say></Gather>'))
    pressed_ms = line.carrier.now_ms

    line.control.press(call, "1#")
    line.wait(6)

    assert 5_000 <= line.server.at("/g")[0].at_ms - pressed_ms <= 5_100


@pytest.mark.parametrize(("keys", "after_ms"), [("", 7_000), ("#", 2_000)])
def test_t24_silence_falls_through_five_seconds_after_the_prompt_and_a_finishing_key_at_once(
    line: Line, keys: str, after_ms: int
) -> None:
    prompt = "<Say>tapez un chiffre, s'il vous p.</Say>"  # 30 characters: two seconds
    call = line.dial(doc(f'<Gather action="/g">{prompt}</Gather><Say>suite</Say>'), wait_s=2)
    if keys:
        line.control.press(call, keys)

    line.wait(10)

    said = {r["text"]: r["at_ms"] for r in line.control.log() if r["kind"] == "sound" and r["sound"] == "say"}
    began_ms, went_on_ms = said.values()
    assert list(said)[1] == "suite"
    assert after_ms - 250 <= went_on_ms - began_ms <= after_ms + 250
    assert line.server.at("/g") == []


@pytest.mark.parametrize("keys", ["", "#"])
def test_t24_an_empty_result_is_submitted_when_asked_for(line: Line, keys: str) -> None:
    call = line.dial(doc('<Gather action="/g" actionOnEmptyResult="true"><Say>tapez</Say></Gather>'))
    if keys:
        line.control.press(call, keys)

    line.wait(8)

    assert [asked.form.get("Digits", "") for asked in line.server.at("/g")] == [""]


def test_t25_gather_without_action_asks_for_its_own_document_again(line: Line) -> None:
    call = line.dial(doc('<Gather numDigits="1"><Say>tapez</Say></Gather>'))

    line.control.press(call, "7")
    line.wait(1)

    assert [asked.form.get("Digits") for asked in line.server.at("/voice")] == [None, "7"]


def test_t26_hanging_up_during_a_gather_asks_for_nothing(line: Line) -> None:
    call = line.dial(doc(f'<Gather action="/g">{THIRTY_SECONDS}</Gather>'))

    line.control.hang_up(call)
    line.wait(5)

    assert line.server.paths() == ["/voice", "/numstatus"]
    assert line.server.at("/numstatus")[0]["CallStatus"] == "completed"


def test_t27_relative_urls_are_taken_from_the_document(line: Line) -> None:
    line.configure(voice_url="https://srv.test/a/b?x=1")
    line.server.scripts["/a/b"] = [doc("<Redirect/>"), doc("<Redirect>c</Redirect>")]

    line.dial()

    assert [asked.raw for asked in line.server.asked[:3]] == ["/a/b?x=1", "/a/b?x=1", "/a/c"]


def test_t28_an_attribute_in_the_wrong_case_is_ignored_and_logged(line: Line) -> None:
    line.dial(
        doc(f'<Dial Timeout="5" callerId="{N}" action="/d"><Number>+33639985001</Number></Dial>'), wait_s=20
    )

    assert line.server.at("/d") == []
    assert line.codes() == [12200]
    line.wait(20)
    assert line.server.at("/d")[0]["DialCallStatus"] == "no-answer"


def test_an_unknown_verb_is_passed_over_with_a_warning(line: Line) -> None:
    call = line.dial(doc("<Sing>la</Sing><Say>bonjour</Say>"))

    assert line.heard(call) == ["bonjour"]
    assert 12200 in line.codes()


def test_keys_pressed_before_a_gather_are_lost(line: Line) -> None:
    call = line.dial(doc('<Say>patience un moment</Say><Gather numDigits="1" action="/g"/>'), wait_s=0.5)

    line.control.press(call, "1")
    line.wait(9)

    assert line.server.at("/g") == []


@pytest.mark.parametrize(("knob", "heard"), [("skip", ["suite"]), ("fail", ["secours"])])
def test_a_missing_recording_is_skipped_or_fails_the_document(
    line: Line, knob: str, heard: list[str]
) -> None:
    line.control.set_knobs({"play_failure": knob})
    line.control.set_faults({"media": ["*gone.mp3"]})
    line.script(fallback=doc("<Say>secours</Say>"))

    call = line.dial(doc("<Play>gone.mp3</Play><Say>suite</Say>"))

    assert line.heard(call) == heard


def test_say_lasts_one_second_for_fifteen_characters_and_play_as_long_as_its_table_says() -> None:
    line = Line(media={"/a.mp3": 7_000})

    call = line.dial(
        doc("<Say>quinze lettres.</Say><Play>/a.mp3</Play><Say loop='2'>quinze lettres.</Say>"), wait_s=30
    )

    kinds = dict.fromkeys(kind for kind, _ in line.sounds(call))
    starts = [at for kind, at in line.sounds(call) if kind in ("say", "play")]
    assert [after - before for before, after in pairwise(starts)] == [
        1_000,
        7_000,
        1_000,
    ]
    assert "silence" in kinds
