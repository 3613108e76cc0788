"""A stepped line for each story."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.cli.stepped import Scene, Stepper
from helpline.domain.people import Psychologist
from helpline.emulator import CarrierSettings
from tests import builders
from tests.phone import Line

MakeLine = Callable[..., Line]


@pytest.fixture
def make_line(
    tmp_path: Path, database_url: str, redis_app: redis.Redis, redis_clock: redis.Redis, seed: int
) -> Iterator[MakeLine]:
    """Build a line: `make_line(*people, standby=(), leg_rate=1000.0, knobs=…)`."""

    def make(
        *people: Psychologist,
        standby: tuple[str, ...] = (),
        leg_rate: float = 1000.0,
        **changes: str,
    ) -> Line:
        people = people or (builders.psychologist("vera", 1), builders.psychologist("bruno", 2))
        settings = builders.settings(database_url, tmp_path, **changes)
        SqlMigrations(Database(make_engine(settings.database_url))).upgrade()
        carrier = CarrierSettings(
            account_sid=settings.carrier.account_sid,
            auth_token=settings.carrier.auth_token,
            leg_rate_per_s=leg_rate,
            seed=seed,
            media={"/sound/attente": 15_000},
        )
        scene = Scene(
            settings=settings,
            carrier=carrier,
            book=builders.book(builders.roster(*people, standby=standby)),
            redis_app=redis_app,
            redis_clock=redis_clock,
            start_ms=builders.NIGHT_MS,
            seed=seed,
        )
        return Line(Stepper(scene), people)

    yield make


@pytest.fixture
def line(make_line: MakeLine) -> Line:
    """Vera and Bruno on duty, Sunday night at three."""
    return make_line()
