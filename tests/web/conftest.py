"""The web application on real Redis, with no carrier, no SQL and no clock but the test's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import requests
from requests.adapters import BaseAdapter

from helpline.adapters.memory import JobList, SeededChance, SteppedClock
from helpline.adapters.redis.connection import connect
from helpline.bootstrap import Outside, Service, assemble
from helpline.cli.servers.redis import RedisServer
from helpline.services.keep_duty import apply_rota
from helpline.services.switchboard import Switchboard
from helpline.web.app import create_app
from tests import builders
from tests.e2e.conftest import line, make_line  # noqa: F401  # fixtures
from tests.leak.surfaces import redis_content
from tests.web.carrier import LEG, Carrier, envelope


class NoCarrier(BaseAdapter):
    """A webhook never asks the carrier anything: one that does fails its test."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        raise AssertionError("a webhook reached for the carrier's REST API")

    def close(self) -> None:
        """Nothing is open."""


class Web:
    """One web process: its service, the carrier that calls it, and what Redis holds."""

    def __init__(self, service: Service, clock: SteppedClock, content: Callable[[], dict[str, Any]]) -> None:
        self.service = service
        self.sw: Switchboard = service.switchboard
        self.clock = clock
        self.carrier = Carrier(create_app(service), builders.ORIGIN)
        self.stored = content

    def arrives(self, leg: str = LEG, **changes: str) -> str:
        """A caller's first request; the document."""
        return self.carrier.post("/voice/incoming", envelope(leg, **changes)).text

    def an_attempt(self, leg: str = LEG) -> str:
        """A caller has arrived and the first offer has been made and sent: its attempt."""
        self.arrives(leg)
        call = self.sw.calls.by_leg(leg)
        assert call is not None
        return self.sw.offers.of_call(call.id)[0].attempt


@pytest.fixture
def stored(redis_server: RedisServer) -> Iterator[Callable[[], dict[str, Any]]]:
    """Reads everything Redis holds, as values that can be compared."""
    assert redis_server.url_admin is not None
    with connect(redis_server.url_admin, decode=False, timeout_s=2.0) as raw:
        yield lambda: redis_content(raw)


@pytest.fixture
def make_service(tmp_path: Path) -> Callable[..., tuple[Service, SteppedClock]]:
    """Build a service on the clients given: `make_service(app_client, clock_client, **settings)`."""

    def make(app: redis.Redis, clock_client: redis.Redis, **changes: Any) -> tuple[Service, SteppedClock]:
        session = requests.Session()
        session.mount("http://", NoCarrier())
        session.mount("https://", NoCarrier())
        clock = changes.pop("clock", None) or SteppedClock(builders.NIGHT_MS)
        people = (builders.psychologist("vera", 1), builders.psychologist("bruno", 2))
        outside = Outside(
            app_redis=app,
            clock_redis=clock_client,
            blocking=app,
            session=session,
            book=changes.pop("book", None) or builders.book(builders.roster(*people)),
            clock=clock,
            chance=SeededChance(0),
            jobs=JobList(),
        )
        # A folder that is not there: a webhook that opened the database would fail.
        settings = builders.settings(f"sqlite:///{tmp_path}/nowhere/no.db", tmp_path, **changes)
        return assemble(settings, outside), clock

    return make


@pytest.fixture
def make_web(
    make_service: Callable[..., tuple[Service, SteppedClock]],
    redis_app: redis.Redis,
    redis_clock: redis.Redis,
    stored: Callable[[], dict[str, Any]],
) -> Callable[..., Web]:
    """A web process whose working copy is complete, with the rota applied: `make_web(**settings)`."""

    def make(**changes: Any) -> Web:
        service, clock = make_service(redis_app, redis_clock, **changes)
        sw = service.switchboard
        sw.calls.begin_epoch(sw.chance.new_id(), clock.now)
        apply_rota(sw, clock.now)
        return Web(service, clock, stored)

    return make


@pytest.fixture
def web(make_web: Callable[..., Web]) -> Web:
    """Vera and Bruno on duty, Sunday night at three; nobody has called."""
    return make_web()
