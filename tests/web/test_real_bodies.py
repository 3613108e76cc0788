"""Bodies that no carrier sends, against the real server with the command line of the Procfile: attack 10 on loopback."""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from helpline.cli import children
from tests.web.carrier import FORM, Carrier, envelope
from tests.web.edge_server import ORIGIN

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
MB = 1024 * 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The web server as the Procfile starts it, but one process, so that its memory is one number."""
    (line,) = [
        text for text in (ROOT / "Procfile").read_text("utf-8").splitlines() if text.startswith("web: ")
    ]
    number = free_port()
    command = line.removeprefix("web: ").replace("127.0.0.1:8000", f"127.0.0.1:{number}")
    command = command.replace("--workers 2", "--workers 1").replace(
        "helpline.web.wsgi:app", "tests.web.edge_server:app"
    )
    program = [str(Path(sys.executable).with_name("gunicorn")), *shlex.split(command)[1:]]
    log = tmp_path_factory.mktemp("gunicorn") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(program, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
    try:
        until = time.monotonic() + 15
        while time.monotonic() < until and b" 200 " not in ask(number, good()):
            time.sleep(0.1)
        yield number
        told = log.read_text("utf-8")
        assert "Traceback" not in told
        assert "639980123" not in told
    finally:
        children.end(process)


def head(length: str | None, *more: str, kind: str = FORM) -> bytes:
    lines = ["POST /voice/incoming HTTP/1.1", "Host: voix.test", f"Content-Type: {kind}", *more]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def good() -> bytes:
    body = urlencode(envelope()).encode()
    signature = Carrier(None, ORIGIN).signature("/voice/incoming", envelope())
    return head(str(len(body)), f"X-Twilio-Signature: {signature}", "Connection: close") + body


def ask(port: int, *parts: bytes, wait_s: float = 0.0) -> bytes:
    """Send, part by part, and read until the answer's head is there; what is left unread is thrown away."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            for part in parts:
                send(line, part)
                time.sleep(wait_s)
            return read_head(line)
    except OSError:
        return b""


def send(line: socket.socket, part: bytes) -> None:
    """Send as much as is taken: who is refused early may be hung up on while still sending."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
        line.sendall(part)


def read_head(line: socket.socket) -> bytes:
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = line.recv(65_536)
        if not piece:
            break
        answer += piece
    time.sleep(0.01)
    return answer + (line.recv(65_536) if b" 200 " in answer and answer.endswith(b"\r\n\r\n") else b"")


def memory_kb(port: int) -> int:
    return int(ask(port, good()).rpartition(b"\r\n\r\n")[2])


BODIES = {
    "10 MB announced": (413, [head(str(10 * MB)), b"a" * MB]),
    "10,000 parameters": (413, [head("40000") + b"a=1&" * 10_000]),
    "multipart of 1,000 parts": (
        415,
        [head("50000", kind="multipart/form-data; boundary=x") + b"--x\r\n" * 10_000],
    ),
    "gzip bomb": (415, [head("20", "Content-Encoding: gzip") + b"\x1f\x8b" + b"\0" * 18]),
    "JSON": (415, [head("2", kind="application/json") + b"{}"]),
    "chunked without end": (
        415,
        [head(None, "Transfer-Encoding: chunked") + b"400\r\n" + b"a" * 1024 + b"\r\n"],
    ),
    "no length": (411, [head(None)]),
    "a body that stops": (408, [head("600") + b"CallSid=CA"]),
    "a body that never begins": (408, [head("600")]),
    "unsigned": (403, [head("3") + b"a=1"]),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_answered_within_a_second_and_memory_stays(name: str, port: int) -> None:
    status, parts = BODIES[name]
    before_kb = memory_kb(port)

    began = time.monotonic()
    answer = ask(port, *parts)
    took_s = time.monotonic() - began

    assert answer.split(b" ")[1:2] == [str(status).encode()]
    assert answer.partition(b"\r\n\r\n")[2] == b""
    assert took_s < 1.0
    assert memory_kb(port) - before_kb < 20 * 1024


def test_more_hostile_bodies_than_threads_leave_room_for_the_carrier_within_a_second(port: int) -> None:
    """Eight threads serve; twelve bodies that stop are sent at once, then the carrier calls."""
    hostile = [threading.Thread(target=ask, args=(port, head("600") + b"CallSid=CA")) for _ in range(12)]
    for thread in hostile:
        thread.start()
    time.sleep(0.1)

    answers = []
    began = time.monotonic()
    answers.append(ask(port, good()))
    took_s = time.monotonic() - began
    for thread in hostile:
        thread.join()

    assert b" 200 " in answers[0]
    assert took_s < 2.0


def test_endless_chunks_on_many_connections_do_not_hold_the_threads(port: int) -> None:
    """Refused at once; what goes on being sent is nobody's work."""
    lines = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(12)]
    for line in lines:
        send(line, head(None, "Transfer-Encoding: chunked") + b"400\r\n" + b"a" * 1024 + b"\r\n")
    for _ in range(5):
        for line in lines:
            send(line, b"400\r\n" + b"a" * 1024 + b"\r\n")

    began = time.monotonic()
    answer = ask(port, good())
    took_s = time.monotonic() - began
    for line in lines:
        line.close()

    assert b" 200 " in answer
    assert took_s < 2.0
