"""From `POST /voice/incoming` to the REST request that rings a psychologist, through the running processes.

    python -m benchmarks.time_to_ring [--calls 200] [--only one crowd] [--json]

The clock is the carrier's (the emulator's log), its network has no delay and its leg rate is lifted. Between two
calls the carrier also calls the floor (`floor.py`), so that both meet the same noise. Goals: median at most
100 ms, p99 at most 400 ms. Then fifty calls at once, somebody free for each: a leg is ordered for each caller within
1 s (p95), 2 s (p99) of their arrival. Exit status 1 when one is missed. What is in the figures: `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.parts.ring_line import CROWD, IN_PROGRESS, NO_NETWORK, WAVE, BenchLine, CrowdParts

MEDIAN_GOAL_MS, P99_GOAL_MS = 100, 400
BUSY_CALLS = 20  # of all calls, measured while others are in progress
WAVES = 20
P95_CROWD_MS, P99_CROWD_MS = 1000, 2000


@dataclass(frozen=True)
class Figures:
    """Milliseconds. `carrier_*`: the emulator's own part, measured in the same run."""

    calls: int
    first_ms: float
    median_ms: float
    p99_ms: float
    busy_median_ms: float
    busy_max_ms: float
    document_median_ms: float
    floor_median_ms: float
    floor_p99_ms: float
    carrier_document_ms: float
    carrier_rest_ms: float
    cpu_ms: float
    floor_cpu_ms: float
    faults: list[str] = field(default_factory=list)

    @property
    def missed(self) -> bool:
        return self.median_ms > MEDIAN_GOAL_MS or self.p99_ms > P99_GOAL_MS or bool(self.faults)


@dataclass(frozen=True)
class Crowd:
    """Milliseconds from the arrival of a caller to the first leg ordered for them, fifty calls in progress."""

    callers: int
    median_ms: float
    p95_ms: float
    p99_ms: float
    worst_ms: float
    faults: list[str] = field(default_factory=list)

    @property
    def missed(self) -> bool:
        return self.p95_ms > P95_CROWD_MS or self.p99_ms > P99_CROWD_MS or bool(self.faults)


def measure(calls: int, say: Callable[[str], None]) -> Figures:
    with tempfile.TemporaryDirectory(prefix="hl-bench-") as folder, BenchLine(Path(folder)) as line:
        line.open()
        line.until(line.is_at_rest, 15)
        first_ms, _ = line.time_to_ring()
        for _ in range(5):  # the next first uses, in each of two processes: connections, modules, scripts
            line.time_to_ring()
            line.floor_ms()
        quiet = max(1, calls - BUSY_CALLS)
        say(f"{quiet} calls, the floor between them …")
        rung, documents, floor, rest = [], [], [], []
        for _ in range(quiet):
            ring_ms, document_ms = line.time_to_ring()
            rung.append(ring_ms)
            documents.append(document_ms)
            floor.append(line.floor_ms())
            rest.append(line.rest_ms())
        params = line.sample_params()
        floor_cpu, floor_direct = line.cpu_ms("floor", f"{line.floor}/voice", params)
        origin = line.demo.settings.public_origin
        cpu, _ = line.cpu_ms("web", f"{origin}/voice/incoming", params)
        line.until(line.is_at_rest, 60)
        say(f"{IN_PROGRESS} talks begin, then {BUSY_CALLS} calls …")
        talks = [line.talk() for _ in range(IN_PROGRESS)]
        busy = [line.time_to_ring()[0] for _ in range(BUSY_CALLS)]
        faults = [f"{c.handle}: the talk ended" for c in talks if not c.talks_to()]
        everyone = sorted(rung + busy)
        return Figures(
            calls=len(everyone),
            first_ms=first_ms,
            median_ms=statistics.median(everyone),
            p99_ms=percentile(everyone, 99),
            busy_median_ms=statistics.median(busy),
            busy_max_ms=max(busy),
            document_median_ms=statistics.median(documents),
            floor_median_ms=statistics.median(floor),
            floor_p99_ms=percentile(sorted(floor), 99),
            carrier_document_ms=max(0.0, statistics.median(floor) - floor_direct),
            carrier_rest_ms=statistics.median(rest),
            cpu_ms=cpu,
            floor_cpu_ms=floor_cpu,
            faults=faults,
        )


