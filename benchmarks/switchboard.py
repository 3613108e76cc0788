"""What a webhook costs beside a bare Flask floor, and what the waiting line costs Redis, up to a million callers.

    python -m benchmarks.switchboard [--only line incoming others old sql idle] [--json]

Floor: `floor.py` under gunicorn's own threaded worker. Every request is signed and meets the same prepared state; floor and
product take turns, ratios are taken turn by turn, the median counts. Goals and what is in the figures: `benchmarks/README.md`.
Exit status 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.parts import idle_cost, line_cost, old_counters, webhook_cost, without_sql
from benchmarks.parts.web_pair import WebPair

GROWTH_GOAL, BYTES_GOAL = 2.5, 1024
CPU_GOAL, P50_GOAL, P99_GOAL = 2.0, 2.2, 1.5
FAILS = 1.2
"""Of a goal for processor time or a median: such a figure is good to a fifth, so it is told at the goal and failed at this
many times it (the performance study, §6).
"""
OTHERS_GOAL, OLD_GOAL, SQL_GOAL, IDLE_GOAL = 1.4, 1.2, 1.2, 1.0


@dataclass(frozen=True)
class Figure:
    """One figure, its goal, and the value from which on the run fails."""

    what: str
    value: float
    goal: float
    fails: float
    more: str = ""

    @property
    def kept(self) -> bool:
        return self.value <= self.fails

    def told(self) -> str:
        verdict = "kept  " if self.value <= self.goal else "over  " if self.kept else "MISSED"
        return f"{verdict} {self.what}: {self.value:.2f} (goal {self.goal:g}){self.more}"


def line() -> list[Figure]:
    found = line_cost.of_all_sizes()
    tell = "; ".join(
        f"{at.waiting:,}: {at.hand_over_us:.0f} µs, head {at.read_us:.0f} µs, {at.bytes_a_call:.0f} bytes"
        for at in found
    )
    growth = found[-1].hand_over_us / found[0].hand_over_us
    most_bytes = max(at.bytes_a_call for at in found[1:])  # a hundred share what Redis keeps anyway
    return [
        Figure(
            "hand-over in Redis, a million waiting against a hundred",
            growth,
            GROWTH_GOAL,
            GROWTH_GOAL,
            f" [{tell}]",
        ),
        Figure("bytes of Redis a waiting call", most_bytes, BYTES_GOAL, BYTES_GOAL),
    ]


def incoming() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="hl-bench-") as folder, WebPair(Path(folder)) as pair:
        webhook = webhook_cost.incoming(pair)
        cost = webhook_cost.cost(pair, webhook)
        load = webhook_cost.load(pair, webhook)
    at_once = webhook_cost.LOAD_OF
    return [
        Figure(
            "/voice/incoming, processor time against the floor", cost.cpu_ratio, CPU_GOAL, FAILS * CPU_GOAL,
            f" [{cost.cpu_ms:.2f} ms, floor {cost.cpu_ms / cost.cpu_ratio:.2f} ms; Redis besides {cost.redis_cpu_ms:.2f} ms]",
        ),
        Figure(
            "/voice/incoming alone, median against the floor", cost.p50_ratio, P50_GOAL, FAILS * P50_GOAL,
            f" [{cost.p50_ms:.1f} ms]",
        ),
        Figure(
            f"/voice/incoming, {at_once} at a time, p99 against the floor", load.p99_ratio, P99_GOAL, P99_GOAL,
            f" [{load.p99_ms:.0f} ms at {load.per_s:.0f}/s, floor {load.floor_p99_ms:.0f} ms at {load.floor_per_s:.0f}/s]",
        ),
    ]  # fmt: skip


def others() -> list[Figure]:
    figures = []
    with tempfile.TemporaryDirectory(prefix="hl-bench-") as folder, WebPair(Path(folder)) as pair:
        for webhook in webhook_cost.the_others(pair):
            cost = webhook_cost.cost(pair, webhook, webhook_cost.OTHER_ROUNDS)
            webhook.back()
            what = f"webhook {webhook.name}, processor time against the floor"
            more = f" [{cost.cpu_ms:.2f} ms; Redis besides {cost.redis_cpu_ms:.2f} ms]"
            figures.append(Figure(what, cost.cpu_ratio, OTHERS_GOAL, FAILS * OTHERS_GOAL, more))
    return figures


def old() -> list[Figure]:
    found = old_counters.measured()
    more = f" [{found.old_ms:.2f} ms, {found.new_ms:.2f} ms without]"
    return [
        Figure(
            f"/voice/incoming with {found.rows:,} old counters, median against none",
            found.ratio,
            OLD_GOAL,
            OLD_GOAL,
            more,
        )
    ]


def sql() -> list[Figure]:
    return [
        Figure(
            f"/voice/wait with SQL {found.how}, p99 against the turn before",
            found.ratio,
            SQL_GOAL,
            SQL_GOAL,
            f" [{found.p99_ms:.1f} ms, {found.usual_p99_ms:.1f} ms with it]",
        )
        for found in without_sql.measured()
    ]


def idle() -> list[Figure]:
    found = idle_cost.measured()
    more = f" [{found.empty:.1f} % with nobody, {found.waiting:.1f} % with {found.callers:,}; {found.parts}]"
    what = f"points of a processor more with {found.callers:,} waiting and nothing happening"
    return [Figure(what, found.waiting - found.empty, IDLE_GOAL, IDLE_GOAL, more)]


SECTIONS: Mapping[str, Callable[[], list[Figure]]] = {
    "line": line,
    "incoming": incoming,
    "others": others,
    "old": old,
    "sql": sql,
    "idle": idle,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.switchboard", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS), default=list(SECTIONS))
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    asked = parser.parse_args(arguments)
    found: list[Figure] = []
    for name in asked.only:
        figures = SECTIONS[name]()
        found += figures
        if not asked.json:
            print("\n".join(figure.told() for figure in figures), flush=True)
    kept = all(figure.kept for figure in found)
    if asked.json:
        print(json.dumps({"figures": [asdict(figure) for figure in found], "kept": kept}))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
