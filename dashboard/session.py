"""Who sends this request: the cookie, and what is known of its owner.

The cookie holds a random token, nothing else; what it stands for is in SQL (`services/sign_in.py`).
"""

from __future__ import annotations

from typing import Final

from flask import g, request
from werkzeug.wrappers import Response

from dashboard.parts import parts
from helpline.config import Mode
from helpline.domain.accounts import LONGEST
from helpline.services.sign_in import Visitor

SESSION: Final = "__Host-session"
VISIT: Final = "__Host-visit"
"""Of somebody not signed in yet: what the token of the sign-in form is bound to."""

_PLAIN: Final = {SESSION: "demo-session", VISIT: "demo-visit"}
"""The demo's second names, without `Secure`: some browsers keep no such cookie of http://127.0.0.1."""


def visitor() -> Visitor | None:
    """Who is signed in; looked up once a request. Raises DatabaseDown."""
    if "visitor" not in g:
        token = cookie(SESSION)
        g.visitor = parts().service.sign_in.who(token) if token else None
    known: Visitor | None = g.visitor
    return known


def somebody() -> Visitor:
    """Who is signed in, on a route that is not public."""
    known = visitor()
    if known is None:
        raise AssertionError("a route that is open to all asked who is there")
    return known


def cookie(name: str) -> str:
    """One of our cookies, empty when there is none."""
    found = request.cookies.get(name)
    if found is None and _is_demo():
        found = request.cookies.get(_PLAIN[name])
    return found or ""


def set_cookie(response: Response, name: str, value: str, *, max_age_s: int | None = None) -> None:
    """Set one of our cookies; without a time it goes with the browser."""
    response.set_cookie(
        name, value, max_age=max_age_s, path="/", secure=True, httponly=True, samesite="Strict"
    )
    if _is_demo():
        response.set_cookie(
            _PLAIN[name], value, max_age=max_age_s, path="/", httponly=True, samesite="Strict"
        )


def begin(response: Response, token: str) -> None:
    """Put a new session's token in the browser, and drop what came before it."""
    set_cookie(response, SESSION, token, max_age_s=int(LONGEST.total_seconds()))
    set_cookie(response, VISIT, "", max_age_s=0)


def end(response: Response) -> None:
    set_cookie(response, SESSION, "", max_age_s=0)


def _is_demo() -> bool:
    return parts().service.settings.mode is Mode.DEMO
