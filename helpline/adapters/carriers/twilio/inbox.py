"""The edge: every webhook is verified and stripped here, before any other code runs.

A WSGI layer around the web application. It reads the body, checks the signature with
the official validator on the raw URL under our one configured origin, and replaces the
body by an allow-list. The caller's number is in the memory of this function and nowhere
after it: no later code can log what it never had.

Refused (403, nothing changed): no or a wrong signature, another account, a name given
twice, a query string, an absolute or doubled-slash target. Too large 413, of another
kind 415, without length 411, cut off 408, not POST 405.
"""

from __future__ import annotations

import io
import logging
import re
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator, compare
from werkzeug.datastructures import MultiDict

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ALLOWED = (
    "CallStatus",
    "Digits",
    "QueueResult",
    "QueueTime",
    "StatusCallbackEvent",
    "ReasonParticipantLeft",
    "ParticipantCallStatus",
    "SequenceNumber",
    "DialCallStatus",
)
LEG_ID = re.compile(r"CA[0-9a-f]{32}\Z")
MOST_BYTES = 64 * 1024
MOST_FIELDS = 200
BODY_S = 0.8
"""The longest silence in the middle of a body."""

PREFIX = "/voice/"
FORM = "helpline.form"
"""Where the application finds the stripped form, so that it need not read it out of a body again."""

_log = logging.getLogger("helpline.edge")
_LINES = {403: "403 Forbidden", 405: "405 Method Not Allowed", 408: "408 Request Timeout"}
_LINES |= {411: "411 Length Required", 413: "413 Content Too Large", 415: "415 Unsupported Media Type"}


class Fields(dict[str, str]):
    """A form without a name given twice, as the official validator asks for values: a third of a MultiDict's time."""

    def getall(self, name: str) -> tuple[str, ...]:
        return (self[name],)


class Refused(Exception):
    """The request is not from our carrier, or not as it speaks. `reason` is a fixed word."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """`public_origin` as the carrier calls us; `auth_tokens` accepted, the current one first."""

    public_origin: str
    account_sid: str
    auth_tokens: Sequence[str]


class Edge:
    """Wrap `app`: voice webhooks reach it verified and stripped, anything else untouched.

    `line_of` resolves the called number to the id of one of our lines, None when it is
    not ours. `now_ms` times the log: one line of refusal a second at most.
    """

    def __init__(
        self,
        app: WSGIApplication,
        settings: EdgeSettings,
        line_of: Callable[[str], str | None],
        now_ms: Callable[[], int],
    ) -> None:
        self._app = app
        self._settings = settings
        self._validators = [RequestValidator(token) for token in settings.auth_tokens]
        self._line_of = line_of
        self._now_ms = now_ms
        self._quiet_until_ms = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # However many slashes it begins with: nothing unverified may pass as a webhook.
        if not f"/{environ.get('PATH_INFO', '').lstrip('/')}".startswith(PREFIX):
            return self._app(environ, start_response)
        try:
            form = self._stripped(environ)
        except Refused as refusal:
            _read_no_more(environ)
            return self._refuse(refusal, start_response)
        return self._app(_environ_for_app(environ, form), start_response)

    def _stripped(self, environ: WSGIEnvironment) -> dict[str, str]:
        pairs = _read_form(environ)
        fields = Fields(pairs)
        twice = len(fields) < len(pairs)
        self._verify(environ, MultiDict(pairs) if twice else fields)
        if twice:
            raise Refused(403, "a name twice")
        if fields.get("AccountSid") != self._settings.account_sid:
            raise Refused(403, "another account")
        form = {name: fields[name] for name in ALLOWED if name in fields}
        leg_id = fields.get("CallSid", "")
        if LEG_ID.match(leg_id):
            form["Leg"] = leg_id
        line = self._line_of(fields.get("To", ""))
        if line is not None:
            form["Line"] = line
        return form

    def _verify(self, environ: WSGIEnvironment, fields: Mapping[str, str]) -> None:
        target = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", ""))
        if not target.startswith("/") or target.startswith("//") or "?" in target:
            raise Refused(403, "target")
        signature = environ.get("HTTP_X_TWILIO_SIGNATURE")
        if not signature:
            raise Refused(403, "no signature")
        url = self._settings.public_origin + target
        # Every token is tried, so the time taken says nothing about which one is in use.
        right = [_holds(validator, url, fields, str(signature)) for validator in self._validators]
        if not any(right):
            raise Refused(403, "signature")

    def _refuse(self, refusal: Refused, start_response: StartResponse) -> Iterable[bytes]:
        now_ms = self._now_ms()
        if now_ms >= self._quiet_until_ms:
            self._quiet_until_ms = now_ms + 1_000
            _log.warning("webhook refused: %s", refusal.reason)
        headers = [("Content-Length", "0")]
        if refusal.status == 405:
            headers.append(("Allow", "POST"))
        start_response(_LINES[refusal.status], headers)
        return [b""]


def _holds(validator: RequestValidator, url: str, fields: Mapping[str, str], signature: str) -> bool:
    """The official check; its TypeError and ValueError on odd input mean no.

    `validate` signs twice, for the address with and without its port. What is signed for the very address we
    have, as everything of our carrier's is, needs only the first half of it.
    """
    try:
        at_once = compare(validator.compute_signature(url, fields), signature)
        return bool(at_once or validator.validate(url, fields, signature))
    except (TypeError, ValueError, UnicodeError):
        return False


def _environ_for_app(environ: WSGIEnvironment, form: Mapping[str, str]) -> WSGIEnvironment:
    """The request as the application sees it: the stripped form as `FORM`, no body, and none of the carrier's headers.

    The signature among them is a keyed hash of the number; nobody needs the others.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith("HTTP_") and name not in {"RAW_URI", "REQUEST_URI"}
    }
    return kept | {"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0", "QUERY_STRING": "", FORM: form}


def _read_form(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    if environ.get("REQUEST_METHOD") != "POST":
        raise Refused(405, "method")
    kind = str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Refused(415, "content type")
    if environ.get("HTTP_CONTENT_ENCODING") or environ.get("HTTP_TRANSFER_ENCODING"):
        raise Refused(415, "encoding")
    length = str(environ.get("CONTENT_LENGTH") or "")
    if not (length.isascii() and length.isdigit()):
        raise Refused(411, "length")
    if len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES:
        raise Refused(413, "too large")
    return _parse(_read_body(environ, int(length)))


def _read_body(environ: WSGIEnvironment, length: int) -> bytes:
    """The whole body. One that stops coming is refused: the server would wait for it for ever."""
    connection = environ.get("gunicorn.socket")
    body = b""
    if connection is not None:
        connection.settimeout(BODY_S)
    with suppress(OSError):  # time is over, or they hung up: too short below
        body = environ["wsgi.input"].read(length)
    if connection is not None:
        connection.settimeout(None)
    if len(body) < length:
        raise Refused(408, "body")
    return body


def _read_no_more(environ: WSGIEnvironment) -> None:
    """Of what is refused, nothing more is read: the server would drain it for seconds, in a thread the carrier needs."""
    connection = environ.get("gunicorn.socket")
    if connection is not None:
        with suppress(OSError):  # they have hung up already
            connection.shutdown(socket.SHUT_RD)


def _parse(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except ValueError:
        kind = 413 if body.count(b"&") >= MOST_FIELDS else 403
    raise Refused(kind, "form")
