"""The floor: the least a Flask application does for a webhook: verify with the official validator, answer.

Served by gunicorn as the web is. Its clients (`time_to_ring`) give the carrier's token in `FLOOR_TOKEN`.
"""

from __future__ import annotations

import os

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator

TWIML = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Say language="fr-FR">Bonjour.</Say><Hangup/></Response>'
)

app = Flask(__name__)
_validator = RequestValidator(os.environ.get("FLOOR_TOKEN", ""))


@app.post("/voice")
def voice() -> Response:
    if not _validator.validate(request.url, request.form, request.headers.get("X-Twilio-Signature", "")):
        abort(403)
    return Response(TWIML, mimetype="text/xml")


@app.get("/")
def live() -> Response:
    return Response("ok\n")
