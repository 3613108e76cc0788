"""The telephone page: its files and policy, its event streams over real sockets, and who may ask from elsewhere.

What a browser makes of it belongs to the ring tests/browser.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from helpline.emulator import CarrierSettings, OwnNumber, control_app
from helpline.emulator.__main__ import options_from
from helpline.emulator.page.feeds import PageFeed
from helpline.emulator.page.files import PageFiles
from helpline.emulator.page.options import Options, phones_from, readable
from helpline.emulator.page.views import short_path
from helpline.emulator.realtime_service import Service
from helpline.emulator.web import WebReply, WebRequest, call_wsgi
from tests.emulator.line import ACCOUNT, P1, TOKEN, A, Line, N, doc

DESK = "http://127.0.0.1:8001"
VERA = "téléphone de vera"
OPTIONS = Options(phones={VERA: "0639985001"}, allow_origins=(DESK,))
ASSETS = (
    "/assets/theme.css", "/assets/page.css", "/assets/icon.svg", "/assets/main.js", "/assets/words.js",
    "/assets/carrier.js", "/assets/telephone.js", "/assets/caller.js", "/assets/handset.js", "/assets/sounds.js",
    "/assets/voice.js", "/assets/traffic.js",
)  # fmt: skip


def page(line: Line, path: str) -> WebReply:
    app = control_app(line.carrier, line.control, OPTIONS)
    reply = call_wsgi(app, WebRequest("GET", f"http://127.0.0.1:8002{path}", (), b""))
    assert isinstance(reply, WebReply)
    return reply


# ---- the files


@pytest.mark.parametrize("path", ["/", *ASSETS])
def test_each_file_is_served_under_a_policy_that_lets_it_ask_nobody_else(line: Line, path: str) -> None:
    reply = page(line, path)

    policy = reply.header("Content-Security-Policy")
    assert reply.status == 200
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';")
    assert "unsafe" not in policy
    assert reply.header("X-Content-Type-Options") == "nosniff"
    assert reply.header("Referrer-Policy") == "no-referrer"


def test_no_file_of_the_page_names_another_origin_or_carries_inline_script_or_style(line: Line) -> None:
    for path in ("/", *ASSETS):
        text = page(line, path).body.decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(https?:)?//[a-z0-9-]+\.", text), path
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script>|innerHTML|eval\(", text), path


def test_the_page_is_french_and_asks_for_nothing_that_is_not_there(line: Line) -> None:
    html = page(line, "/").body.decode()

    assert '<html lang="fr">' in html
    asked = set(re.findall(r'(?:src|href)="([^"]+)"', html))
    for path in ASSETS:
        name = path.rpartition("/")[2]
        asked |= {
            f"/assets/{found}"
            for found in re.findall(r'from "\./([\w.]+)"', page(line, f"/assets/{name}").body.decode())
        }
    assert asked == set(ASSETS)


def test_whatever_is_said_in_french_is_said_in_english(line: Line) -> None:
    words = page(line, "/assets/words.js").body.decode()
    french, _, english = words.partition("\n  en: {")
    pattern = r'(?:^|[,{]\s)\s*"?([\w.-]+)"?: "'

    keys = set(re.findall(pattern, french, re.MULTILINE))
    assert keys == set(re.findall(pattern, english, re.MULTILINE))
    used = set(re.findall(r'data-(?:say|name)="(\w+)"', page(line, "/").body.decode()))
    assert used <= keys


@pytest.mark.parametrize("path", ["/assets/../options.py", "/assets/", "/assets/index.html/x", "/index.html"])
def test_nothing_else_is_served(path: str) -> None:
    assert PageFiles().get(path) is None


def test_the_whole_page_is_small(line: Line) -> None:
    assert sum(len(page(line, path).body) for path in ("/", *ASSETS)) < 80_000


# ---- options


def test_a_telephone_is_named_on_the_command_line_or_in_the_file() -> None:
    options = options_from({"phones": {"a": "0639985001"}}, ["téléphone de b=+33639985002"], [DESK])

    assert options.phones == {"a": "0639985001", "téléphone de b": "+33639985002"}
    assert options.label_of("+33639985001") == "a"
    assert options.allow_origins == (DESK,)


@pytest.mark.parametrize("wrong", ["vera", "vera=", "=0639985001", "vera=12", "0639985001=0639985002"])
def test_a_telephone_without_label_or_number_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="phone"):
        Options(phones=phones_from([wrong]))


@pytest.mark.parametrize("wrong", ["*", "null", "127.0.0.1:8001", "http://127.0.0.1:8001/", ""])
def test_an_origin_is_exact(wrong: str) -> None:
    with pytest.raises(ValueError, match="allow_origins"):
        Options(allow_origins=(wrong,))


def test_numbers_are_written_as_people_write_them() -> None:
    assert readable("0800288038") == "0 800 288 038"
    assert readable("0639980001") == "06 39 98 00 01"
    assert readable("+4915112345678") == "+4915112345678"


def test_what_is_random_in_a_path_is_left_out() -> None:
    assert short_path("/voice/offer/3f9a27b1c04d5e6f") == "/voice/offer/…"
    assert short_path("/voice/incoming") == "/voice/incoming"


# ---- what the page is told


def told(feed: PageFeed, name: str) -> list[Any]:
    return [value for kind, value in feed.news() if kind == name]


def test_the_page_hears_of_a_call_its_words_and_its_documents_but_of_no_callers_number(line: Line) -> None:
    feed = PageFeed(line.carrier, OPTIONS)
    first = feed.news()
    line.dial(doc("<Say>bonjour et restez en ligne</Say><Pause length='9'/>"), wait_s=1)

    news = feed.news()

    assert [name for name, _ in first][:2] == ["hello", "phone"]
    call = next(value for name, value in news if name == "call")
    assert (call["leg"], call["state"]) == ("c1", "talking")
    assert {"kind": "say", "text": "bonjour et restez en ligne"}.items() <= call["heard"][-1].items()
    rows = next(value for name, value in news if name == "rows")
    assert [(row["kind"], row["what"], row["answer"], row["who"]) for row in rows] == [
        ("document", "voice", "200", {"kind": "caller", "name": "c1"})
    ]
    assert A.removeprefix("+33") not in json.dumps(news)
    assert feed.news() == []


def test_a_telephone_with_a_label_is_shown_by_it_and_can_be_called_by_it(line: Line) -> None:
    line.script(offer=doc("<Say>un appel attend</Say><Pause length='9'/>"))
    feed = PageFeed(line.carrier, OPTIONS)
    assert [(p["id"], p["shown"], p["state"]) for p in told(feed, "phone")] == [(VERA, VERA, "idle")]
    line.ring(P1)
    line.wait(1)

    rings = feed.news()
    app = control_app(line.carrier, line.control, OPTIONS)
    answer = call_wsgi(
        app, WebRequest("POST", "http://127.0.0.1:8002/control/phones/téléphone%20de%20vera/answer", (), b"")
    )

    assert next(value for name, value in rings if name == "phone")["state"] == "ringing"
    assert P1.removeprefix("+33") not in json.dumps(rings)
    assert isinstance(answer, WebReply)
    assert answer.status == 200
    assert told(feed, "phone")[0]["state"] == "talking"


def test_a_warning_and_a_fault_are_rows_too(line: Line) -> None:
    feed = PageFeed(line.carrier, OPTIONS)
    feed.news()
    line.dial(doc("<Shout>bonjour</Shout><Pause length='9'/>"))

    rows = told(feed, "rows")[0]

    assert [row["kind"] for row in rows] == ["document", "warning"]
    assert (rows[1]["what"], rows[1]["level"]) == ("12200", "warning")


def test_after_a_reset_the_page_begins_again(line: Line) -> None:
    feed = PageFeed(line.carrier, OPTIONS)
    line.dial(doc("<Say>bonjour</Say>"))
    feed.news()

    line.control.reset()

    assert [name for name, _ in feed.news()][:2] == ["reset", "phone"]


# ---- over sockets


@pytest.fixture
def live() -> Iterator[Service]:
    settings = CarrierSettings(
        account_sid=ACCOUNT, auth_token=TOKEN, numbers=(OwnNumber(N, ("0800288038",)),)
    )
    service = Service(settings, 0, OPTIONS)
    service.start()
    yield service
    service.stop()


def ask(live: Service, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, str]:
    """One request: status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=5)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read().decode()
    finally:
        connection.close()


