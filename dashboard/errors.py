"""A page that fails says so in French, says what still works, and logs the place, never the text."""

from __future__ import annotations

import logging
import traceback
from typing import Final

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from dashboard import session
from dashboard.access import BY_SCRIPT
from dashboard.i18n import N_
from helpline.domain.errors import DatabaseDown, HelplineError, LiveStateDown
from helpline.services.sign_in import Visitor

_log = logging.getLogger("helpline.dashboard")

WORDS: Final = {
    400: (
        N_("Demande illisible"),
        N_("Ce que le navigateur a envoyé n’a pas pu être lu. Rechargez la page."),
    ),
    403: (
        N_("Accès refusé"),
        N_("Cette page n’est pas ouverte à votre rôle, ou la page d’où vous venez a expiré. Rechargez-la."),
    ),
    404: (N_("Page introuvable"), N_("Il n’y a rien à cette adresse.")),
    405: (N_("Geste impossible"), N_("Cette adresse ne s’ouvre pas ainsi. Revenez à l’accueil.")),
    413: (N_("Envoi trop grand"), N_("Ce que le navigateur a envoyé est trop grand.")),
    500: (
        N_("Une erreur est survenue"),
        N_("La page n’a pas pu être faite. Les appels, eux, continuent d’arriver au téléphone."),
    ),
    503: (
        N_("Momentanément indisponible"),
        N_("Une partie du service ne répond pas. Les appels, eux, continuent d’arriver au téléphone."),
    ),
}


def register(app: Flask) -> None:
    app.register_error_handler(Exception, _failed)


def visitor_or_none() -> Visitor | None:
    """Who is signed in, for the frame around any page: nobody while that cannot be known."""
    try:
        return session.visitor()
    except HelplineError:
        g.visitor = None
        return None


def _failed(error: Exception) -> Response:
    code = _code(error)
    if code >= 500:
        _log.error("page failed: %s", place(error))
    words = WORDS.get(code) or WORDS[400 if code < 500 else 500]
    headers = [("Retry-After", "2")] if code == 503 else []
    if isinstance(error, HTTPException):
        headers += [(name, value) for name, value in error.get_headers() if name == "Allow"]
    return Response(_body(code, *words), status=code, headers=headers, mimetype="text/html")


def _body(code: int, title: str, text: str) -> str:
    """The whole page; for a request by script only the alert that goes into it."""
    try:
        visitor_or_none()
        fragment = BY_SCRIPT in request.headers
        template = "partials/error.html" if fragment else "error.html"
        return render_template(template, code=code, error_title=title, error_text=text)
    except Exception as error:  # the last net: a frame that fails must not hide what failed
        _log.error("error page failed: %s", place(error))
        return f"<!doctype html><html lang=fr><title>{title}</title><h1>{title}</h1><p>{text}</p></html>"


def _code(error: Exception) -> int:
    if isinstance(error, HTTPException) and error.code is not None:
        return error.code
    return 503 if isinstance(error, (DatabaseDown, LiveStateDown)) else 500


def place(error: BaseException) -> str:
    """Type and place of an error. Its text may quote what somebody typed."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/dashboard/" in f.filename]
    where = f"{frames[-1].filename.rpartition('/dashboard/')[2]}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {where}"
