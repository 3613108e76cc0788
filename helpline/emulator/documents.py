"""Fetching a document of a leg and reading it: what makes it fail, and what this carrier refuses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from helpline.emulator import forbidden, refusals, twiml
from helpline.emulator.delivery import Delivery, Order
from helpline.emulator.envelope import leg_params
from helpline.emulator.state import Leg
from helpline.emulator.twiml import TwimlError, Verb
from helpline.emulator.web import Answer, FailureKind, Pairs, WebFailure, WebReply
from helpline.emulator.world import World

REFUSED = "is not modelled by this carrier"
TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


@dataclass(frozen=True)
class DocumentRequest:
    """A document wanted. role names it in the evidence; `inline` is TwiML handed over by REST instead of a URL."""

    role: str
    url: str
    method: str = "POST"
    params: Pairs = ()
    inline: str | None = None

    def plus(self, params: Pairs) -> DocumentRequest:
        """The same with more parameters."""
        return replace(self, params=(*params, *self.params))


@dataclass(frozen=True)
class Document:
    """A document to run: its verbs, and where it came from, for relative URLs and for asking it again."""

    verbs: tuple[Verb, ...]
    url: str
    method: str
    role: str

    def resolve(self, role: str, url: str, method: str = "POST", params: Pairs = ()) -> DocumentRequest:
        """A request for a URL written in this document; "" is the document itself, asked by its own method."""
        if not url.strip():
            return DocumentRequest(role, self.url, self.method, params)
        return DocumentRequest(role, urljoin(self.url, url.strip()), method.upper(), params)


class DocumentFailed(Exception):
    """A document could not be retrieved or executed. code: the carrier's error number; url: the failing one."""

    def __init__(self, code: int, url: str, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.url = url.partition("#")[0]
        self.message = message


class Documents:
    """Fetches documents for legs."""

    def __init__(self, world: World, delivery: Delivery) -> None:
        self._world = world
        self._delivery = delivery

    async def fetch(self, leg: Leg, request: DocumentRequest) -> Document:
        """Ask for a document and read it. Raises DocumentFailed, after writing the alert."""
        try:
            if request.inline is not None:
                return self._read(leg, request.inline.encode(), request)
            return self._read_reply(leg, await self._retrieve(leg, request), request)
        except DocumentFailed as failure:
            variables = (*leg_params(leg, self._world.settings.account_sid), *request.params)
            self._world.alert(failure.code, failure.message, leg=leg, url=failure.url, variables=variables)
            raise

    async def ask_and_ignore(self, leg: Leg, request: DocumentRequest) -> None:
        """Request the action of an interrupted verb. Whatever it answers is not run; a failure is an alert."""
        try:
            await self._retrieve(leg, request)
        except DocumentFailed as failure:
            self._world.alert(failure.code, failure.message, leg=leg, url=failure.url)

    async def _retrieve(self, leg: Leg, request: DocumentRequest) -> WebReply:
        """Ask once, and again where the policy says so. Raises DocumentFailed for anything but a good reply."""
        params = (*leg_params(leg, self._world.settings.account_sid), *request.params)
        order = Order("document", request.role, request.url, request.method, params, leg)
        reply = self._good(await self._delivery.exchange(order), request.url)
        if reply.header("Set-Cookie"):
            self._world.alert(11200, f"Set-Cookie {REFUSED}", leg=leg, level="warning", url=request.url)
        return reply

    def _good(self, answer: Answer, url: str) -> WebReply:
        if isinstance(answer, WebFailure):
            raise DocumentFailed(self._failure_code(answer.kind), url, f"no reply: {answer.kind.value}")
        if answer.status >= 400:
            raise DocumentFailed(11200, url, f"HTTP status {answer.status}")
        if answer.status >= 300:
            raise DocumentFailed(11216, url, f"HTTP status {answer.status}: a redirect {REFUSED}")
        return answer

    def _failure_code(self, kind: FailureKind) -> int:
        knobs = self._world.knobs
        codes = {
            FailureKind.REFUSED: knobs.error_code_on_refused,
            FailureKind.CONNECT_TIMEOUT: 11205,
            FailureKind.TIMEOUT: knobs.error_code_on_timeout,
            FailureKind.TLS: 11220,
            FailureKind.RESET: 11206,
            FailureKind.BAD_URL: 11100,
        }
        return codes[kind]

    def _read_reply(self, leg: Leg, reply: WebReply, request: DocumentRequest) -> Document:
        kind, url = reply.header("Content-Type").partition(";")[0].strip().lower(), request.url
        if not reply.body.strip():
            raise DocumentFailed(11770, url, "empty document")
        if kind == "text/plain" or kind.startswith("audio/"):
            raise DocumentFailed(12300, url, f"a document of type {kind} {REFUSED}")
        if kind not in TWIML_TYPES:
            raise DocumentFailed(12300 if kind else 11200, url, f"content type {kind or 'missing'}")
        return self._read(leg, reply.body, request)

    def _read(self, leg: Leg, body: bytes, request: DocumentRequest) -> Document:
        url = request.url
        try:
            verbs = twiml.parse(body)
        except TwimlError as error:
            raise DocumentFailed(error.code, url, error.message) from None
        if words := forbidden.in_document(verbs):
            broken = f"P3 broken: {', '.join(words)} in the answer of {request.role} {urlsplit(url).path}"
            self._world.broken.append(broken)
            self._world.log.add("forbidden", leg=leg.handle, text=broken, words=words)
            raise DocumentFailed(12400, url, broken)
        if words := refusals.in_document(verbs):
            raise DocumentFailed(12400, url, f"{', '.join(words)} {REFUSED}")
        verbs, warnings = twiml.checked(verbs)
        for warning in warnings:
            self._world.alert(12200, warning, leg=leg, level="warning", url=url)
        return Document(verbs, url, request.method, request.role)
