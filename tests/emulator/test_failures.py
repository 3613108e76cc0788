from __future__ import annotations

import pytest

from tests.emulator.line import SERVER, Line, doc

HELP = doc("<Say>Appelez le 15.</Say>")


def test_t07_a_server_error_goes_to_the_fallback_without_a_retry(line: Line) -> None:
    line.script(voice=(500, "", "text/html"), fallback=HELP)

    call = line.dial()

    assert line.server.paths()[:2] == ["/voice", "/fallback"]
    assert len(line.server.at("/voice")) == 1
    told = line.server.at("/fallback")[0]
    assert told.method == "POST"
    assert told["ErrorCode"] == "11200"
    assert told["ErrorUrl"] == f"{SERVER}/voice"
    assert told["CallSid"] == line.server.at("/voice")[0]["CallSid"]
    assert line.heard(call) == ["Appelez le 15."]


def test_t08_a_refused_connection_is_tried_again_once_with_the_same_token(line: Line) -> None:
    line.script(voice=[ConnectionRefusedError(), doc("<Say>bonjour</Say>")])

    call = line.dial()

    first, second = line.server.at("/voice")
    assert first.form == second.form
    assert first.headers["I-Twilio-Idempotency-Token"] == second.headers["I-Twilio-Idempotency-Token"]
    assert line.server.at("/fallback") == []
    assert line.heard(call) == ["bonjour"]


@pytest.mark.parametrize("code", [11205, 11202])
def test_t08_two_refused_connections_lead_to_the_fallback(line: Line, code: int) -> None:
    line.control.set_knobs({"error_code_on_refused": code})
    line.script(voice=ConnectionRefusedError(), fallback=HELP)

    line.dial()

    assert len(line.server.at("/voice")) == 2
    assert line.server.at("/fallback")[0]["ErrorCode"] == str(code)


def test_t09_an_answer_after_14_and_a_half_seconds_still_counts(line: Line) -> None:
    line.control.set_faults({"web": {"path": "/voice", "fault": "slow", "ms": 14_500}})

    call = line.dial(doc("<Say>bonjour</Say>"), wait_s=16)

    assert line.heard(call) == ["bonjour"]
    assert line.server.at("/fallback") == []


@pytest.mark.parametrize("code", [11200, 11203, 11205])
def test_t09_after_15_seconds_the_fallback_is_asked_and_a_late_answer_is_ignored(
    line: Line, code: int
) -> None:
    line.control.set_knobs({"error_code_on_timeout": code})
    line.control.set_faults({"web": {"path": "/voice", "fault": "slow", "ms": 15_500}})
    line.script(fallback=doc("<Pause length='1'/><Say>secours</Say>"))

    call = line.dial(doc("<Say>trop tard</Say>"), wait_s=20)

    asked = line.server.at("/fallback")[0]
    assert 15_000 <= asked.at_ms - line.server.at("/voice")[0].at_ms <= 15_100
    assert asked["ErrorCode"] == str(code)
    assert line.heard(call) == ["secours"]


def test_t10_without_a_fallback_the_caller_hears_an_english_sentence_and_the_call_ends(line: Line) -> None:
    line.configure(voice_fallback_url="")
    line.script(voice=(500, "", "text/html"))

    call = line.dial(wait_s=6)

    assert "application error" in line.heard(call)[0]
    assert line.control.call(call)["ended_by"] == "service"
    assert len(line.server.at("/voice")) == 1
    assert line.server.at("/numstatus")[0]["CallStatus"] == "completed"
    assert 4 <= int(line.server.at("/numstatus")[0]["CallDuration"]) <= 5
    assert 11200 in line.codes()


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("<Response><Say>x</Response>", 12100),
        ("<Foo/>", 12102),
        ((200, '{"say": "x"}', "application/json"), 12300),
        ((200, "", "text/xml"), 11770),
        (doc("<Say>" + "x" * 70_000 + "</Say>"), 11750),
    ],
)
def test_t11_a_broken_document_leads_to_the_fallback_with_its_code(
    line: Line, reply: object, code: int
) -> None:
    line.script(voice=reply, fallback=HELP)  # type: ignore[arg-type]  # rows of one table

    call = line.dial()

    assert line.server.at("/fallback")[0]["ErrorCode"] == str(code)
    assert line.heard(call) == ["Appelez le 15."]
    assert code in line.codes()


