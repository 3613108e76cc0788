"""How well the ringing serves callers: the product's own code in virtual time, against yardsticks.

    python -m benchmarks.service_level [--calls 3000] [--seed 100] [--seeds 1] [--only S1 …] [--processes 2] [--json]

The same callers meet the product (rules, services, effects, Lua scripts in a real Redis), the limit (whoever is
free is with them at once) and the ways of ringing others use. Same seed, same figures. Exit status 1 when a goal
is missed. What each figure means: `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from benchmarks.service import product, yardsticks
from benchmarks.service.goals import (
    BONUS_S,
    LONG,
    LONG_RUN,
    NEEDED,
    SKILLS,
    STRICT_S,
    URGENT,
    Cell,
    Goal,
    goals_with_errors,
    long_of,
)
from benchmarks.service.world import Caller, Outcome, World, callers
from benchmarks.service.yardsticks import (
    EVERYBODY,
    IN_TURN,
    IN_TURN_AFTER_GREETING,
    LIMIT,
    SHARED,
    SPARING,
    Way,
)

WAYS: Mapping[str, Way] = {
    "limit": LIMIT,
    "in turn, after a greeting": IN_TURN_AFTER_GREETING,
    "in turn": IN_TURN,
    "everybody": EVERYBODY,
    "shared": SHARED,
}


def play_world(name: str, world: World, calls: int, seed: int) -> list[Cell]:
    """Every policy that matters in this world, on the same callers; then yardsticks alone, on many more."""
    people = callers(world, calls, seed)
    # Rings make no difference where telephones are instant.
    ways = {"limit": LIMIT, "sparing": SPARING} if name in SKILLS else WAYS
    cells = [
        _cell(name, way, yardsticks.play(kind, world, people, seed), people) for way, kind in ways.items()
    ]
    with tempfile.TemporaryDirectory() as folder, product.live_state() as store:
        bonuses = {"product": 0}
        if name in URGENT:
            bonuses |= {"product, bonus": BONUS_S, "product, strict": STRICT_S}
        for policy, bonus_s in bonuses.items():
            outcome = product.play(world, people, seed, store, Path(folder), bonus_s)
            cells.append(_cell(name, policy, outcome, people, bonus_s))
    if name in SKILLS:
        many = callers(world, LONG_RUN * calls, seed)
        for way, kind in ways.items():
            cells.append(_cell(name, long_of(way), yardsticks.play(kind, world, many, seed), many))
    return cells


def _cell(name: str, policy: str, outcome: Outcome, people: Sequence[Caller], bonus_s: int = 0) -> Cell:
    common, rare = (tuple(outcome.batches(people, kind)) for kind in (False, True))
    return Cell(name, policy, common, rare, outcome.overtaken(people, bonus_s))


def on_one_core(taken: Synchronized[int]) -> None:
    """This process, and the Redis it will start, keep to one core: a command and its answer cost a quarter."""
    with taken.get_lock():
        place, taken.value = taken.value, taken.value + 1
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1 - place % len(cores)]})


def measure(
    calls: int, seeds: Sequence[int], only: Sequence[str], processes: int = 1
) -> tuple[list[Cell], list[Goal]]:
    worlds = {name: world for goal in only for name, world in NEEDED[goal].items()}
    length = {name: calls if name in SKILLS else LONG * calls for name in worlds}
    # The longest first: the other processes have something to do meanwhile.
    order = sorted(worlds, key=lambda name: -length[name] * worlds[name].n)
    taken = multiprocessing.Value("i", 0)
    with ProcessPoolExecutor(processes, initializer=on_one_core, initargs=(taken,)) as pool:
        done = [
            pool.submit(play_world, name, worlds[name], length[name], seed)
            for name in order
            for seed in seeds
        ]
        by_name: dict[tuple[str, str], Cell] = {}
        for cell in (cell for job in done for cell in job.result()):
            of = (cell.world, cell.policy)
            by_name[of] = by_name[of].and_more(cell) if of in by_name else cell
    cells = sorted(by_name.values(), key=lambda cell: list(worlds).index(cell.world))
    return cells, [goal for goal in goals_with_errors(by_name) if goal.name[:2] in only]


def tell(cells: Sequence[Cell], found: Sequence[Goal]) -> str:
    lines, world = [], ""
    for cell in cells:
        if cell.world != world:
            world = cell.world
            lines.append(f"{world}\n  {'':28s} <=20 s  <=30 s  <=60 s  abandoned  rings   rare <=30 s")
        e = cell.every
        rare = f"{cell.rare['w30']:.3f}" if cell.rare_batches[0].calls else ""
        lines.append(
            f"  {cell.policy:28s} {e['w20']:6.3f}  {e['w30']:6.3f}  {e['w60']:6.3f}  {e['abandoned']:9.3f}"
            f"  {e['rings']:5.2f}   {rare:>10s}"
        )
    lines += [
        f"{'kept  ' if g.kept else 'MISSED'} {g.name} ({g.world}): {g.figure:.3f} ± {g.error:.3f}, goal {'<=' if g.at_most else '>='} {g.goal}"
        for g in found
    ]
    return "\n".join(lines)


def _as_json(cell: Cell) -> dict[str, object]:
    rare = cell.rare if cell.rare_batches[0].calls else None
    return {
        "world": cell.world,
        "policy": cell.policy,
        "overtaken": cell.overtaken,
        "every": cell.every,
        "common": cell.common,
        "rare": rare,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.service_level", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--calls", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=100, help="the first of them")
    parser.add_argument("--seeds", type=int, default=1, help="so many, counted together")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", nargs="+", choices=sorted(NEEDED), default=sorted(NEEDED))
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    asked = parser.parse_args(arguments)
    seeds = range(asked.seed, asked.seed + asked.seeds)
    cells, found = measure(asked.calls, seeds, asked.only, asked.processes)
    kept = all(goal.kept for goal in found)
    if asked.json:
        print(
            json.dumps(
                {
                    "kept": kept,
                    "goals": [asdict(g) | {"kept": g.kept} for g in found],
                    "cells": [_as_json(c) for c in cells],
                }
            )
        )
    else:
        print(tell(cells, found))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
