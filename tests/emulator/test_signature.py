from __future__ import annotations

import io
from typing import Any

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

from helpline.emulator import OwnNumber, WsgiTransport
from helpline.emulator.signature import sign
from tests.emulator.line import SERVER, TOKEN, Line, doc

V1_PARAMS = {
    "Digits": "1234", "To": "+18005551212", "From": "+14158675310", "Caller": "+14158675310",
    "CallSid": "CA1234567890ABCDE",
}  # fmt: skip
V1_URL = "https://example.com/myapp.php?foo=1&bar=2"
VECTORS = [
    ("12345", V1_URL, list(V1_PARAMS.items()), "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    ("12345", V1_URL, [], "7fNPeNJw743o4w4nyZb6i1KILQ8="),
    ("12345", "https://a/b", [("A", "2"), ("A", "1"), ("A", "1"), ("B", "")], "RKIz0s0ejSB05Xslefmtzapc8AI="),
]


@pytest.mark.parametrize(("token", "url", "params", "signature"), VECTORS, ids=["V1", "V2", "V3"])
def test_t01_the_published_vectors_come_out_exactly(
    token: str, url: str, params: list[tuple[str, str]], signature: str
) -> None:
    assert sign(token, url, params) == signature
    assert RequestValidator(token).validate(url, MultiDict(params), signature)


def test_t01_one_changed_byte_of_url_value_or_token_changes_the_signature() -> None:
    right = VECTORS[0][3]

    assert sign("12346", V1_URL, V1_PARAMS.items()) != right
    assert sign("12345", V1_URL + "3", V1_PARAMS.items()) != right
    assert sign("12345", V1_URL, (V1_PARAMS | {"Digits": "1235"}).items()) != right
    assert not RequestValidator("12346").validate(V1_URL, V1_PARAMS, right)
    assert not RequestValidator("12345").validate(V1_URL + "3", V1_PARAMS, right)
    assert not RequestValidator("12345").validate(V1_URL, V1_PARAMS | {"Digits": "1235"}, right)


def test_t02_the_raw_url_is_requested_and_signed_as_it_was_given(line: Line) -> None:
    raw = "/voice?who=client%3Apsy_1&t=a%20b&z=%7E"
    line.configure(voice_url=SERVER + raw)

    line.dial(doc("<Say>bonjour</Say>"))

    assert line.server.asked[0].raw == raw
    assert line.transport.errors == []


def test_t03_https_drops_the_port_before_signing_and_http_keeps_it() -> None:
    assert sign("t", "https://srv.test:8443/voice") == sign("t", "https://srv.test/voice")
    assert sign("t", "http://srv.test:8080/voice") != sign("t", "http://srv.test/voice")
    assert sign("t", "https://u:p@srv.test/voice#rc=2") == sign("t", "https://srv.test/voice")
    assert sign("t", "https://srv.test/a?") != sign("t", "https://srv.test/a")


@pytest.mark.parametrize(
    ("origin", "signed"),
    [("https://srv.test:8443", "https://srv.test"), ("http://srv.test:8080", "http://srv.test:8080")],
)
def test_t03_the_official_validator_accepts_both_ports(origin: str, signed: str) -> None:
    line = Line()
    line.transport = WsgiTransport({origin: line.server})
    line.carrier._transport = line.transport
    line.carrier._wire()
    line.configure(voice_url=f"{origin}/voice")

    line.dial(doc("<Say>bonjour</Say>"))

    (asked,) = line.server.at("/voice")
    assert asked.headers["X-Twilio-Signature"] == sign(TOKEN, f"{signed}/voice", asked.form.items())
    assert line.transport.errors == []


@pytest.mark.parametrize("fault", ["unsigned", "forged", "garbled"])
def test_t04_a_signature_that_is_missing_wrong_or_none_is_refused_and_the_caller_hears_the_fallback(
    fault: str,
) -> None:
    seen: list[str | None] = []

    def guarded(environ: dict[str, Any], start_response: Any) -> Any:
        """The scripted server behind the official validator, which must not be given a missing header."""
        body = environ["wsgi.input"].read()
        request = Request(environ | {"wsgi.input": io.BytesIO(body)})
        given = request.headers.get("X-Twilio-Signature")
        seen.append(given)
        url = f"{SERVER}{environ['RAW_URI']}"
        if given is None or not RequestValidator(TOKEN).validate(url, request.form, given):
            return Response(status=403)(environ, start_response)
        return line.server(environ | {"wsgi.input": io.BytesIO(body)}, start_response)

    line = Line()
    line.transport.apps[SERVER] = guarded  # type: ignore[index]  # a dict in this test
    line.control.set_faults({"web": [{"path": "/voice", "fault": fault}]})
    line.script(fallback=doc("<Say>secours</Say>"))

    calls = [line.dial(doc("<Say>jamais</Say>")) for _ in range(8)]

    assert {line.heard(call)[0] for call in calls} == {"secours"}
    assert {asked["ErrorCode"] for asked in line.server.at("/fallback")} == {"11200"}
    assert line.transport.errors == []
    wanted = {"unsigned": {None}, "forged": {"A" * 27 + "="}, "garbled": {"", "A" * 10, "signé à la main"}}[
        fault
    ]
    assert wanted <= set(seen)


def test_credentials_in_a_url_travel_as_a_header_and_are_not_signed(line: Line) -> None:
    line.configure(voice_url="https://vera:secret@srv.test/voice")

    line.dial(doc("<Say>bonjour</Say>"))

    assert line.server.asked[0].headers["Authorization"].startswith("Basic ")
    assert line.server.asked[0].headers["Host"] == "srv.test"


def test_a_number_answers_in_either_form() -> None:
    own = OwnNumber("+33199000001", ("0800288038",))

    assert own.answers_to("0800288038")
    assert own.answers_to("+33800288038")
    assert own.answers_to("01 99 00 00 01")
    assert not own.answers_to("0199000002")
