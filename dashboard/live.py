"""Event streams: an open page is told within moments what it should show.

One listener a process hears the hints of all processes (`Hub`), and each stream has a
queue of one: ten hints in a row are one look. A stream sends the whole state of its page
whenever that differs from what it sent last, so a stream that was cut and opened again
loses nothing and shows nothing twice. Hints can be lost; every stream looks again after
`LOOK_S` all the same.
"""

from __future__ import annotations

import logging
import queue
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Generic, Protocol, TypeVar, cast

from flask import Response, current_app, request, stream_with_context

from dashboard import errors, session
from dashboard.parts import parts
from helpline.bootstrap import Service
from helpline.domain.errors import DatabaseDown, LiveStateDown
from helpline.services.sign_in import Visitor

LOOK_S: Final = 2.0
HEARTBEAT_MS: Final = 15_000
ASK_AGAIN_MS: Final = 10_000
"""How often a stream asks whether its session still holds; at once when sessions were revoked."""

MOST_IN_DASHBOARD: Final = 40
"""Streams served beside the pages (gthread 1×64): the other threads answer requests."""

MOST_ALONE: Final = 640
"""Streams of the process that serves nothing else (gthread 1×640), less a few for its health."""

MOST_OF_ONE: Final = 12
"""Streams of one account: tabs on several machines; nobody takes the places of all."""

WRITE_S: Final = 20
"""A browser that takes nothing for so long is let go: its thread is wanted for another."""

SPARE: Final = 8
RETRY_AFTER_S: Final = 2
AWAY: Final = "event: away\ndata:\n\n"

_KEY: Final = "live"
_log = logging.getLogger("helpline.dashboard")
State = TypeVar("State")


class Hints(Protocol):
    """`Service.news`."""

    def wait(self, for_s: float) -> frozenset[str]: ...

    def close(self) -> None: ...


@dataclass(eq=False)
class Stream:
    """One open page. `topics` are the hints it looks up at."""

    topics: frozenset[str]
    owner: str = ""
    ask_again: bool = False
    """Sessions were revoked since it last asked for its own."""
    _woken: queue.Queue[None] = field(default_factory=lambda: queue.Queue(maxsize=1), repr=False)

    def wake(self, *, ask_again: bool = False) -> None:
        self.ask_again = self.ask_again or ask_again
        try:
            self._woken.put_nowait(None)
        except queue.Full:
            return  # it has not looked since the last hint: one look serves both

    def wait(self, for_s: float) -> None:
        try:
            self._woken.get(timeout=for_s)
        except queue.Empty:
            return


class Hub:
    """All streams of one process. A thread listens while there is any."""

    def __init__(self, hints: Hints, most: int) -> None:
        self._hints = hints
        self._most = most
        self._streams: set[Stream] = set()
        self._lock = threading.Lock()
        self._listener: threading.Thread | None = None
        self._pause = threading.Event()

    def __len__(self) -> int:
        return len(self._streams)

    @property
    def is_listening(self) -> bool:
        return self._listener is not None

    def join(self, *topics: str, owner: str = "") -> Stream | None:
        """A new stream, None when there are as many as may be, of all or of this owner's."""
        with self._lock:
            own = sum(stream.owner == owner for stream in self._streams) if owner else 0
            if len(self._streams) >= self._most or own >= MOST_OF_ONE:
                return None
            stream = Stream(frozenset(topics) | {"sessions"}, owner)
            self._streams.add(stream)
            if self._listener is None:
                self._listener = threading.Thread(target=self._listen, name="live", daemon=True)
                self._listener.start()
        return stream

    def leave(self, stream: Stream) -> None:
        with self._lock:
            self._streams.discard(stream)

    def _listen(self) -> None:
        while not self._nobody_left():
            try:
                self._pass_on(self._hints.wait(1.0))
            except Exception as error:
                # What was said meanwhile is lost: everybody looks.
                if not isinstance(error, LiveStateDown):  # a listener that ended would leave all streams deaf
                    _log.error("listener failed: %s", errors.place(error))
                self._pause.wait(1.0)
                self._pass_on(None)

    def _nobody_left(self) -> bool:
        """Whether this thread is to end; decided together with `join`, which starts the next one."""
        with self._lock:
            if not self._streams:
                self._listener = None
                self._hints.close()
            return not self._streams

    def _pass_on(self, heard: frozenset[str] | None) -> None:
        if heard is not None and not heard:
            return
        with self._lock:
            streams = tuple(self._streams)
        for stream in streams:
            if heard is None or heard & stream.topics:
                stream.wake(ask_again=heard is None or "sessions" in heard)


