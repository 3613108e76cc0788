"""A stepped line for each story."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis

from helpline.adapters.carriers.twilio.chain import sorry
from helpline.adapters.carriers.twilio.twiml import Twiml
from helpline.adapters.memory import FixedBook
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.cli.stepped import Scene, Stepper
from helpline.domain.people import Psychologist
from helpline.emulator import CarrierSettings
from helpline.services.fallback_chain import SORRY, standby_chain
from helpline.services.switchboard import partner_of
from tests import builders
from tests.phone import Line

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MakeLine = Callable[..., Line]

SCREEN = (
    "<Response><Gather numDigits='1' timeout='6' action='accepted.xml' method='GET'><Say language='fr-FR'>Appel Entraide. "
    "Pour prendre l'appel, tapez 1.</Say></Gather><Hangup/></Response>"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-stories", action="store_true", help="rewrite the plays of stories, then read the diff"
    )


def fallback_host(book: FixedBook) -> WSGIApplication:
    """The other host: two static files, as `helpline fallback write` makes them."""
    shown = {line.id: line.shown_number_e164 for line in book.rules.lines.values()}
    renderer = Twiml(builders.ORIGIN, "ie1", shown, f"{builders.FALLBACK}/screen.xml")
    now = datetime.fromtimestamp(builders.NIGHT_MS / 1000, UTC)
    chain = renderer.render(standby_chain(book.roster, now, next(iter(shown)), partner_of(book)))
    files = {
        "/index.xml": chain,
        "/screen.xml": SCREEN,
        "/accepted.xml": "<Response/>",
        "/sorry.xml": sorry(SORRY),
    }

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        body = files[environ["PATH_INFO"]].encode()
        start_response("200 OK", [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))])
        return [body]

    return serve


@pytest.fixture
def make_line(
    tmp_path: Path, database_url: str, redis_app: redis.Redis, redis_clock: redis.Redis, seed: int
) -> Iterator[MakeLine]:
    """Build a line: `make_line(*people, standby=(), leg_rate=1000.0, HELPLINE_…=…)`.

    `partner`: a partner line is named, verified or not; `rules`: settings of the rules.
    """
    open_lines: list[Line] = []

    def make(
        *people: Psychologist,
        standby: tuple[str, ...] = (),
        leg_rate: float = 1000.0,
        partner: bool | None = None,
        rules: Mapping[str, int] | None = None,
        **changes: str,
    ) -> Line:
        people = people or (builders.psychologist("vera", 1), builders.psychologist("bruno", 2))
        settings = builders.settings(database_url, tmp_path, **changes)
        database = Database(make_engine(settings.database_url))
        SqlMigrations(database).upgrade()
        database.close()
        carrier = CarrierSettings(
            account_sid=settings.carrier.account_sid,
            auth_token=settings.carrier.auth_token,
            leg_rate_per_s=leg_rate,
            seed=seed,
            media={"/sound/attente": 15_000},
        )
        book = builders.book(builders.roster(*people, standby=standby))
        if partner is not None:
            book = builders.with_partner(book, verified=partner)
        book.rules = replace(book.rules, **(rules or {}))
        scene = Scene(
            settings=settings,
            carrier=carrier,
            book=book,
            redis_app=redis_app,
            redis_clock=redis_clock,
            start_ms=builders.NIGHT_MS,
            seed=seed,
            origins={builders.FALLBACK: fallback_host(book)},
        )
        open_lines[:] = [line for line in open_lines if not line.is_closed]
        open_lines.append(Line(Stepper(scene), people, f"{builders.FALLBACK}/index.xml"))
        return open_lines[-1]

    yield make
    for line in open_lines:
        line.close()


@pytest.fixture
def line(make_line: MakeLine) -> Line:
    """Vera and Bruno on duty, Sunday night at three."""
    return make_line()
