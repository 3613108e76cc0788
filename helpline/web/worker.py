"""gunicorn's threaded worker, for whom a connection that says too little costs no thread (attack 26).

The worker it is made of gives every new connection to a thread, which waits there for the rest of
the request: as many slow connections as threads, and the carrier waits behind them. It also says
goodbye in its one main loop, for up to two seconds a connection. Here a request is gathered in the
poller, where thousands cost nothing, and gets a thread when it is there whole; nobody is lingered for.
"""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import struct
from functools import partial
from typing import Final

from gunicorn.workers.gthread import TConn, ThreadWorker

GATHERED: Final = 64 * 1024
"""Bytes of one request that are waited for in the poller; what is longer is read by its thread (and refused there)."""
READ_S: Final = 2
_RECEIVE_TIMEOUT: Final = struct.pack("ll", READ_S, 0)
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)


class PatientConnection(TConn):  # type: ignore[misc]  # gunicorn publishes no types
    """A connection and what has come of its next request."""

    gathered: bytes = b""

    def gather(self) -> bool:
        """Take what has come; whether a thread can go on without waiting. EOFError when the peer has ended."""
        try:
            came = self.sock.recv(GATHERED)
        except BlockingIOError:
            return False
        if not came:
            raise EOFError
        self.gathered += came
        return len(self.gathered) >= GATHERED or is_whole(self.gathered)

    def hand_over(self) -> None:
        """What was gathered becomes the first thing that the parser reads."""
        self.init()
        self.parser.unreader.unread(self.gathered)
        self.gathered = b""

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


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn publishes no types
    """`--worker-class helpline.web.worker.PatientWorker`"""

    def accept(self, listener: socket.socket) -> None:
        """A new connection, put where connections wait for their request."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        # The kernel's own limit, for what a thread still has to read: it holds whatever mode the socket is put in later.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _RECEIVE_TIMEOUT)
        self._wait_for_request(PatientConnection(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: PatientConnection, client: socket.socket) -> None:
        """A kept connection begins its next request: gathered like the first."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._wait_for_request(conn)

    def on_pending_socket_readable(self, conn: PatientConnection, client: socket.socket) -> None:
        """More of a request has come: to a thread with it if it is whole."""
        try:
            if conn.gather():
                self._no_longer_wait(conn, client)
                conn.hand_over()
                self.enqueue_req(conn)
        except (OSError, EOFError):
            self._no_longer_wait(conn, client)
            self.nr_conns -= 1
            conn.close()

    def _wait_for_request(self, conn: PatientConnection) -> None:
        """Into the poller, for as long as a kept connection may be idle; the worker's own round closes what is late."""
        conn.set_timeout()
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def _no_longer_wait(self, conn: PatientConnection, client: socket.socket) -> None:
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
