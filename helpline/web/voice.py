"""The voice webhooks: what the carrier asks, answered from the live state.

Thin on purpose: read the stripped form, call one service, render. The order inside a
request is verify → strip (both in the edge, before us) → load → advance → save →
render. No network but Redis, no SQL, nothing that could wait.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from helpline.domain import paths
from helpline.domain.verbs import Document
from helpline.ports import LegStatus
from helpline.services import documents
from helpline.services.claim_call import Unsure, answer_offer, present_offer
from helpline.services.end_call import end_by_leg
from helpline.services.follow_leg import follow_leg
from helpline.services.follow_room import RoomNews, follow_room
from helpline.services.hold_call import hold_call
from helpline.services.join_room import join_room, room_left
from helpline.services.leave_line import leave_line
from helpline.services.press_key import press_key
from helpline.services.take_call import take_call
from helpline.web.parts import Parts, parts
from helpline.web.patience import patience

bp = Blueprint("voice", __name__)

NO_LEG = ""
UNKNOWN_LINE = "autre"


def _leg() -> str:
    return request.form.get("Leg", NO_LEG)


def _line() -> str:
    return request.form.get("Line", UNKNOWN_LINE)


def _status() -> LegStatus | None:
    try:
        return LegStatus(request.form.get("CallStatus", ""))
    except ValueError:
        return None


def _over() -> bool:
    status = _status()
    return status is not None and status.is_final


def _queue_time_s() -> int:
    text = request.form.get("QueueTime", "")
    return min(int(text), 86_400) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _xml(document: Document) -> Response:
    return Response(parts().twiml.render(document), mimetype="text/xml")


def _heard() -> Response:
    return Response(status=204)


@bp.post(paths.INCOMING)
def incoming() -> Response:
    p = parts()
    if not _leg():
        return _xml(documents.in_line())
    return _xml(take_call(p.switchboard, _leg(), _line()))


@bp.post(paths.WAIT)
def wait() -> Response:
    p = parts()
    if not _leg():
        return _xml(documents.next_wait(p.switchboard.book, "", "", plain=True)[0])
    return _xml(hold_call(p.switchboard, _leg(), _line(), 1000 * _queue_time_s()))


@bp.post(paths.KEYS)
def keys() -> Response:
    return _xml(press_key(parts().switchboard, _leg(), request.form.get("Digits", "")))


@bp.post(paths.LEFT)
def left() -> Response:
    result = request.form.get("QueueResult", "")
    if not _leg():
        return _xml(documents.in_line())
    return _xml(leave_line(parts().switchboard, _leg(), _line(), result, over=_over()))


@bp.post("/voice/join/<attempt>")
def join(attempt: str) -> Response:
    return _xml(join_room(parts().switchboard, _leg(), attempt))


@bp.post("/voice/done/<attempt>")
def done(attempt: str) -> Response:
    return _xml(room_left(parts().switchboard, _leg(), over=_over()))


@bp.post(paths.ENDED)
def ended() -> Response:
    """The number's status callback: the caller's leg is over. Unknown call: nothing stored."""
    if _over() and _leg():
        switchboard = parts().switchboard
        end_by_leg(switchboard, _leg(), switchboard.clock.now_ms())
    return _heard()


@bp.post("/voice/offer/<attempt>")
def offer(attempt: str) -> Response:
    p = parts()
    return _offered(p, attempt, present_offer(p.switchboard, attempt, _leg()), paths.offer(attempt))


@bp.post("/voice/claim/<attempt>")
def claim(attempt: str) -> Response:
    p = parts()
    digits = request.form.get("Digits", "")
    return _offered(p, attempt, answer_offer(p.switchboard, attempt, digits), paths.claim(attempt))


def _offered(p: Parts, attempt: str, answer: Document | Unsure, path: str) -> Response:
    if not isinstance(answer, Unsure):
        return _xml(answer)
    if patience.is_over(attempt):
        return _xml(documents.taken(p.switchboard.book))
    return _xml(documents.one_moment(p.switchboard.book, path))


@bp.post("/voice/leg/<attempt>")
def leg(attempt: str) -> Response:
    status = _status()
    if status is not None and _leg():
        follow_leg(parts().switchboard, attempt, _leg(), status)
    return _heard()


@bp.post("/voice/room/<attempt>")
def room(attempt: str) -> Response:
    event = request.form.get("StatusCallbackEvent", "")
    if event in ("participant-join", "participant-leave") and _leg():
        reason = request.form.get("ReasonParticipantLeft", "")
        news = RoomNews(
            attempt=attempt,
            leg_id=_leg(),
            joined=event == "participant-join",
            hung_up=reason == "participant_hung_up",
            leg_over=request.form.get("ParticipantCallStatus", "") in ("completed", "failed"),
            moved=reason == "participant_updated_via_api",
        )
        follow_room(parts().switchboard, news)
    return _heard()
