from __future__ import annotations

import pytest

from tests.emulator.line import EVENTS, P1, P2, SERVER, Line, N, doc

MAILBOX = "+33639985003"
STATUS = f'statusCallback="/s" statusCallbackEvent="{" ".join(EVENTS)}"'


def dial(*nouns: str, attributes: str = 'action="/d"', more: str = "") -> str:
    """A document that dials with the helpline's number shown."""
    return doc(f'<Dial callerId="{N}" {attributes}>{"".join(nouns)}</Dial>{more}')


def number(to: str = P1, attributes: str = "") -> str:
    """A Number noun."""
    return f"<Number {attributes}>{to}</Number>"


def test_t40_a_dial_that_is_answered_reports_each_step_and_tells_its_action(line: Line) -> None:
    call = line.dial(dial(number(attributes=STATUS), attributes='action="/d" timeout="20"'), wait_s=4)
    line.control.answer(P1)
    line.wait(1)
    together = line.control.call(call)["with"], line.control.phone(P1)["with"]
    line.wait(29)
    line.control.phone_hang_up(P1)
    line.wait(1)

    reports = sorted(line.server.at("/s"), key=lambda asked: int(asked["SequenceNumber"]))
    assert [asked["CallStatus"] for asked in reports] == ["initiated", "ringing", "in-progress", "completed"]
    assert [asked["SequenceNumber"] for asked in reports] == ["0", "1", "2", "3"]
    assert {asked["ParentCallSid"] for asked in reports} == {line.sid(call)}
    assert {asked["Direction"] for asked in reports} == {"outbound-dial"}
    assert {asked["From"] for asked in reports} == {N}
    assert {asked["CallbackSource"] for asked in reports} == {"call-progress-events"}
    assert reports[-1]["CallDuration"] == "30"
    assert reports[-1]["SipResponseCode"] == "200"
    told = line.server.at("/d")[0]
    assert (told["DialCallStatus"], told["DialBridged"], told["CallStatus"]) == (
        "completed",
        "true",
        "in-progress",
    )
    assert (told["DialCallDuration"], told["DialCallSid"]) == ("30", reports[0]["CallSid"])
    assert together == ([P1], [call])


def test_t41_an_unanswered_dial_rings_until_its_timeout_and_a_margin(line: Line) -> None:
    line.dial(dial(number(attributes=STATUS), attributes='action="/d" timeout="15"'), wait_s=25)

    rang_ms = line.server.at("/d")[0].at_ms - line.server.at("/s")[0].at_ms
    assert 15_000 <= rang_ms <= 20_100
    assert line.server.at("/d")[0]["DialCallStatus"] == "no-answer"
    assert [asked["CallStatus"] for asked in line.server.at("/s")] == ["initiated", "ringing", "no-answer"]
    assert line.server.at("/s")[-1]["SipResponseCode"] == "487"


def test_t42_a_busy_number_and_a_wrong_one(line: Line) -> None:
    line.control.set_phone(P1, {"is": "busy"})

    line.dial(dial(number(attributes=STATUS)))
    line.dial(dial(number("+3311")))

    assert [told["DialCallStatus"] for told in line.server.at("/d")] == ["busy", "failed"]
    busy = line.server.at("/s")[-1]
    assert (busy["CallStatus"], busy["SipResponseCode"], busy["CallDuration"]) == ("busy", "486", "0")
    assert 13224 in line.codes()


@pytest.mark.parametrize("status", ["canceled", "no-answer"])
def test_t43_a_caller_who_gives_up_while_it_rings_ends_the_leg_and_runs_nothing(
    line: Line, status: str
) -> None:
    line.control.set_knobs({"dial_status_on_parent_hangup": status, "loser_status": status})
    line.script(d=doc("<Say>jamais</Say>"))
    call = line.dial(dial(number(attributes=STATUS)), wait_s=3)

    line.control.hang_up(call)
    line.wait(1)

    told = line.server.at("/d")[0]
    assert (told["CallStatus"], told["DialCallStatus"]) == ("completed", status)
    assert line.server.at("/s")[-1]["CallStatus"] == status
    assert line.control.phone(P1)["state"] == "idle"
    assert line.heard(call) == []


