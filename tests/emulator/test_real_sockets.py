"""Real mode: sockets on loopback, the wall clock, the official client over HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from helpline.emulator import CarrierSettings, OwnNumber
from helpline.emulator.realtime_service import Service
from tests.emulator.line import ACCOUNT, TOKEN, N, doc

pytestmark = pytest.mark.loopback


class Webhooks(ThreadingHTTPServer):
    """A server on loopback: path to document, status or seconds of silence; keeps what it was asked."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hook)
        self.scripts: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str], bool, str]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def paths(self) -> list[str]:
        return [path for path, *_ in self.asked]


class Hook(BaseHTTPRequestHandler):
    server: Webhooks

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        url = f"http://{self.headers['Host']}{self.path}"
        signed = RequestValidator(TOKEN).validate(url, form, self.headers["X-Twilio-Signature"])
        self.server.asked.append((self.path, form, signed, self.headers["I-Twilio-Idempotency-Token"]))
        script = self.server.scripts.get(self.path, doc())
        if isinstance(script, float):
            time.sleep(script)
            script = doc()
        status = script if isinstance(script, int) else 200
        text = b"" if isinstance(script, int) else script.encode()
        with contextlib.suppress(OSError):
            head = f"HTTP/1.1 {status} X\r\nContent-Type: text/xml\r\nContent-Length: {len(text)}\r\n"
            self.wfile.write(head.encode() + b"Connection: close\r\n\r\n" + text)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def hooks() -> Iterator[Webhooks]:
    server = Webhooks()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def live() -> Iterator[Service]:
    settings = CarrierSettings(
        account_sid=ACCOUNT, auth_token=TOKEN, numbers=(OwnNumber(N, ("0800288038",)),)
    )
    service = Service(settings, 0)
    service.start()
    yield service
    service.stop()


@pytest.fixture
def sdk(live: Service) -> Iterator[Client]:
    http = TwilioHttpClient(timeout=3)
    client = Client(ACCOUNT, TOKEN, http_client=http)
    client.api.base_url = f"http://127.0.0.1:{live.port}"
    yield client
    if http.session is not None:
        http.session.close()


def set_urls(sdk: Client, **urls: str) -> None:
    sdk.incoming_phone_numbers.list(phone_number=N)[0].update(**urls)


def control(live: Service, method: str, path: str, body: Any = None) -> Any:
    """One request to the control API over a socket."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{live.port}/control{path}", data, method=method)
    with urllib.request.urlopen(request, timeout=5) as reply:
        return json.loads(reply.read())


def until(true: Callable[[], object], limit_s: float = 5.0) -> float:
    """Wait until something holds; seconds it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < limit_s, "it never came to hold"
        time.sleep(0.01)
    return time.monotonic() - began


def test_t07_a_server_error_goes_to_the_fallback_over_real_sockets(
    live: Service, sdk: Client, hooks: Webhooks
) -> None:
    hooks.scripts = {"/voice": 500, "/fallback": doc("<Say>Composez le 15.</Say>")}
    set_urls(sdk, voice_url=f"{hooks.origin}/voice", voice_fallback_url=f"{hooks.origin}/fallback")

    control(live, "POST", "/calls", {"from": "0639980001", "to": "0800288038"})
    until(lambda: "/fallback" in hooks.paths())

    assert hooks.paths() == ["/voice", "/fallback"]
    assert hooks.asked[1][1]["ErrorCode"] == "11200"
    assert all(signed for _, _, signed, _ in hooks.asked)
    until(lambda: control(live, "GET", "/calls/c1")["heard"][-1]["text"] == "Composez le 15.")


def test_t08_a_refused_connection_is_tried_twice_then_the_fallback_is_asked(
    live: Service, sdk: Client, hooks: Webhooks
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}"
    set_urls(sdk, voice_url=f"{dead}/voice", voice_fallback_url=f"{hooks.origin}/fallback")

    control(live, "POST", "/calls", {"from": None, "to": N})
    until(lambda: "/fallback" in hooks.paths())

    attempts = [
        r for r in control(live, "GET", "/log")["log"] if r["kind"] == "document" and r["path"] == "/voice"
    ]
    assert [record["error"] for record in attempts] == ["refused", "refused"]
    assert len({record["token"] for record in attempts}) == 1
    assert hooks.asked[0][1]["ErrorCode"] == "11205"


def test_t09_a_server_that_does_not_answer_is_given_up_at_its_limit(
    live: Service, sdk: Client, hooks: Webhooks
) -> None:
    hooks.scripts = {"/voice": 2.0, "/fallback": doc("<Say>secours</Say>")}
    set_urls(
        sdk,
        voice_url=f"{hooks.origin}/voice#rt=300&tt=1000&rc=0",
        voice_fallback_url=f"{hooks.origin}/fallback",
    )

    control(live, "POST", "/calls", {"from": None, "to": N})
    took_s = until(lambda: "/fallback" in hooks.paths())

    assert 0.3 <= took_s <= 1.5
    assert "#" not in hooks.asked[0][0]


