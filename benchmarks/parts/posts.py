"""Signed requests as the carrier sends them, over kept connections: one at a time, or so many at a time.

One thread, raw sockets, requests made beforehand: little of the measuring machine's time goes into the measure.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
ANSWER_S = 15.0


@dataclass(frozen=True)
class Signer:
    """Makes requests of one account: `to` is the dialled line's number, each of a caller's leg of its own."""

    account_sid: str
    auth_token: str
    to: str

    def form(self, leg_id: str, more: Mapping[str, str]) -> dict[str, str]:
        """Twenty-seven fields, as many as the carrier sends of a call, and `more`."""
        caller = "+33639980001"
        there = {"City": "PARIS", "Country": "FR", "State": "", "Zip": "75001"}
        return {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": leg_id,
            "CallStatus": "ringing",
            "CallToken": "%7B%22parentCallInfoToken%22%3A%22eyJ" + "x" * 200 + "%22%7D",
            "Called": self.to,
            **{f"Called{name}": value for name, value in there.items()},
            "Caller": caller,
            **{f"Caller{name}": value for name, value in there.items()},
            "Direction": "inbound",
            "From": caller,
            **{f"From{name}": value for name, value in there.items()},
            "StirVerstat": "TN-Validation-Passed-A",
            "To": self.to,
            **{f"To{name}": value for name, value in there.items()},
            **more,
        }

    def request(self, url: str, leg_id: str, more: Mapping[str, str] | None = None) -> bytes:
        """The whole request, head and body."""
        form = self.form(leg_id, more or {})
        signature = RequestValidator(self.auth_token).compute_signature(url, form)
        parts, body = urlsplit(url), urlencode(form).encode()
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: TwilioProxy/1.1\r\n"
            f"Accept: */*\r\nI-Twilio-Idempotency-Token: 00000000-0000-0000-0000-000000000000\r\n"
            f"Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
            f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Connection:
    """One kept connection."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, ANSWER_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.came = b""
        self.sent_s = 0.0

    def send(self, request: bytes) -> None:
        self.came, self.sent_s = b"", time.perf_counter()
        self.socket.sendall(request)

    def take(self) -> bool:
        """Take what has come; whether the answer is there whole. Raises OSError when the server has ended it."""
        got = self.socket.recv(65_536)
        if not got:
            raise ConnectionResetError("ended by the server")
        self.came += got
        head, end, body = self.came.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        return bool(end) and len(body) >= (int(length[1]) if length else 0)

    @property
    def status(self) -> int:
        return int(self.came[9:12])

    @property
    def body(self) -> str:
        return self.came.partition(b"\r\n\r\n")[2].decode()

    def ask(self, request: bytes) -> float:
        """One request, its answer waited for: milliseconds. Raises AssertionError for a failure."""
        self.send(request)
        while not self.take():
            pass
        took_ms = 1000 * (time.perf_counter() - self.sent_s)
        assert self.status in (200, 204), f"{self.status}: {request[:60]!r}"
        return took_ms

    def close(self) -> None:
        self.socket.close()


def at_once(
    address: tuple[str, int],
    requests: Iterator[bytes],
    of: int,
    seconds: float,
    after_each: Callable[[], None],
) -> list[float]:
    """Closed loop: `of` connections, each sends the next when it is answered; the milliseconds of every answer."""
    took: list[float] = []
    connections = [Connection(address) for _ in range(of)]
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(requests))
        ends_s, under_way = time.perf_counter() + seconds, of
        while under_way:
            answered = selector.select(ANSWER_S)
            if not answered:
                raise TimeoutError(f"no answer for {ANSWER_S:g} s")
            for key, _ in answered:
                connection = key.data
                if not connection.take():
                    continue
                took.append(1000 * (time.perf_counter() - connection.sent_s))
                assert connection.status in (200, 204), connection.status
                after_each()
                if time.perf_counter() < ends_s:
                    connection.send(next(requests))
                else:
                    under_way -= 1
    for connection in connections:
        connection.close()
    return took
