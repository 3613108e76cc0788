"""Requests over real sockets, a thousand at a time in one thread: the transport of real mode.

An event loop carries them all; it runs in the core's own thread, so a request leaves at the instant that makes it and
no two threads wait for one another. A connection is used again for the same host as long as it has been idle for less
than `idle_s`: well under what servers allow, so that a request never meets a connection that is just being closed; and not
before `SETTLES_S`, in which a server that closes after its reply without a word has been heard to do so.
What was not answered is never sent twice from here: who asks again is the policy in `delivery.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from helpline.emulator.lateness import Lateness
from helpline.emulator.replies import Malformed, read_reply, request_bytes
from helpline.emulator.web import Answer, FailureKind, WebFailure, WebRequest

MAX_CONNECTIONS = 1_500
SETTLES_S = 0.02

Post = Callable[[Callable[[], None]], None]
Host = tuple[str, str, int]  # scheme, name, port


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class Asked(NamedTuple):
    """One request under way. due_ms: the instant at which it should leave, 0 when nobody asks how late it is."""

    request: WebRequest
    parts: SplitResult
    done: Callable[[Answer], None]
    due_ms: int


@dataclass(eq=False)
class SocketTransport:
    """Sends over TCP and TLS. Made anywhere; lives on `loop`, which must run for anything to happen.

    post: hands a function to the core, where `done` is called. instant: the core's, read in `send`; lateness: told
    how long after it each request left. idle_s: how long a connection waits for its next request, 0 for one request
    each.
    """

    loop: asyncio.AbstractEventLoop
    post: Post
    instant: Callable[[], int] = lambda: 0
    lateness: Lateness | None = None
    idle_s: Callable[[], float] = lambda: 1.0
    _open: int = 0
    _wires: set[Wire] = field(default_factory=set)
    _idle: dict[Host, deque[Wire]] = field(default_factory=dict)  # longest first
    _waiting: deque[Asked] = field(default_factory=deque)
    _connecting: set[asyncio.Task[None]] = field(default_factory=set)

    def send(self, request: WebRequest, done: Callable[[Answer], None]) -> None:
        """Ask; returns at once, in whatever thread."""
        asked = Asked(request, urlsplit(request.url), done, self.instant())
        if not asked.parts.hostname:
            self.post(functools.partial(done, WebFailure(FailureKind.BAD_URL, request.url)))
        elif is_on(self.loop):
            self._begin(asked)
        else:
            self.loop.call_soon_threadsafe(self._begin, asked)

    def close(self) -> None:
        """Drop everything; on the loop's thread."""
        for task in self._connecting:
            task.cancel()
        for wire in list(self._wires):
            wire.drop()

    def _begin(self, asked: Asked) -> None:
        wires = self._idle.get(host_of(asked.parts))
        if wires and wires[0].rested_s() >= SETTLES_S:
            wires.popleft().ask(asked)
        elif self._open < MAX_CONNECTIONS:
            self._open += 1
            task = self.loop.create_task(self._connect(asked))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)
        else:
            self._waiting.append(asked)

    async def _connect(self, asked: Asked) -> None:
        scheme, name, port = host_of(asked.parts)
        tls = _tls() if scheme == "https" else None
        try:
            async with asyncio.timeout(asked.request.connect_ms / 1000):
                _, wire = await self.loop.create_connection(lambda: Wire(self), name, port, ssl=tls)
        except (OSError, ValueError) as error:
            self._open -= 1
            self.answer(asked, WebFailure(_kind(error, tls is not None), str(error)))
            self._next()
        else:
            self._wires.add(wire)
            wire.ask(asked)

    def answer(self, asked: Asked, answer: Answer) -> None:
        """Tell the core."""
        self.post(functools.partial(asked.done, answer))

    def rest(self, wire: Wire, host: Host) -> None:
        """A connection is free for the next request, for a while."""
        self._idle.setdefault(host, deque()).append(wire)

    def retire(self, wire: Wire, host: Host) -> None:
        """A connection takes no more requests."""
        with contextlib.suppress(KeyError, ValueError):
            self._idle[host].remove(wire)

    def gone(self, wire: Wire) -> None:
        """A connection is closed, and there is room for another."""
        self._wires.discard(wire)
        self._open -= 1
        self._next()

    def _next(self) -> None:
        if self._waiting and self._open < MAX_CONNECTIONS:
            self._begin(self._waiting.popleft())


class Wire(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self, owner: SocketTransport) -> None:
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._asked: Asked | None = None
        self._host: Host | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._raw = b""
        self._since_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, asked: Asked) -> None:
        """Send a request. The URL's path and query travel exactly as written."""
        owner, request, parts = self._owner, asked.request, asked.parts
        self._stop_clock()
        self._asked, self._host, self._raw = asked, host_of(parts), b""
        self._limit = owner.loop.call_later(request.read_ms / 1000, self._too_late)
        target = (parts.path or "/") + (f"?{parts.query}" if "?" in request.url else "")
        keep = owner.idle_s() > 0
        assert self._transport is not None
        self._transport.write(request_bytes(request.method, target, request.headers, request.body, keep=keep))
        if owner.lateness is not None:
            owner.lateness.note(asked.due_ms)

    def rested_s(self) -> float:
        """Seconds since the last reply."""
        return self._owner.loop.time() - self._since_s

    def drop(self) -> None:
        """Close, and say nothing."""
        self._stop_clock()
        self._asked = None
        if self._host is not None:
            self._owner.retire(self, self._host)
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._raw += data
        self._look(ended=False)

    def eof_received(self) -> bool:
        self._look(ended=True)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(FailureKind.RESET, str(exc or "closed"))
        self._stop_clock()
        if self._host is not None:
            self._owner.retire(self, self._host)
        self._owner.gone(self)

    def _look(self, *, ended: bool) -> None:
        """Is the reply whole? Words nobody asked for end the connection."""
        if self._asked is None:
            self.drop()
            return
        try:
            whole = read_reply(self._raw, ended=ended)
        except (Malformed, UnicodeDecodeError) as error:
            self._fail(FailureKind.RESET, str(error))
            self.drop()
            return
        if whole is None:
            return
        asked, self._asked, self._raw = self._asked, None, b""
        self._stop_clock()
        self._owner.answer(asked, whole.reply)
        idle_s = self._owner.idle_s()
        if whole.keeps and idle_s > 0 and self._host is not None:
            self._since_s = self._owner.loop.time()
            self._limit = self._owner.loop.call_later(idle_s, self.drop)
            self._owner.rest(self, self._host)
        else:
            self.drop()

    def _too_late(self) -> None:
        self._fail(FailureKind.TIMEOUT, "no reply in time")
        self.drop()

    def _fail(self, kind: FailureKind, detail: str) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            self._owner.answer(asked, WebFailure(kind, detail))

    def _stop_clock(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None


def is_on(loop: asyncio.AbstractEventLoop) -> bool:
    """True in the loop's own thread."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def host_of(parts: SplitResult) -> Host:
    """What a connection leads to."""
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _kind(error: Exception, tls: bool) -> FailureKind:
    """Why there is no connection. A handshake that is cut off is a fault of TLS, a refusal is not."""
    if isinstance(error, TimeoutError):
        return FailureKind.CONNECT_TIMEOUT
    cut = isinstance(error, ConnectionError) and not isinstance(error, ConnectionRefusedError)
    if isinstance(error, ssl.SSLError) or (tls and cut):
        return FailureKind.TLS
    return FailureKind.REFUSED
