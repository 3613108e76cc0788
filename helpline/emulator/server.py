"""The HTTP face of real mode: REST and control on one loopback port, one thread a connection, one write a reply."""

from __future__ import annotations

import io
import json
import re
import socket
import struct
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from helpline.emulator.envelope import API_VERSION
from helpline.emulator.realtime_events import STREAM, is_stream
from helpline.emulator.rest.app import LostReply
from helpline.emulator.rest.errors import RestError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BODY = 1_000_000
SILENCE_S = 120.0  # how long a hanging reply is kept silent before the connection is given up
LINGER_RESET = struct.pack("ii", 1, 0)  # close with RST


class Combined:
    """REST under its version, event streams at their paths, everything else the control API and the page."""

    def __init__(self, rest: WSGIApplication, control: WSGIApplication, events: WSGIApplication) -> None:
        self._rest = rest
        self._control = control
        self._events = events

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ["PATH_INFO"])
        if path.startswith((f"/{API_VERSION}/", "/v1/", "/v2/")):
            return self._rest(environ, start_response)
        return (self._events if is_stream(path) else self._control)(environ, start_response)


class Handler(BaseHTTPRequestHandler):
    """One connection, kept open between requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60.0  # seconds an idle connection is kept
    server: Server

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if (
            not re.fullmatch("[0-9]{1,7}", length)
            or int(length) > MAX_BODY
            or "Transfer-Encoding" in self.headers
        ):
            self.close_connection = True  # what follows cannot be told from a next request
            self.send_error(413)
            return
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            head[:] = [status, headers]
            return lambda chunk: None

        try:
            chunks = self.server.application(self._environ(), start_response)
            if ("Content-Type", STREAM) in head[1]:
                self._stream(
                    _head(self.protocol_version, head[0], [*head[1], ("Connection", "close")]), chunks
                )
                return
            body = b"".join(chunks)
        except LostReply as lost:
            self._lose(lost)
            return
        self.wfile.write(_head(self.protocol_version, head[0], head[1]) + body)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = _serve  # noqa: N815 -- names the base class looks for

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A request that no application sees: said as the carrier says it, or as the control API."""
        status = 405 if code == 501 else code
        text = message or "no request of this size or kind"
        answer: dict[str, Any] = {"error": text, "where": "request"}
        if getattr(self, "path", "").startswith(f"/{API_VERSION}/"):
            answer = RestError(20001, status, text).body()
        body = json.dumps(answer).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        self.close_connection = True
        self.wfile.write(_head(self.protocol_version, f"{status} Refused", headers) + body)

    def _stream(self, head: bytes, chunks: Iterable[bytes]) -> None:
        """Write each chunk as it comes, until there are no more or nobody reads."""
        self.close_connection = True
        self.wfile.write(head)
        for chunk in chunks:
            self.wfile.write(chunk)

    def _lose(self, lost: LostReply) -> None:
        """Play an answer that does not come: silence, a reset, a closed connection."""
        self.close_connection = True
        try:
            if lost.fault == "hang":
                self.connection.settimeout(SILENCE_S)
                self.connection.recv(1)
            elif lost.fault == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        except OSError:
            return

    def _environ(self) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        length = self.headers.get("Content-Length", "0")  # looked at before
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": length,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.rfile.read(int(length))),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            environ.setdefault("HTTP_" + name.upper().replace("-", "_"), value)
        return environ

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        """Say nothing: the evidence is the log."""


def _head(protocol: str, status: str, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"{protocol} {status}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Server(ThreadingHTTPServer):
    """Loopback only."""

    daemon_threads = True
    request_queue_size = 512
    block_on_close = False

    def __init__(self, port: int, application: WSGIApplication) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.application = application

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is no news; anything else is printed."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as the base class was given it


def guarded(
    application: WSGIApplication, guard: Callable[[], AbstractContextManager[None]]
) -> WSGIApplication:
    """The same application, called with the carrier held still. guard: makes the context each time."""

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with guard():
            return list(application(environ, start_response))

    return call
