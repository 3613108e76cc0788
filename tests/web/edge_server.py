"""What gunicorn serves in `test_real_bodies.py`: the edge around an application that says how much memory is in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helpline.adapters.carriers.twilio.inbox import Edge, EdgeSettings
from tests.web.carrier import ACCOUNT, TOKEN

ORIGIN = "https://voix.test"


def resident_kb() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def inner(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    body = str(resident_kb()).encode()
    start_response("200 OK", [("Content-Length", str(len(body))), ("Content-Type", "text/plain")])
    return [body]


app = Edge(inner, EdgeSettings(ORIGIN, ACCOUNT, [TOKEN]), lambda to: "entraide", lambda: 0)  # type: ignore[arg-type]
