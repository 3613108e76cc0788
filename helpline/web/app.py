"""The voice application: one Flask app behind the edge that verifies and strips."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flask import Flask

from helpline.adapters.carriers.twilio.inbox import Edge, EdgeSettings
from helpline.web import errors, health, public, voice
from helpline.web.parts import KEY, Parts

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def create_app(parts: Parts, edge: EdgeSettings) -> WSGIApplication:
    """The WSGI application of `parts`, reachable by the carrier only through the edge."""
    app = Flask("helpline.web", static_folder=None, template_folder=None)
    app.extensions[KEY] = parts
    app.register_blueprint(voice.bp)
    app.register_blueprint(health.bp)
    app.register_blueprint(public.bp)
    errors.register(app)

    def line_of(to: str) -> str | None:
        line = parts.switchboard.book.rules.resolve(to)
        return line.id if line is not None else None

    return Edge(app, edge, line_of, time.monotonic)
