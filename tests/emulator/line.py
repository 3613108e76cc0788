"""A carrier with a web server that a test scripts, and the official client as the only way to its REST API."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response as SdkResponse
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from werkzeug.wrappers import Request, Response

from helpline.emulator import Carrier, CarrierSettings, Control, OwnNumber, WsgiTransport, rest_app
from helpline.emulator.carrier import START_MS
from helpline.emulator.web import WebRequest, call_wsgi

ACCOUNT = "AC" + "0a" * 16
TOKEN = "token-of-the-account"
N = "+33199000001"
A = "+33639980001"
B = "+33639980002"
P1 = "+33639985001"
P2 = "+33639985002"
SERVER = "https://srv.test"
EVENTS = ["initiated", "ringing", "answered", "completed"]

Reply = str | tuple[str, str] | tuple[int, str, str]
Script = Reply | Exception | Callable[[dict[str, str]], Any] | list[Any]


def doc(*verbs: str) -> str:
    """A document of these verbs."""
    return f"<Response>{''.join(verbs)}</Response>"


@dataclass
class Asked:
    """A request the scripted server has received."""

    at_ms: int
    method: str
    path: str
    raw: str
    form: dict[str, str]
    headers: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.form[name]


@dataclass
class ScriptedServer:
    """Answers each path as told and keeps every request. Checks every signature with the official validator.

    A script is a document, (body, content type), (status, body, content type), an exception to raise, a function of
    the form, or a list of these, used one after the other (the last stays).
    """

    now_ms: Callable[[], int] = lambda: 0
    scripts: dict[str, Script] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        form = request.form.to_dict()
        url = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{environ['RAW_URI']}"
        signed = RequestValidator(TOKEN).validate(
            url, request.form, request.headers.get("X-Twilio-Signature")
        )
        assert signed, f"wrong signature for {url}"
        form |= request.args.to_dict()
        headers = dict(request.headers)
        self.asked.append(
            Asked(self.now_ms(), request.method, request.path, environ["RAW_URI"], form, headers)
        )
        return self._answer(request.path, form)(environ, start_response)

    def _answer(self, path: str, form: dict[str, str]) -> Any:
        script: Any = self.scripts.get(path, doc())
        if isinstance(script, list):
            script = script.pop(0) if len(script) > 1 else script[0]
        if callable(script) and not isinstance(script, Response):
            script = script(form)
        if isinstance(script, Exception):
            raise script
        if isinstance(script, str):
            script = (200, script, "text/xml")
        if isinstance(script, tuple) and len(script) == 2:
            script = (200, *script)
        if isinstance(script, tuple):
            status, body, kind = script
            script = Response(body, status, content_type=kind)
        return script

    def at(self, path: str) -> list[Asked]:
        """The requests for a path."""
        return [request for request in self.asked if request.path == path]

    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.asked]


class WsgiClient(HttpClient):  # type: ignore[misc]  # the SDK is untyped here
    """The SDK's HTTP client, calling a WSGI application instead of a socket."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.bodies: list[str] = []

    def request(self, method: str, url: str, params: Any = None, data: Any = None, headers: Any = None,
                auth: Any = None, timeout: Any = None, allow_redirects: bool = False) -> SdkResponse:  # fmt: skip
        sent = dict(headers or {})
        sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        sent["Host"] = urlsplit(url).netloc
        target = f"{url}?{urlencode(params, doseq=True)}" if params else url
        body = urlencode(data or {}, doseq=True)
        self.bodies.append(body)
        reply = call_wsgi(self.app, WebRequest(method.upper(), target, tuple(sent.items()), body.encode()))
        return SdkResponse(reply.status, reply.body.decode(), dict(reply.headers))


class Line:
    """The number N at the carrier, its server, and hands to dial, wait and look.

    knob_seed: every line draws its open questions from it; None leaves them as they are.
    """

    knob_seed: ClassVar[int | None] = None

    def __init__(self, start_ms: int = START_MS, **settings: Any) -> None:
        self.server = ScriptedServer()
        self.transport = WsgiTransport({SERVER: self.server})
        values: dict[str, Any] = {
            "account_sid": ACCOUNT, "auth_token": TOKEN, "numbers": (OwnNumber(N, ("0800288038",)),),
        }  # fmt: skip
        self.carrier = Carrier(CarrierSettings(**(values | settings)), self.transport, start_ms)
        self.server.now_ms = lambda: self.carrier.now_ms
        self.control = Control(self.carrier)
        if self.knob_seed is not None:
            self.control.set_knobs({"seed": self.knob_seed})
        self.http = WsgiClient(rest_app(self.carrier))
        self.sdk = Client(ACCOUNT, TOKEN, http_client=self.http)
        self.configure(voice_url=f"{SERVER}/voice", voice_fallback_url=f"{SERVER}/fallback",
                       status_callback=f"{SERVER}/numstatus")  # fmt: skip

    def configure(self, **urls: str) -> None:
        """Set URLs of N by REST."""
        number = self.sdk.incoming_phone_numbers.list(phone_number=N)[0]
        number.update(**urls)

    def script(self, **paths: Script) -> None:
        """Say what the server answers at each path, written without its slash."""
        self.server.scripts |= {f"/{path}": answer for path, answer in paths.items()}

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.carrier.run_due(self.carrier.now_ms + round(seconds * 1000))

    def dial(self, document: str = "", wait_s: float = 1.0, from_: str | None = A) -> str:
        """A calls N, whose first document is given; gives the call's handle."""
        if document:
            self.server.scripts["/voice"] = document
        handle = self.control.dial(from_, N)
        self.wait(wait_s)
        return handle

    def sid(self, handle: str) -> str:
        """The carrier's identifier of a leg."""
        return self.carrier.world.handles[handle].sid

    def heard(self, handle: str) -> list[str]:
        """What the caller was told, words and recordings only."""
        return [
            sound["text"] for sound in self.control.call(handle)["heard"] if sound["kind"] in ("say", "play")
        ]

    def sounds(self, handle: str) -> Iterator[tuple[str, int]]:
        """Kind and instant of everything heard."""
        for sound in self.control.call(handle)["heard"]:
            yield sound["kind"], sound["at_ms"]

    def codes(self) -> list[int]:
        """Numbers of the debugger's lines, oldest first, as REST lists them."""
        return [int(line.error_code) for line in reversed(self.sdk.notifications.list())]

    def ring(self, to: str = P1, **more: Any) -> Any:
        """A REST leg from N to `to`, its document at /offer, its reports at /leg."""
        values: dict[str, Any] = {
            "to": to, "from_": N, "url": f"{SERVER}/offer", "status_callback": f"{SERVER}/leg",
            "status_callback_event": EVENTS,
        }  # fmt: skip
        return self.sdk.calls.create(**(values | more))
