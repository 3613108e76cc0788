"""The wiring of the carrier: the session REST goes over, its client, the edge its webhooks pass, its markup.

A page of `bootstrap.py`: the carrier is chosen here.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from twilio.rest import Client

from helpline.adapters.book import ShownNumbers
from helpline.adapters.carriers.twilio.inbox import Edge, EdgeSettings
from helpline.adapters.carriers.twilio.rest import StrippingClient, TwilioCarrier
from helpline.adapters.carriers.twilio.twiml import FRAGMENT, Twiml
from helpline.config import Settings
from helpline.ports import Clock
from helpline.services import documents
from helpline.services.switchboard import Book

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

CARRIER_URL = "https://api.{edge}.{region}.twilio.com"
REST_CONNECTIONS = 16


def rest_session() -> requests.Session:
    """Kept connections to the carrier, nothing sent twice, no proxy or password file of the host."""
    session = requests.Session()
    session.trust_env = False
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=REST_CONNECTIONS, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def carrier_client(settings: Settings, book: Book, session: requests.Session) -> Client:
    """The carrier's own SDK, speaking through our stripping HTTP client."""
    account = settings.carrier
    base_url = account.url or CARRIER_URL.format(edge=account.edge, region=account.region)
    http = StrippingClient(session, base_url, functools.partial(name_of, book))
    return Client(
        account.api_key or account.account_sid,
        account.api_secret or account.auth_token,
        account.account_sid,
        http_client=http,
    )


def carrier_of(settings: Settings, book: Book, session: requests.Session) -> TwilioCarrier:
    """What orders and asks by REST."""
    fallback = settings.fallback_origin
    return TwilioCarrier(
        carrier_client(settings, book, session),
        settings.public_origin,
        documents.QUEUE,
        shown=lambda: next(iter(book.rules.lines.values())).shown_number_e164,
        sorry_url=f"{fallback}/sorry.xml{FRAGMENT}" if fallback else None,
    )


def renderer_of(settings: Settings, book: Book) -> Twiml:
    """What makes the carrier's markup of our documents."""
    shown = ShownNumbers(book)
    screen = f"{settings.fallback_origin}/screen.xml" if settings.fallback_origin else None
    return Twiml(settings.public_origin, settings.carrier.region, shown, screen)


def name_of(book: Book, number: str) -> str | None:
    """What a number of the carrier's answers means to us: `line:…`, `endpoint:…`, `structure:…`, or nothing."""
    line = book.rules.resolve(number)
    if line is not None:
        return f"line:{line.id}"
    for person in book.roster.psychologists:
        for endpoint in person.endpoints:
            if endpoint.address == number:
                return f"endpoint:{endpoint.id}"
    for structure in book.structures:
        if structure.verified_number_e164 == number:
            return f"structure:{structure.id}"
    return None


def edge_of(settings: Settings, book: Book, clock: Clock, app: WSGIApplication) -> WSGIApplication:
    """The web application behind what verifies and strips its webhooks."""
    account = settings.carrier
    known = EdgeSettings(settings.public_origin, account.account_sid, account.auth_tokens)

    def line_of(to: str) -> str | None:
        line = book.rules.resolve(to)
        return line.id if line is not None else None

    return Edge(app, known, line_of, clock.now_ms)
