"""gunicorn's threaded worker, for whom a connection that says too little costs no thread (attack 26).

The worker it is made of gives every new connection to a thread, which waits there for the rest of
the request: as many slow connections as threads, and the carrier waits behind them. It also says
goodbye in its one main loop, for up to two seconds a connection. Here a request is gathered in the
poller, where thousands cost nothing, and gets a thread when it is there whole, the second on a
connection too; nobody is lingered for. What a thread still has to wait for (the rest of a long body,
an answer that is not taken) has a bound, and when there are too many connections the oldest that is
still waited for makes room.
"""

from __future__ import annotations

import contextlib
import errno
import re
import selectors
import socket
import struct
import time
from collections import deque
from functools import partial
from typing import Final

from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

GATHERED: Final = 64 * 1024
"""Bytes of one request that are waited for in the poller: a longer head is nobody's, a longer body is read by its
thread (and refused there)."""
BODY_S: Final = 0.8
"""For the body once the head is there: the carrier sends both at once. Then 408."""
READ_S: Final = 2
SEND_S: Final = 2.0
"""For the whole of an answer: the sound of the wait is longer than a network takes at once."""
_TOO_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_MANY: Final = (errno.EMFILE, errno.ENFILE)
_RECEIVE_TIMEOUT: Final = struct.pack("ll", READ_S, 0)
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)
_ASKS: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class PatientConnection(TConn):  # type: ignore[misc]  # gunicorn publishes no types
    """A connection and what has come of its next request."""

    gathered: bytes = b""
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


def _is_ready(conn: PatientConnection) -> bool | None:
    """Take what has come: whether a thread can go on with it, None when that will never be."""
    with contextlib.suppress(OSError, EOFError):
        return conn.gather()
    return None


def _now_s() -> float:
    return time.monotonic()  # noqa: TID251  # the clock that the worker below counts in


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn publishes no types
    """`--worker-class helpline.web.worker.PatientWorker`"""

    bodies: deque[PatientConnection]
    """Of `pending_conns`, those whose head is there; the first is the first to be late."""

    def init_process(self) -> None:
        self.bodies = deque()
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """A new connection, put where connections wait for their request."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno not in _TOO_MANY:
                raise
            self._make_room()
            return
        self.nr_conns += 1
        # The kernel's own limit, wherever a socket is in blocking mode; an answer begins with a limit of its own.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _RECEIVE_TIMEOUT)
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        self._wait_for_request(PatientConnection(self.cfg, client, address, listener.getsockname()))

    def _make_room(self) -> None:
        """End the connection that has been waited for longest: an honest request comes whole, and is not among them."""
        waited_for = self.pending_conns or self.keepalived_conns
        if waited_for:
            conn = waited_for.popleft()
            self._forget_body(conn)
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()

    def on_client_socket_readable(self, conn: PatientConnection, client: socket.socket) -> None:
        """A kept connection begins its next request: the carrier's comes whole, and is not put into the poller."""
        if client.fileno() < 0:
            return  # it made room a moment ago
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        is_ready = _is_ready(conn)
        if is_ready is False:
            self._wait_for_request(conn)
            self._expect_body(conn)
        else:
            self._go_on(conn, is_ready)

    def on_pending_socket_readable(self, conn: PatientConnection, client: socket.socket) -> None:
        """More of a request has come: to a thread with it if it is whole."""
        if client.fileno() < 0:
            return  # it made room a moment ago
        is_ready = _is_ready(conn)
        if is_ready is False:
            self._expect_body(conn)
        else:
            self._no_longer_wait(conn, client)
            self._go_on(conn, is_ready)

    def _go_on(self, conn: PatientConnection, is_ready: bool | None) -> None:
        """To a thread with a whole request; None: there will be none."""
        if is_ready:
            conn.hand_over()
            super().enqueue_req(conn)
        else:
            self.nr_conns -= 1
            conn.close()

    def _expect_body(self, conn: PatientConnection) -> None:
        if conn not in self.bodies and b"\r\n\r\n" in conn.gathered:
            conn.body_until = _now_s() + BODY_S
            self.bodies.append(conn)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """As ever, but not past the moment at which a body is late."""
        if self.bodies:
            timeout = max(0.0, min(timeout, self.bodies[0].body_until - _now_s()))
        super().wait_for_and_dispatch_events(timeout)
        while self.bodies and self.bodies[0].body_until <= _now_s():
            late = self.bodies.popleft()
            if late.sock.fileno() < 0:
                continue  # it was waited for too long already
            self._no_longer_wait(late, late.sock)
            with contextlib.suppress(OSError):
                late.sock.send(_TOO_LATE)
            self.nr_conns -= 1
            late.close(graceful=True)

    def enqueue_req(self, conn: PatientConnection) -> None:
        """Something came behind a request that is answered: to a thread only if it is whole, like any other."""
        conn.take_back()
        if conn.is_ready():
            conn.hand_over()
            super().enqueue_req(conn)
        else:
            self._wait_for_request(conn)
            self._expect_body(conn)

    def handle_request(self, req: Request, conn: PatientConnection) -> bool:
        """Answer it, in a thread. Whoever is too slow for that is gone, without a word in the log."""
        conn.sock.settimeout(SEND_S)
        with contextlib.suppress(TimeoutError, BlockingIOError):
            return bool(super().handle_request(req, conn))
        return False

    def _keepalive_after(self, conn: PatientConnection, keepalive: bool) -> bool:
        """Of a body that nobody has read, what is not there yet is not waited for: then the connection ends."""
        conn.sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            return bool(keepalive and conn.parser.finish_body(max_bytes=GATHERED))
        return False

    def _wait_for_request(self, conn: PatientConnection) -> None:
        """Into the poller, for as long as a kept connection may be idle; the worker's own round closes what is late."""
        conn.set_timeout()
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def _no_longer_wait(self, conn: PatientConnection, client: socket.socket) -> None:
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        self._forget_body(conn)

    def _forget_body(self, conn: PatientConnection) -> None:
        with contextlib.suppress(ValueError):
            self.bodies.remove(conn)
