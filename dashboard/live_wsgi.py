"""What gunicorn serves as `live`: the event streams and nothing else (`dashboard.live_wsgi:app`, gthread 1×640)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from dashboard import wsgi
from dashboard.live import MOST_ALONE, SPARE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SERVED: Final = ("/live/", "/health/")

_pages = wsgi.app
_pages.config["LIVE_STREAMS"] = MOST_ALONE - SPARE


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Streams and health; a page asked for here would take the thread of a stream."""
    if str(environ.get("PATH_INFO", "")).startswith(SERVED):
        return _pages(environ, start_response)
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    start_response("404 Not Found", headers)
    return [b"streams only\n"]
