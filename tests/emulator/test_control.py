from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from helpline.emulator import Control, ControlError, control_app
from helpline.emulator.web import WebRequest, call_wsgi
from tests.emulator.line import P1, A, Line, N, doc

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(line: Line) -> Ask:
    """One request to the control API over WSGI: status and JSON."""
    app = control_app(line.carrier, line.control)

    def request(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        raw = b"" if body is None else json.dumps(body).encode()
        reply = call_wsgi(app, WebRequest(method, f"http://127.0.0.1:8002{path}", (), raw))
        return reply.status, json.loads(reply.body) if path != "/" else reply.body.decode()

    return request


def test_a_call_is_placed_shown_and_ended_over_http(line: Line, ask: Ask) -> None:
    line.script(voice=doc('<Gather numDigits="1" action="/g"><Say>bonjour</Say></Gather>'))

    placed = ask("POST", "/control/calls", {"from": "0639980001", "to": "0800288038"})
    ask("POST", "/control/clock", {"advance_ms": 1_000})
    shown = ask("GET", "/control/calls/c1")
    pressed = ask("POST", "/control/calls/c1/press", {"keys": "1"})
    ended = ask("POST", "/control/calls/c1/hangup")

    assert placed == (201, {"call": "c1"})
    assert shown[0] == 200
    assert (shown[1]["state"], shown[1]["with"], shown[1]["ended_by"]) == ("in_progress", [], None)
    assert {"kind": "say", "text": "bonjour"}.items() <= shown[1]["heard"][-2].items()
    assert (pressed[0], ended[0]) == (200, 200)
    assert ask("GET", "/control/calls/c1")[1]["ended_by"] == "caller"


def test_a_withheld_caller_is_null(line: Line, ask: Ask) -> None:
    ask("POST", "/control/calls", {"from": None, "to": N})

    assert ask("GET", "/control/calls/c1")[1]["from"] == "anonymous"


def test_a_handset_is_declared_rings_and_is_answered_over_http(line: Line, ask: Ask) -> None:
    line.script(offer=doc("<Say>le code est 4 2</Say><Pause length='9'/>"))
    assert ask("PUT", "/control/phones/0639985001", {"is": "person"})[1]["is"] == "person"
    line.ring(P1)
    line.wait(1)

    rings = ask("GET", "/control/phones/0639985001")[1]["state"]
    answered = ask("POST", "/control/phones/0639985001/answer")
    line.wait(1)

    assert (rings, answered[0]) == ("ringing", 200)
    phone = ask("GET", "/control/phones")[1]["phones"][0]
    assert (phone["number"], phone["state"]) == (P1, "talking")
    assert [sound["text"] for sound in phone["heard"] if sound["kind"] == "say"] == ["le code est 4 2"]
    assert ask("POST", "/control/phones/0639985001/press", {"keys": "1"})[0] == 200
    assert ask("POST", "/control/phones/0639985001/hangup")[0] == 200


def test_a_client_registers_and_accepts_over_http(line: Line, ask: Ask) -> None:
    line.script(offer=doc("<Pause length='9'/>"))
    assert ask("PUT", "/control/clients/vera", {"registered": True})[1]["state"] == "idle"
    line.ring("client:vera")
    line.wait(1)

    assert ask("POST", "/control/clients/vera/accept")[0] == 200
    assert ask("POST", "/control/clients/vera/reject")[0] == 409
    assert ask("POST", "/control/clients/vera/hangup")[0] == 200
    assert ask("GET", "/control/clients")[1]["clients"][0]["state"] == "idle"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "where"),
    [
        ("POST", "/control/calls", {"from": A}, 400, "to"),
        ("POST", "/control/calls", {"from": 6, "to": N}, 400, "from"),
        ("POST", "/control/calls", {"from": A, "to": "0199009999"}, 404, "to"),
        ("GET", "/control/calls/c9", None, 404, "call"),
        ("POST", "/control/calls/c9/hangup", None, 404, "call"),
        ("PUT", "/control/phones/0639985001", {"is": "cat"}, 400, "is"),
        ("PUT", "/control/phones/vera", {"is": "busy"}, 400, "number"),
        ("POST", "/control/phones/0639985001/answer", None, 409, "number"),
        ("PUT", "/control/clients/vera", {"registered": "yes"}, 400, "registered"),
        ("POST", "/control/clients/vera/accept", None, 409, "name"),
        ("PUT", "/control/faults", {"web": [{"fault": "fire"}]}, 400, "web[0].fault"),
        ("PUT", "/control/faults", {"rain": []}, 400, "rain"),
        ("PUT", "/control/faults", {"callbacks": [{"drop": 3}]}, 400, "callbacks[0].drop"),
        ("PUT", "/control/knobs", {"loser_status": "happy"}, 400, "loser_status='happy'"),
        ("PUT", "/control/knobs", {"volume": 11}, 400, "volume"),
        ("POST", "/control/clock", {"advance_ms": "1"}, 400, "advance_ms"),
        ("GET", "/control/log?after=x", None, 400, "after"),
        ("GET", "/control/nothing", None, 404, "path"),
        ("DELETE", "/control/calls", None, 405, "path"),
    ],
)
def test_a_wrong_request_is_told_where_it_is_wrong(
    ask: Ask, method: str, path: str, body: Any, status: int, where: str
) -> None:
    answer = ask(method, path, body)

    assert answer[0] == status
    assert answer[1]["where"] == where
    assert answer[1]["error"]


