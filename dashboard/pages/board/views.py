"""Routes of the board."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, render_template

from dashboard import live
from dashboard.access import signed_in
from dashboard.pages.desk.views import STATES
from dashboard.parts import parts
from helpline.domain.presence import State
from helpline.services.board_view import BoardView, board_of

bp = Blueprint("board", __name__, template_folder="templates")

ORDER: Final = (State.AVAILABLE, State.RINGING, State.TALKING, State.WRAP_UP, State.BREAK)


@bp.get("/board")
@signed_in
def show() -> str:
    now_ms = parts().service.switchboard.clock.now_ms()
    return render_template("board/show.html", now_ms=now_ms, view=_view(), states=STATES, order=ORDER)


@bp.get("/board/state")
@signed_in
def state() -> str:
    return _draw(_view())


@bp.get("/live/board")
@signed_in
def stream() -> Response:
    return live.stream("board", look=_view, draw=_draw)


def _view() -> BoardView:
    return board_of(parts().service.switchboard)


def _draw(view: BoardView) -> str:
    return render_template("board/state.html", view=view, states=STATES, order=ORDER)
