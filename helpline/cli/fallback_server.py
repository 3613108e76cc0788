"""The static fallback chain as a process of its own: `python -m helpline.cli.fallback_server DIR PORT`.

For demo and tests; in production the files lie on another host. GET only, loopback only, the
files named below and nothing else. It logs nothing: the carrier puts the caller's number
into the query string of a GET.
"""

from __future__ import annotations

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

FILES: Final = ("index.xml", "screen.xml", "accepted.xml", "sorry.xml")


class Handler(BaseHTTPRequestHandler):
    """Answers with a file of `folder` (of the server), or 404."""

    server: FallbackServer
    server_version = "fallback"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 5.0

    def do_GET(self) -> None:
        """The file, read anew each time, so that a rewritten chain is served at once."""
        name = urlsplit(self.path).path.removeprefix("/") or "index.xml"
        try:
            body = (self.server.folder / name).read_bytes() if name in FILES else None
        except OSError:
            body = None
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Nothing: a request line may hold a caller's number."""


class FallbackServer(ThreadingHTTPServer):
    """Serves `folder` on 127.0.0.1:port."""

    daemon_threads = True
    request_queue_size = 1024
    """When web dies, everybody on the line asks in the same instant; who is turned away hears the carrier's error."""

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.folder = folder

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is nobody's fault; the traceback would show the request."""


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM."""
    folder, port = arguments
    server = FallbackServer(Path(folder), int(port))
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # nothing is held that needs an orderly end
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
