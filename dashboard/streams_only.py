"""The dashboard reduced to its event streams: what the process `live` serves, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from dashboard.live import MOST_ALONE, SPARE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

SERVED: Final = ("/live/", "/health/")
REFUSED: Final = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
]


def streams_only(pages: Flask) -> WSGIApplication:
    """Streams and health of `pages`; a page asked for here would take the thread of a stream."""
    pages.config["LIVE_STREAMS"] = MOST_ALONE - SPARE

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if str(environ.get("PATH_INFO", "")).startswith(SERVED):
            return pages(environ, start_response)
        start_response("404 Not Found", REFUSED)
        return [b"streams only\n"]

    return app
