from __future__ import annotations

import pytest

from helpline.emulator import OwnNumber, WsgiTransport
from helpline.emulator.signature import sign
from tests.emulator.line import SERVER, Line, doc

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


def test_t01_one_changed_byte_of_url_value_or_token_changes_the_signature() -> None:
    right = VECTORS[0][3]

    assert sign("12346", V1_URL, V1_PARAMS.items()) != right
    assert sign("12345", V1_URL + "3", V1_PARAMS.items()) != right
    assert sign("12345", V1_URL, (V1_PARAMS | {"Digits": "1235"}).items()) != right


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


@pytest.mark.parametrize("origin", ["https://srv.test:8443", "http://srv.test:8080"])
def test_t03_the_official_validator_accepts_both_ports(origin: str) -> None:
    line = Line()
    line.transport = WsgiTransport({origin: line.server})
    line.carrier._transport = line.transport
    line.carrier._wire()
    line.configure(voice_url=f"{origin}/voice")

    line.dial(doc("<Say>bonjour</Say>"))

    assert line.server.paths()[0] == "/voice"
    assert line.transport.errors == []


def test_t04_a_fault_leaves_the_signature_out_or_makes_it_wrong() -> None:
    seen: list[str | None] = []

    def server(environ: dict[str, str], start_response: object) -> list[bytes]:
        seen.append(environ.get("HTTP_X_TWILIO_SIGNATURE"))
        raise ConnectionResetError

    line = Line()
    line.transport.apps[SERVER] = server  # type: ignore[index]  # a dict in this test
    line.control.set_faults(
        {"web": [{"path": "/voice", "fault": "unsigned"}, {"path": "/fallback", "fault": "forged"}]}
    )

    line.dial()

    assert seen[0] is None
    assert seen[1] == "AAAAAAAAAAAAAAAAAAAAAAAAAAA="


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
