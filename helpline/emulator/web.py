"""Requests the carrier makes, what may come back, and the transport that runs inside the process.

A transport makes ONE attempt; retries, deadlines, signatures and faults are `delivery.py`'s.
"""

from __future__ import annotations

import enum
import io
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote_to_bytes, urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class WebRequest:
    """One attempt: `url` without fragment, text exactly as signed; limits in milliseconds."""

    method: str
    url: str
    headers: Pairs
    body: bytes = b""
    connect_ms: int = 5_000
    read_ms: int = 15_000


@dataclass(frozen=True)
class WebReply:
    """A complete HTTP reply."""

    status: int
    headers: Pairs
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that name, "" when absent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        """Every header of that name, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


class FailureKind(enum.Enum):
    """Why there is no reply. Only the first three mean that the server never saw the request."""

    REFUSED = "refused"
    CONNECT_TIMEOUT = "connect_timeout"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    BAD_URL = "bad_url"

    @property
    def before_sending(self) -> bool:
        """True for a failed connection, which the default policy retries once."""
        return self in (FailureKind.REFUSED, FailureKind.CONNECT_TIMEOUT, FailureKind.TLS)


@dataclass(frozen=True)
class WebFailure:
    """No reply came."""

    kind: FailureKind
    detail: str = ""


Answer = WebReply | WebFailure


class Transport(Protocol):
    """Carries one request. `done` is called once, in the carrier's own thread, never later than it likes."""

    def send(self, request: WebRequest, done: Callable[[Answer], None]) -> None: ...


FAILURE_OF: tuple[tuple[type[Exception], FailureKind], ...] = (
    (ConnectionRefusedError, FailureKind.REFUSED),
    (ConnectionError, FailureKind.RESET),
    (TimeoutError, FailureKind.TIMEOUT),
)


def origin_of(url: str) -> str:
    """`scheme://host[:port]` of a URL, lower case, without user-info."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme.lower()}://{host}{port}"


@dataclass
class WsgiTransport:
    """Calls WSGI applications in this process, synchronously: no socket, no thread, no time.

    apps: origin ("https://srv.test", with the port when the URLs have one) to application. Any other origin is
    refused, as a host where nothing listens. An application that raises ConnectionRefusedError, another
    ConnectionError or TimeoutError plays a dead host, a cut line, a hung server; any other exception is a 500,
    as a real server would make of it, and is kept in `errors` so that a test can look.
    """

    apps: Mapping[str, WSGIApplication]
    errors: list[Exception] = field(default_factory=list)

    def send(self, request: WebRequest, done: Callable[[Answer], None]) -> None:
        app = self.apps.get(origin_of(request.url))
        if app is None:
            done(WebFailure(FailureKind.REFUSED, origin_of(request.url)))
            return
        try:
            answer: Answer = call_wsgi(app, request)
        except Exception as error:
            kinds = (kind for cls, kind in FAILURE_OF if isinstance(error, cls))
            kind = next(kinds, None)
            if kind is None:
                self.errors.append(error)
            answer = WebFailure(kind, str(error)) if kind else WebReply(500, (), b"")
        done(answer)


def call_wsgi(app: WSGIApplication, request: WebRequest) -> WebReply:
    """One request through a WSGI application; what it raises is let through."""
    head: list[Any] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        head[:] = [status, headers]
        return written.append

    written: list[bytes] = []
    chunks: Iterable[bytes] = app(wsgi_environ(request), start_response)
    try:
        written.extend(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return WebReply(int(head[0].split(" ", 1)[0]), tuple(head[1]), b"".join(written))


def wsgi_environ(request: WebRequest) -> dict[str, Any]:
    """The environ gunicorn would make, RAW_URI included: signatures are made over that text."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if "?" in request.url else "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    environ.setdefault("HTTP_HOST", parts.netloc.rpartition("@")[2])
    return environ
