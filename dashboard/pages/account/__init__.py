"""Signing in and out, and one's own account: who am I, how do my pages look, where am I signed in."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from typing import Final, TypeVar

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from dashboard import session
from dashboard.access import public, signed_in
from dashboard.i18n import N_
from dashboard.parts import parts
from dashboard.security import own_path
from dashboard.session import somebody, visitor
from helpline.domain.accounts import Language, Role, Theme
from helpline.domain.errors import DatabaseDown, LiveStateDown
from helpline.services.sign_in import Answer

Choice = TypeVar("Choice", bound=StrEnum)

bp = Blueprint("account", __name__, template_folder="templates")

ROLES: Final = {Role.PSYCHOLOGIST: N_("Psychologue"), Role.ADMINISTRATOR: N_("Administration")}
THEMES: Final = {
    Theme.AUTO: (N_("Comme l’appareil"), "device-desktop"),
    Theme.LIGHT: (N_("Jour"), "sun"),
    Theme.DARK: (N_("Nuit"), "moon"),
}
LANGUAGES: Final = {Language.FR: "Français", Language.EN: "English"}

WRONG: Final = N_("Identifiant ou mot de passe incorrect.")
TOO_OFTEN: Final = N_(
    "Trop d’essais. Attendez un quart d’heure avant de recommencer. Vos appels continuent d’arriver au téléphone."
)
AWAY: Final = N_(
    "La connexion est momentanément impossible. Réessayez dans un instant. Vos appels continuent d’arriver au téléphone."
)


@bp.get("/sign-in")
@public
def sign_in() -> Response:
    if visitor() is not None:
        return redirect(own_path(request.args.get("next")), 303)
    return _form()


@bp.post("/sign-in")
@public
def sign_in_now() -> Response:
    form = request.form
    try:
        done = parts().service.sign_in.sign_in(form.get("handle", ""), form.get("password", ""), _place())
    except LiveStateDown:
        return _form(AWAY, 503)
    if done.answer is Answer.TOO_OFTEN:
        return _form(TOO_OFTEN, 429)
    if done.answer is Answer.WRONG:
        return _form(WRONG, 401)
    before = session.cookie(session.SESSION)
    if before:
        with suppress(DatabaseDown):
            parts().service.sign_in.sign_out(before)
    response = redirect(own_path(form.get("next")), 303)
    session.begin(response, done.token)
    return response


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    """Public, so that a session which just ended is not sent round by the sign-in page first."""
    token = session.cookie(session.SESSION)
    if token:
        # While SQL is away the browser forgets it all the same: nobody has it then.
        with suppress(DatabaseDown):
            parts().service.sign_in.sign_out(token)
    response = redirect("/sign-in", 303)
    session.end(response)
    return response


@bp.get("/account")
@signed_in
def show() -> str:
    me = somebody()
    return render_template(
        "account/account.html",
        me=me,
        role=ROLES[me.account.role],
        themes=THEMES,
        languages=LANGUAGES,
        sessions=parts().service.sign_in.sessions_of(me.account.id),
        changed="changed" in request.args,
    )


@bp.post("/account/look")
@signed_in
def change_look() -> Response:
    """Theme and language, each kept as it is when the form does not name it."""
    account, form = somebody().account, request.form
    theme = _one_of(Theme, form.get("theme"), account.theme)
    language = _one_of(Language, form.get("language"), account.language)
    parts().service.sign_in.set_look(account.id, theme, language)
    return redirect("/account?changed=look", 303)


@bp.post("/account/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> Response:
    parts().service.sign_in.sign_out_everywhere(somebody().account.id)
    response = redirect("/sign-in", 303)
    session.end(response)
    return response


def _form(fault: str = "", status: int = 200) -> Response:
    """The sign-in form; what was typed is not sent back: a name field now and then holds a password."""
    page = render_template(
        "account/sign_in.html", fault=fault, next=own_path(request.values.get("next")), status=status
    )
    return make_response(page, status)


def _place() -> str:
    """Where the browser is. We listen on loopback: the last hop that our own proxy wrote down is the one to believe."""
    here = request.remote_addr or ""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    is_proxied = here in ("127.0.0.1", "::1", "") and hops
    return _network(hops[-1][:64] if is_proxied else here)


def _network(address: str) -> str:
    """What one person has: of IPv6 a whole network (/64), or each try would come from an address of its own."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    mapped = found.ipv4_mapped
    return str(mapped) if mapped else found.exploded[:19]


def _one_of(kind: type[Choice], text: str | None, otherwise: Choice) -> Choice:
    return kind(text) if text in set(kind) else otherwise