def measure_crowd(say: Callable[[str], None]) -> Crowd:
    with (
        tempfile.TemporaryDirectory(prefix="hl-bench-") as folder,
        BenchLine(Path(folder), CrowdParts) as line,
    ):
        line.control.set_knobs(NO_NETWORK)
        line.until(line.is_at_rest, 30)
        line.time_to_ring()
        say(f"{CROWD} talks begin, then {WAVES} times {WAVE} callers at once …")
        talks = line.crowd_gathers()
        waits = sorted(ms for _ in range(WAVES) for ms in line.wave_ms())
        return Crowd(
            callers=len(waits),
            median_ms=statistics.median(waits),
            p95_ms=percentile(waits, 95),
            p99_ms=percentile(waits, 99),
            worst_ms=waits[-1],
            faults=[f"{c.handle}: the talk ended" for c in talks if not c.talks_to()],
        )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least `percent` % of the sorted values do not exceed."""
    return values[max(0, -(-len(values) * percent // 100) - 1)]


def tell(f: Figures) -> str:
    return "\n".join(
        [
            f"time to ring, {f.calls} calls ({BUSY_CALLS} with {IN_PROGRESS} talks in progress):",
            f"  median {f.median_ms:.0f} ms (goal {MEDIAN_GOAL_MS}), p99 {f.p99_ms:.0f} ms (goal {P99_GOAL_MS})",
            f"  with {IN_PROGRESS} talks: median {f.busy_median_ms:.0f} ms, worst {f.busy_max_ms:.0f} ms",
            (
                f"  of it the emulator's own: {f.carrier_document_ms:.1f} ms to send a document and take its answer, "
                f"{f.carrier_rest_ms:.1f} ms for each REST request"
            ),
            f"  the very first call after the start (not counted): {f.first_ms:.0f} ms",
            f"/voice/incoming answered: median {f.document_median_ms:.0f} ms",
            f"floor (verify and answer), same carrier: median {f.floor_median_ms:.0f} ms, p99 {f.floor_p99_ms:.0f} ms",
            f"ratio time to ring / floor: {f.median_ms / max(f.floor_median_ms, 0.5):.1f}",
            (
                f"CPU per webhook: /voice/incoming {f.cpu_ms:.2f} ms, floor {f.floor_cpu_ms:.2f} ms, "
                f"ratio {f.cpu_ms / max(f.floor_cpu_ms, 0.01):.1f}"
            ),
            *(f"FAULT {fault}" for fault in f.faults),
            "goal missed" if f.missed else "goals kept",
        ]
    )


def tell_crowd(c: Crowd) -> str:
    return "\n".join(
        [
            f"a leg ordered for each of {WAVE} callers who arrive at once, {CROWD} talks in progress, {c.callers} callers:",
            (
                f"  median {c.median_ms:.0f} ms, p95 {c.p95_ms:.0f} ms (goal {P95_CROWD_MS}), "
                f"p99 {c.p99_ms:.0f} ms (goal {P99_CROWD_MS}), worst {c.worst_ms:.0f} ms"
            ),
            *(f"FAULT {fault}" for fault in c.faults),
            "goal missed" if c.missed else "goals kept",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.time_to_ring", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--only", nargs="+", choices=("one", "crowd"), default=("one", "crowd"))
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    asked = parser.parse_args(arguments)
    if asked.calls <= BUSY_CALLS:
        parser.error(f"--calls: more than {BUSY_CALLS}")

    def say(text: str) -> None:
        if not asked.json:
            print(text, flush=True)

    found: dict[str, object] = {}
    kept = True
    if "one" in asked.only:
        figures = measure(asked.calls, say)
        found |= asdict(figures) | {"median_goal_ms": MEDIAN_GOAL_MS, "p99_goal_ms": P99_GOAL_MS}
        kept = not figures.missed
        say(tell(figures))
    if "crowd" in asked.only:
        crowd = measure_crowd(say)
        found["crowd"] = asdict(crowd) | {"p95_goal_ms": P95_CROWD_MS, "p99_goal_ms": P99_CROWD_MS}
        kept = kept and not crowd.missed
        say(tell_crowd(crowd))
    if asked.json:
        print(json.dumps(found | {"kept": kept}))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
