"""What happens to every policy alike: who calls when, with how much patience, and how phones answer.

Drawn once for a world and a seed, so that two policies meet the very same callers. Seconds throughout; time
zero is when the line opens. Models and their figures: `benchmarks/README.md`.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from itertools import pairwise

HOLD_S = 23 * 60  # a talk of 20 minutes and its notes, together
PATIENCE_S = 180
SPELL_S = 1_800  # how long somebody is away when she is
WARM_UP = 0.1  # this share of the calls fills the line and is not counted
BATCHES = 20  # the counted calls fall into so many stretches: how far these differ is the error of a figure


@dataclass(frozen=True)
class Phones:
    """How a rung phone behaves. `answers`: the share of rings that are answered at all."""

    answers: float = 0.75
    set_up_s: float = 3.0
    median_s: float = 6.2
    accept_s: float = 2.0
    ring_s: int = 20


WEB_PHONES = Phones(set_up_s=0.7, median_s=4.0, accept_s=0.0)
AT_ONCE = Phones(answers=1.0, set_up_s=0.0, median_s=0.0, accept_s=0.0)


@dataclass(frozen=True)
class World:
    """`load` is arrivals × HOLD_S ÷ n. `rare`: the share of calls of the second kind, which is a skill
    that only the first `with_skill` psychologists have, or a bonus in the line when nobody needs a skill.
    `away`: the share of the time a psychologist is away without having signed off.
    """

    n: int
    load: float
    phones: Phones = Phones()
    welcome_s: float = 5.0
    rare: float = 0.0
    with_skill: int = 0
    away: float = 0.0


@dataclass(frozen=True, slots=True)
class Caller:
    number: int
    at_s: float
    patience_s: float
    hold_s: float
    rare: bool


def callers(world: World, calls: int, seed: int) -> list[Caller]:
    """The first `calls` callers of this world."""
    rng = random.Random(f"callers {seed}")  # noqa: S311  # repeatable on purpose
    rate, now, found = world.load * world.n / HOLD_S, 0.0, []
    for number in range(calls):
        now += rng.expovariate(rate)
        patience, hold, kind = rng.expovariate(1 / PATIENCE_S), rng.expovariate(1 / HOLD_S), rng.random()
        found.append(Caller(number, now, patience, hold, kind < world.rare))
    return found


def spells(world: World, until_s: float, seed: int) -> list[tuple[float, int, bool]]:
    """(when, who, away?) in order: each psychologist goes and comes back on her own."""
    changes: list[tuple[float, int, bool]] = []
    if not world.away:
        return changes
    for who in range(world.n):
        rng = random.Random(f"away {seed} {who}")  # noqa: S311  # repeatable on purpose
        there_s = SPELL_S * (1 - world.away) / world.away
        now, away = 0.0, False
        while now < until_s:
            now += rng.expovariate(1 / (SPELL_S if away else there_s))
            away = not away
            changes.append((now, who, away))
    return sorted(changes)


class Answers:
    """One draw for each ring, in the order of the rings: seconds until accepted, or None."""

    def __init__(self, phones: Phones, seed: int) -> None:
        self._phones = phones
        self._rng = random.Random(f"rings {seed}")  # noqa: S311  # repeatable on purpose

    def draw(self, away: bool = False, spelled: bool = False) -> float | None:
        """`spelled`: who is there answers nearly always, since being away is told apart."""
        phones = self._phones
        if not phones.median_s:
            return 0.0
        rings_s = self._rng.lognormvariate(math.log(phones.median_s), 0.5)
        takes = self._rng.random() < (0.97 if spelled else phones.answers)
        if away or not takes or rings_s >= phones.ring_s:
            return None
        return phones.set_up_s + rings_s + phones.accept_s


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of some callers: all of them, those answered at all and within 20, 30 and 60 s, rings meanwhile."""

    calls: int = 0
    answered: int = 0
    w20: int = 0
    w30: int = 0
    w60: int = 0
    rings: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def levels(self) -> Mapping[str, float]:
        """Shares of the calls: within 20, 30 and 60 s, abandoned; rings for each answered call."""
        share = {name: getattr(self, name) / self.calls for name in ("w20", "w30", "w60")}
        gone = 1 - self.answered / self.calls
        return {**share, "abandoned": gone, "rings": self.rings / max(1, self.answered)}


@dataclass
class Outcome:
    """Seconds waited by the callers who were answered and of those who left, by caller number.

    `rings`: how many phones were rung, by the number of the caller who had arrived last.
    """

    answered: dict[int, float] = field(default_factory=dict)
    left: dict[int, float] = field(default_factory=dict)
    rings: Counter[int] = field(default_factory=Counter)

    def tally(self, calls: Sequence[Caller]) -> Tally:
        waits = [self.answered[c.number] for c in calls if c.number in self.answered]
        within = (sum(wait <= s for wait in waits) for s in (20, 30, 60))
        return Tally(len(calls), len(waits), *within, sum(self.rings[c.number] for c in calls))

    def batches(self, calls: Sequence[Caller], rare: bool | None = None) -> list[Tally]:
        """Those counted, of one kind or all, in `BATCHES` stretches of equally many calls."""
        counted = calls[int(WARM_UP * len(calls)) :]
        ends = [place * len(counted) // BATCHES for place in range(BATCHES + 1)]
        stretches = (counted[start:end] for start, end in pairwise(ends))
        return [self.tally([c for c in calls if rare is None or c.rare is rare]) for calls in stretches]

    def levels(self, calls: Sequence[Caller], rare: bool | None = None) -> Mapping[str, float]:
        return sum(self.batches(calls, rare), Tally()).levels()

    def overtaken(self, calls: Sequence[Caller], bonus_s: float) -> int:
        """How many answered callers came after somebody who arrived more than `bonus_s` later than they did."""
        met = sorted(
            (round(c.at_s + self.answered[c.number], 3), c.at_s) for c in calls if c.number in self.answered
        )
        found, latest = 0, 0.0
        for _, at_s in met:
            found += latest - at_s > bonus_s
            latest = max(latest, at_s)
        return found
