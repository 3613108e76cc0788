"""What is not from our carrier, or not as it speaks: 403 or its like, an empty body, nothing changed, one log line.

Attacks 1 to 3, 5, 6, 9, 10 and 27 of the list of bad inputs, and the signature cases T01 to T04.
"""

from __future__ import annotations

import gzip
import io
import json
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from helpline.adapters.carriers.twilio.inbox import Edge, EdgeSettings, _holds
from tests import builders
from tests.leak.needles import forms_of_id, forms_of_number
from tests.web.carrier import ACCOUNT, CANARY, FORM, LEG, TOKEN, Answer, Carrier, envelope
from tests.web.conftest import Web

ROUTES = (
    *("/voice/incoming", "/voice/wait", "/voice/keys", "/voice/left", "/voice/ended"),
    *(
        "/voice/hold/a1",
        "/voice/join/a1",
        "/voice/done/a1",
        "/voice/offer/a1",
        "/voice/claim/a1",
        "/voice/leg/a1",
        "/voice/room/a1",
    ),
)
PREVIOUS = "0" * 31 + "1"


def nothing_told(records: list[logging.LogRecord]) -> bool:
    """Is there no value of the request in anything that was logged?"""
    text = "\n".join(f"{r.getMessage()} {r.args} {r.exc_info}" for r in records).encode()
    secrets = [
        *forms_of_number(CANARY).values(),
        *forms_of_id(LEG).values(),
        ACCOUNT.encode(),
        TOKEN.encode(),
    ]
    return not any(secret in text for secret in secrets)


@pytest.fixture
def refused(web: Web, caplog: pytest.LogCaptureFixture) -> Callable[..., None]:
    """Send, and hold the answer to NO: status, empty body, nothing changed, one log line without a value."""
    caplog.set_level(logging.DEBUG)

    def check(send: Callable[[Web], Answer], status: int = 403) -> None:
        web.clock.now += 2_000  # the line of the refusal before must not keep this one quiet
        before, caplog.records[:] = web.stored(), []
        answer = send(web)
        assert (answer.status, answer.body) == (status, b"")
        assert answer.headers["Content-Length"] == "0"
        assert web.stored() == before
        ours = [record for record in caplog.records if record.name.startswith("helpline")]
        assert [(record.name, record.levelno, record.exc_info) for record in ours] == [
            ("helpline.edge", logging.WARNING, None)
        ]
        assert nothing_told(caplog.records)

    return check


@pytest.mark.parametrize("route", ROUTES)
def test_a_request_without_a_signature_is_refused_and_changes_nothing(
    route: str, refused: Callable[..., None]
) -> None:
    refused(lambda web: web.carrier.post(route, envelope(), HTTP_X_TWILIO_SIGNATURE=None))


@pytest.mark.parametrize(
    "signature",
    ["", "x" * 10, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "é" * 28, "\x00" * 28, "=" * 28, "x" * 1_000_000],
    ids=["empty", "short", "wrong", "not ASCII", "null", "padding", "1 MB"],
)
def test_a_garbled_signature_is_refused(signature: str, refused: Callable[..., None]) -> None:
    refused(lambda web: web.carrier.post("/voice/incoming", envelope(), signature=signature))


@pytest.mark.parametrize("route", [route for route in ROUTES if route != "/voice/incoming"])
def test_a_signature_made_for_one_address_is_refused_at_another(
    route: str, refused: Callable[..., None]
) -> None:
    def send(web: Web) -> Answer:
        return web.carrier.post(
            route, envelope(), signature=web.carrier.signature("/voice/incoming", envelope())
        )

    refused(send)


@pytest.mark.parametrize(
    ("name", "value"),
    [("CallStatus", "completed"), ("CallSid", "CA" + "0" * 32), ("From", CANARY[:-1] + "4"), ("Digits", "1")],
)
def test_one_changed_or_added_value_breaks_the_signature(
    name: str, value: str, refused: Callable[..., None]
) -> None:
    def send(web: Web) -> Answer:
        signed = web.carrier.signature("/voice/incoming", envelope())
        return web.carrier.post("/voice/incoming", envelope(**{name: value}), signature=signed)

    refused(send)


def test_one_changed_byte_of_the_token_breaks_the_signature(refused: Callable[..., None]) -> None:
    wrong = RequestValidator(TOKEN[:-1] + "0").compute_signature(
        f"{builders.ORIGIN}/voice/incoming", MultiDict(envelope())
    )
    refused(lambda web: web.carrier.post("/voice/incoming", envelope(), signature=wrong))


