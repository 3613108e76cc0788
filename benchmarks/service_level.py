"""How well the ringing serves callers: the product's own code in virtual time, against yardsticks.

    python -m benchmarks.service_level [--calls 3000] [--seed 100] [--only S1 …] [--json]

The same callers meet the product (rules, services, effects, Lua scripts in a real Redis), the limit (whoever is
free is with them at once) and the ways of ringing others use. Same seed, same figures. Exit status 1 when a goal
is missed. What each figure means: `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.service import product, yardsticks
from benchmarks.service.world import AT_ONCE, WEB_PHONES, Outcome, Phones, World, callers
from benchmarks.service.yardsticks import EVERYBODY, IN_TURN, IN_TURN_AFTER_GREETING, LIMIT, Way

BONUS_S = 120
STRICT_S = 10_000_000
"""A bonus nobody waits long enough to make up for: strict priority, by the product's own order."""

WAYS: Mapping[str, Way] = {
    "limit": LIMIT,
    "in turn, after a greeting": IN_TURN_AFTER_GREETING,
    "in turn": IN_TURN,
    "everybody": EVERYBODY,
}
_RINGING = {
    "10 at 0.8": World(10, 0.8),
    "10 at 0.95": World(10, 0.95),
    "30 at 0.8": World(30, 0.8),
    "30 at 0.95": World(30, 0.95),
    "10 at 0.8, half the rings answered": World(10, 0.8, Phones(answers=0.5)),
    "10 at 0.8, browsers": World(10, 0.8, WEB_PHONES),
}
_AWAY = {"10 at 0.8, away": World(10, 0.8, away=0.25), "30 at 0.8, away": World(30, 0.8, away=0.25)}
_INSTANT = World(10, 0.7, AT_ONCE, welcome_s=0)
_SKILLS = {
    "10, 3 with the skill, at 0.7": replace(_INSTANT, rare=0.15, with_skill=3),
    "10, 3 with the skill, at 0.85": replace(_INSTANT, load=0.85, rare=0.15, with_skill=3),
    "30, 6 with the skill, at 0.85": replace(_INSTANT, n=30, load=0.85, rare=0.15, with_skill=6),
}
_URGENT = {"10 at 1.1, one in ten urgent": replace(_INSTANT, load=1.1, rare=0.1)}
_NEEDED = {
    "S1": _RINGING, "S2": _RINGING, "S3": _RINGING, "S4": _RINGING,
    "S5": _AWAY, "S6": _SKILLS, "S7": _URGENT,
}  # fmt: skip
LONG = 4
"""The urgent are few and what they gain is small: their world is played with this many times the calls."""


@dataclass(frozen=True)
class Cell:
    """One policy in one world: levels of all calls, of the common and of the rare; callers overtaken too long."""

    world: str
    policy: str
    every: Mapping[str, float]
    common: Mapping[str, float]
    rare: Mapping[str, float]
    overtaken: int = 0


@dataclass(frozen=True)
class Goal:
    name: str
    world: str
    figure: float
    goal: float
    at_most: bool = False

    @property
    def kept(self) -> bool:
        return self.figure <= self.goal if self.at_most else self.figure >= self.goal


Cells = Mapping[tuple[str, str], Cell]


def play_world(name: str, world: World, calls: int, seed: int) -> list[Cell]:
    """Every policy that matters in this world, on the same callers."""
    people = callers(world, calls, seed)

    def cell(policy: str, outcome: Outcome, bonus_s: int = 0) -> Cell:
        every, common, rare = (
            outcome.levels(people, kind) for kind in (None, False, True if world.rare else None)
        )
        return Cell(name, policy, every, common, rare, outcome.overtaken(people, bonus_s))

    cells = [cell(way, yardsticks.play(kind, world, people, seed)) for way, kind in WAYS.items()]
    with tempfile.TemporaryDirectory() as folder, product.live_state() as store:
        bonuses = {"product": 0}
        if name in _URGENT:
            bonuses |= {"product, bonus": BONUS_S, "product, strict": STRICT_S}
        for policy, bonus_s in bonuses.items():
            outcome = product.play(world, people, seed, store, Path(folder), bonus_s)
            cells.append(cell(policy, outcome, bonus_s))
    return cells