def test_a_body_that_is_no_json_is_told(line: Line) -> None:
    app = control_app(line.carrier, line.control)

    reply = call_wsgi(app, WebRequest("POST", "http://127.0.0.1:8002/control/calls", (), b"{"))

    assert (reply.status, json.loads(reply.body)["where"]) == (400, "body")


def test_time_passes_by_itself_in_real_mode(line: Line) -> None:
    with pytest.raises(ControlError) as error:
        Control(line.carrier, stepped=False).advance(1_000)

    assert (error.value.status, error.value.where) == (409, "clock")


def test_the_log_is_numbered_and_can_be_read_from_any_record(line: Line, ask: Ask) -> None:
    line.dial(doc("<Say>bonjour</Say>"), wait_s=3)

    whole = ask("GET", "/control/log")[1]["log"]
    rest = ask("GET", f"/control/log?after={whole[4]['n']}")[1]["log"]

    assert [record["n"] for record in whole] == list(range(1, len(whole) + 1))
    assert rest == whole[5:]
    assert {"document", "callback", "rest", "sound", "leg"} <= {record["kind"] for record in whole}


def test_the_first_page_says_what_this_is(ask: Ask) -> None:
    status, text = ask("GET", "/")

    assert status == 200
    assert "Un opérateur téléphonique simulé" in text


def test_a_reset_forgets_the_calls_and_keeps_the_numbers_urls(line: Line, ask: Ask) -> None:
    old = line.sid(line.dial(doc('<Say>a</Say><Pause length="90"/>')))

    assert ask("POST", "/control/reset")[0] == 200

    assert ask("GET", "/control/calls")[1]["calls"] == []
    assert line.sid(line.dial()) != old
    assert line.heard("c1") == ["a"]


def test_every_knob_can_be_drawn_from_a_seed(line: Line) -> None:
    first = line.control.set_knobs({"seed": 7})
    again = line.control.set_knobs({"seed": 7})
    other = [line.control.set_knobs({"seed": seed}) for seed in range(8)]

    assert first == again
    assert any(values != first for values in other)
    assert first["latency_ms"] == 20


@pytest.mark.parametrize(("method", "path"), [("POST", "/control/load"), ("PUT", "/control/knobs")])
def test_a_field_without_a_name_is_named_all_the_same(ask: Ask, method: str, path: str) -> None:
    status, answer = ask(method, path, {"": 1})

    assert (status, answer["where"]) == (400, '""')