@pytest.mark.parametrize(
    "account", ["AC" + "1" * 32, ACCOUNT.lower(), ACCOUNT + " ", ""], ids=["other", "case", "space", "none"]
)
def test_a_call_of_another_account_is_refused_though_rightly_signed(
    account: str, refused: Callable[..., None]
) -> None:
    refused(lambda web: web.carrier.post("/voice/incoming", envelope(AccountSid=account)))


@pytest.mark.parametrize(
    "extra",
    [("CallSid", "CA" + "0" * 32), ("CallSid", LEG), ("From", "x"), ("To", "+33199000002"), ("Digits", "1")],
)
def test_a_name_given_twice_is_refused_though_rightly_signed(
    extra: tuple[str, str], refused: Callable[..., None]
) -> None:
    pairs = [*envelope(Digits="1").items(), extra]
    refused(lambda web: web.carrier.post("/voice/incoming", pairs))


@pytest.mark.parametrize("query", ["?", "?CallSid=" + LEG, f"?From={CANARY}", "?bodySHA256=00"])
def test_a_query_string_is_refused_since_we_never_hand_one_out(
    query: str, refused: Callable[..., None]
) -> None:
    refused(lambda web: web.carrier.post(f"/voice/incoming{query}", envelope()))


# ---- attack 5: only the configured origin counts


