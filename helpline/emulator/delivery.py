"""Requests to the service's server: signature, deadlines, retries, faults, evidence.

Limits are enforced here, in the core's time, whatever the transport: 15 s for the whole exchange at most, and
only a failed connection is tried again (once) unless the URL's fragment says otherwise. Every attempt of one
exchange carries the same body and the same idempotency token.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import quote_plus, urlsplit

from helpline.emulator.chance import Chance
from helpline.emulator.faults import WebFault
from helpline.emulator.kernel import Outcome
from helpline.emulator.overrides import BadOverride, Overrides, parse_overrides
from helpline.emulator.signature import sign, signed_url
from helpline.emulator.state import Leg
from helpline.emulator.web import Answer, FailureKind, Pairs, Transport, WebFailure, WebReply, WebRequest
from helpline.emulator.world import World

FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass(frozen=True)
class Order:
    """One exchange wanted. kind: `document` or `callback`; role: `voice`, `action`, `wait`, `number_status`, …"""

    kind: str
    role: str
    url: str
    method: str
    params: Pairs
    leg: Leg | None = None
    note: dict[str, str] = field(default_factory=dict)  # further fields of the evidence, `room` for example


class Delivery:
    """Carries orders through a transport."""

    def __init__(self, world: World, transport: Transport) -> None:
        self._world = world
        self._transport = transport

    async def exchange(self, order: Order) -> Answer:
        """Ask, and ask again where the policy allows, until there is a reply or the time is up."""
        try:
            url, overrides = parse_overrides(order.url)
        except BadOverride as error:
            self._world.alert(11243, f"bad connection override {error}", leg=order.leg, url=order.url)
            url, overrides = order.url.partition("#")[0], Overrides()
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            return WebFailure(FailureKind.BAD_URL, url)
        token = f"{self._world.sid('')[:8]}-{self._world.sid('')[:12]}"
        deadline_ms = self._world.now_ms + overrides.total_ms
        answer: Answer = WebFailure(FailureKind.TIMEOUT)
        for attempt in range(1, overrides.retries + 2):
            left_ms = deadline_ms - self._world.now_ms
            if left_ms <= 0:
                break
            request = self._request(order, url, token, overrides, left_ms)
            answer = await self._attempt(order, request, attempt, min(overrides.read_ms, left_ms))
            if not retryable(answer, overrides):
                break
        return answer

    def _request(self, order: Order, url: str, token: str, overrides: Overrides, left_ms: int) -> WebRequest:
        body, form = b"", order.params
        if order.method == "GET":
            query = encoded(order.params)
            url = url + ("&" if "?" in url else "?") + query if query else url
            form = ()
        else:
            body = encoded(order.params).encode("ascii")
        credentials, _, host = urlsplit(url).netloc.rpartition("@")
        headers = [
            ("Host", host),
            ("User-Agent", "TwilioProxy/1.1"),
            ("Accept", "*/*"),
            ("I-Twilio-Idempotency-Token", token),
            ("X-Twilio-Signature", sign(self._world.settings.auth_token, signed_url(url), form)),
        ]
        if credentials:
            basic = base64.b64encode(credentials.encode()).decode("ascii")
            headers.append(("Authorization", f"Basic {basic}"))
            url = url.replace(f"{credentials}@", "", 1)
        if order.method != "GET":
            headers += [("Content-Type", FORM), ("Content-Length", str(len(body)))]
        limits = min(overrides.connect_ms, left_ms), min(overrides.read_ms, left_ms)
        return WebRequest(order.method, url, tuple(headers), body, *limits)

    async def _attempt(self, order: Order, request: WebRequest, attempt: int, limit_ms: int) -> Answer:
        """One attempt; writes its evidence when it has come to an end."""
        world, sent_ms = self._world, self._world.now_ms
        outcome: Outcome[Answer] = Outcome()
        world.kernel.after(world.knobs.latency_ms, lambda: self._send(request, outcome))
        answered = await world.kernel.wait(outcome, limit_ms)
        answer = outcome.get() if answered else WebFailure(FailureKind.TIMEOUT)
        leg = order.leg
        if not isinstance(answer, WebReply) or answer.status >= 400:
            world.count("requests failed")
        world.log.add(
            order.kind,
            leg=leg.handle if leg else None,
            role=order.role,
            method=request.method,
            path=urlsplit(request.url).path or "/",
            url=request.url,
            status=answer.status if isinstance(answer, WebReply) else None,
            error=answer.kind.value if isinstance(answer, WebFailure) else None,
            sent_ms=sent_ms,
            ms=world.now_ms - sent_ms,
            attempt=attempt,
            token=dict(request.headers)["I-Twilio-Idempotency-Token"],
            params=dict(order.params),
            **order.note,
        )
        return answer

    def _send(self, request: WebRequest, outcome: Outcome[Answer]) -> None:
        world = self._world
        fault = world.faults.web_fault(urlsplit(request.url).path or "/", world.rng)
        if fault is None:
            self._carry(request, lambda answer: self._deliver(outcome, answer, 0))
            return
        world.log.add("fault", what=f"web {fault.fault}", path=urlsplit(request.url).path)
        played = _played(fault)
        if fault.fault == "hang":
            return
        if played is not None:
            self._deliver(outcome, played, 0)
        elif fault.fault == "lost":
            gone = WebFailure(FailureKind.RESET)
            self._carry(request, lambda _: self._deliver(outcome, gone, 0))
        else:
            altered = _altered(request, fault.fault, world.rng)
            late_ms = fault.ms if fault.fault == "slow" else 0
            self._carry(altered, lambda answer: self._deliver(outcome, answer, late_ms))
        if fault.fault == "duplicate":
            self._carry(request, lambda _: None)
        elif fault.fault == "replay":
            world.kernel.after(fault.ms, lambda: self._carry(request, lambda _: None))

    def _carry(self, request: WebRequest, done: Callable[[Answer], None]) -> None:
        self._world.count("requests")
        self._transport.send(request, done)

    def _deliver(self, outcome: Outcome[Answer], answer: Answer, delay_ms: int) -> None:
        delay_ms += self._world.knobs.latency_ms
        self._world.kernel.after(delay_ms, lambda: outcome.set(answer))


@lru_cache(maxsize=8_192)
def _quoted(text: str) -> str:
    return quote_plus(text)


def encoded(params: Pairs) -> str:
    """A form or query. The same names and values travel again and again, so what they look like is kept."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in params)