class Stream:
    """An event stream that is read message by message."""

    def __init__(self, live: Service, path: str, **headers: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=5)
        self.connection.request("GET", path, headers={"Accept": "text/event-stream", **headers})
        self.reply = self.connection.getresponse()

    def next(self, name: str) -> Any:
        """The value of the next message of that name; fails after 5 s without one."""
        current = ""
        while True:
            line = self.reply.readline().decode().rstrip("\n")
            if line.startswith("event: "):
                current = line.removeprefix("event: ")
            elif line.startswith("data: ") and current == name:
                return json.loads(line.removeprefix("data: "))

    def close(self) -> None:
        self.reply.close()
        self.connection.close()


@pytest.mark.loopback
def test_the_page_s_stream_tells_of_a_call_as_it_happens(live: Service) -> None:
    stream = Stream(live, "/control/events")
    assert stream.reply.headers["Content-Type"] == "text/event-stream"
    assert stream.next("hello")["lines"] == [
        {"number": "0800288038", "shown": "0 800 288 038", "former": False}
    ]
    assert stream.next("phone")["shown"] == VERA

    ask(live, "POST", "/control/calls", {"from": None, "to": "0800288038"})

    assert stream.next("call")["state"] == "ringing"
    call = stream.next("call")
    while call["state"] != "ended":
        call = stream.next("call")
    assert call["heard"][-1]["kind"] == "tone"
    stream.close()