@pytest.mark.parametrize("loser", ["canceled", "no-answer"])
def test_t44_a_mailbox_that_answers_first_takes_the_call_before_any_screening(line: Line, loser: str) -> None:
    line.control.set_knobs({"loser_status": loser})
    line.control.set_phone(MAILBOX, {"is": "mailbox"})
    line.script(whisper=doc('<Pause length="5"/>'))
    nouns = [number(to, f'url="/whisper" {STATUS}') for to in (P1, P2, MAILBOX)]

    line.dial(dial(*nouns), wait_s=6)

    assert [asked["To"] for asked in line.server.at("/whisper")] == [MAILBOX]
    lost = [asked for asked in line.server.at("/s") if asked["CallStatus"] == loser]
    assert sorted(asked["To"] for asked in lost) == [P1, P2]
    assert all(asked.at_ms <= line.server.at("/whisper")[0].at_ms + 200 for asked in lost)


def test_t45_a_screening_that_hangs_up_leaves_the_caller_on_the_line(line: Line) -> None:
    line.script(whisper=doc('<Gather numDigits="1" timeout="3"><Say>tapez un</Say></Gather><Hangup/>'),
                d=doc("<Say>suite de votre appel</Say>"))  # fmt: skip
    call = line.dial(dial(number(attributes='url="/whisper"')))
    line.control.answer(P1)
    line.wait(5)

    asked, told = line.server.at("/whisper")[0], line.server.at("/d")[0]
    assert asked["ParentCallSid"] == line.sid(call)
    assert asked["CallSid"] == told["DialCallSid"] != line.sid(call)
    assert asked["Direction"] == "outbound-dial"
    assert (told["DialCallStatus"], told["DialBridged"]) == ("completed", "false")
    assert told["CallStatus"] == "in-progress"
    assert line.heard(call) == ["suite de votre appel"]


def test_t45_a_screening_that_ends_normally_connects(line: Line) -> None:
    line.script(
        whisper=doc('<Gather numDigits="1" action="/ok"><Say>tapez un</Say></Gather><Hangup/>'), ok=doc()
    )
    line.server.scripts["/ok"] = doc("<Say>merci</Say>")
    call = line.dial(dial(number(attributes='url="/whisper"')))
    line.control.answer(P1)
    line.wait(1)

    line.control.phone_press(P1, "1")
    line.wait(2)

    assert line.control.call(call)["with"] == [P1]
    assert line.server.at("/ok")[0]["Direction"] == "outbound-dial"


def test_a_dial_inside_a_screening_document_is_refused(line: Line) -> None:
    line.script(whisper=doc(f"<Dial>{P2}</Dial>"))
    line.dial(dial(number(attributes='url="/whisper"')))
    line.control.answer(P1)
    line.wait(1)

    assert 13201 in line.codes()
    assert line.server.at("/d")[0]["DialBridged"] == "false"


@pytest.mark.parametrize(("attributes", "heard"), [("", ["suite"]), ('action="/d"', [])])
def test_t48_the_next_verb_runs_only_without_an_action(line: Line, attributes: str, heard: list[str]) -> None:
    line.control.set_phone(P1, {"is": "busy"})

    call = line.dial(dial(number(), attributes=attributes, more="<Say>suite</Say>"))

    assert line.heard(call) == heard


def test_t49_a_redirect_during_a_talk_asks_for_the_old_action_then_the_new_document(line: Line) -> None:
    line.script(d=doc("<Say>jamais</Say>"), new=doc("<Say>nouveau</Say>"))
    call = line.dial(dial(number(attributes=STATUS)), wait_s=2)
    line.control.answer(P1)
    line.wait(10)
    redirected_ms = line.carrier.now_ms

    answer = line.sdk.calls(line.sid(call)).update(url=f"{SERVER}/new")
    line.wait(3)

    assert answer.status == "in-progress"
    action, new = line.server.at("/d")[0], line.server.at("/new")[0]
    assert (action["DialCallStatus"], action["DialCallDuration"]) == ("completed", "10")
    assert action.at_ms < new.at_ms
    assert 300 <= action.at_ms - redirected_ms <= 400
    assert 600 <= new.at_ms - redirected_ms <= 750
    assert line.server.at("/s")[-1]["CallStatus"] == "completed"
    assert line.heard(call) == ["nouveau"]


