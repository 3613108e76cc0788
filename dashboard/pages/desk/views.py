"""Routes of the desk. Each gesture answers with the whole state as it then is, or with why it cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard import live
from dashboard.access import allow
from dashboard.i18n import N_, _
from dashboard.pages.desk import changes
from dashboard.pages.desk.fields import choices_of, fields_of, words_of
from dashboard.parts import parts
from dashboard.security import widen
from dashboard.session import somebody
from helpline.domain.accounts import Role
from helpline.domain.errors import FicheRefused
from helpline.domain.offer import Settlement
from helpline.domain.orientation import Fiche
from helpline.domain.presence import State
from helpline.services import keep_duty
from helpline.services.await_recall import await_no_recall, await_recall
from helpline.services.call_third import bring_together, call_third, let_third_go
from helpline.services.close_fiche import close_fiche
from helpline.services.conclude_talk import conclude_talk
from helpline.services.desk_view import DeskView, FicheShown, desk_of, fiche_of
from helpline.services.hand_over import hand_over
from helpline.services.hold_caller import hold_caller, resume_caller
from helpline.services.keep_browser import keep_browser
from helpline.services.note_fiche import FicheAnswer, note_fiche
from helpline.services.switchboard import Switchboard

bp = Blueprint("desk", __name__, template_folder="templates")

STATES: Final[Mapping[State, str]] = {
    State.OFFLINE: N_("Hors ligne"),
    State.AVAILABLE: N_("Disponible"),
    State.RINGING: N_("Appel entrant"),
    State.TALKING: N_("En entretien"),
    State.WRAP_UP: N_("En codage"),
    State.BREAK: N_("En pause"),
}
_REFUSED: Final[Mapping[FicheAnswer, str]] = {
    FicheAnswer.GONE: N_("Cette fiche est déjà scellée."),
    FicheAnswer.NOT_YOURS: N_("Cette fiche est maintenant entre d’autres mains."),
    FicheAnswer.CLOSED: N_("Cette fiche est close : elle ne change plus."),
    FicheAnswer.BUSY: N_("La fiche changeait en même temps ailleurs. Recommencez."),
}
_NO_ISSUE: Final = N_("Il manque seulement l’issue (touche I) : choisissez-la, puis Clore.")
_FICHE: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_INSTANT: Final = re.compile(r"[0-9]{1,15}")
_NOT_ON_ROSTER: Final = N_("Vous n’êtes plus au tableau de garde : aucun appel ne peut vous être proposé.")
_NO_FIELD: Final = N_("La fiche n’a pas de champ de ce nom.")
_NOT_FREE: Final = N_("Cette personne ne peut pas être appelée maintenant.")
_TALK: Final[Mapping[str, Callable[[Switchboard, str], bool]]] = {
    "hold": hold_caller,
    "resume": resume_caller,
    "together": bring_together,
    "let_go": let_third_go,
    "hand_over": hand_over,
}
_THIRD_LEFT: Final = N_("Le tiers a raccroché.")
THIRD_GONE: Final[Mapping[Settlement, str]] = {
    **dict.fromkeys(Settlement, _THIRD_LEFT),
    Settlement.DECLINED: N_("Occupé."),
    Settlement.MISSED: N_("Pas de réponse."),
    Settlement.FAILED: N_("L’appel n’a pas pu aboutir."),
}
_NOT_NOW: Final = N_("Ce geste n’est plus possible maintenant.")


@bp.get("/desk")
@allow(Role.PSYCHOLOGIST)
def show() -> str:
    settings = parts().service.settings
    carrier = settings.carrier.url if not settings.is_production else None
    if carrier:
        widen(connect=(carrier,))
    view = _view()
    now_ms = parts().service.switchboard.clock.now_ms()
    return render_template("desk/show.html", now_ms=now_ms, softphone=carrier, **_words(view))


@bp.get("/desk/state")
@allow(Role.PSYCHOLOGIST)
def state() -> str:
    return _draw(_view())


@bp.get("/live/desk")
@allow(Role.PSYCHOLOGIST)
def stream() -> Response:
    return live.stream(f"desk:{_who()}", look=_view, draw=_draw)


@bp.post("/desk/presence")
@allow(Role.PSYCHOLOGIST)
def presence() -> AnyResponse:
    """`to`: available, break, off, ready (her time for coding is not needed any more), and what she wishes.

    longer-<ms>: two minutes more than the end of her wrap-up that she saw; pass, take: one
    call goes by, or not; ring: her suspended endpoints ring again; recall, no_recall: a
    talk was cut off, whoever calls rings her first, or no longer.
    """
    sw, who = parts().service.switchboard, _who()
    moves: dict[str, Callable[[], object]] = {
        "available": lambda: keep_duty.end_break(sw, who) or keep_duty.go_on_duty(sw, who),
        "break": lambda: keep_duty.begin_break(sw, who),
        "off": lambda: keep_duty.go_off_duty(sw, who),
        "ready": lambda: keep_duty.end_wrap_up(sw, who),
        "recall": lambda: await_recall(sw, who) or None,
        "no_recall": lambda: await_no_recall(sw, who) or None,
    }
    wishes: dict[str, Callable[[], bool]] = {
        "longer": lambda: keep_duty.lengthen_wrap_up(sw, who, int(seen)),
        "pass": lambda: keep_duty.let_next_go_by(sw, who),
        "take": lambda: keep_duty.take_next(sw, who),
        "ring": lambda: keep_duty.ring_again(sw, who),
    }
    given = request.form.get("to", "")
    to, _dash, seen = given.partition("-")
    is_known = _INSTANT.fullmatch(seen) is not None if to == "longer" else given in {*moves, *wishes}
    if not is_known:
        return _unreadable("to", "code inconnu ; attendu : " + ", ".join([*moves, *wishes]))
    if to != "off" and not _is_on_roster():
        return _answer(_(_NOT_ON_ROSTER))
    done = moves[to]() is not None if to in moves else wishes[to]()
    return _answer("" if done else _(_NOT_NOW))


@bp.post("/desk/softphone")
@allow(Role.PSYCHOLOGIST)
def softphone() -> AnyResponse:
    """Her browser can be rung; the page says so every ten seconds."""
    if _is_on_roster():
        keep_browser(parts().service.switchboard, _who())
    return Response(status=204)


@bp.post("/desk/talk")
@allow(Role.PSYCHOLOGIST)
def talk() -> AnyResponse:
    """`to`: hold, resume, together, let_go, hand_over."""
    to = request.form.get("to", "")
    if to not in _TALK:
        return _unreadable("to", "code inconnu ; attendu : " + ", ".join(_TALK))
    return _answer("" if _TALK[to](parts().service.switchboard, _who()) else _(_NOT_NOW))


@bp.post("/desk/third")
@allow(Role.PSYCHOLOGIST)
def third() -> AnyResponse:
    """`whom`: one of those her page names; nobody else can be called, and no number is ever sent."""
    done = call_third(parts().service.switchboard, _who(), request.form.get("whom", ""))
    return _answer("" if done else _(_NOT_FREE))


@bp.post("/desk/conclude")
@allow(Role.PSYCHOLOGIST)
def conclude() -> AnyResponse:
    return _answer("" if conclude_talk(parts().service.switchboard, _who()) else _(_NOT_NOW))


@bp.post("/desk/fiche/<fiche>/note")
@allow(Role.PSYCHOLOGIST)
def note(fiche: str) -> AnyResponse:
    """`field`, `code`, and `on`: 1 or 0."""
    field, code = request.form.get("field", ""), request.form.get("code", "")
    on = request.form.get("on", "1")
    if on not in ("0", "1"):
        return _unreadable(field, "attendu pour « on » : 1 ou 0")
    return _noted(fiche, lambda now: changes.tile_changes(now, field, code, on=on == "1"))


@bp.post("/desk/fiche/<fiche>/propose")
@allow(Role.PSYCHOLOGIST)
def propose(fiche: str) -> AnyResponse:
    structures = parts().service.switchboard.book.structures
    return _noted(fiche, lambda now: changes.propose(now, *_proposal(), structures))


@bp.post("/desk/fiche/<fiche>/choose")
@allow(Role.PSYCHOLOGIST)
def choose(fiche: str) -> AnyResponse:
    choice = request.form.get("choice") or None
    return _noted(fiche, lambda now: changes.choose(now, *_proposal(), choice))


@bp.post("/desk/fiche/<fiche>/withdraw")
@allow(Role.PSYCHOLOGIST)
def withdraw(fiche: str) -> AnyResponse:
    return _noted(fiche, lambda now: changes.withdraw(now, *_proposal()))


@bp.post("/desk/fiche/<fiche>/close")
@allow(Role.PSYCHOLOGIST)
def close(fiche: str) -> AnyResponse:
    """*Clore*: the one moment at which something is asked for, the issue."""
    sw = parts().service.switchboard
    if _FICHE.fullmatch(fiche) is None:
        return _unreadable("fiche", "identifiant irrecevable")
    shown = _shown(fiche)
    if shown is not None and shown.codes.issue is None:
        return _answer(_(_NO_ISSUE))
    answer = close_fiche(sw.fiches, fiche, _who(), sw.clock.now_ms())
    return _answer(_(_REFUSED[answer]) if answer in _REFUSED else "")


def _noted(fiche: str, wish: Callable[[Fiche], Mapping[str, object]]) -> AnyResponse:
    sw = parts().service.switchboard
    if _FICHE.fullmatch(fiche) is None:
        return _unreadable("fiche", "identifiant irrecevable")
    shown = _shown(fiche)
    try:
        wanted = wish(shown.codes if shown else Fiche())
        answer = note_fiche(sw.fiches, fiche, _who(), wanted, sw.clock.now_ms()).answer
    except FicheRefused as refused:
        return _answer(_refusal(refused.field, refused.reason))
    return _answer(_(_REFUSED[answer]) if answer in _REFUSED else "")


def _shown(fiche: str) -> FicheShown | None:
    return fiche_of(parts().service.switchboard, _who(), fiche)


def _proposal() -> tuple[str, str]:
    return request.form.get("type", ""), request.form.get("structure", "")


def _unreadable(field: str, reason: str) -> AnyResponse:
    """No page of ours sends such a thing: 400, and why."""
    if "X-Desk" not in request.headers:
        abort(400)
    response = _answer(_refusal(field, reason))
    response.status_code = 400
    return response


def _refusal(field: str, reason: str) -> str:
    """Why something was refused, naming the field as the screen does; never what was sent."""
    words = words_of(field)
    return f"{_(words)} : {reason}." if words else _(_NO_FIELD)


def _is_on_roster() -> bool:
    return parts().service.switchboard.book.roster.psychologist(_who()) is not None


def _who() -> str:
    return somebody().account.psychologist_id or abort(403)


def _view() -> DeskView:
    sw = parts().service.switchboard
    return desk_of(sw, _who(), sw.book.structures)


def _answer(problem: str) -> AnyResponse:
    """The state for a script, the page for a form without one. A refusal is normal: its words are in a header."""
    if "X-Desk" not in request.headers:
        return redirect(url_for("desk.show"), 303)
    response = Response(_draw(_view()))
    if problem:
        response.headers["X-Desk-Problem"] = quote(problem)
    return response


def _draw(view: DeskView) -> str:
    return render_template("desk/state.html", **_words(view))


def _words(view: DeskView) -> dict[str, object]:
    known = {card.structure.id: card.structure for group in view.groups for card in group.cards}
    fiche = view.fiche.codes if view.fiche else None
    return {
        "view": view,
        "states": STATES,
        "third_gone": THIRD_GONE,
        "fields": fields_of(fiche) if fiche else (),
        "proposals": [
            (made, changes.name_of(made.type, made.structure_id, known), choices_of(made.choice))
            for made in (fiche.proposals if fiche else ())
        ],
    }