@pytest.mark.loopback
def test_a_softphone_s_stream_tells_its_state_and_what_it_hears(live: Service) -> None:
    stream = Stream(live, "/control/clients/vera/events", Origin=DESK)
    assert stream.reply.headers["Access-Control-Allow-Origin"] == DESK
    assert (stream.next("state")["state"], stream.reply.status) == ("idle", 200)

    ask(live, "PUT", "/control/clients/vera", {"registered": True}, Origin=DESK)
    assert stream.next("state")["registered"] is True
    ring_vera(live, "<Response><Say>un appel attend</Say><Pause length='9'/></Response>")
    assert stream.next("state")["state"] == "ringing"
    ask(live, "POST", "/control/clients/vera/accept", Origin=DESK)

    assert stream.next("state")["state"] == "talking"
    heard = stream.next("heard")
    while heard["kind"] != "say":
        heard = stream.next("heard")
    assert heard["text"] == "un appel attend"
    ask(live, "POST", "/control/clients/vera/hangup", Origin=DESK)
    assert stream.next("state")["state"] == "idle"
    stream.close()


def ring_vera(live: Service, document: str) -> None:
    """Ring vera's browser by REST, with a document handed over."""
    url = f"http://127.0.0.1:{live.port}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    form = {"To": "client:vera", "From": N, "Twiml": document}
    requests.post(url, form, auth=(ACCOUNT, TOKEN), timeout=3).raise_for_status()


@pytest.mark.loopback
def test_streams_end_when_the_carrier_stops() -> None:
    service = Service(CarrierSettings(), 0)
    service.start()
    stream = Stream(service, "/control/events")
    stream.next("hello")

    service.stop()

    assert stream.reply.read() == b"" or stream.reply.isclosed()
    stream.close()


@pytest.mark.loopback
@pytest.mark.parametrize("path", ["/control/clients/vera", "/control/clients/vera/events"])
def test_a_page_of_another_origin_is_refused(live: Service, path: str) -> None:
    for origin in ("http://evil.test", "http://127.0.0.1:8009", "null"):
        status, headers, body = ask(live, "GET", path, Origin=origin)

        assert (status, json.loads(body)["where"]) == (403, "origin")
        assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.loopback
def test_an_allowed_page_may_ask_about_clients_and_nothing_else(live: Service) -> None:
    asked = ask(live, "OPTIONS", "/control/clients/vera", Origin=DESK)
    put = ask(live, "PUT", "/control/clients/vera", {"registered": True}, Origin=DESK)
    others = [
        ask(live, "POST", "/control/calls", {"from": None, "to": N}, Origin=DESK),
        ask(live, "GET", "/control/events", Origin=DESK),
        ask(live, "GET", "/control/clients", Origin=DESK),
        ask(live, "POST", "/control/phones/0639985001/answer", Origin=DESK),
    ]

    assert asked[0] == 204
    assert "PUT" in asked[1]["Access-Control-Allow-Methods"]
    assert asked[1]["Access-Control-Allow-Headers"] == "Content-Type"
    assert (put[0], put[1]["Access-Control-Allow-Origin"], put[1]["Vary"]) == (200, DESK, "Origin")
    assert [status for status, _, _ in others] == [403, 403, 403, 403]


@pytest.mark.loopback
def test_the_page_itself_and_commands_may_ask_everything(live: Service) -> None:
    own = f"http://127.0.0.1:{live.port}"

    assert ask(live, "POST", "/control/calls", {"from": None, "to": N}, Origin=own)[0] == 201
    assert ask(live, "POST", "/control/calls", {"from": None, "to": N})[0] == 201
    assert ask(live, "POST", "/control/events")[0] == 405
