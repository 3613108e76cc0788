"""Which pages of other origins may speak to the carrier: exactly those it was given, and about clients only.

The desk's softphone runs in a page of another origin and asks here as it will ask the carrier. Any other page that a
browser happens to show must not be able to place calls or pick up telephones on this machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CLIENTS = "/control/clients/"


class Origins:
    """An application behind the check. A request without an Origin is none of a page's, and passes."""

    def __init__(self, application: WSGIApplication, allowed: Iterable[str]) -> None:
        self._application = application
        self._allowed = frozenset(allowed)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        origin = environ.get("HTTP_ORIGIN")
        if origin is None or origin == f"http://{environ.get('HTTP_HOST')}":
            return self._application(environ, start_response)
        if origin not in self._allowed or not str(environ["PATH_INFO"]).startswith(CLIENTS):
            body = json.dumps({"error": "a page of this origin may not ask this", "where": "origin"})
            refused = Response(body, 403, {"Vary": "Origin"}, content_type="application/json")
            return refused(environ, start_response)
        headers = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
        if environ["REQUEST_METHOD"] == "OPTIONS":
            asked = [
                ("Access-Control-Allow-Methods", "GET, POST, PUT"),
                ("Access-Control-Allow-Headers", "Content-Type"),
                ("Access-Control-Max-Age", "600"),
            ]
            return Response(status=204, headers=[*headers, *asked])(environ, start_response)

        def start(status: str, given: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, [*given, *headers], exc_info)

        return self._application(environ, start)
