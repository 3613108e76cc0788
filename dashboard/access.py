"""The role of every route. A route that names none keeps the application from starting.

    @bp.get("/desk")
    @allow(Role.PSYCHOLOGIST)
    def desk() -> str: ...

`allow` marks the view and wraps nothing; `check` runs before each request, so that no view can forget it, and
`refuse_open_routes` at start. Who somebody is comes from `session.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import quote

from flask import Flask, abort, redirect, request
from werkzeug.wrappers import Response

from dashboard.session import visitor
from helpline.domain.accounts import Role

View = TypeVar("View", bound=Callable[..., Any])
Roles: TypeAlias = frozenset[Role]

PUBLIC: Final[Roles] = frozenset()
"""Open to whoever comes: signing in, health, assets."""

EVERYBODY: Final[Roles] = frozenset(Role)

BY_SCRIPT: Final = "X-By-Script"
"""A header of requests that scripts of ours make: what comes back goes into a page, it is none."""

_MARK: Final = "__helpline_roles__"


class RouteWithoutRole(Exception):
    """Routes that name no role, one a line. The application must not start."""


def allow(*roles: Role) -> Callable[[View], View]:
    """For these roles only, at least one."""
    if not roles:
        raise TypeError("name a role, or use `public` or `signed_in`")
    return _marking(frozenset(roles))


def signed_in(view: View) -> View:
    """For every role there is."""
    return _marking(EVERYBODY)(view)


def public(view: View) -> View:
    """For whoever comes, signed in or not."""
    return _marking(PUBLIC)(view)


def roles_of(app: Flask, endpoint: str) -> Roles | None:
    """The roles a route is for; PUBLIC is open, None is a route that names none."""
    found: Roles | None = getattr(app.view_functions.get(endpoint), _MARK, None)
    return found


def may_open(app: Flask, endpoint: str, role: Role) -> bool:
    """Whether somebody of this role may open a route; for navigation."""
    roles = roles_of(app, endpoint)
    return roles is not None and (not roles or role in roles)


def refuse_open_routes(app: Flask) -> None:
    """Raises RouteWithoutRole unless every route of `app` names its roles."""
    missing = sorted(
        {
            f"{rule.rule} ({rule.endpoint})"
            for rule in app.url_map.iter_rules()
            if roles_of(app, rule.endpoint) is None
        }
    )
    if missing:
        raise RouteWithoutRole("\n".join(missing))


def check(app: Flask) -> Response | None:
    """Before each request: let it pass, send to sign-in, or refuse with 403. An unknown address passes, to its 404."""
    endpoint = request.endpoint
    if endpoint is None:
        return None
    roles = roles_of(app, endpoint)
    if roles is None:
        abort(403)
    if not roles:
        return None
    known = visitor()
    if known is None:
        return to_sign_in()
    if known.account.role not in roles:
        abort(403)
    return None


def to_sign_in() -> Response:
    """Where somebody unknown is sent: the sign-in page, and back from there when it was a page they asked for."""
    here = request.full_path.rstrip("?") if request.method == "GET" and not _is_fragment() else ""
    target = "/sign-in" + (f"?next={quote(here)}" if here not in ("", "/") else "")
    if _is_fragment():
        # A script would follow a redirect unseen; the page has words of its own for this.
        return Response(status=401)
    return redirect(target, 303)


def _is_fragment() -> bool:
    """A request by a script of ours, or an event stream."""
    return BY_SCRIPT in request.headers or request.accept_mimetypes.best == "text/event-stream"


def _marking(roles: Roles) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, _MARK, roles)
        return view

    return mark
