"""The whole service for chaos: the demo's parts, two clocks, PostgreSQL, and a link before Redis that can fail.

The roster is as large as the plan asks; two of its people are planned nowhere and must never be rung. People's
times are made quick in the rules; what a rule may not go below (ten seconds of ringing) stays.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis
from sqlalchemy import create_engine, text

from helpline.adapters.redis.connection import connect
from helpline.bootstrap_data import data_of
from helpline.cli import demo_data, demo_env
from helpline.cli.demo_parts import ROOT, DemoParts
from helpline.cli.servers.postgres import PostgresPlan
from helpline.cli.servers.redis import plan_redis
from helpline.cli.supervise import Child
from helpline.domain.hours import Interval
from helpline.domain.people import Endpoint, EndpointKind, Psychologist, Shift, Tier
from helpline.services.publish_snapshot import publish_snapshot
from tests.chaos.plan import QUICK
from tests.demo import start_postgres

CHARS_PER_S = 45
KEPT = 1_000_000  # records and ended legs
STANDBY_EVERY = 8
"""Every eighth psychologist is on standby."""

DURABLE = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=100")
"""A kill of the server loses nothing of this: only a power cut of the host would, and there is none here."""


def people_of(count: int) -> tuple[Psychologist, ...]:
    """`count` psychologists with a telephone each, and two more who are never planned."""
    return tuple(
        Psychologist(
            f"p-{nth:03d}",
            f"psy{nth:03d}",
            f"Psychologue {nth}",
            (Endpoint(f"e-{nth:03d}", EndpointKind.PHONE, f"+336399860{nth:02d}"),),
        )
        for nth in range(count + 2)
    )


def quick_rules(rules: str) -> str:
    """The shipped rules with people's times divided; rings as short as a rule may say."""
    rules = re.sub(r"(wrap_up_s): (\d+)", lambda m: f"{m[1]}: {int(m[2]) // QUICK}", rules)
    rules = re.sub(r"(ring_s): \d+", r"\1: 10", rules)
    return re.sub(r"after_s: (\d\d)", lambda m: f"after_s: {max(1, int(m[1]) // QUICK)}", rules)


class ChaosParts(DemoParts):
    """`people` are in the roster, the last two without a shift."""

    def __init__(self, environ: Mapping[str, str], cwd: Path, people: tuple[Psychologist, ...]) -> None:
        super().__init__(environ, cwd)
        self.people = people
        self.sql: PostgresPlan | None = None

    def _values(self, base: int) -> dict[str, str]:
        self.sql = start_postgres(self, DURABLE)
        environ = {**self._environ, "HELPLINE_DATABASE_URL": self.sql.url, "HELPLINE_LEGS_PER_S": "50"}
        values = demo_env.demo_values(environ, self.home, base, self._redis())
        return values | {"HELPLINE_WELCOME_S": "3"}

    def _carrier_config(self) -> Path:
        """The carrier forgets nothing by itself: what our line does not erase, the verdict must find."""
        file = super()._carrier_config()
        config = json.loads(file.read_text("utf-8"))
        file.write_text(json.dumps(config | {"log_keeps": KEPT, "ended_keeps": KEPT}), "utf-8")
        return file

    def _redis(self) -> tuple[str, str]:
        plan = self._plan = plan_redis(admin=True)
        self.parts.start(
            Child(
                name="redis",
                command=plan.command,
                cwd=plan.directory,
                log=self.log_of("redis"),
                ready=plan.ready,
            )
        )
        front, back = plan.directory / "front.sock", plan.socket
        self.mode_file = plan.directory / "mode"
        self.set_link("open")
        self.parts.start(
            Child(
                name="link",
                command=(
                    sys.executable,
                    *("-m", "tests.chaos.proxy", str(front), str(back), str(self.mode_file)),
                ),
                cwd=ROOT,
                log=self.log_of("link"),
                ready=front.exists,
            )
        )
        urls = plan.url_app, plan.url_clock
        return urls[0].replace(str(back), str(front)), urls[1].replace(str(back), str(front))

    def set_link(self, mode: str) -> None:
        """How Redis is reached from now on: `tests/chaos/proxy.py`."""
        new = self.mode_file.with_name("mode.new")
        new.write_text(mode, "ascii")
        new.replace(self.mode_file)

    def redis_direct(self) -> redis.Redis:
        """Past the link, as a user who may do everything."""
        assert self._plan is not None
        assert self._plan.url_admin is not None
        return connect(self._plan.url_admin, timeout_s=1.0)

    def _database(self) -> None:
        data = data_of(self.settings)
        rules, flows = demo_data.read_documents(ROOT)
        now = datetime.now(UTC)
        data.migrations.upgrade()
        for place, person in enumerate(self.people):
            data.seeds.add_psychologist(person, place)
        always = Interval(now - timedelta(days=2), now + timedelta(days=2))
        for nth, person in enumerate(self.people[:-2]):
            tier = Tier.STANDBY if nth % STANDBY_EVERY == STANDBY_EVERY - 1 else Tier.ON_DUTY
            data.seeds.add_shift(f"s-{person.handle}", Shift(person.id, tier, always))
        for place, structure in enumerate(demo_data.STRUCTURES):
            data.seeds.add_structure(structure, place)
        data.seeds.add_rules(quick_rules(rules), now)
        for flow_id, flow in flows.items():
            data.seeds.add_flow(flow_id, flow, now)
        publish_snapshot(data.published, data.snapshots)
        data.close()

    def _children(self) -> list[Child]:
        kept = [child for child in super()._children() if child.name != "dashboard"]
        second = self._child("clock2", "-m", "helpline.cli.main", "run", "clock")
        return [*kept, second]

    def _end(self) -> None:
        super()._end()
        if hasattr(self, "service"):
            self.service.close()
        if self.sql is not None:
            self.sql.remove()

    def counts(self, measure: str) -> dict[str, int]:
        """The traffic counters of one measure, over all hours."""
        assert self.sql is not None
        engine = create_engine(self.sql.url)
        with engine.connect() as db:
            rows = db.execute(
                text("select cls, sum(n) from traffic where measure = :m group by cls"), {"m": measure}
            )
            found = {str(cls): int(n) for cls, n in rows}
        engine.dispose()
        return found
