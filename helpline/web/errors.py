"""A webhook that fails still speaks French and leads on. Never an English error, never silence.

Redis away: the answers that need no memory. Anything else: the same, and one log line
with the type and the place of the error, never its text. What was not taken in the
reconciler finds: it is asked to look, at once or by the next webhook that reaches Redis.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from helpline.domain.errors import LiveStateDown, place_of
from helpline.web import without_memory
from helpline.web.parts import parts

_log = logging.getLogger("helpline.web")


def register(app: Flask) -> None:
    """Answer every failure of a voice webhook with a document."""
    app.register_error_handler(Exception, _failed)
    app.after_request(_pay)


def _failed(error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.code is not None and error.code < 500:
        return Response(status=error.code)
    if not isinstance(error, LiveStateDown):
        _log.error("webhook failed: %s", place_of(error))
    if not request.path.startswith("/voice/"):
        return Response(status=503)
    parts().owes_a_look = True
    g.is_away = isinstance(error, LiveStateDown)  # not asked a second time: the carrier waits for an answer
    if request.path.startswith(without_memory.NEWS):
        # News is not repeated for a 500 anyway; what was missed is found by the reconciler.
        return Response(status=204)
    return Response(_spoken(), mimetype="text/xml")


def _pay(response: Response) -> Response:
    """After each request: have the reconciler look, if one has failed. Never at the cost of the answer."""
    known = parts()
    if known.owes_a_look and not g.get("is_away", False):
        known.owes_a_look = False
        try:
            known.switchboard.calls.ask_for_a_look(known.switchboard.clock.now_ms())
        except LiveStateDown:
            known.owes_a_look = True
        except Exception:  # noqa: S110  # what is wrong with the live state was told a moment ago
            pass
    return response


def _spoken() -> str:
    try:
        return parts().twiml.render(without_memory.document())
    except Exception as error:  # the last net: whatever failed twice, nobody hears silence
        _log.error("webhook failed twice: %s", place_of(error))
    return parts().twiml.render(without_memory.last())
