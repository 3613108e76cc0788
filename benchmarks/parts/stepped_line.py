"""The whole service and the carrier in this process, on virtual time, for benchmarks: Redis on a unix socket, SQLite."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpline.adapters.redis.connection import connect
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.cli.servers.redis import plan_redis, start_redis
from helpline.cli.stepped import Scene, Stepper
from helpline.emulator import CarrierSettings
from tests import builders
from tests.phone import Line


@contextmanager
def stepped_line() -> Iterator[Line]:
    """Vera and Bruno on duty, Sunday night at three."""
    people = (builders.psychologist("vera", 1), builders.psychologist("bruno", 2))
    server = start_redis(plan_redis(admin=True))
    try:
        with (
            tempfile.TemporaryDirectory(prefix="hl-bench-") as folder,
            connect(server.url_app, timeout_s=2.0) as app,
            connect(server.url_clock, timeout_s=2.0) as clock,
        ):
            settings = builders.settings(f"sqlite:///{folder}/helpline.db", Path(folder))
            database = Database(make_engine(settings.database_url))
            SqlMigrations(database).upgrade()
            database.close()
            carrier = CarrierSettings(
                account_sid=settings.carrier.account_sid,
                auth_token=settings.carrier.auth_token,
                leg_rate_per_s=1000.0,
                media={"/sound/attente": 15_000},
            )
            scene = Scene(
                settings=settings,
                carrier=carrier,
                book=builders.book(builders.roster(*people)),
                redis_app=app,
                redis_clock=clock,
                start_ms=builders.NIGHT_MS,
            )
            line = Line(Stepper(scene), people)
            yield line
            line.stepper.service.close()
    finally:
        server.stop()
