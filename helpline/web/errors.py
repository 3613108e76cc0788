"""A webhook that fails still speaks French and leads on. Never an English error, never silence.

Redis away: the answers that need no memory. Anything else: the same, and one log line
with the type and the place of the error, never its text.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, request

from helpline.domain import paths
from helpline.domain.errors import LiveStateDown, place_of
from helpline.domain.verbs import Document
from helpline.services import documents
from helpline.services.hold_call import wait_without_memory
from helpline.services.leave_line import left_without_memory
from helpline.services.take_call import document_without_memory
from helpline.web.parts import parts
from helpline.web.patience import patience

_log = logging.getLogger("helpline.web")

_NEWS = ("/voice/ended", "/voice/leg/", "/voice/room/")


def register(app: Flask) -> None:
    """Answer every failure of a voice webhook with a document."""
    app.register_error_handler(Exception, _failed)


def _failed(error: Exception) -> Response:
    code = getattr(error, "code", None)
    if isinstance(code, int) and 400 <= code < 500:
        return Response(status=code)
    if not isinstance(error, LiveStateDown):
        _log.error("webhook failed: %s", place_of(error))
    if request.path.startswith(_NEWS):
        # News is not repeated for a 500 anyway; what was missed is found by the reconciler.
        return Response(status=204)
    return Response(parts().twiml.render(_without_memory()), mimetype="text/xml")


def _without_memory() -> Document:
    sw = parts().switchboard
    try:
        if request.path == paths.INCOMING:
            return document_without_memory(sw, request.form.get("Line", ""))
        if request.path == paths.WAIT:
            waited = request.form.get("QueueTime", "0")
            return wait_without_memory(sw, int(waited) if waited.isdigit() else 0)
        if request.path == paths.LEFT:
            over = request.form.get("CallStatus", "") == "completed"
            return left_without_memory(sw, request.form.get("QueueResult", ""), over=over)
        if request.path.startswith("/voice/join/"):
            return documents.room(request.path.rpartition("/")[2])
        if request.path.startswith(("/voice/offer/", "/voice/claim/")):
            return _psychologist_waits()
        if request.path.startswith("/voice/done/"):
            return ()
    except Exception as error:  # the last net: whatever failed twice, the caller goes on waiting
        _log.error("webhook failed twice: %s", place_of(error))
    return documents.in_line()


def _psychologist_waits() -> Document:
    book = parts().switchboard.book
    attempt = request.path.rpartition("/")[2]
    if patience.is_over(attempt):
        return documents.taken(book)
    return documents.one_moment(book, request.path)