def test_the_called_party_can_be_redirected_out_of_a_dial(line: Line) -> None:
    line.script(new=doc("<Say>ailleurs</Say>"))
    line.dial(dial(number()), wait_s=2)
    line.control.answer(P1)
    line.wait(5)
    (child,) = line.sdk.calls.list(to=P1)

    line.sdk.calls(child.sid).update(url=f"{SERVER}/new")
    line.wait(1)

    assert "DialCallDuration" not in line.server.at("/d")[0].form
    assert [sound["text"] for sound in line.control.phone(P1)["heard"] if sound["kind"] == "say"] == [
        "ailleurs"
    ]


def test_t50_a_caller_id_that_is_not_ours_fails_the_dial(line: Line) -> None:
    line.dial(doc(f'<Dial callerId="+33199009999" action="/d">{number()}</Dial>'))

    assert line.server.at("/d")[0]["DialCallStatus"] == "failed"
    assert 13214 in line.codes()
    assert line.sdk.calls.list(to=P1) == []
    assert line.control.phone(P1)["heard"] == []


def test_showing_the_callers_own_number_is_told_in_the_debugger(line: Line) -> None:
    line.dial(doc(f"<Dial>{P1}</Dial>"), wait_s=2)

    assert line.control.phone(P1)["state"] == "ringing"
    assert 13214 in line.codes()


def test_t63_numbers_of_a_dial_ring_all_at_once_whatever_the_rate_of_rest_legs(line: Line) -> None:
    numbers = [f"+3363998500{i}" for i in range(1, 5)]

    line.dial(dial(*(number(to, STATUS) for to in numbers)), wait_s=1)

    assert [line.control.phone(to)["state"] for to in numbers] == ["ringing"] * 4
    left = [asked.at_ms for asked in line.server.at("/s") if asked["CallStatus"] == "initiated"]
    assert len(left) == 4
    assert max(left) - min(left) < 100


def test_sequential_numbers_ring_one_after_the_other(line: Line) -> None:
    line.control.set_phone(P1, {"is": "busy"})

    call = line.dial(dial(number(P1), number(P2), attributes='action="/d" sequential="true"'), wait_s=2)
    line.control.answer(P2)
    line.wait(1)

    assert line.control.call(call)["with"] == [P2]


def test_after_a_dial_nobody_answered_the_caller_no_longer_hears_ringing(line: Line) -> None:
    line.script(d=doc('<Pause length="20"/>'))

    call = line.dial(dial(number(), attributes='action="/d" timeout="5"'), wait_s=15)

    assert line.control.call(call)["heard"][-1]["kind"] == "silence"


def test_a_time_limit_ends_the_talk_and_the_caller_goes_on(line: Line) -> None:
    line.script(d=doc("<Say>suite de votre appel</Say>"))
    call = line.dial(dial(number(), attributes='action="/d" timeLimit="10"'))
    line.control.answer(P1)
    line.wait(11)

    assert (line.server.at("/d")[0]["DialCallStatus"], line.server.at("/d")[0]["DialCallDuration"]) == (
        "completed",
        "10",
    )
    assert line.heard(call) == ["suite de votre appel"]


def test_a_call_ends_at_the_limit_of_all_calls(line: Line) -> None:
    line.control.set_knobs({"call_limit_ms": 20_000})
    call = line.dial(doc('<Say>a</Say><Pause length="600"/>'), wait_s=21)

    assert line.control.call(call)["ended_by"] == "carrier"
    assert line.server.at("/numstatus")[0]["CallStatus"] == "completed"


def test_a_room_beside_other_nouns_is_taken_alone_and_told(line: Line) -> None:
    line.dial(dial(number(), '<Conference waitUrl="">R</Conference>'))

    assert [room.friendly_name for room in line.sdk.conferences.list()] == ["R"]
    assert line.control.phone(P1)["heard"] == []
    assert 13000 in line.codes()
