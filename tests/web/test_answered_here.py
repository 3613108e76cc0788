"""A webhook is answered where it is read; whoever waits for something does so in a thread, and nobody behind them."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.web.served import answers, heard, opened, served
from tests.web.slow_app import SLOW_S


@pytest.fixture
def port() -> Iterator[int]:
    yield from served()


def webhook(name: str, length: str = "2", body: bytes = b"a=") -> bytes:
    head = f"POST /voice/{name} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + body


def who(connection: socket.socket) -> tuple[int, str]:
    """Which process answered, and where: here, thread."""
    process, where, _ = heard(connection).rpartition(b"\r\n")[2].decode().split()
    return int(process), where


def processes_of(port: int, count: int) -> tuple[list[socket.socket], Counter[int]]:
    """So many connections that come at once, and which process holds how many of them."""
    connections = opened(port, count, b"")
    for connection in connections:
        connection.sendall(webhook("who"))
    held = Counter(who(connection)[0] for connection in connections)
    return connections, held


def both_processes(port: int) -> Counter[int]:
    """As soon as both are up: what each held of twenty connections, which are closed again."""
    held: Counter[int] = Counter()
    while len(held) < 2:
        connections, held = processes_of(port, 20)
        for connection in connections:
            connection.close()
        time.sleep(0.2)
    return held


@pytest.mark.loopback
def test_connections_that_come_at_once_are_shared_out(port: int) -> None:
    both_processes(port)
    rounds = []
    for _ in range(5):
        connections, held = processes_of(port, 40)
        rounds.append(max(held.values()))
        for connection in connections:
            connection.close()
        time.sleep(0.2)

    # A process that is kept off its processor for a moment may get fewer.
    assert sorted(rounds)[2] <= 26


@pytest.mark.loopback
def test_a_process_that_stands_still_is_not_waited_for(port: int) -> None:
    still = min(both_processes(port))
    os.kill(still, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        answered = [answers(port, 1.0) for _ in range(40)]
        took_s = time.monotonic() - begun
    finally:
        os.kill(still, signal.SIGCONT)

    assert all(answered)
    assert took_s < 2.0


@pytest.mark.loopback
def test_a_webhook_is_answered_where_it_is_read_until_one_has_waited_for_something(port: int) -> None:
    (connection,) = opened(port, 1, webhook("who"))
    process, before = who(connection)

    # A page or a sound may be slow for its own reasons.
    connection.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    assert heard(connection).startswith(b"HTTP/1.1 200")
    connection.sendall(webhook("who"))
    after_a_page = who(connection)
    connection.sendall(webhook("slow"))
    assert heard(connection).startswith(b"HTTP/1.1 200")
    connection.sendall(webhook("who"))
    after_a_webhook = who(connection)
    connection.close()

    assert (before, after_a_page, after_a_webhook) == ("here", (process, "here"), (process, "thread"))


@pytest.mark.loopback
def test_webhooks_that_wait_for_something_do_not_wait_for_one_another(port: int) -> None:
    """One that is slow tells that what it needs is slow: from then on each has a thread."""
    both_processes(port)
    begun = time.monotonic()
    first = opened(port, 4, webhook("slow"))
    assert all(heard(connection).startswith(b"HTTP/1.1 200") for connection in first)
    assert time.monotonic() - begun >= 2 * SLOW_S  # two processes, two each

    begun = time.monotonic()
    slow = opened(port, 16, webhook("slow"))
    assert all(heard(connection).startswith(b"HTTP/1.1 200") for connection in slow)
    took_s = time.monotonic() - begun

    for connection in (*first, *slow):
        connection.close()
    assert took_s < 4 * SLOW_S


@pytest.mark.loopback
def test_a_length_that_only_the_parser_reads_is_waited_for_in_a_thread(port: int) -> None:
    """Written so that we do not find it: what is missing of such a body would hold up everybody else."""
    both_processes(port)
    stopped = opened(port, 6, webhook("body", "0000000000300", b"a="))
    time.sleep(0.3)

    answered = [answers(port, 1.0) for _ in range(5)]

    for connection in stopped:
        connection.close()
    assert all(answered)
