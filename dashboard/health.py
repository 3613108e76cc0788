"""Is the process alive, and would somebody who opens a page be served?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from dashboard.access import public
from dashboard.parts import parts
from helpline.domain.errors import LiveStateDown

bp = Blueprint("health", __name__)


@bp.get("/health/live")
@public
def live() -> Response:
    return Response("ok\n", mimetype="text/plain")


@bp.get("/health/ready")
@public
def ready() -> Response:
    """200 when people can sign in and the desk sees the line; else 503 and the parts at fault."""
    service = parts().service
    faults = {}
    try:
        if service.switchboard.calls.epoch() is None:
            faults["live_state"] = "not rebuilt yet"
    except LiveStateDown:
        faults["live_state"] = "redis does not answer"
    if not service.sign_in.answers():
        faults["accounts"] = "sql does not answer"
    answer = jsonify({"ready": not faults, "faults": faults})
    answer.status_code = 503 if faults else 200
    return answer
