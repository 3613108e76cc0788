"""The voice webhooks: what the carrier asks, answered from the live state.

Thin on purpose: read the stripped form, call one service, render. The order inside a
request is verify → strip (both in the edge, before us) → load → advance → save →
render. No network but Redis, no SQL, nothing that could wait.
"""

from __future__ import annotations

from flask import Blueprint, Response

from helpline.domain import paths
from helpline.domain.verbs import Document
from helpline.services import documents
from helpline.services.claim_call import Unsure, answer_offer, present_offer
from helpline.services.end_call import end_by_leg
from helpline.services.follow_leg import follow_leg
from helpline.services.follow_room import RoomNews, follow_room
from helpline.services.hold_call import hold_call
from helpline.services.join_room import join_room, on_hold, room_left
from helpline.services.leave_line import leave_line
from helpline.services.press_key import press_key
from helpline.services.switchboard import Switchboard
from helpline.services.take_call import take_call
from helpline.web import form, without_memory
from helpline.web.parts import parts, switchboard
from helpline.web.patience import patience

bp = Blueprint("voice", __name__)


def _xml(document: Document) -> Response:
    return Response(parts().twiml.render(document), mimetype="text/xml")


def _heard() -> Response:
    return Response(status=204)


@bp.post(paths.INCOMING)
def incoming() -> Response:
    if not form.leg():
        return _xml(without_memory.document())
    return _xml(take_call(switchboard(), form.leg(), form.line()))


@bp.post(paths.WAIT)
def wait() -> Response:
    if not form.leg():
        return _xml(without_memory.document())
    waited_ms = 1000 * form.queue_time_s()
    return _xml(hold_call(switchboard(), form.leg(), form.line(), waited_ms, form.digits()))


@bp.post(paths.KEYS)
def keys() -> Response:
    return _xml(press_key(switchboard(), form.leg(), form.digits()))


@bp.post(paths.LEFT)
def left() -> Response:
    if not form.leg():
        return _xml(without_memory.document())
    sw, result = switchboard(), form.queue_result()
    waited_ms = 1000 * form.queue_time_s()
    return _xml(leave_line(sw, form.leg(), form.line(), result, waited_ms=waited_ms, over=form.is_over()))


@bp.post("/voice/join/<attempt>")
def join(attempt: str) -> Response:
    return _xml(join_room(switchboard(), form.leg(), attempt))


@bp.post("/voice/hold/<attempt>")
def hold(attempt: str) -> Response:
    return _xml(on_hold(switchboard(), form.leg(), attempt))


@bp.post("/voice/done/<attempt>")
def done(attempt: str) -> Response:
    sw, caller = switchboard(), form.is_caller()
    return _xml(room_left(sw, form.leg(), attempt, over=form.is_over(), caller=caller))


@bp.post(paths.ENDED)
def ended() -> Response:
    """The number's status callback: the caller's leg is over. Unknown call: nothing stored."""
    if form.is_over() and form.leg():
        sw = switchboard()
        end_by_leg(sw, form.leg(), sw.clock.now_ms())
    return _heard()


@bp.post("/voice/offer/<attempt>")
def offer(attempt: str) -> Response:
    sw = switchboard()
    return _offered(sw, attempt, present_offer(sw, attempt, form.leg()), paths.offer(attempt))


@bp.post("/voice/claim/<attempt>")
def claim(attempt: str) -> Response:
    sw = switchboard()
    return _offered(sw, attempt, answer_offer(sw, attempt, form.digits()), paths.claim(attempt))


def _offered(sw: Switchboard, attempt: str, answer: Document | Unsure, path: str) -> Response:
    if not isinstance(answer, Unsure):
        return _xml(answer)
    if patience.is_over(attempt):
        return _xml(documents.taken(sw.book))
    return _xml(documents.one_moment(sw.book, path))


@bp.post("/voice/leg/<attempt>")
def leg(attempt: str) -> Response:
    status = form.status()
    if status is not None and form.leg():
        follow_leg(switchboard(), attempt, form.leg(), status)
    return _heard()


@bp.post("/voice/room/<attempt>")
def room(attempt: str) -> Response:
    event = form.room_event()
    if event in ("participant-join", "participant-leave") and form.leg():
        reason = form.reason_left()
        news = RoomNews(
            attempt=attempt,
            leg_id=form.leg(),
            joined=event == "participant-join",
            hung_up=reason == "participant_hung_up",
            leg_over=form.participant_status() in ("completed", "failed"),
            moved=reason == "participant_updated_via_api",
        )
        follow_room(switchboard(), news)
    return _heard()
