"""A carrier where nothing happens: so many callers stand in its queue, and it lists them whenever it is asked.

    python -m benchmarks.parts.still_carrier PORT ACCOUNT LINE QUEUE

POST /callers/<n>: so many from now on. The pages are rendered then, so that asking costs this process little.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 1000
ARRIVED = "Mon, 02 Nov 2026 10:00:00 +0000"
QUEUE_SID = "QU" + "0" * 32


def leg_id(n: int) -> str:
    """The carrier's id of the n-th caller's leg."""
    return f"CA{n:032x}"


class Carrier:
    def __init__(self, account: str, line: str, queue: str) -> None:
        self.base = f"/2010-04-01/Accounts/{account}"
        self.line, self.queue = line, queue
        self.pages: dict[str, bytes] = {}

    def stand(self, callers: int) -> None:
        """So many callers, all in the queue."""
        calls = [
            {
                "sid": leg_id(n), "status": "in-progress", "direction": "inbound", "to": self.line,
                "from": "+33639980001", "start_time": ARRIVED, "date_created": ARRIVED, "end_time": None,
                "parent_call_sid": None,
            }
            for n in range(callers)
        ]  # fmt: skip
        members = [
            {"call_sid": leg_id(n), "date_enqueued": ARRIVED, "position": n + 1} for n in range(callers)
        ]
        queues = [{"sid": QUEUE_SID, "friendly_name": self.queue}]
        self.pages = {}
        for status in ("in-progress", ""):
            self._put("Calls.json", "calls", list(calls), status)
        self._put("Queues.json", "queues", list(queues), "")
        self._put(f"Queues/{QUEUE_SID}/Members.json", "queue_members", list(members), "")

    def _put(self, path: str, name: str, things: list[dict[str, object]], status: str) -> None:
        for start in range(0, max(1, len(things)), PAGE):
            number = start // PAGE
            more = (
                f"?Status={status}&PageSize={PAGE}&Page={number + 1}"
                if status
                else f"?PageSize={PAGE}&Page={number + 1}"
            )
            following = f"{self.base}/{path}{more}" if start + PAGE < len(things) else None
            page = {name: things[start : start + PAGE], "next_page_uri": following}
            self.pages[f"{path} {status} {number}"] = json.dumps(page).encode()

    def answer(self, target: str) -> bytes:
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        path = parts.path.removeprefix(f"{self.base}/")
        status, number = query.get("Status", [""])[0], query.get("Page", ["0"])[0]
        name = path.rpartition("/")[2].removesuffix(".json").lower()
        nothing = json.dumps({name: [], "next_page_uri": None}).encode()
        return self.pages.get(f"{path} {status} {number}", nothing)


def serve(port: int, carrier: Carrier) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply(carrier.answer(self.path))

        def do_POST(self) -> None:
            if self.path.startswith("/callers/"):
                carrier.stand(int(self.path.rpartition("/")[2]))
            self._reply(b"{}")

        def _reply(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    still = Carrier(*sys.argv[2:5])
    still.stand(0)
    serve(int(sys.argv[1]), still)
