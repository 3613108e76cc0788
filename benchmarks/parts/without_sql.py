"""The p99 of a webhook while SQL stands still or is dead, against the same while it runs, turn by turn.

Worker and clock run too, and ask the database in their own ways: what they do while it is away meets the webhooks. The
carrier is one where nothing happens (`still_carrier.py`), with one caller in its queue.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.parts.idle_cost import StillParts, stand
from benchmarks.parts.posts import at_once
from benchmarks.parts.still_carrier import leg_id
from benchmarks.parts.web_pair import WebPair
from benchmarks.parts.webhook_cost import p99
from helpline.cli import demo_env
from helpline.cli.servers.postgres import PostgresPlan
from helpline.domain import paths
from tests.demo import killed, start_postgres, stopped

AT_ONCE, TURN_S, TURNS = 4, 4.0, 4


class PostgresParts(StillParts):
    """With PostgreSQL, as in production."""

    sql: PostgresPlan

    def _values(self, base: int) -> dict[str, str]:
        self.sql = start_postgres(self)
        environ = {**self._environ, "HELPLINE_DATABASE_URL": self.sql.url}
        return demo_env.demo_values(environ, self.home, base, self._redis())

    def _end(self) -> None:
        super()._end()
        if hasattr(self, "sql"):
            self.sql.remove()


@dataclass(frozen=True)
class Without:
    """p99 of `/voice/wait`, ms: medians of the turns, and the median ratio of a turn to the one before it."""

    how: str
    p99_ms: float
    usual_p99_ms: float
    ratio: float


def measured() -> list[Without]:
    with (
        tempfile.TemporaryDirectory(prefix="hl-bench-") as folder,
        WebPair(Path(folder), parts=PostgresParts) as pair,
    ):
        stand(pair, 1)
        more = {"CallStatus": "in-progress", "QueueTime": "19"}
        pair.ask(paths.INCOMING, leg_id(0))
        pair.ask(paths.WAIT, leg_id(0), more)
        request = pair.request(paths.WAIT, leg_id(0), more)
        _p99_ms(pair, request)
        found = []
        for how, away in (("stopped", stopped), ("killed", killed)):
            turns = []
            for _ in range(TURNS):
                usual = _p99_ms(pair, request)
                with away(pair.demo.parts, "sql"):
                    turns.append((_p99_ms(pair, request), usual))
            without, usually = (statistics.median(column) for column in zip(*turns, strict=True))
            ratio = statistics.median(one / other for one, other in turns)
            found.append(Without(how, without, usually, ratio))
        return found


def _p99_ms(pair: WebPair, request: bytes) -> float:
    return p99(sorted(at_once(pair.web, itertools.repeat(request), AT_ONCE, TURN_S, lambda: None)))