@pytest.mark.parametrize(
    "spoofed",
    [
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": "voix.test:8443"},
        {"HTTP_HOST": "voix.test."},
        {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_PROTO": "http"},
        {"HTTP_X_FORWARDED_FOR": "1.2.3.4", "HTTP_FORWARDED": "host=evil.example"},
        {"SERVER_NAME": "evil.example", "SERVER_PORT": "1", "wsgi.url_scheme": "https"},
    ],
    ids=["host", "port", "trailing dot", "forwarded host", "forwarded for", "server"],
)
def test_no_header_moves_the_origin_that_signatures_are_made_for(spoofed: dict[str, str], web: Web) -> None:
    assert web.carrier.post("/voice/incoming", envelope(), **spoofed).status == 200

    elsewhere = Carrier(web.carrier.app, "https://evil.example")
    assert elsewhere.post("/voice/incoming", envelope(), **spoofed).status == 403


@pytest.mark.parametrize(
    "target",
    [
        "https://voix.test/voice/incoming",
        "http://evil.example/voice/incoming",
        "//voice/incoming",
        "///voice/incoming",
        "//evil.example/voice/incoming",
        "/voice//incoming",
        "/voice/incoming/",
        "/voice/./incoming",
    ],
)
def test_an_odd_request_target_without_a_right_signature_is_refused(
    target: str, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    path = target.removeprefix("https://voix.test").removeprefix("http://evil.example")
    before = web.stored()
    signed = web.carrier.signature("/voice/incoming", envelope())

    answer = web.carrier.post(target, envelope(), signature=signed, PATH_INFO=path, HTTP_HOST="evil.example")

    assert (answer.status, answer.body) in ((403, b""), (404, b""))
    assert "Location" not in answer.headers
    assert web.stored() == before
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("target", ["https://voix.test/voice/incoming", "//voice/incoming"])
def test_an_absolute_or_doubled_target_is_refused_even_when_rightly_signed(
    target: str, refused: Callable[..., None]
) -> None:
    path = target.removeprefix("https://voix.test")
    refused(lambda web: web.carrier.post(target, envelope(), PATH_INFO=path))


@pytest.mark.parametrize("target", ["/voice//incoming", "/voice/incoming/", "/voice/./incoming", "/voice/x"])
def test_an_address_that_is_not_ours_is_not_found_though_rightly_signed(target: str, web: Web) -> None:
    before = web.stored()

    answer = web.carrier.post(target, envelope())

    assert (answer.status, answer.body) == (404, b"")
    assert web.stored() == before


# ---- attack 10: what is not a small form


def boundary_of(parts: int) -> bytes:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    return part * parts + b"--x--\r\n"


class NeverRead(io.RawIOBase):
    """A body that must not be read at all."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("read the body of a request it refuses")


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        (413, {"CONTENT_LENGTH": str(10 * 1024 * 1024)}),
        (413, {"CONTENT_LENGTH": "9" * 5_000}),
        (413, {"CONTENT_LENGTH": str(64 * 1024 + 1)}),
        (411, {"CONTENT_LENGTH": None}),
        (411, {"CONTENT_LENGTH": ""}),
        (411, {"CONTENT_LENGTH": "-1"}),
        (411, {"CONTENT_LENGTH": "１２"}),
        (411, {"CONTENT_LENGTH": "+5"}),
        (415, {"CONTENT_TYPE": "application/json"}),
        (415, {"CONTENT_TYPE": "multipart/form-data; boundary=x"}),
        (415, {"CONTENT_TYPE": None}),
        (415, {"CONTENT_TYPE": f"text/plain; {FORM}"}),
        (415, {"HTTP_CONTENT_ENCODING": "gzip"}),
        (415, {"HTTP_TRANSFER_ENCODING": "chunked"}),
        (415, {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": None, "wsgi.input_terminated": True}),
    ],
)
def test_what_is_not_a_small_form_is_refused_before_it_is_read(
    status: int, changes: dict[str, Any], refused: Callable[..., None]
) -> None:
    body = {"wsgi.input": NeverRead()}
    refused(lambda web: web.carrier.post("/voice/incoming", envelope(), **changes, **body), status)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (413, "&".join(f"a{n}=1" for n in range(10_000)).encode()[: 60 * 1024]),
        (413, b"a=1&" * 10_000),
        (413, b"&" * 10_000),
        (403, gzip.compress(b"a" * 10_000_000)[: 64 * 1024]),
        (403, json.dumps(envelope()).encode()),
        (403, boundary_of(1_000)[: 64 * 1024]),
        (403, b"CallSid=%ff%fe"),
        (403, "CallSid=é".encode()),
        (403, b"CallSid"),
        (403, b""),
    ],
    ids=[
        *(
            "10,000 names",
            "10,000 times one name",
            "10,000 separators",
            "gzip unannounced",
            "JSON unannounced",
        ),
        *("multipart unannounced", "not UTF-8", "not ASCII", "no value", "nothing"),
    ],
)
def test_a_body_that_is_no_form_is_refused_within_a_second(
    status: int, body: bytes, refused: Callable[..., None]
) -> None:
    def send(web: Web) -> Answer:
        began = time.monotonic()
        answer = web.carrier.send("/voice/incoming", body, HTTP_X_TWILIO_SIGNATURE="A" * 27 + "=")
        assert time.monotonic() - began < 1
        return answer

    refused(send, status)


def test_a_body_shorter_than_it_says_is_refused(refused: Callable[..., None]) -> None:
    refused(lambda web: web.carrier.post("/voice/incoming", envelope(), CONTENT_LENGTH="60000"), 408)


def test_a_connection_that_breaks_in_the_middle_of_a_body_is_refused(refused: Callable[..., None]) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError

    body = {"wsgi.input": Broken()}
    refused(lambda web: web.carrier.post("/voice/incoming", envelope(), **body), 408)


# ---- attack 27: other methods


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "PUT", "DELETE", "TRACE", "OPTIONS", "PATCH", "CONNECT", "post"]
)
@pytest.mark.parametrize("route", ROUTES)
def test_only_post_is_a_webhook_and_a_number_in_a_query_is_not_logged(
    route: str, method: str, refused: Callable[..., None]
) -> None:
    changes = {
        "REQUEST_METHOD": method,
        "QUERY_STRING": f"From={CANARY}",
        "RAW_URI": f"{route}?From={CANARY}",
    }
    refused(lambda web: web.carrier.post(route, envelope(), **changes), 405)


def test_the_answer_to_another_method_names_the_only_one(web: Web) -> None:
    answer = web.carrier.post("/voice/incoming", envelope(), REQUEST_METHOD="GET")

    assert answer.headers["Allow"] == "POST"


# ---- the log of refusals


def test_a_flood_of_refusals_is_one_line_a_second(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(500):
        web.carrier.post("/voice/incoming", envelope(), signature="wrong")
    web.clock.now += 999
    web.carrier.post("/voice/incoming", envelope(), signature="wrong")
    assert len(caplog.records) == 1

    web.clock.now += 1
    web.carrier.post("/voice/incoming", envelope(), signature="wrong")
    assert len(caplog.records) == 2


# ---- T01 to T04 and the tokens


V1 = {
    "Digits": "1234",
    "To": "+18005551212",
    "From": "+14158675310",
    "Caller": "+14158675310",
    "CallSid": "CA1234567890ABCDE",
}
V1_URL = "https://example.com/myapp.php?foo=1&bar=2"
VECTORS = {
    "V1": (V1_URL, MultiDict(V1), "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    "V2": (V1_URL, MultiDict[str, str](), "7fNPeNJw743o4w4nyZb6i1KILQ8="),
    "V3": (
        "https://a/b",
        MultiDict([("A", "2"), ("A", "1"), ("A", "1"), ("B", "")]),
        "RKIz0s0ejSB05Xslefmtzapc8AI=",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_check_accepts_the_vectors_and_nothing_a_byte_away(name: str) -> None:
    url, fields, signature = VECTORS[name]
    validator = RequestValidator("12345")

    assert _holds(validator, url, fields, signature)
    assert not _holds(validator, url + "x", fields, signature)
    assert not _holds(validator, url, MultiDict([*fields.items(multi=True), ("C", "")]), signature)
    assert not _holds(validator, url, fields, signature.swapcase())
    assert not _holds(RequestValidator("12346"), url, fields, signature)


def test_the_first_vector_is_refused_at_the_edge_for_its_query_string_though_rightly_signed() -> None:
    seen = []
    edge = Edge(
        lambda *_: seen.append(1) or [b""],  # type: ignore[func-returns-value,arg-type]
        EdgeSettings("https://example.com", ACCOUNT, ["12345"]),
        lambda _: None,
        lambda: 0,
    )
    carrier = Carrier(edge, "https://example.com", "12345")
    assert carrier.signature("/voice/incoming?foo=1&bar=2", V1 | {"AccountSid": ACCOUNT})

    answer = carrier.post("/voice/incoming?foo=1&bar=2", V1 | {"AccountSid": ACCOUNT})

    assert answer.status == 403
    assert not seen


def test_a_signature_computed_by_hand_once_is_what_the_edge_accepts(web: Web) -> None:
    fields = {"AccountSid": ACCOUNT, "CallSid": LEG, "CallStatus": "ringing", "To": "+33199000001"}
    by_hand = (
        "aXBI0tTa78wq9GOn/pIDGU7METg="  # HMAC-SHA1 of the URL and every name and value, sorted; key the token
    )

    assert web.carrier.post("/voice/incoming", fields, signature=by_hand).status == 200
    assert web.carrier.post("/voice/incoming", fields, signature=by_hand.swapcase()).status == 403


@pytest.mark.parametrize("written", ["/voice/%69ncoming", "/voice/incomin%67", "/%76oice/incoming"])
def test_the_signature_is_checked_over_the_target_as_it_was_written(
    written: str, web: Web, refused: Callable[..., None]
) -> None:
    assert web.carrier.post(written, envelope()).status == 200
    refused(
        lambda web: web.carrier.post(
            written, envelope(), signature=web.carrier.signature("/voice/incoming", envelope())
        )
    )


@pytest.mark.parametrize(
    ("origin", "signed_for"),
    [
        ("https://srv.test:8443", "https://srv.test"),
        ("https://srv.test:8443", "https://srv.test:8443"),
        ("https://srv.test", "https://srv.test"),
        ("http://srv.test:8080", "http://srv.test:8080"),
    ],
)
def test_a_port_is_accepted_as_the_carrier_signs_it(origin: str, signed_for: str) -> None:
    reached = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        reached.append(environ)
        start_response("204 No Content", [])
        return [b""]

    edge = Edge(app, EdgeSettings(origin, ACCOUNT, [TOKEN]), lambda _: None, lambda: 0)

    assert Carrier(edge, signed_for).post("/voice/incoming", envelope()).status == 204
    assert Carrier(edge, "https://other.test").post("/voice/incoming", envelope()).status == 403
    assert len(reached) == 1


def test_the_previous_token_is_accepted_and_one_before_is_not(make_web: Callable[..., Web]) -> None:
    web = make_web(TWILIO_AUTH_TOKEN_PREVIOUS=PREVIOUS)

    assert web.carrier.post("/voice/incoming", envelope()).status == 200
    assert Carrier(web.carrier.app, builders.ORIGIN, PREVIOUS).post("/voice/wait", envelope()).status == 200
    assert Carrier(web.carrier.app, builders.ORIGIN, "2" * 32).post("/voice/wait", envelope()).status == 403