GARBLED = ("", "AAAAAAAAAA", "signé à la main")  # nothing, too short, not ASCII


def _altered(request: WebRequest, fault: str, rng: Chance) -> WebRequest:
    """The request with its signature missing, wrong or no signature at all, for those three faults."""
    if fault not in ("unsigned", "forged", "garbled"):
        return request
    headers = [pair for pair in request.headers if pair[0] != "X-Twilio-Signature"]
    if fault != "unsigned":
        wrong = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=" if fault == "forged" else rng.choice(GARBLED)
        headers.append(("X-Twilio-Signature", wrong))
    return replace(request, headers=tuple(headers))


def _played(fault: WebFault) -> Answer | None:
    """What the carrier sees of a fault in which the server is not reached; None when the server is asked."""
    if fault.fault.isdigit():
        return WebReply(int(fault.fault), (("Content-Type", "text/html"),), b"")
    kinds = {"reset": FailureKind.RESET, "refuse": FailureKind.REFUSED, "tls": FailureKind.TLS}
    return WebFailure(kinds[fault.fault]) if fault.fault in kinds else None


def retryable(answer: Answer, overrides: Overrides) -> bool:
    """True when the policy allows another attempt after this answer."""
    if isinstance(answer, WebReply):
        reasons: Sequence[str] = [f"{answer.status // 100}xx"] if answer.status >= 400 else []
    else:
        reasons = ["ct"] if answer.kind.before_sending else ["rt"]
        reasons = [] if answer.kind is FailureKind.BAD_URL else reasons
    return any(overrides.retries_on(reason) for reason in reasons)
