"""An application that answers at once, and where it is told to, slowly.

/long: more than a network takes at a time. /slow, /voice/slow: after 0.3 s. /voice/body: once the announced body is
read. /voice/who: which process answers, and whether where it reads or in a thread. Everything else: ok.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

LONG = 16 * 1024 * 1024
SLOW_S = 0.3

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = _body(environ)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def _body(environ: WSGIEnvironment) -> bytes:
    match environ["PATH_INFO"]:
        case "/long":
            return b"a" * LONG
        case "/slow" | "/voice/slow":
            time.sleep(SLOW_S)
        case "/voice/body":
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        case "/voice/who":
            is_main = threading.current_thread() is threading.main_thread()
            return f"{os.getpid()} {'here' if is_main else 'thread'} ok".encode()
    return b"ok"
