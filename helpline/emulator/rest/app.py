"""The REST API as a WSGI application: who asks, which operation, faults, evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Authorization
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from helpline.emulator import forbidden, refusals
from helpline.emulator.carrier import Carrier
from helpline.emulator.envelope import API_VERSION
from helpline.emulator.faults import RestFault
from helpline.emulator.rest import alerts, calls, numbers, queues, rooms
from helpline.emulator.rest.errors import RestError, bad, not_found
from helpline.emulator.rest.request import Reply, RestRequest
from helpline.emulator.state import Leg, Status

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STEM = f"/{API_VERSION}/Accounts/<account>"
OPERATIONS: dict[str, tuple[str, str, Callable[..., Reply]]] = {
    "calls.create": ("POST", "/Calls.json", calls.create),
    "calls.list": ("GET", "/Calls.json", calls.list_),
    "calls.fetch": ("GET", "/Calls/<sid>.json", calls.fetch),
    "calls.update": ("POST", "/Calls/<sid>.json", calls.update),
    "calls.delete": ("DELETE", "/Calls/<sid>.json", calls.delete),
    "calls.notifications": ("GET", "/Calls/<sid>/Notifications.json", numbers.notifications),
    "queues.create": ("POST", "/Queues.json", queues.create),
    "queues.list": ("GET", "/Queues.json", queues.list_),
    "queues.fetch": ("GET", "/Queues/<sid>.json", queues.fetch),
    "queues.update": ("POST", "/Queues/<sid>.json", queues.update),
    "queues.delete": ("DELETE", "/Queues/<sid>.json", queues.delete),
    "members.list": ("GET", "/Queues/<sid>/Members.json", queues.members),
    "members.fetch": ("GET", "/Queues/<sid>/Members/<who>.json", queues.member),
    "members.update": ("POST", "/Queues/<sid>/Members/<who>.json", queues.dequeue),
    "conferences.list": ("GET", "/Conferences.json", rooms.list_),
    "conferences.fetch": ("GET", "/Conferences/<sid>.json", rooms.fetch),
    "conferences.update": ("POST", "/Conferences/<sid>.json", rooms.update),
    "participants.list": ("GET", "/Conferences/<sid>/Participants.json", rooms.participants),
    "participants.fetch": ("GET", "/Conferences/<sid>/Participants/<who>.json", rooms.participant),
    "participants.update": ("POST", "/Conferences/<sid>/Participants/<who>.json", rooms.change),
    "participants.delete": ("DELETE", "/Conferences/<sid>/Participants/<who>.json", rooms.kick),
    "numbers.list": ("GET", "/IncomingPhoneNumbers.json", numbers.list_),
    "numbers.fetch": ("GET", "/IncomingPhoneNumbers/<sid>.json", numbers.fetch),
    "numbers.update": ("POST", "/IncomingPhoneNumbers/<sid>.json", numbers.update),
    "notifications.list": ("GET", "/Notifications.json", numbers.notifications),
    "notifications.fetch": ("GET", "/Notifications/<sid>.json", numbers.notification),
    "alerts.list": ("GET", "/v1/Alerts", alerts.list_),
    "alerts.fetch": ("GET", "/v1/Alerts/<sid>", alerts.fetch),
}
ROUTES = Map(
    [
        Rule(path if path.startswith("/v1/") else STEM + path, methods=[verb], endpoint=name)
        for name, (verb, path, _) in OPERATIONS.items()
    ]
)


REGIONAL = re.compile(r"api\.[a-z0-9-]+\.[a-z0-9-]+\.twilio\.com")


def _refuse(carrier: Carrier, request: RestRequest) -> Reply:
    """A resource that is not there, or that this carrier does not model. Whoever asks should see it."""
    message = f"{request.method} {request.path}: no such resource of this carrier"
    carrier.world.alert(20404, message, url=request.path)
    raise not_found(request.path)


def _credentials(request: Request) -> Authorization | None:
    try:
        return request.authorization
    except ValueError:  # bytes that are no base64
        return None


class LostReply(TimeoutError):
    """The client waits for an answer that does not come. executed: whether the request was carried out all the same.

    In stepped mode it is raised out of the WSGI call, where an HTTP client in the process should turn it into its own
    timeout; in real mode the socket is left silent (hang) or closed (reset, lost_reply).
    """

    def __init__(self, fault: str, executed: bool) -> None:
        super().__init__(f"no answer: {fault}")
        self.fault = fault
        self.executed = executed


class RestApp:
    """`/2010-04-01/…`.

    guard: makes the context in which the carrier may be touched (real mode takes its lock). wait: how the latency of
    a fault passes, outside the guard; nothing can pass inside one instant, so stepped mode ignores it.
    """

    def __init__(
        self,
        carrier: Carrier,
        wait: Callable[[int], None] = lambda ms: None,
        guard: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._carrier = carrier
        self._wait = wait
        self._guard = guard

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            status, body = self._answer(request)
        except RestError as error:
            status, body = error.status, error.body()
        text = b"" if body is None else json.dumps(body).encode()
        response = Response(text, status, content_type="application/json")
        return response(environ, start_response)

    def _answer(self, request: Request) -> Reply:
        name, operation, arguments = self._route(request)
        try:
            query = tuple(request.args.items(multi=True))
        except UnicodeDecodeError:
            raise bad(20001, "the query is not UTF-8") from None
        asked = RestRequest(request.method, request.path, query, request.form, request.host_url.rstrip("/"))
        world = self._carrier.world
        with self._guard():
            fault = world.faults.rest_fault(name, world.rng)
        if fault is not None and fault.fault == "latency":
            self._wait(fault.ms)
        with self._guard():
            try:
                self._check_caller(
                    request, arguments.pop("account", self._carrier.world.settings.account_sid)
                )
                self._check_promises(asked)
                self._check_names(name, asked)
                reply = self._carry_out(fault, operation, asked, arguments)
            except RestError as error:
                self._note(name, asked, error.status, error.code)
                raise
            except LostReply as lost:
                world.log.add("fault", what=f"rest {lost.fault}", path=name, executed=lost.executed)
                self._note(name, asked, None, None)
                raise
            self._note(name, asked, reply[0], None, (reply[1] or {}).get("sid"))
            return reply

    def _route(self, request: Request) -> tuple[str, Callable[..., Reply], dict[str, Any]]:
        try:
            name, arguments = ROUTES.bind_to_environ(request.environ).match()
        except HTTPException:
            return "refused", _refuse, {"account": self._carrier.world.settings.account_sid}
        return name, OPERATIONS[name][2], dict(arguments)

    def _check_caller(self, request: Request, account: str) -> None:
        """Basic authentication: account and token, or API key and secret. One account lives in one region."""
        settings, world = self._carrier.world.settings, self._carrier.world
        pairs = {(settings.account_sid, settings.auth_token)}
        if settings.api_key:
            pairs.add((settings.api_key, settings.api_secret))
        given = _credentials(request)
        known = given is not None and given.type == "basic" and (given.username, given.password) in pairs
        if not known or account != settings.account_sid:
            raise RestError(20003, 401, "Authenticate")
        if REGIONAL.fullmatch(request.host):
            world.region_host = world.region_host or request.host
            if request.host != world.region_host:
                message = f"{request.host} after {world.region_host}: several regions are not modelled"
                world.alert(20003, message, url=request.url)
                raise RestError(20003, 401, "Authenticate")

    def _check_names(self, name: str, asked: RestRequest) -> None:
        """Refuse what the real carrier would act on and this one does not; tell of what no carrier knows."""
        refused, strange = refusals.in_rest(name, [*asked.form, *(key for key, _ in asked.query)])
        if name != "refused" and refused:
            message = f"{', '.join(refused)} of {name}: not modelled by this carrier"
            self._carrier.world.alert(20001, message, url=asked.path)
            raise bad(20001, message)
        if name != "refused" and strange:
            message = f"{', '.join(strange)} of {name}: no such parameter, ignored"
            self._carrier.world.alert(20001, message, level="warning", url=asked.path)

    def _check_promises(self, asked: RestRequest) -> None:
        names = [*asked.form, *(name for name, _ in asked.query)]
        words = forbidden.in_rest(asked.path, names) + forbidden.in_text(asked.form.get("Twiml", ""))
        if words:
            broken = f"P3 broken: {', '.join(words)} in {asked.method} {asked.path}"
            self._carrier.broken.append(broken)
            self._carrier.world.log.add("forbidden", leg=None, text=broken, words=words)
            raise bad(20001, broken)

    def _carry_out(
        self,
        fault: RestFault | None,
        operation: Callable[..., Reply],
        asked: RestRequest,
        arguments: dict[str, Any],
    ) -> Reply:
        """Run the operation, with the fault in force, if any, before or after it."""
        if fault is not None and fault.fault == "21220":
            raise bad(21220, "Call is not in-progress. Cannot redirect.")
        if fault is not None and fault.fault.isdigit():
            raise RestError(20429 if fault.fault == "429" else 20500, int(fault.fault), "fault in force")
        if fault is not None and fault.fault in ("hang", "reset"):
            raise LostReply(fault.fault, executed=False)
        if fault is not None and fault.fault in ("ended", "answered"):
            self._far_end_moves(fault.fault, self._carrier.world.legs.get(arguments.get("sid", "")))
        reply = operation(self._carrier, asked, **arguments)
        if fault is not None and fault.fault == "lost_reply":
            raise LostReply(fault.fault, executed=True)
        return reply

    def _far_end_moves(self, what: str, leg: Leg | None) -> None:
        """Somebody was quicker than the request by a moment."""
        if leg is None or leg.status.final:
            return
        self._carrier.world.log.add("fault", what=f"rest {what}", path="", leg=leg.handle)
        if what == "ended":
            self._carrier.far_end_hangs_up(leg)
        elif leg.status is Status.RINGING:
            self._carrier.legs.answer(leg)

    def _note(
        self, name: str, asked: RestRequest, status: int | None, code: int | None, sid: str | None = None
    ) -> None:
        params = {key: values if len(values) > 1 else values[0] for key, values in asked.form.lists()}
        parts = [part.removesuffix(".json") for part in asked.path.split("/")]
        target = sid or next((part for part in reversed(parts) if part[:2] in ("CA", "QU", "CF", "PN")), "")
        leg = self._carrier.world.legs.get(target)
        self._carrier.world.log.add(
            "rest", operation=name, method=asked.method, path=asked.path, status=status, code=code,
            sid=target or None, leg=leg.handle if leg else None, params={**dict(asked.query), **params},
        )  # fmt: skip


def rest_app(carrier: Carrier) -> WSGIApplication:
    """The carrier's REST API, to be called in the process (stepped mode)."""
    return RestApp(carrier)