@dataclass(frozen=True)
class Watch(Generic[State]):
    """What one stream does each time it looks.

    look: the state to show; equal when nothing changed. draw: its HTML. is_allowed: whether
    the session still holds. is_gone: whether the browser has hung up. now_ms: the clock.
    """

    look: Callable[[], State]
    draw: Callable[[State], str]
    is_allowed: Callable[[], bool]
    is_gone: Callable[[], bool]
    now_ms: Callable[[], int]


def events(stream: Stream, watch: Watch[State]) -> Iterator[str]:
    """The text of one stream: the state at once, then each time it differs; a comment when all is quiet.

    `event: away` says that the state cannot be read now, `event: over` that the session is.
    """
    yield "retry: 1000\n\n"
    said = ""
    before: object = None  # what `said` shows
    spoke_ms = asked_ms = watch.now_ms()
    while not watch.is_gone():
        now_ms = watch.now_ms()
        before, text = _look(watch, before, said)
        if text != said or now_ms - spoke_ms >= HEARTBEAT_MS:
            yield text if text != said else ":\n\n"
            said, spoke_ms = text, now_ms
        stream.wait(LOOK_S)
        if stream.ask_again or now_ms - asked_ms >= ASK_AGAIN_MS:
            stream.ask_again, asked_ms = False, now_ms
            if not watch.is_allowed():
                yield "event: over\ndata:\n\n"
                return


def _look(watch: Watch[State], before: object, said: str) -> tuple[object, str]:
    """The state and its text. A fault of ours is one more reason why it cannot be read: the stream goes on."""
    try:
        state = watch.look()
        return state, said if state == before else message(watch.draw(state))
    except LiveStateDown:
        return None, AWAY
    except Exception as error:
        if said != AWAY:  # once, not at every look
            _log.error("stream failed: %s", errors.place(error))
        return None, AWAY


def message(html: str) -> str:
    """One unnamed message."""
    lines = html.splitlines() or [""]
    return "".join(f"data: {line}\n" for line in lines) + "\n"


def answer(hub: Hub, topics: tuple[str, ...], watch: Watch[State], owner: str = "") -> Response:
    """The response of a stream; 503 when there are as many as may be: the page then asks every two seconds."""
    joined = hub.join(*topics, owner=owner)
    if joined is None:
        return Response(status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
    response = Response(stream_with_context(events(joined, watch)), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(lambda: hub.leave(joined))
    return response


def stream(*topics: str, look: Callable[[], State], draw: Callable[[State], str]) -> Response:
    """The stream of the page being asked for, for whoever is signed in, while the request's session holds."""
    service, token, me = parts().service, session.cookie(session.SESSION), session.somebody()
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    let_go_of_the_slow(connection, WRITE_S)
    watch = Watch(
        look=look,
        draw=draw,
        is_allowed=lambda: holds(service, token, me),
        is_gone=_hung_up(connection),
        now_ms=service.switchboard.clock.now_ms,
    )
    return answer(hub(), topics, watch, me.account.id)


def hub() -> Hub:
    """The one of this process."""
    found = current_app.extensions.get(_KEY)
    if found is None:
        most = current_app.config.get("LIVE_STREAMS", MOST_IN_DASHBOARD)
        fresh = Hub(parts().service.news, most)
        found = current_app.extensions.setdefault(_KEY, fresh)
    return cast("Hub", found)


def holds(service: Service, token: str, me: Visitor) -> bool:
    """Whether the session still holds, for the same work: another role is another page.

    While SQL is away it does until its longest time is over: a psychologist in a talk keeps her desk.
    """
    try:
        now = service.sign_in.who(token)
        return now is not None and _work(now) == _work(me)
    except DatabaseDown:
        now_at = datetime.fromtimestamp(service.switchboard.clock.now_ms() / 1000, tz=UTC)
        return not replace(me.session, seen_at=now_at).is_over(now_at)


def _work(visitor: Visitor) -> tuple[str, str, str | None]:
    return visitor.account.id, visitor.account.role, visitor.account.psychologist_id


def let_go_of_the_slow(connection: object, after_s: int) -> None:
    """Have a write that waits `after_s` for its reader fail; without it one who never reads holds a thread for ever."""
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", after_s, 0))


def _hung_up(connection: object) -> Callable[[], bool]:
    """Whether the browser has closed its side; without a look it would be known at the next heartbeat only."""
    if not isinstance(connection, socket.socket):
        return lambda: False

    def closed() -> bool:
        try:
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    return closed
