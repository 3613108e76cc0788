"""Requests over real sockets, many at a time: the transport of real mode.

A thread carries one request and blocks as long as it must; the core never waits for it. Threads are daemons and are
kept for the next request, so a server that hangs costs a thread, never a call.
"""

from __future__ import annotations

import http.client
import queue
import socket
import ssl
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from helpline.emulator.web import Answer, FailureKind, WebFailure, WebReply, WebRequest

MAX_THREADS = 1_500
STACK_BYTES = 256 * 1024

Post = Callable[[Callable[[], None]], None]


class SocketTransport:
    """Sends over TCP and TLS. post: hands a function to the core's own thread, where `done` is called."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._orders: queue.SimpleQueue[tuple[WebRequest, Callable[[Answer], None]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._threads = 0

    def send(self, request: WebRequest, done: Callable[[Answer], None]) -> None:
        """Ask in some thread; returns at once."""
        with self._lock:
            fresh = self._idle == 0 and self._threads < MAX_THREADS
            if fresh:
                self._threads += 1
            else:
                self._idle -= 1
        self._orders.put((request, done))
        if fresh:
            self._start()

    def _start(self) -> None:
        before = threading.stack_size(STACK_BYTES)
        threading.Thread(target=self._work, name="carrier-request", daemon=True).start()
        threading.stack_size(before)

    def _work(self) -> None:
        while True:
            request, done = self._orders.get()
            answer = ask(request)
            with self._lock:
                self._idle += 1
            self._post(lambda done=done, answer=answer: done(answer))  # type: ignore[misc]  # bound now, called later


def ask(request: WebRequest) -> Answer:
    """One request, in this thread, within its limits. The URL's path and query travel exactly as written."""
    parts = urlsplit(request.url)
    if not parts.hostname:
        return WebFailure(FailureKind.BAD_URL, request.url)
    connection = _connection(parts.scheme, parts.hostname, parts.port, request.connect_ms / 1000)
    try:
        try:
            connection.connect()
        except ssl.SSLError as error:
            return WebFailure(FailureKind.TLS, str(error))
        except TimeoutError as error:
            return WebFailure(FailureKind.CONNECT_TIMEOUT, str(error))
        except OSError as error:
            return WebFailure(FailureKind.REFUSED, str(error))
        return _exchange(connection, request)
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int | None, limit_s: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=limit_s, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=limit_s)


def _exchange(connection: http.client.HTTPConnection, request: WebRequest) -> Answer:
    """Everything in one write: two small ones would wait for each other on the wire."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if "?" in request.url else "")
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers)]
    head = "\r\n".join([*lines, "Connection: close", "", ""]).encode("utf-8")
    stream: socket.socket = connection.sock
    stream.settimeout(request.read_ms / 1000)
    try:
        stream.sendall(head + request.body)
        response = http.client.HTTPResponse(stream, method=request.method)
        response.begin()
        body = response.read()
        return WebReply(response.status, tuple(response.getheaders()), body)
    except TimeoutError as error:
        return WebFailure(FailureKind.TIMEOUT, str(error))
    except (OSError, http.client.HTTPException) as error:
        return WebFailure(FailureKind.RESET, str(error))
