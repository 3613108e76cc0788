"""The web's gunicorn, worker class, processes and threads as everywhere, around an application that only answers."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from helpline.cli.demo_parts import WEB
from tests.demo import free_base

APP = "tests.web.slow_app:app"


def served(*before: str) -> Iterator[int]:
    """Its port, once it answers; `before` is put before the command."""
    port = free_base()
    command = [*before, sys.executable, "-m", "gunicorn", *WEB, "--bind", f"127.0.0.1:{port}", APP]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not answers(port, 0.5):
        time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(10)


def answers(port: int, within_s: float) -> bool:
    """Whether a connection of its own is answered in time."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=within_s) as asked:
            asked.settimeout(within_s)
            asked.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return asked.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False


def opened(port: int, count: int, said: bytes) -> list[socket.socket]:
    """So many connections, each having said that."""
    connections = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(said)
        connections.append(connection)
    return connections


def heard(connection: socket.socket) -> bytes:
    """One answer; what came of it when the connection ends before."""
    answer = b""
    with contextlib.suppress(OSError):
        while not answer.endswith(b"ok") and (more := connection.recv(4096)):
            answer += more
    return answer
