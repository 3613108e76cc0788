"""gunicorn's threaded worker, for whom a connection that says too little costs no thread (attack 26).

The worker it is made of gives every new connection to a thread, which waits there for the rest of
the request: as many slow connections as threads, and the carrier waits behind them. It also says
goodbye in its one main loop, for up to two seconds a connection. Here a request is gathered in the
poller, where thousands cost nothing, and goes on when it is there whole, the second on a
connection too; nobody is lingered for. What still has to be waited for (the rest of a long body,
an answer that is not taken) has a thread and a bound, and when there are too many connections the
oldest that is still waited for makes room.

A webhook that is there whole is answered where it was read, in turn: a thread would cost as much
as the answer. It gets one as soon as webhooks have something to wait for. New connections are
shared out among the processes (`shares.py`).
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import struct
import time
from collections import deque
from concurrent.futures import Future
from functools import partial
from typing import Final

from gunicorn.http.message import Request
from gunicorn.workers.gthread import ThreadWorker

from helpline.web.connection import GATHERED, PatientConnection
from helpline.web.shares import SLACK, Shares

BODY_S: Final = 0.8
"""For the body once the head is there: the carrier sends both at once. Then 408."""
READ_S: Final = 2
SEND_S: Final = 2.0
"""For the whole of an answer: the sound of the wait is longer than a network takes at once."""
LEFT_S: Final = 0.001
"""So long a new connection is left to a process that holds fewer."""
LONG_S: Final = 0.1
"""A webhook that takes longer has waited for something; a thread can wait, the poller must not."""
THREADS_S: Final = 5.0
"""So long after such a webhook the others get a thread each."""
_SHARES: Final = Shares()
_TOO_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_MANY: Final = (errno.EMFILE, errno.ENFILE)
_RECEIVE_TIMEOUT: Final = struct.pack("ll", READ_S, 0)


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
    left_until: float | None = None
    """Until then new connections are left to whoever holds fewer."""
    threads_until = 0.0
    """Until then a webhook gets a thread: one has waited for something."""

    def init_process(self) -> None:
        self.bodies = deque()
        super().init_process()

    # ---- new connections

    @property
    def nr_conns(self) -> int:
        """How many connections are held; the other processes see it too."""
        return self._held

    @nr_conns.setter
    def nr_conns(self, held: int) -> None:
        self._held = held
        _SHARES.tell(self.age, held, _now_s())

    def notify(self) -> None:
        super().notify()
        _SHARES.tell(self.age, self._held, _now_s())

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled and self.left_until is None)

    def accept(self, listener: socket.socket) -> None:
        """All that have come, as long as nobody holds fewer connections: those have a moment to take the next."""
        while not _SHARES.somebody_holds_fewer(self.age, _now_s()):
            if not self._accept_one(listener):
                return
        self.left_until = _now_s() + LEFT_S
        self.set_accept_enabled(False)

    def _take_what_is_left(self) -> None:
        """Whoever holds fewer has not come: stopped, or not on its processor yet. A few, then it has another moment."""
        if self.left_until is None or _now_s() < self.left_until:
            return
        self.left_until = None
        for listener in self.sockets if self.alive else ():
            if all(self._accept_one(listener) for _ in range(SLACK + 1)):
                self.left_until = _now_s() + LEFT_S

    def _accept_one(self, listener: socket.socket) -> bool:
        """A new connection, put where connections wait for their request; whether there may be another."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        except OSError as error:
            if error.errno not in _TOO_MANY:
                raise
            self._make_room()
            return False
        self.nr_conns += 1
        # The kernel's own limit, wherever a socket is in blocking mode; an answer begins with a limit of its own.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _RECEIVE_TIMEOUT)
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        self._wait_for_request(PatientConnection(self.cfg, client, address, listener.getsockname()))
        return bool(self.nr_conns < self.worker_connections)

    def _make_room(self) -> None:
        """End the connection that has been waited for longest: an honest request comes whole, and is not among them."""
        waited_for = self.pending_conns or self.keepalived_conns
        if waited_for:
            conn = waited_for.popleft()
            self._forget_body(conn)
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()

    # ---- requests

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
        """A whole request is answered; None: there will be none."""
        if not is_ready:
            self.nr_conns -= 1
            conn.close()
            return
        conn.hand_over()
        if conn.is_webhook and _now_s() >= self.threads_until:
            self._answer_here(conn)
        else:
            super().enqueue_req(conn)

    def _answer_here(self, conn: PatientConnection) -> None:
        """Without a thread: to hand a webhook over and back costs as much as to answer it."""
        answered: Future[object] = Future()
        answered.set_result(self.handle(conn))
        self.finish_request(conn, answered)
        self._take_what_is_left()

    def handle(self, conn: PatientConnection) -> object:
        """Read and answer a request, here or in a thread."""
        begun_s = _now_s()
        done: object = super().handle(conn)
        if conn.is_webhook and _now_s() - begun_s > LONG_S:
            self.threads_until = _now_s() + THREADS_S
        return done

    def _expect_body(self, conn: PatientConnection) -> None:
        if conn not in self.bodies and b"\r\n\r\n" in conn.gathered:
            conn.body_until = _now_s() + BODY_S
            self.bodies.append(conn)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """As ever, but not past the moment at which a body is late, or we were to take what we left to others."""
        if self.bodies:
            timeout = max(0.0, min(timeout, self.bodies[0].body_until - _now_s()))
        if self.left_until is not None:
            timeout = max(0.0, min(timeout, self.left_until - _now_s()))
        super().wait_for_and_dispatch_events(timeout)
        self._take_what_is_left()
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
