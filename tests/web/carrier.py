"""The carrier as the web application sees it: signed requests straight into WSGI, and the answers read back.

The signature is the official one of the carrier's SDK, so that ours and the emulator's reading of the rule are
not what is tested against itself.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import run_wsgi_app

FORM = "application/x-www-form-urlencoded; charset=utf-8"
ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
OUR_NUMBER = "+33199000001"
CANARY = "+33639980123"
LEG = "CA" + "ab" * 16
"""A leg id as the carrier writes them."""

Fields = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


def envelope(leg: str = LEG, **changes: str) -> dict[str, str]:
    """What the carrier sends with every request about an inbound leg, the caller's number in every place it has."""
    fields = {
        "CallSid": leg,
        "AccountSid": ACCOUNT,
        "From": CANARY,
        "Caller": CANARY,
        "To": OUR_NUMBER,
        "Called": OUR_NUMBER,
        "CallStatus": "ringing",
        "ApiVersion": "2010-04-01",
        "Direction": "inbound",
        "FromCity": "",
        "FromCountry": "FR",
    }
    return {**fields, **changes}


class Carrier:
    """Posts to one web application. `token` signs; `origin` is what the carrier was told to call."""

    def __init__(self, app: Any, origin: str, token: str = TOKEN) -> None:
        self.app = app
        self.origin = origin
        self.validator = RequestValidator(token)

    def signature(self, target: str, fields: Fields) -> str:
        return str(self.validator.compute_signature(self.origin + target, MultiDict(fields)))

    def post(self, target: str, fields: Fields, *, signature: str | None = None, **changes: Any) -> Answer:
        """A signed form. `changes` are put into the environment last: headers (`HTTP_…`), CONTENT_TYPE, RAW_URI."""
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        signed = self.signature(target, pairs) if signature is None else signature
        return self.send(target, urlencode(pairs).encode(), **{"HTTP_X_TWILIO_SIGNATURE": signed, **changes})

    def send(self, target: str, body: bytes, **changes: Any) -> Answer:
        """Any bytes. A change to None takes the name out of the environment."""
        environ = environ_of(target, body) | changes
        environ = {name: value for name, value in environ.items() if value is not None}
        parts, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        return Answer(int(status.split()[0]), dict(headers), b"".join(parts))


def environ_of(target: str, body: bytes) -> dict[str, Any]:
    """The environment gunicorn makes of a POST."""
    path, _, query = target.partition("?")
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": FORM,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "voix.test",
        "HTTP_USER_AGENT": "TwilioProxy/1.1",
        "HTTP_I_TWILIO_IDEMPOTENCY_TOKEN": "0" * 32,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