def test_a_leg_is_created_rings_and_is_answered_over_real_sockets(
    live: Service, sdk: Client, hooks: Webhooks
) -> None:
    hooks.scripts = {"/offer": doc("<Say>bonjour</Say><Pause length='30'/>")}

    leg = sdk.calls.create(to="client:vera", from_=N, url=f"{hooks.origin}/offer")
    control(live, "PUT", "/clients/vera", {"registered": True})
    until(lambda: control(live, "GET", "/clients/vera")["state"] == "ringing")
    control(live, "POST", "/clients/vera/accept")
    until(lambda: "/offer" in hooks.paths())

    assert sdk.calls(leg.sid).fetch().status == "in-progress"
    assert [call.sid for call in sdk.calls.list(status="in-progress")] == [leg.sid]


def test_a_rest_request_that_hangs_runs_into_the_clients_own_limit(live: Service) -> None:
    control(live, "PUT", "/faults", {"rest": {"operation": "calls.list", "fault": "hang"}})
    http = TwilioHttpClient(timeout=0.3)
    client = Client(ACCOUNT, TOKEN, http_client=http)
    client.api.base_url = f"http://127.0.0.1:{live.port}"

    with pytest.raises(requests.exceptions.Timeout):
        client.calls.list()

    http.session.close()


REST = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"


@pytest.mark.parametrize(
    ("request_", "status", "key"),
    [
        (f"PATCH {REST} HTTP/1.1\r\nHost: x\r\n\r\n", 405, "code"),
        ("PATCH /control/calls HTTP/1.1\r\nHost: x\r\n\r\n", 405, "where"),
        (f"POST {REST} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413, "code"),
        ("POST /control/calls HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 413, "where"),
        ("POST /control/calls HTTP/1.1\r\nHost: x\r\nContent-Length: ²\r\n\r\n", 413, "where"),
        (
            "POST /control/calls HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            413,
            "where",
        ),
        ("GET /control/log?after=\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400, "where"),
        ("GET /" + "x" * 70_000 + " HTTP/1.1\r\n\r\n", 414, "where"),
        ("GET /control/calls HTTP/9.9\r\n\r\n", 505, "where"),
        ("GET /control/calls HTTP/1.1\r\n" + "x: y\r\n" * 200 + "\r\n", 431, "where"),
        ("what is this\r\n\r\n", 400, "where"),
    ],
)
def test_bytes_that_are_no_request_get_a_clear_word_and_no_traceback(
    live: Service, capfd: pytest.CaptureFixture[str], request_: str, status: int, key: str
) -> None:
    with socket.create_connection(("127.0.0.1", live.port), timeout=5) as line:
        line.sendall(request_.encode("latin-1"))
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := line.recv(65_536):
                answer += chunk

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert key in json.loads(body)
    assert capfd.readouterr().err == ""
    assert control(live, "GET", "/calls") == {"calls": []}


def test_the_clock_cannot_be_moved_in_real_mode(live: Service) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        control(live, "POST", "/clock", {"advance_ms": 1})

    assert error.value.code == 409
    error.value.close()


def test_replies_come_at_once_on_a_connection_that_is_kept(live: Service) -> None:
    """Two small writes would cost 40 ms each time; one does not."""
    with requests.Session() as session:
        session.auth = (ACCOUNT, TOKEN)
        url = f"http://127.0.0.1:{live.port}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
        session.get(url, timeout=3)
        began = time.monotonic()
        for _ in range(20):
            session.get(url, timeout=3)

    assert (time.monotonic() - began) / 20 < 0.03


@pytest.mark.real
def test_two_hundred_callers_at_once_all_hear_their_wait_document(
    live: Service, sdk: Client, hooks: Webhooks
) -> None:
    hooks.scripts = {
        "/voice": doc('<Enqueue waitUrl="/wait">line</Enqueue>'),
        "/wait": doc("<Say>bonjour</Say><Pause length='20'/>"),
    }
    set_urls(sdk, voice_url=f"{hooks.origin}/voice")

    for _ in range(200):
        control(live, "POST", "/calls", {"from": None, "to": N})

    until(lambda: hooks.paths().count("/wait") == 200, 10)
    assert len(sdk.calls.list(status="in-progress")) == 200


@pytest.mark.real
def test_the_program_says_when_it_listens_and_stops_promptly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "helpline.emulator", "--port", str(port), "--leg-rate", "5"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TWILIO_AUTH_TOKEN": "t"}
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == f"emulator: listening on http://127.0.0.1:{port}\n"
        began = time.monotonic()
        run.send_signal(signal.SIGTERM)

        assert run.wait(timeout=5) == 0
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "config", ['{"volume": 11}', "{", '{"leg_rate_per_s": "fast"}', '{"knobs": {"volume": 1}}']
)
def test_a_wrong_configuration_is_told_in_one_line(tmp_path: Any, config: str) -> None:
    file = tmp_path / "carrier.json"
    file.write_text(config)

    run = subprocess.run(
        [sys.executable, "-m", "helpline.emulator", "--port", "0", "--config", str(file)],
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip

    assert run.returncode == 2
    assert run.stderr.startswith("emulator: ")
    assert run.stderr.count("\n") == 1
