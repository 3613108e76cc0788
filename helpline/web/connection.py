"""A connection whose request is gathered in the poller, where waiting for it takes no thread."""

from __future__ import annotations

import contextlib
import re
import socket
from typing import Final

from gunicorn.workers.gthread import TConn

GATHERED: Final = 64 * 1024
"""Bytes of one request that are waited for in the poller: a longer head is nobody's, a longer body is read by its
thread (and refused there)."""
_GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_WEBHOOK: Final = b"POST /voice/"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)
_ASKS: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class PatientConnection(TConn):  # type: ignore[misc]  # gunicorn publishes no types
    """A connection and what has come of its next request."""

    gathered: bytes = b""
    is_webhook: bool = False
    """The request handed over last: all of it had been gathered, so that reading it waits for nothing."""
    told_to_go_on: bool = False
    body_until: float = 0.0

    def gather(self) -> bool:
        """Take what has come; whether a thread can go on without waiting. EOFError when the peer has ended."""
        try:
            came = self.sock.recv(GATHERED)
        except BlockingIOError:
            return False
        if not came:
            raise EOFError
        self.gathered += came
        return self.is_ready()

    def is_ready(self) -> bool:
        """Whether a thread can go on with what was gathered. EOFError when that will never be."""
        head, end, _body = self.gathered.partition(b"\r\n\r\n")
        if len(self.gathered) >= GATHERED:
            if not end:
                raise EOFError
            return True
        if is_whole(self.gathered):
            return True
        if end and not self.told_to_go_on and _ASKS.search(head + b"\r\n"):
            self.sock.send(_GO_ON)
            self.told_to_go_on = True
        return False

    def hand_over(self) -> None:
        """What was gathered becomes the first thing that the parser reads."""
        self.init()
        self.is_webhook = self.gathered.startswith(_WEBHOOK) and has_announced_body(self.gathered)
        self.parser.unreader.unread(self.gathered)
        self.gathered, self.told_to_go_on = b"", False

    def take_back(self) -> None:
        """What came behind a request that is answered is the beginning of the next, or all of it."""
        self.gathered = self.parser.unreader.take_buffered()
        self.sock.setblocking(False)

    def close(self, graceful: bool = False) -> None:
        """End it now: what the peer has sent meanwhile is thrown away, what it may still send is not waited for."""
        if graceful:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_WR)
                self.sock.setblocking(False)
                self.sock.recv(GATHERED)
        super().close()


def is_whole(request: bytes) -> bool:
    """Whether the head is there and as much of a body as it announces (of a chunked one: the head)."""
    head, end, body = request.partition(b"\r\n\r\n")
    length = _LENGTH.search(head + b"\r\n")
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


def has_announced_body(request: bytes) -> bool:
    """Whether it is whole, its length announced as we read it. Where only the server's parser finds one, a thread waits
    for the rest.
    """
    head = request.partition(b"\r\n\r\n")[0]
    return _LENGTH.search(head + b"\r\n") is not None and is_whole(request)
