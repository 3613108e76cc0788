"""An application that answers at once, and on /long with more than a network takes at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

LONG = 16 * 1024 * 1024

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = b"a" * LONG if environ["PATH_INFO"] == "/long" else b"ok"
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
