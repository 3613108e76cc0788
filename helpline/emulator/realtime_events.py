"""Event streams of real mode: `/control/events` for the page, `/control/clients/<name>/events` for a softphone."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from helpline.emulator.carrier import Carrier
from helpline.emulator.page.feeds import ClientFeed, Feed, Message, PageFeed
from helpline.emulator.page.options import Options

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HEARTBEAT_S = 15.0
GATHER_S = 0.03  # what happens together is sent together
STREAM = "text/event-stream"
OF_CLIENT = re.compile(r"/control/clients/([^/]+)/events")

Watched = Callable[[int, float], AbstractContextManager[int | None]]


def is_stream(path: str) -> bool:
    """True for the path of an event stream."""
    return path == "/control/events" or OF_CLIENT.fullmatch(path) is not None


class Events:
    """The streams, as a WSGI application whose answers have no end. watched: `Realtime.watched`."""

    def __init__(self, carrier: Carrier, options: Options, watched: Watched) -> None:
        self._carrier = carrier
        self._options = options
        self._watched = watched

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if request.method != "GET":
            body = json.dumps({"error": "a stream is read by GET", "where": "method"})
            return Response(body, 405, content_type="application/json")(environ, start_response)
        headers = [("Content-Type", STREAM), ("Cache-Control", "no-store"), ("X-Accel-Buffering", "no")]
        start_response("200 OK", headers)
        client = OF_CLIENT.fullmatch(request.path)
        feed: Feed = (
            ClientFeed(self._carrier, client[1]) if client else PageFeed(self._carrier, self._options)
        )
        return self._run(feed)

    def _run(self, feed: Feed) -> Iterator[bytes]:
        """Wait for a change, tell it, and say now and then that the line is still up."""
        yield b"retry: 1000\n\n"
        seen, written_s = -1, time.monotonic()
        while True:
            with self._watched(seen, HEARTBEAT_S) as revision:
                if revision is None:
                    return
                messages = feed.news()
            seen = revision
            if messages or time.monotonic() - written_s >= HEARTBEAT_S:
                yield b"".join(_encoded(message) for message in messages) or b": still here\n\n"
                written_s = time.monotonic()
            time.sleep(GATHER_S)


def _encoded(message: Message) -> bytes:
    name, value = message
    return f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()
