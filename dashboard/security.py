"""Headers of every answer, and the two checks of every request that changes something.

A page that needs more than its own origin says so while it is made: `widen(connect=(origin,), microphone=True)`.
"""

from __future__ import annotations

import gzip
import hmac
from typing import Final
from urllib.parse import urlsplit

from flask import abort, g, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from dashboard import session
from dashboard.parts import parts

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
PACKED_FROM: Final = 1_000
"""Bytes of HTML from which packing is worth it."""

CSRF_FIELD: Final = "csrf_token"
CSRF_HEADER: Final = "X-CSRF-Token"
_POWERS: Final = (
    *("accelerometer", "camera", "display-capture", "fullscreen", "geolocation", "gyroscope", "hid"),
    *("magnetometer", "midi", "payment", "publickey-credentials-get", "screen-wake-lock", "serial", "usb"),
)


def widen(*, connect: tuple[str, ...] = (), media: bool = False, microphone: bool = False) -> None:
    """Let the page being made reach these origins, play sounds of our own, or hear the microphone."""
    g.connect = (*g.get("connect", ()), *connect)
    g.media = g.get("media", False) or media
    g.microphone = g.get("microphone", False) or microphone


def policy() -> str:
    """The Content-Security-Policy of the answer being made."""
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": " ".join(("'self'", *g.get("connect", ()))),
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    if g.get("media"):
        rules["media-src"] = "'self' blob:"
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def set_headers(response: Response) -> Response:
    """After each request, errors included. Nothing is kept by a browser but assets, which say nothing of anybody."""
    headers = response.headers
    microphone = "microphone=(self)" if g.get("microphone") else "microphone=()"
    headers["Content-Security-Policy"] = policy()
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Permissions-Policy"] = ", ".join((microphone, *(f"{power}=()" for power in _POWERS)))
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Origin-Agent-Cluster"] = "?1"
    if parts().service.settings.is_production:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return response


def pack(response: Response) -> Response:
    """After each request: HTML goes packed to whoever is signed in; a stream never.

    Not when the request has a query, nor to strangers: what somebody else chose must not be packed together with
    the token, whose letters the length would betray (BREACH).
    """
    if response.mimetype != "text/html" or response.is_streamed or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    wanted = request.accept_encodings.quality("gzip") > 0 and g.get("visitor") is not None
    if wanted and not request.query_string and len(response.data) >= PACKED_FROM:
        response.data = gzip.compress(response.data, 5, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    return response


def check_request() -> None:
    """Before each request: one that changes something must come from a page of ours. Ends with 403 otherwise.

    Two proofs, each enough against a foreign page: what the browser says of where it came from, and a token that
    only our pages hold. `Origin` alone would not do: with `no-referrer` a form sends `Origin: null`.
    """
    if request.method in SAFE_METHODS or request.routing_exception is not None:
        return  # nothing is changed, or nothing is there
    given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
    if not _comes_from_us() or not _is_token(given):
        abort(403)


def csrf_token() -> str:
    """The token of this browser's forms; a first visit gets its cookie with the answer."""
    bound_to = session.cookie(session.SESSION) if session.visitor() else _visit()
    return _token(bound_to, parts().service.settings.secret_keys[0])


def csrf_field() -> Markup:
    """The hidden field every form has."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token())


def remember_visit(response: Response) -> Response:
    """After each request: set the cookie a first visit's token is bound to."""
    new = g.get("new_visit")
    if new:
        session.set_cookie(response, session.VISIT, new)
    return response


def own_path(given: str | None) -> str:
    """`given` if it is a path of ours, else `/`: no other host, no scheme, nothing that ends a header."""
    text = given or "/"
    if not text.isascii() or not text.isprintable() or "\\" in text or not text.startswith("/"):
        return "/"
    try:
        parsed = urlsplit(text)
    except ValueError:
        return "/"
    return "/" if text.startswith("//") or parsed.scheme or parsed.netloc else text


def _visit() -> str:
    known = session.cookie(session.VISIT)
    if known:
        return known
    if "new_visit" not in g:
        chance = parts().service.sign_in.chance
        g.new_visit = chance.new_id() + chance.new_id()
    return str(g.new_visit)


def _comes_from_us() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == parts().service.settings.dashboard_origin


def _is_token(given: str) -> bool:
    """Any of the keys, and either cookie: a sign-in form open in a second tab is bound to the visit."""
    bound = [value for value in (session.cookie(session.SESSION), session.cookie(session.VISIT)) if value]
    wanted = [_token(value, key) for value in bound for key in parts().service.settings.secret_keys]
    return any(hmac.compare_digest(given.encode(), token.encode()) for token in wanted)


def _token(bound_to: str, key: str) -> str:
    return hmac.digest(key.encode(), b"csrf " + bound_to.encode(), "sha256").hex()
