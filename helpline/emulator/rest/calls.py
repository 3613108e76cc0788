"""Calls: create, fetch, change, list, delete."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from helpline.emulator import twiml
from helpline.emulator.carrier import Carrier, NewLeg
from helpline.emulator.documents import DocumentRequest
from helpline.emulator.rest import fields, resources
from helpline.emulator.rest.errors import RestError, bad, not_found
from helpline.emulator.rest.pages import Row, page
from helpline.emulator.rest.request import Reply, RestRequest
from helpline.emulator.settings import E164, e164
from helpline.emulator.state import Callback, Leg

EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
MAX_TWIML = 4_000
DAY_MS = 86_400_000
DATE_LENGTH = len("2026-01-31")


def create(carrier: Carrier, request: RestRequest) -> Reply:
    """A leg going out. Two equal requests are two legs: there is no idempotency here."""
    form = request.form
    to, from_ = form.get("To", ""), form.get("From", "")
    _check_parties(carrier, to, from_)
    limit = carrier.world.knobs.concurrent_calls_max
    if limit and len(carrier.world.live_legs()) >= limit:
        raise RestError(10004, 429, "Call concurrency limit exceeded")
    document = _document(request, "url")
    if document is None:
        raise bad(21205, "Url parameter is required")
    new = NewLeg(
        from_, to, document, _callback(carrier, request), _fallback(request),
        1000 * min(600, fields.whole(request, "Timeout", 60, 21208)), 1000 * fields.whole(request, "TimeLimit", 0, 20001),
    )  # fmt: skip
    return 201, resources.call(carrier.world, carrier.place_call(new))


def _check_parties(carrier: Carrier, to: str, from_: str) -> None:
    if not to:
        raise bad(21201, "No 'To' number is specified")
    if not from_:
        raise bad(21213, "'From' is required")
    if not to.startswith(("client:", "sip:")) and not E164.fullmatch(to):
        raise bad(21211, f"The phone number you are attempting to call, {to}, is not valid.")
    if not E164.fullmatch(from_) and not from_.startswith("client:"):
        raise bad(21212, f"The source phone number provided, {from_}, is not a valid phone number.")
    if not carrier.world.is_own(from_) and not from_.startswith("client:"):
        message = f"The source phone number provided, {from_}, is not yet verified for your account."
        raise bad(21210, message)


def _document(request: RestRequest, role: str) -> DocumentRequest | None:
    """Url beats Twiml; None when neither is given."""
    url, text = request.form.get("Url", ""), request.form.get("Twiml", "")
    if url:
        return DocumentRequest(role, fields.url(url, 21205, "Url"), fields.method(request, "Method"))
    if not text:
        return None
    if len(text) > MAX_TWIML:
        raise bad(32018, "Twiml is too long")
    if re.search(r'\b(action|url|waitUrl|statusCallback)="(?!https?:)[^"]+"', text):
        raise bad(15004, "Twiml holds a relative URL")
    try:
        twiml.parse(text.encode())
    except twiml.TwimlError as error:
        raise bad(error.code, error.message) from None
    return DocumentRequest(role, "", inline=text)


def _callback(carrier: Carrier, request: RestRequest) -> Callback | None:
    """Events are repeated parameters. One value with spaces is a trap: accepted, warned of, and silent for ever."""
    url = request.form.get("StatusCallback", "")
    if not url:
        return None
    asked = frozenset(request.form.getlist("StatusCallbackEvent")) or frozenset({"completed"})
    for event in asked - EVENTS:
        carrier.world.alert(21626, f"unknown StatusCallbackEvent {event!r}", level="warning")
    return Callback(
        fields.url(url, 21609, "StatusCallback"),
        fields.method(request, "StatusCallbackMethod"),
        asked & EVENTS,
    )


def _fallback(request: RestRequest) -> tuple[str, str] | None:
    url = request.form.get("FallbackUrl", "")
    return (fields.url(url, 21205, "FallbackUrl"), fields.method(request, "FallbackMethod")) if url else None


def fetch(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """One call."""
    return 200, resources.call(carrier.world, find(carrier, request, sid))


def find(carrier: Carrier, request: RestRequest, sid: str) -> Leg:
    """A leg by sid; deleted ones are gone."""
    leg = carrier.world.legs.get(sid)
    if leg is None:
        raise not_found(request.path)
    return leg


def update(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """Redirect a call (Url or Twiml), or end it (Status). A call that is not in progress cannot be redirected."""
    leg = find(carrier, request, sid)
    status = request.form.get("Status", "")
    document = _document(request, "redirect")
    if status and status not in ("canceled", "completed"):
        raise bad(20001, f"Status {status} is not valid")
    if leg.status.final:
        raise bad(21220, "Call is not in-progress. Cannot redirect.")
    fallback = _fallback(request)
    if document is not None:
        if not carrier.redirect(leg, document):
            raise bad(21220, "Call is not in-progress. Cannot redirect.")
        leg.callback = _callback(carrier, request) or leg.callback
    leg.fallback = fallback or leg.fallback
    if status == "completed":
        carrier.complete(leg)
    elif status == "canceled":
        carrier.cancel(leg)
    return 200, resources.call(carrier.world, leg)


def delete(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """Delete the record of a finished call; 20009 while that is refused."""
    if not carrier.erase(find(carrier, request, sid)):
        raise RestError(
            20009, carrier.world.knobs.erase_refused_http, "Cannot delete record because it is in progress"
        )
    return 204, None


def list_(carrier: Carrier, request: RestRequest) -> Reply:
    """Calls that pass the filters, newest first."""
    filters = [_filter(name, value) for name, value in request.query]
    rows = [
        Row(leg.ordinal, leg.sid, partial(resources.call, carrier.world, leg))
        for leg in carrier.world.legs.values()
        if all(passes(leg) for passes in filters)
    ]
    return 200, page("calls", rows, request.path, request.query)


def _filter(name: str, value: str) -> Callable[[Leg], bool]:
    """A filter of the list; paging parameters and unknown names let everything pass."""
    if name in ("To", "From"):
        wanted = e164(value)
        return lambda leg: (leg.to if name == "To" else leg.from_) == wanted
    if name == "Status":
        return lambda leg: leg.status.value == value
    if name == "ParentCallSid":
        return lambda leg: leg.parent is not None and leg.parent.sid == value
    if name.startswith("StartTime"):
        started = _period(name[9:], value)
        return lambda leg: leg.dialled_ms is not None and started(leg.dialled_ms)
    if name.startswith("EndTime"):
        ended = _period(name[7:], value)
        return lambda leg: leg.ended_ms is not None and ended(leg.ended_ms)
    return lambda leg: True


def _period(sign: str, value: str) -> Callable[[int], bool]:
    """sign: "" that day (or a day from that instant), "<" at or before, ">" at or after. Whole seconds count."""
    try:
        instant = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise bad(20001, f"not a date: {value}") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    bound_ms = int(instant.timestamp() * 1000)
    if sign.startswith("<"):
        until_ms = bound_ms + (DAY_MS if len(value) == DATE_LENGTH else 1_000)
        return lambda at_ms: at_ms < until_ms
    if sign.startswith(">"):
        return lambda at_ms: at_ms >= bound_ms
    return lambda at_ms: bound_ms <= at_ms < bound_ms + DAY_MS
