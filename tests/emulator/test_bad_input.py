"""Whatever is sent to REST or to the control API: an answer that says what is wrong, never a traceback."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, urlencode

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.emulator import control_app, refusals, rest_app
from helpline.emulator.control_http import OPERATIONS as CONTROL
from helpline.emulator.knobs import CHOICES, Knobs
from helpline.emulator.rest.app import OPERATIONS as REST
from helpline.emulator.web import WebReply, WebRequest, call_wsgi
from tests.conftest import LONG
from tests.emulator.line import ACCOUNT, P1, SERVER, TOKEN, Line, N, doc

KEY = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
NAMES = sorted(
    {name for names in refusals.MODELLED.values() for name in names} | {"Record", "Muted", "SendDigits"}
)
WORDS = st.one_of(
    st.text(max_size=30),
    st.sampled_from([
        "", "0", "-1", "1", "²", "٣", "1e9", "9" * 5000, "true", "completed", "canceled", N, P1, "client:vera",
        "client:vera?a=b&&=&c", "client:", f"{SERVER}/offer", "http://[", "http://srv.test:99999/", "https://",
        "http://srv.test/\r\nX: y", "GET", "post", "2026-01-01", "2026-01-01T25:00", "0001-01-01", "9999-12-31",
        "9999-12-31T23:59:59-23:59", doc("<Say>bonjour</Say>"), "<Response>", "<!DOCTYPE a>", "initiated", "answered",
        "initiated ringing", "attente", "x" * 5000, "\x00", "\ud7ff", "PA", "PACA0",
    ]),
)  # fmt: skip
PAIRS = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), st.text(max_size=8)), WORDS), max_size=6)


def busy_line() -> Line:
    """A line with a caller in a queue, one in a room, a leg that rings, and lines in the debugger."""
    line = Line(api_key="SK" + "1" * 32, api_secret="quiet")
    line.script(w=doc('<Pause length="9"/>'))
    line.dial(doc('<Enqueue waitUrl="/w">attente</Enqueue>'), wait_s=0.3)
    line.dial(doc('<Dial><Conference waitUrl="">R</Conference></Dial>'), wait_s=0.3)
    line.ring(P1)
    line.wait(0.5)
    return line


def sids(line: Line) -> list[str]:
    """Every identifier there is, and some there are not."""
    world = line.carrier.world
    there = [*world.legs, *world.queues, *world.rooms, *world.numbers, *(alert.sid for alert in world.alerts)]
    return [*there, "CA" + "0" * 32, "attente", "R", "Front", "%00", "é", ".."]


def rest(line: Line, method: str, path: str, body: bytes = b"", **headers: str) -> WebReply:
    """One request to REST. An exception of the application comes out here."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return call_wsgi(rest_app(line.carrier), WebRequest(method, f"https://api.twilio.com{path}", named, body))


def check_rest(line: Line, reply: WebReply) -> None:
    """The carrier's JSON, its error in the carrier's form, and nothing broken behind it."""
    assert 200 <= reply.status < 300 or 400 <= reply.status < 500
    if reply.status >= 400:
        error = json.loads(reply.body)
        assert set(error) == {"code", "message", "more_info", "status"}
        assert error["status"] == reply.status
        assert isinstance(error["code"], int)
    elif reply.status != 204:
        assert isinstance(json.loads(reply.body), dict)
    line.wait(6)
    assert line.transport.errors == []


@pytest.mark.timeout(400)
@hypothesis.settings(max_examples=600 if LONG else 25)
@given(st.data())
def test_any_parameters_of_any_rest_operation_are_answered(data: st.DataObject) -> None:
    line = busy_line()
    method, path, _ = REST[data.draw(st.sampled_from(sorted(REST)))]
    for place in ("<sid>", "<who>"):
        path = path.replace(place, data.draw(st.sampled_from(sids(line))))
    query, form = data.draw(PAIRS), data.draw(PAIRS)
    stem = "" if path.startswith("/v1/") else f"/2010-04-01/Accounts/{ACCOUNT}"
    url = f"{stem}{path}?{urlencode(query)}"

    reply = rest(line, method, url, urlencode(form).encode(), Authorization=f"Basic {KEY}",
                 Content_Type="application/x-www-form-urlencoded")  # fmt: skip

    check_rest(line, reply)