def test_t12_a_fallback_that_fails_too_ends_the_call_without_a_loop(line: Line) -> None:
    line.script(voice=(500, "", "text/html"), fallback=(500, "", "text/html"))

    call = line.dial(wait_s=10)

    assert len(line.server.at("/voice")) == len(line.server.at("/fallback")) == 1
    assert "application error" in line.heard(call)[0]
    assert line.control.call(call)["state"] == "ended"
    assert line.server.at("/numstatus")[0]["CallStatus"] == "completed"


def test_the_fallback_covers_documents_asked_for_later_in_the_call(line: Line) -> None:
    line.script(g=(503, "", "text/html"), fallback=HELP)

    call = line.dial(doc("<Redirect>/g</Redirect>"))

    assert line.server.at("/fallback")[0]["ErrorUrl"] == f"{SERVER}/g"
    assert line.heard(call) == ["Appelez le 15."]


def test_t13_a_fragment_changes_the_retries_and_is_neither_sent_nor_signed(line: Line) -> None:
    line.configure(voice_url=f"{SERVER}/voice#rc=2&rp=5xx")
    line.script(voice=[(503, "", "text/html"), (503, "", "text/html"), doc("<Say>bonjour</Say>")])

    call = line.dial()

    asked = line.server.at("/voice")
    assert len(asked) == 3
    assert len({request.headers["I-Twilio-Idempotency-Token"] for request in asked}) == 1
    assert all("#" not in request.raw for request in asked)
    sent = [record["url"] for record in line.control.log() if record["kind"] == "document"]
    assert set(sent) == {f"{SERVER}/voice"}
    assert line.heard(call) == ["bonjour"]


def test_t13_a_read_limit_in_the_fragment_shortens_the_wait(line: Line) -> None:
    line.configure(voice_url=f"{SERVER}/voice#rt=2000&tt=4000&rc=1&rp=rt,5xx,ct")
    line.control.set_faults({"web": {"path": "/voice", "fault": "hang"}})
    line.script(fallback=HELP)

    call = line.dial(wait_s=5)

    attempts = [
        record
        for record in line.control.log()
        if record.get("path") == "/voice" and record["kind"] == "document"
    ]
    assert [record["ms"] for record in attempts] == [2000, 2000]
    assert line.heard(call) == ["Appelez le 15."]


def test_t13_all_attempts_together_take_fifteen_seconds_at_most(line: Line) -> None:
    line.configure(voice_url=f"{SERVER}/voice#rt=8000&rc=5&rp=all")
    line.control.set_faults({"web": {"path": "/voice", "fault": "hang"}})
    line.script(fallback=HELP)

    call = line.dial(wait_s=18)

    attempts = [r for r in line.control.log() if r["kind"] == "document" and r["path"] == "/voice"]
    assert [record["ms"] for record in attempts] == [8_000, 7_000]
    assert line.heard(call) == ["Appelez le 15."]


def test_a_wrong_fragment_is_told_in_the_debugger(line: Line) -> None:
    line.configure(voice_url=f"{SERVER}/voice#rt=99999")

    line.dial(doc("<Say>bonjour</Say>"))

    assert 11243 in line.codes()


def test_a_number_without_a_url_is_not_in_service_and_nobody_is_asked(line: Line) -> None:
    line.configure(voice_url="", voice_fallback_url="", status_callback="")

    call = line.dial()

    assert line.control.call(call)["status"] == "failed"
    assert line.server.asked == []


def test_a_server_that_dies_while_a_caller_waits_is_met_at_the_next_document_only(line: Line) -> None:
    line.script(
        wait=doc("<Say>patientez</Say><Pause length='20'/>"), left=(500, "", "text/html"), fallback=HELP
    )
    call = line.dial(doc('<Enqueue waitUrl="/wait" action="/left">line</Enqueue>'))

    line.control.set_faults({"web": {"fault": "refuse"}})
    line.wait(15)
    still_there = line.control.call(call)["state"]
    line.wait(20)

    assert still_there == "in_progress"
    assert "application error" in line.heard(call)[-1]