def goals(cells: Cells, only: Sequence[str]) -> Iterator[Goal]:
    """S1 to S7 of the study, each with its figure."""
    rungs = ((name, *_levels(cells, name)) for name in _RINGING if (name, "product") in cells)
    for name, ours, limit in rungs:
        yield Goal("S1 within 30 s, share of the limit", name, ours["w30"] / limit["w30"], _S1[name])
        if name not in _S2_TO_S4:
            continue
        in_turn = cells[name, "in turn, after a greeting"].every["w30"]
        yield Goal("S2 × one after another after a greeting", name, ours["w30"] / in_turn, 1.5)
        over = 100 * (ours["abandoned"] - limit["abandoned"])
        yield Goal("S3 abandoned, points over the limit", name, over, 5.0, at_most=True)
        if name.startswith("30"):
            everybody = cells[name, "everybody"].every
            yield Goal(
                "S4 rings, × ringing everybody", name, ours["rings"] / everybody["rings"], 0.75, at_most=True
            )
            yield Goal(
                "S4 within 30 s, points over ringing everybody",
                name,
                100 * (ours["w30"] - everybody["w30"]),
                -0.5,
            )
    for name in filter(lambda name: (name, "product") in cells, _AWAY):
        ours = cells[name, "product"].every
        yield Goal(
            "S5 × one after another, nobody suspended",
            name,
            ours["w30"] / cells[name, "in turn"].every["w30"],
            1.35,
        )
    for name in filter(lambda name: (name, "product") in cells, _SKILLS):
        ours, idlest = cells[name, "product"], cells[name, "limit"]
        yield Goal("S6 the rare skill, × longest idle", name, ours.rare["w30"] / idlest.rare["w30"], 1.15)
        yield Goal("S6 everybody else, × longest idle", name, ours.common["w30"] / idlest.common["w30"], 0.99)
    for name in filter(lambda name: (name, "product") in cells, _URGENT):
        plain, bonus, strict = (cells[name, f"product{kind}"] for kind in ("", ", bonus", ", strict"))
        gained, most = (100 * (c.rare["w30"] - plain.rare["w30"]) for c in (bonus, strict))
        yield Goal("S7 share of what strict priority gains", name, gained / most if most else 0.0, 0.55)
        yield Goal("S7 overtaken by more than the bonus", name, float(bonus.overtaken), 0.0, at_most=True)


_S1 = dict(zip(_RINGING, (0.90, 0.90, 0.94, 0.96, 0.80, 0.95), strict=True))
_S2_TO_S4 = tuple(_RINGING)[:4]


def _levels(cells: Cells, name: str) -> tuple[Mapping[str, float], Mapping[str, float]]:
    return cells[name, "product"].every, cells[name, "limit"].every


def measure(calls: int, seed: int, only: Sequence[str]) -> tuple[list[Cell], list[Goal]]:
    worlds = {name: world for goal in only for name, world in _NEEDED[goal].items()}
    lengths = [LONG * calls if name in _URGENT else calls for name in worlds]
    with ProcessPoolExecutor(max_workers=min(len(worlds), os.cpu_count() or 1)) as pool:
        # The longest first: the other processes have something to do meanwhile.
        order = sorted(zip(worlds.items(), lengths, strict=True), key=lambda it: -it[1] * it[0][1].n)
        done = [pool.submit(play_world, name, world, length, seed) for (name, world), length in order]
        cells = [cell for job in done for cell in job.result()]
    by_name = {(cell.world, cell.policy): cell for cell in cells}
    cells.sort(key=lambda cell: list(worlds).index(cell.world))
    return cells, [goal for goal in goals(by_name, only) if goal.name[:2] in only]


def tell(cells: Sequence[Cell], found: Sequence[Goal]) -> str:
    lines, world = [], ""
    for cell in cells:
        if cell.world != world:
            world = cell.world
            lines.append(f"{world}\n  {'':28s} <=20 s  <=30 s  <=60 s  abandoned  rings   rare <=30 s")
        e = cell.every
        rare = f"{cell.rare['w30']:.3f}" if cell.rare != cell.every else ""
        lines.append(
            f"  {cell.policy:28s} {e['w20']:6.3f}  {e['w30']:6.3f}  {e['w60']:6.3f}  {e['abandoned']:9.3f}"
            f"  {e['rings']:5.2f}   {rare:>10s}"
        )
    lines += [
        f"{'kept  ' if g.kept else 'MISSED'} {g.name} ({g.world}): {g.figure:.3f}, goal {'<=' if g.at_most else '>='} {g.goal}"
        for g in found
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.service_level", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--calls", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--only", nargs="+", choices=sorted(_NEEDED), default=sorted(_NEEDED))
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    asked = parser.parse_args(arguments)
    cells, found = measure(asked.calls, asked.seed, asked.only)
    kept = all(goal.kept for goal in found)
    if asked.json:
        print(
            json.dumps(
                {
                    "kept": kept,
                    "goals": [asdict(g) | {"kept": g.kept} for g in found],
                    "cells": [asdict(c) for c in cells],
                }
            )
        )
    else:
        print(tell(cells, found))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
