"""The pages: one Flask application beside the voice webhooks, on a port of its own.

Order of a request: host → role (`access.py`) → same origin and token (`security.py`) → view → headers.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, redirect, url_for
from jinja2 import StrictUndefined
from werkzeug.wrappers import Response as AnyResponse

from dashboard import access, errors, health, i18n, registry, security, session
from dashboard.assets import Assets
from dashboard.parts import KEY, Parts, parts
from helpline.bootstrap import Service

BODY_MAX: Final = 64 * 1024
"""Bytes of a request; the longest of ours is a form of some kilobytes."""


def create_app(service: Service) -> Flask:
    """The pages of `service`. Raises RouteWithoutRole when a route names no role; connects to nothing."""
    app = Flask("dashboard", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_MAX
    app.config["MAX_FORM_MEMORY_SIZE"] = BODY_MAX
    # An address is ours as it is written or not at all: no redirect to a host that a header names.
    app.url_map.merge_slashes = False
    app.config["TRUSTED_HOSTS"] = [
        urlsplit(service.settings.dashboard_origin).hostname,
        "127.0.0.1",
        "localhost",
    ]
    pages = registry.find()
    app.extensions[KEY] = Parts(service, Assets(registry.FOLDER), pages)
    app.before_request(lambda: access.check(app))
    app.before_request(security.check_request)
    app.after_request(security.remember_visit)
    app.after_request(security.set_headers)
    app.after_request(security.pack)
    errors.register(app)
    for blueprint in (health.bp, *(page.bp for page in pages)):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "home", home)
    app.add_url_rule("/static/<build>/<path:name>", "asset", asset)
    app.add_url_rule("/favicon.ico", "favicon", favicon)
    _equip_templates(app)
    access.refuse_open_routes(app)
    return app


@access.signed_in
def home() -> AnyResponse:
    """The first page of the navigation that is for whoever asks."""
    places = navigation()
    return redirect(url_for(places[0].endpoint if places else "account.show"), 303)


@access.public
def asset(build: str, name: str) -> Response:
    return parts().assets.serve(build, name)


@access.public
def favicon() -> AnyResponse:
    return redirect(parts().assets.url("img/favicon.svg"), 302)


def navigation() -> list[registry.Nav]:
    """The places that whoever is signed in may go to, in order."""
    known = session.visitor()
    if known is None:
        return []
    places = [page.nav for page in parts().pages if page.nav is not None]
    return [nav for nav in places if access.may_open(current_app, nav.endpoint, known.account.role)]


def _equip_templates(app: Flask) -> None:
    """What every template may use, besides the words (`i18n.py`)."""
    i18n.install(app)
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    assets: Assets = app.extensions[KEY].assets
    env.globals.update(
        asset=assets.url,
        icon=assets.icon,
        csrf_field=security.csrf_field,
        csrf_token=security.csrf_token,
        visitor=errors.visitor_or_none,
        navigation=navigation,
    )
