"""The worlds of S1 to S7, what is compared in them, and how sure each figure is.

A figure is a ratio or a difference of what two policies do for the very same callers. Its error is that of a
jackknife: the figure is made again without each stretch of calls in turn (`world.BATCHES` of them for each seed).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from benchmarks.service.world import AT_ONCE, WEB_PHONES, Phones, Tally, World

BONUS_S = 120
STRICT_S = 10_000_000
"""A bonus nobody waits long enough to make up for: strict priority, by the product's own order."""

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
SKILLS = {
    "10, 3 with the skill, at 0.7": replace(_INSTANT, rare=0.15, with_skill=3),
    "10, 3 with the skill, at 0.85": replace(_INSTANT, load=0.85, rare=0.15, with_skill=3),
    "30, 6 with the skill, at 0.85": replace(_INSTANT, n=30, load=0.85, rare=0.15, with_skill=6),
}
URGENT = {"10 at 1.1, one in ten urgent": replace(_INSTANT, load=1.1, rare=0.1)}
NEEDED = {
    "S1": _RINGING, "S2": _RINGING, "S3": _RINGING, "S4": _RINGING,
    "S5": _AWAY, "S6": SKILLS, "S7": URGENT,
}  # fmt: skip
LONG = 4
"""With this many times the calls every world is played but those of skills: with instant telephones the product does
to the last caller what `sparing` does, which is therefore played on `LONG_RUN` times the calls in its place."""
LONG_RUN = 133


@dataclass(frozen=True)
class Cell:
    """One policy in one world: the common and the rare calls, stretch by stretch; callers overtaken too long."""

    world: str
    policy: str
    common_batches: tuple[Tally, ...]
    rare_batches: tuple[Tally, ...]
    overtaken: int = 0

    @property
    def every(self) -> Mapping[str, float]:
        return sum((*self.common_batches, *self.rare_batches), Tally()).levels()

    @property
    def common(self) -> Mapping[str, float]:
        return sum(self.common_batches, Tally()).levels()

    @property
    def rare(self) -> Mapping[str, float]:
        return sum(self.rare_batches, Tally()).levels()

    def and_more(self, other: Cell) -> Cell:
        """With the calls of another seed."""
        return replace(
            self,
            common_batches=self.common_batches + other.common_batches,
            rare_batches=self.rare_batches + other.rare_batches,
            overtaken=self.overtaken + other.overtaken,
        )

    def levels(self, kind: str) -> Mapping[str, float]:
        """`kind`: every, common or rare."""
        if kind == "every":
            return self.every
        return self.rare if kind == "rare" else self.common

    def without(self, nth: int) -> Cell:
        """As if one stretch of calls had not been."""
        common, rare = (b[:nth] + b[nth + 1 :] for b in (self.common_batches, self.rare_batches))
        return replace(self, common_batches=common, rare_batches=rare)


@dataclass(frozen=True)
class Goal:
    """One figure against its goal; `error` is its standard error."""

    name: str
    world: str
    figure: float
    goal: float
    at_most: bool = False
    error: float = 0.0

    @property
    def kept(self) -> bool:
        return self.figure <= self.goal if self.at_most else self.figure >= self.goal


Cells = Mapping[tuple[str, str], Cell]


def long_of(policy: str) -> str:
    """The cell in which a yardstick is played on many more calls."""
    return f"{policy}, long"


def goals_with_errors(cells: Cells) -> list[Goal]:
    """Every goal whose world was played, each with how sure its figure is."""
    stretches = min(len(cell.common_batches) for cell in cells.values())
    # One stretch of calls less, in turn: figures by stretch, then by goal.
    less = [[g.figure for g in goals({k: c.without(n) for k, c in cells.items()})] for n in range(stretches)]
    found = []
    for goal, figures in zip(goals(cells), zip(*less, strict=True), strict=True):
        mean = sum(figures) / stretches
        spread = sum((figure - mean) ** 2 for figure in figures)
        found.append(replace(goal, error=math.sqrt(spread * (stretches - 1) / stretches)))
    return found


def goals(cells: Cells) -> Iterator[Goal]:
    """S1 to S7 of the study, each with its figure."""
    for name in filter(lambda name: (name, "product") in cells, _RINGING):
        ours, limit = cells[name, "product"].every, cells[name, "limit"].every
        yield Goal("S1 within 30 s, share of the limit", name, ours["w30"] / limit["w30"], _S1[name])
        if name not in _S2_TO_S4:
            continue
        in_turn = cells[name, "in turn, after a greeting"].every["w30"]
        yield Goal("S2 × one after another after a greeting", name, ours["w30"] / in_turn, 1.5)
        over = 100 * (ours["abandoned"] - limit["abandoned"])
        yield Goal("S3 abandoned, points over the limit", name, over, 5.0, at_most=True)
        if name.startswith("30"):
            everybody = cells[name, "everybody"].every
            rings = ours["rings"] / everybody["rings"]
            yield Goal("S4 rings, × ringing everybody", name, rings, 0.75, at_most=True)
            more = 100 * (ours["w30"] - everybody["w30"])
            yield Goal("S4 within 30 s, points over ringing everybody", name, more, -0.5)
    for name in filter(lambda name: (name, "product") in cells, _AWAY):
        ours = cells[name, "product"].every
        yield Goal(
            "S5 × one after another, nobody suspended",
            name,
            ours["w30"] / cells[name, "in turn"].every["w30"],
            1.35,
        )
    for name in filter(lambda name: (name, "product") in cells, SKILLS):
        idlest = cells[name, long_of("limit")]
        rare, others = (in_the_long_run(cells, name, kind)["w30"] for kind in ("rare", "common"))
        yield Goal("S6 the rare skill, × longest idle", name, rare / idlest.rare["w30"], 1.15)
        yield Goal("S6 everybody else, × longest idle", name, others / idlest.common["w30"], _S6[name])
        ours, best = (cells[name, policy].every["w30"] for policy in ("product", "sparing"))
        yield Goal("S6 everybody, × the order itself", name, ours / best, 0.999)
    for name in filter(lambda name: (name, "product") in cells, URGENT):
        plain, bonus, strict = (cells[name, f"product{kind}"] for kind in ("", ", bonus", ", strict"))
        gained, most = (100 * (c.rare["w30"] - plain.rare["w30"]) for c in (bonus, strict))
        yield Goal("S7 share of what strict priority gains", name, gained / most if most else 0.0, 0.55)
        yield Goal("S7 overtaken by more than the bonus", name, float(bonus.overtaken), 0.0, at_most=True)


def in_the_long_run(cells: Cells, world: str, kind: str) -> Mapping[str, float]:
    """What the product would reach if it were played as long as the yardsticks: the figures of `sparing` there, times
    what the product made of the callers both met.
    """
    ours, same, long = (cells[world, p].levels(kind) for p in ("product", "sparing", long_of("sparing")))
    return {name: long[name] * ours[name] / same[name] if same[name] else long[name] for name in long}


_S1 = dict(zip(_RINGING, (0.90, 0.90, 0.94, 0.95, 0.80, 0.95), strict=True))
_S6 = dict(zip(SKILLS, (0.99, 0.985, 0.99), strict=True))
"""One number of each was mended: docs/decisions/service-goals.md."""
_S2_TO_S4 = tuple(_RINGING)[:4]
