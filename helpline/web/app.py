"""The voice application: one Flask app behind the edge that verifies and strips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from helpline.bootstrap import Service
from helpline.web import errors, health, public, voice
from helpline.web.parts import KEY, Parts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def create_app(service: Service) -> WSGIApplication:
    """The WSGI application of `service`, reachable by the carrier only through the edge."""
    app = Flask("helpline.web", static_folder=None, template_folder=None)
    # An address is ours as it is written or not at all: no redirect, to a host that a header names.
    app.url_map.merge_slashes = False
    app.extensions[KEY] = Parts(service.switchboard, service.renderer)
    app.register_blueprint(voice.bp)
    app.register_blueprint(health.bp)
    app.register_blueprint(public.bp)
    errors.register(app)
    return service.edge(app)
