"""Routes of the board."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard import live
from dashboard.access import signed_in
from dashboard.i18n import N_
from dashboard.pages.desk.views import STATES
from dashboard.parts import parts
from dashboard.session import somebody
from helpline.domain.alarms import AlarmKind
from helpline.domain.hours import PARIS
from helpline.domain.presence import State
from helpline.services.board_view import BoardView, board_of
from helpline.services.switch_attack_mode import begin_attack_mode, end_attack_mode

bp = Blueprint("board", __name__, template_folder="templates")

ORDER: Final = (State.AVAILABLE, State.RINGING, State.TALKING, State.WRAP_UP, State.BREAK)
ALARMS: Final[Mapping[AlarmKind, str]] = {
    AlarmKind.NOBODY_ON_DUTY: N_("Personne n’est de garde : un appelant n’a trouvé personne."),
    AlarmKind.NOBODY_ANSWERS: N_("Un appelant attend et personne ne répond."),
    AlarmKind.LINE_FULL: N_(
        "La ligne est pleine : de nouveaux appelants sont renvoyés vers le 15 et le 3114."
    ),
    AlarmKind.LAST_ENDPOINT_DOES_NOT_ANSWER: N_(
        "Le dernier poste joignable ne répond pas ; il continue de sonner."
    ),
}
"""One plain sentence for each kind; a guard test demands that none is missing."""


@bp.get("/board")
@signed_in
def show() -> str:
    now_ms = parts().service.switchboard.clock.now_ms()
    return render_template("board/show.html", now_ms=now_ms, view=_view(), **_words())


@bp.get("/board/state")
@signed_in
def state() -> str:
    return _draw(_view())


@bp.get("/live/board")
@signed_in
def stream() -> Response:
    return live.stream("board", look=_view, draw=_draw)


@bp.post("/board/attack-mode")
@signed_in
def attack_mode() -> AnyResponse:
    """`to`: on (for the usual hour; again makes it an hour from now) or off."""
    sw = parts().service.switchboard
    match request.form.get("to"):
        case "on":
            begin_attack_mode(sw, by=somebody().account.name)
        case "off":
            end_attack_mode(sw)
        case _:
            return Response("to : code inconnu ; attendu : on, off", 400, mimetype="text/plain")
    return redirect(url_for("board.show"), 303)


def _view() -> BoardView:
    return board_of(parts().service.switchboard)


def _draw(view: BoardView) -> str:
    return render_template("board/state.html", view=view, **_words())


def _words() -> dict[str, object]:
    return {"states": STATES, "order": ORDER, "alarms": ALARMS, "clock": _clock}


def _clock(at_ms: int) -> str:
    """On the clock on the wall, 14:05."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(PARIS).strftime("%H:%M")