@hypothesis.settings(max_examples=600 if LONG else 40)
@given(
    st.sampled_from(["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"]),
    st.one_of(
        st.text(max_size=40), st.sampled_from([f"2010-04-01/Accounts/{ACCOUNT}/Calls.json", "2010-04-01/"])
    ),
    st.binary(max_size=200),
    st.sampled_from(
        [
            "",
            "application/json",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded; charset=utf-16",
            "é",
        ]
    ),
    st.one_of(
        st.just(f"Basic {KEY}"),
        st.sampled_from(["", "Basic", "Basic é", "Basic Og==", "Bearer x", "Digest a=b"]),
    ),
)
def test_anything_sent_to_rest_is_answered(method: str, path: str, body: bytes, kind: str, key: str) -> None:
    line = Line()

    reply = rest(line, method, "/" + quote(path, safe="/?&="), body, Content_Type=kind, Authorization=key)

    if method != "HEAD":
        check_rest(line, reply)
    assert line.carrier.world.legs == {}


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("from", "to", "keys", "is", "registered", "devices", "token", "advance_ms", "seed", "web", "rest", "callbacks",
          "media", "queues", "legs")  # fmt: skip
FAULT = st.dictionaries(
    st.sampled_from(
        [
            "path",
            "operation",
            "fault",
            "ms",
            "times",
            "after",
            "chance",
            "drop",
            "delay_ms",
            "seen",
            "__doc__",
        ]
    ),
    st.one_of(
        JSON,
        st.sampled_from(["500", "099", "hang", "slow", "lost_reply"]),
        st.lists(st.integers(), max_size=3),
    ),
    max_size=4,
)
KNOB = st.one_of(
    JSON, st.integers(min_value=0, max_value=5), *(st.sampled_from(choices) for choices in CHOICES.values())
)
BODIES = st.one_of(
    st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=6)), st.one_of(JSON, FAULT, st.lists(FAULT, max_size=2)),
                    max_size=4),
    st.dictionaries(st.sampled_from(sorted(vars(Knobs()))), KNOB, min_size=1, max_size=4),
)  # fmt: skip


@pytest.mark.timeout(400)
@hypothesis.settings(max_examples=600 if LONG else 25)
@given(st.data())
def test_any_wish_of_the_control_api_is_granted_or_told_where_it_is_wrong(data: st.DataObject) -> None:
    line = busy_line()
    line.control.set_client("vera", {"registered": True})
    method, path = data.draw(st.sampled_from(sorted(CONTROL)))
    for place, there in (("<call>", "c1"), ("<leg>", "l1"), ("<number>", P1), ("<name>", "vera")):
        path = path.replace(place, data.draw(st.sampled_from([there, "c9", "é", "%2F", "0639985099", "²"])))
    body: Any = data.draw(BODIES)
    if isinstance(body.get("advance_ms"), int) and body["advance_ms"] > 100_000:
        body["advance_ms"] %= 100_000  # so that it comes to an end soon
    url = f"http://127.0.0.1:8002/control{path}?after={data.draw(st.sampled_from(['', '0', '5', '-1', '²', '9' * 5000]))}"

    reply = call_wsgi(
        control_app(line.carrier, line.control), WebRequest(method, url, (), json.dumps(body).encode())
    )

    check_control(reply)
    line.wait(6)
    assert (
        call_wsgi(
            control_app(line.carrier, line.control), WebRequest("GET", "http://127.0.0.1/control/log", ())
        ).status
        == 200
    )
    assert line.transport.errors == []


def check_control(reply: WebReply) -> None:
    """Granted, or a clear word of what is wrong and where."""
    answer = json.loads(reply.body)
    assert reply.status in (200, 201) or 400 <= reply.status < 500
    if reply.status >= 400:
        assert set(answer) == {"error", "where"}
        assert all(isinstance(text, str) and text for text in answer.values())


@hypothesis.settings(max_examples=600 if LONG else 40)
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]),
    st.one_of(st.text(max_size=30), st.sampled_from(sorted(path for _, path in CONTROL))),
    st.one_of(
        st.binary(max_size=60), st.sampled_from([b"[]", b"null", b"NaN", b"1" * 5000, b'"', b"[" * 5_000])
    ),
)
def test_anything_sent_to_the_control_api_is_answered(method: str, path: str, body: bytes) -> None:
    line = Line()
    url = "http://127.0.0.1:8002/control/" + quote(path.removeprefix("/"), safe="/<>")

    check_control(call_wsgi(control_app(line.carrier, line.control), WebRequest(method, url, (), body)))


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"say_chars_per_s": 0}, "say_chars_per_s=0"),
        ({"erase_refused_ms": [9, 3]}, "erase_refused_ms=[9, 3]"),
        ({"latency_ms": 10**12}, "latency_ms=1000000000000"),
        ({"latency_ms": True}, "latency_ms=True"),
        ({"latency_ms": -1}, "latency_ms=-1"),
    ],
)
def test_a_knob_that_cannot_be_turned_so_far_is_told(line: Line, values: dict[str, Any], where: str) -> None:
    body = json.dumps(values).encode()

    reply = call_wsgi(
        control_app(line.carrier, line.control), WebRequest("PUT", "http://127.0.0.1/control/knobs", (), body)
    )

    assert reply.status == 400
    assert json.loads(reply.body)["where"] == where
