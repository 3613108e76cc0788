"""Attack 26: connections that say nothing, or stop in the middle, take no thread from the carrier."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from helpline.cli.demo_parts import WEB
from tests.demo import free_base

APP = "tests.web.slow_app:app"


@pytest.fixture
def port() -> Iterator[int]:
    """The web's gunicorn, worker class and threads as everywhere, around an application that only answers."""
    port = free_base()
    command = [sys.executable, "-m", "gunicorn", *WEB, "--bind", f"127.0.0.1:{port}", APP]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not _answered(port, 0.5):
        time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(10)


def _answered(port: int, within_s: float) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=within_s) as asked:
            asked.settimeout(within_s)
            asked.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return asked.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False


def _opened(port: int, count: int, said: bytes) -> list[socket.socket]:
    opened = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(said)
        opened.append(connection)
    return opened


@pytest.mark.loopback
def test_attack_26_silent_connections_delay_no_webhook(port: int) -> None:
    silent = _opened(port, 500, b"")
    time.sleep(0.3)

    answered = [_answered(port, 1.0) for _ in range(10)]

    for connection in silent:
        connection.close()
    assert all(answered)


@pytest.mark.loopback
def test_requests_that_stop_in_the_middle_lose_their_threads(port: int) -> None:
    # All of them may fall to one of the two workers: three rounds of its eight threads, two seconds each.
    stopped = _opened(port, 24, b"POST /voice/incoming HTTP/1.1\r\nHost: x\r\n")
    time.sleep(8)

    answered = _answered(port, 1.0)

    for connection in stopped:
        connection.close()
    assert answered
