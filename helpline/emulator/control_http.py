"""The control API over HTTP, and the telephone page at "/". Loopback only: it has no authentication."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from helpline.emulator.carrier import Carrier
from helpline.emulator.control import Control, ControlError
from helpline.emulator.handsets import Refused
from helpline.emulator.page.files import PageFiles
from helpline.emulator.page.options import Options

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Answer = tuple[int, Any]
Operation = Callable[[Control, dict[str, Any], dict[str, str]], Answer]


def _done(action: Callable[[], object]) -> Answer:
    action()
    return 200, {}


def _dial(control: Control, body: dict[str, Any], _: dict[str, str]) -> Answer:
    from_, to = body.get("from"), body.get("to")
    if not isinstance(to, str) or not to:
        raise ControlError(400, "to: a number of the account", "to")
    if not (from_ is None or isinstance(from_, str)) or set(body) - {"from", "to"}:
        raise ControlError(400, "from: a number, or null to withhold it", "from")
    return 201, {"call": control.dial(from_, to)}


def _log(control: Control, body: dict[str, Any], at: dict[str, str]) -> Answer:
    after = at.get("after", "0")
    if not re.fullmatch("[0-9]{1,15}", after):
        raise ControlError(400, "after: a whole number", "after")
    return 200, {"log": control.log(int(after))}


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/calls"): _dial,
    ("GET", "/calls"): lambda c, _, at: (200, {"calls": c.calls()}),
    ("GET", "/calls/<call>"): lambda c, _, at: (200, c.call(at["call"])),
    ("POST", "/calls/<call>/press"): lambda c, body, at: _done(lambda: c.press(at["call"], body.get("keys"))),
    ("POST", "/calls/<call>/hangup"): lambda c, _, at: _done(lambda: c.hang_up(at["call"])),
    ("POST", "/legs/<leg>/lose"): lambda c, _, at: _done(lambda: c.lose(at["leg"])),
    ("GET", "/phones"): lambda c, _, at: (200, {"phones": c.phones()}),
    ("GET", "/phones/<number>"): lambda c, _, at: (200, c.phone(at["number"])),
    ("PUT", "/phones/<number>"): lambda c, body, at: (200, c.set_phone(at["number"], body)),
    ("POST", "/phones/<number>/answer"): lambda c, _, at: _done(lambda: c.answer(at["number"])),
    ("POST", "/phones/<number>/decline"): lambda c, _, at: _done(lambda: c.decline(at["number"])),
    ("POST", "/phones/<number>/press"): lambda c, b, at: _done(
        lambda: c.phone_press(at["number"], b.get("keys"))
    ),
    ("POST", "/phones/<number>/hangup"): lambda c, _, at: _done(lambda: c.phone_hang_up(at["number"])),
    ("GET", "/clients"): lambda c, _, at: (200, {"clients": c.clients()}),
    ("GET", "/clients/<name>"): lambda c, _, at: (200, c.client(at["name"])),
    ("PUT", "/clients/<name>"): lambda c, body, at: (200, c.set_client(at["name"], body)),
    ("POST", "/clients/<name>/accept"): lambda c, _, at: _done(lambda: c.accept(at["name"])),
    ("POST", "/clients/<name>/reject"): lambda c, _, at: _done(lambda: c.reject(at["name"])),
    ("POST", "/clients/<name>/press"): lambda c, b, at: _done(
        lambda: c.client_press(at["name"], b.get("keys"))
    ),
    ("POST", "/clients/<name>/hangup"): lambda c, _, at: _done(lambda: c.client_hang_up(at["name"])),
    ("GET", "/log"): _log,
    ("GET", "/alerts"): lambda c, _, at: (200, {"alerts": c.alerts(), "broken": c.broken()}),
    ("PUT", "/faults"): lambda c, body, at: _done(lambda: c.set_faults(body)),
    ("PUT", "/knobs"): lambda c, body, at: (200, c.set_knobs(body)),
    ("POST", "/clock"): lambda c, body, at: (200, c.advance(body.get("advance_ms"))),
    ("POST", "/load"): lambda c, body, at: (201, c.start_load(body)),
    ("GET", "/load"): lambda c, _, at: (200, c.load()),
    ("DELETE", "/load"): lambda c, _, at: (200, c.stop_load()),
    ("POST", "/reset"): lambda c, _, at: _done(c.reset),
}
ROUTES = Map(
    [Rule(f"/control{path}", methods=[verb], endpoint=(verb, path)) for verb, path in OPERATIONS],
    strict_slashes=False,
)


class ControlApp:
    """`/control/…`, and the page with its files. A telephone with a label may be called by it."""

    def __init__(self, control: Control, options: Options) -> None:
        self._control = control
        self._options = options
        self._files = PageFiles()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        file = self._files.get(request.path) if request.method == "GET" else None
        if file is not None:
            return file(environ, start_response)
        try:
            status, body = self._answer(request)
        except Refused as error:
            status, body = error.status, {"error": error.error, "where": error.where}
        response = Response(json.dumps(body), status, content_type="application/json")
        return response(environ, start_response)

    def _answer(self, request: Request) -> Answer:
        try:
            endpoint, at = ROUTES.bind_to_environ(request.environ).match()
        except HTTPException as error:
            code = error.code or 404
            raise ControlError(code if code >= 400 else 404, "no such operation", "path") from None
        try:
            asked = request.args.to_dict()
        except UnicodeDecodeError:
            raise ControlError(400, "the query is not UTF-8", "query") from None
        if "number" in at:
            at = {"number": self._options.number_of(at["number"])}
        return OPERATIONS[endpoint](self._control, _body(request), {**asked, **at})


def _body(request: Request) -> dict[str, Any]:
    raw = request.get_data()
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise ControlError(400, "the body is not JSON", "body") from None
    if not isinstance(body, dict):
        raise ControlError(400, "the body is not a JSON object", "body")
    return body


def control_app(carrier: Carrier, control: Control, options: Options = Options()) -> WSGIApplication:  # noqa: B008 -- frozen
    """The control API and the page, to be called in the process or served on loopback."""
    return ControlApp(control, options)
