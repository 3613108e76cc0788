"""Is the process alive, and would a caller be served?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from helpline.domain.errors import LiveStateDown
from helpline.web.parts import parts

bp = Blueprint("health", __name__)


@bp.get("/health/live")
def live() -> Response:
    return Response("ok\n", mimetype="text/plain")


@bp.get("/health/ready")
def ready() -> Response:
    """200 when a caller would be answered and rung for; else 503 and the parts at fault."""
    faults = {}
    try:
        if parts().switchboard.calls.epoch() is None:
            faults["live_state"] = "not rebuilt yet"
    except LiveStateDown:
        faults["live_state"] = "redis does not answer"
    if not parts().switchboard.book.roster.psychologists:
        faults["roster"] = "empty"
    answer = jsonify({"ready": not faults, "faults": faults})
    answer.status_code = 503 if faults else 200
    return answer
