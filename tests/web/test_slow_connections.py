"""Attack 26: connections that say nothing, or stop in the middle, take no thread from the carrier."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Final

import pytest

from tests.web.served import answers, heard, opened, served

FILES = 120
"""How many files, connections among them, a worker of `few_files` may have open."""


@pytest.fixture
def port() -> Iterator[int]:
    yield from served()


@pytest.fixture
def few_files() -> Iterator[int]:
    """The same where the system gives each process few files."""
    yield from served("prlimit", f"--nofile={FILES}")


@pytest.mark.loopback
def test_attack_26_silent_connections_delay_no_webhook(port: int) -> None:
    silent = opened(port, 500, b"")
    time.sleep(0.3)

    answered = [answers(port, 1.0) for _ in range(10)]

    for connection in silent:
        connection.close()
    assert all(answered)


HEAD = b"POST /voice/incoming HTTP/1.1\r\nHost: x\r\n"
IN_THE_BODY = HEAD + b"Content-Length: 300\r\n\r\nCallSid="
IN_A_CHUNK = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.loopback
@pytest.mark.parametrize("said", [HEAD, IN_THE_BODY], ids=["in the head", "in the body"])
def test_attack_26_requests_that_stop_in_the_middle_delay_no_webhook(port: int, said: bytes) -> None:
    stopped = opened(port, 500, said)
    time.sleep(0.3)

    answered = [answers(port, 1.0) for _ in range(10)]

    for connection in stopped:
        connection.close()
    assert all(answered)


@pytest.mark.loopback
def test_requests_that_drip_are_let_go_and_delay_no_webhook(port: int) -> None:
    dripping = opened(port, 100, HEAD)
    answered, gone = [], 0
    for _ in range(14):
        time.sleep(0.5)
        gone += sum(_drip(connection) for connection in dripping)
        answered.append(answers(port, 1.0))

    for connection in dripping:
        connection.close()
    assert all(answered)
    assert gone >= len(dripping)


def _drip(connection: socket.socket) -> bool:
    """One byte more; whether the connection is gone."""
    try:
        connection.sendall(b"a")
        return False
    except OSError:
        return True


@pytest.mark.loopback
def test_who_does_not_hang_up_after_an_answer_holds_nobody_up(port: int) -> None:
    """The server closes; forty peers that keep their half open must not be waited for one after another."""
    asked = opened(port, 40, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    time.sleep(0.3)

    answered = [answers(port, 1.0) for _ in range(10)]

    assert all(connection.recv(12) == b"HTTP/1.1 200" for connection in asked)
    for connection in asked:
        connection.close()
    assert all(answered)


@pytest.mark.loopback
def test_a_body_that_only_a_thread_can_read_is_not_waited_for_long(port: int) -> None:
    # All of them may fall to one of the two workers: two rounds of its eight threads.
    stopped = opened(port, 16, IN_A_CHUNK)
    time.sleep(1)

    answered = answers(port, 1.0)

    for connection in stopped:
        connection.close()
    assert answered


@pytest.mark.loopback
def test_a_request_in_pieces_and_two_on_one_connection_are_answered(port: int) -> None:
    pieces = (b"POST / HT", b"TP/1.1\r\nHost: x\r\nContent-Le", b"ngth: 4\r\n\r", b"\nab", b"cd")
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        for _ in range(2):
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.05)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")


@pytest.mark.loopback
def test_a_body_longer_than_is_gathered_is_answered(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + b"a" * 300_000)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


ASKED: Final = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
A_LONG_HEAD: Final = HEAD + b"".join(b"X-%d: %s\r\n" % (nth, b"a" * 8_000) for nth in range(9))


@pytest.mark.loopback
@pytest.mark.parametrize("said", [ASKED + HEAD, A_LONG_HEAD], ids=["behind another", "in a long head"])
def test_attack_26_requests_that_drip_where_only_a_thread_reads_delay_no_webhook(
    port: int, said: bytes
) -> None:
    # More than both workers have threads.
    dripping = opened(port, 32, said)
    answered = []
    for _ in range(6):
        time.sleep(0.5)
        for connection in dripping:
            _drip(connection)
        answered.append(answers(port, 1.0))

    for connection in dripping:
        connection.close()
    assert all(answered)


@pytest.mark.loopback
def test_who_does_not_take_their_answer_is_not_waited_for_long(port: int) -> None:
    """The sound of the wait is longer than a network takes at once, and anybody may ask for it."""
    deaf = opened(port, 16, b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(5)

    answered = answers(port, 1.0)

    for connection in deaf:
        connection.close()
    assert answered


@pytest.mark.loopback
def test_more_silent_connections_than_the_system_allows_end_no_worker(few_files: int) -> None:
    (kept,) = opened(few_files, 1, ASKED)
    assert heard(kept).startswith(b"HTTP/1.1 200")

    silent = opened(few_files, 6 * FILES, b"")
    time.sleep(0.5)
    answered = [answers(few_files, 1.0) for _ in range(10)]

    kept.sendall(ASKED)
    again = heard(kept)
    for connection in (kept, *silent):
        connection.close()
    assert all(answered)
    assert again.startswith(b"HTTP/1.1 200")


@pytest.mark.loopback
def test_who_asks_whether_to_go_on_is_told_so(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.settimeout(1)
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert connection.recv(25).startswith(b"HTTP/1.1 100")
        connection.sendall(b"abcd")
        connection.settimeout(5)
        heard = b""
        while b"200 OK" not in heard:
            heard += connection.recv(4096)
