"""Fetching a document of a leg and reading it: redirects, cookies, kinds of body, and what makes it fail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urljoin, urlsplit

from helpline.emulator import forbidden, twiml
from helpline.emulator.delivery import Delivery, Order
from helpline.emulator.envelope import leg_params
from helpline.emulator.state import Leg
from helpline.emulator.twiml import TwimlError, Verb
from helpline.emulator.web import Answer, FailureKind, Pairs, WebFailure, WebReply
from helpline.emulator.world import World

MAX_REDIRECTS = 10
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
                return self._read(leg, request.inline.encode(), request.url, request)
            answer, url = await self._retrieve(leg, request)
            return self._read_reply(leg, answer, url, request)
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

    async def _retrieve(self, leg: Leg, request: DocumentRequest) -> tuple[WebReply, str]:
        """Follow redirects to a good reply; gives it with its URL."""
        url, method = request.url, request.method
        for _ in range(MAX_REDIRECTS + 1):
            params = (*leg_params(leg, self._world.settings.account_sid), *request.params)
            order = Order("document", request.role, url, method, params, leg, _cookie_header(leg, url))
            answer = await self._delivery.exchange(order)
            reply = self._good(answer, url)
            self._keep_cookies(leg, url, reply)
            if reply.status < 300:
                return reply, url
            location = reply.header("Location")
            if not location:
                raise DocumentFailed(11216, url, "redirect without a location")
            url = urljoin(url, location)
            method = method if reply.status in (307, 308) else "GET"
        raise DocumentFailed(11215, request.url, "too many redirects")

    def _good(self, answer: Answer, url: str) -> WebReply:
        if isinstance(answer, WebFailure):
            raise DocumentFailed(self._failure_code(answer.kind), url, f"no reply: {answer.kind.value}")
        if answer.status >= 400:
            raise DocumentFailed(11200, url, f"HTTP status {answer.status}")
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

    def _keep_cookies(self, leg: Leg, url: str, reply: WebReply) -> None:
        for header in reply.all("Set-Cookie"):
            try:
                jar = SimpleCookie(header)
            except CookieError:
                continue
            for name, morsel in jar.items():
                leg.cookies[(urlsplit(url).hostname or "", name)] = morsel.value

    def _read_reply(self, leg: Leg, reply: WebReply, url: str, request: DocumentRequest) -> Document:
        kind = reply.header("Content-Type").partition(";")[0].strip().lower()
        asked = replace(request, url=url)
        if not reply.body.strip() and not kind.startswith("audio/"):
            raise DocumentFailed(11770, url, "empty document")
        if kind.startswith("audio/"):
            return Document((Verb("Play", {}, url),), url, request.method, request.role)
        if kind == "text/plain":
            try:
                twiml.parse(reply.body)
            except TwimlError:
                words = Verb("Say", {}, reply.body.decode("utf-8", "replace").strip())
                return Document((words,), url, request.method, request.role)
        elif kind not in TWIML_TYPES:
            code = 12300 if kind else 11200
            raise DocumentFailed(code, url, f"content type {kind or 'missing'}")
        return self._read(leg, reply.body, url, asked)

    def _read(self, leg: Leg, body: bytes, url: str, request: DocumentRequest) -> Document:
        try:
            verbs = twiml.parse(body)
        except TwimlError as error:
            raise DocumentFailed(error.code, url, error.message) from None
        if words := forbidden.in_document(verbs):
            broken = f"P3 broken: {', '.join(words)} in the answer of {request.role} {urlsplit(url).path}"
            self._world.broken.append(broken)
            self._world.log.add("forbidden", leg=leg.handle, text=broken, words=words)
            raise DocumentFailed(12400, url, broken)
        verbs, warnings = twiml.checked(verbs)
        for warning in warnings:
            self._world.alert(12200, warning, leg=leg, level="warning", url=url)
        return Document(verbs, url, request.method, request.role)


def _cookie_header(leg: Leg, url: str) -> Pairs:
    host = urlsplit(url).hostname or ""
    pairs = [f"{name}={value}" for (owner, name), value in leg.cookies.items() if owner == host]
    return (("Cookie", "; ".join(pairs)),) if pairs else ()
