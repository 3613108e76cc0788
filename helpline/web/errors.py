"""A webhook that fails still speaks French and leads on. Never an English error, never silence.

Redis away: the answers that need no memory. Anything else: the same, and one log line
with the type and the place of the error, never its text.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from helpline.domain.errors import LiveStateDown, place_of
from helpline.web import without_memory
from helpline.web.parts import parts

_log = logging.getLogger("helpline.web")


def register(app: Flask) -> None:
    """Answer every failure of a voice webhook with a document."""
    app.register_error_handler(Exception, _failed)


def _failed(error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        return Response(status=error.code)
    if not isinstance(error, LiveStateDown):
        _log.error("webhook failed: %s", place_of(error))
    if not request.path.startswith("/voice/"):
        return Response(status=503)
    if request.path.startswith(without_memory.NEWS):
        # News is not repeated for a 500 anyway; what was missed is found by the reconciler.
        return Response(status=204)
    return Response(_spoken(), mimetype="text/xml")


def _spoken() -> str:
    try:
        return parts().twiml.render(without_memory.document())
    except Exception as error:  # the last net: whatever failed twice, nobody hears silence
        _log.error("webhook failed twice: %s", place_of(error))
    return parts().twiml.render(without_memory.last())
