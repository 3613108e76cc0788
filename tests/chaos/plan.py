"""What happens in a run: who calls when, how long they wait and talk, and which fault strikes when.

Pure: the same seed and size give the same plan. People are thirty times as quick as people are; the carrier's
deadlines and our time-outs are not touched. What somebody does when her telephone rings is drawn from (seed,
who, how often it has rung), so it does not depend on what happened to others.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

LINES = ("0800288038", "0826000401", "0800800854")
QUICK = 30
"""People's times are divided by this."""

TALK_S = 29 * 60 / QUICK
PATIENCE_S = 20 * 60 / QUICK
KILLED = ("web", "effects", "effects2", "clock", "clock2", "worker", "redis", "sql")


@dataclass(frozen=True)
class Size:
    """How much. kills, stops: of each part. spells: of every other kind of fault. talk_s, patience_s: means."""

    calls: int
    span_s: float
    people: int
    kills: int
    stops: int
    spells: int
    talk_s: float = TALK_S
    patience_s: float = PATIENCE_S


LONG = Size(calls=1000, span_s=380.0, people=80, kills=30, stops=10, spells=4)
SHORT = Size(
    calls=100,
    span_s=40.0,
    people=16,
    kills=3,
    stops=1,
    spells=1,
    talk_s=TALK_S / 8,
    patience_s=PATIENCE_S / 2,
)
"""What a ring of three minutes holds: the same people, shorter of word."""


@dataclass(frozen=True)
class Arrival:
    """One caller. `number` None withholds it; keys: (seconds after dialling, key) pressed while waiting."""

    nth: int
    at_s: float
    number: str | None
    to: str
    patience_s: float
    keys: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True)
class Talk:
    """How a talk goes: ends after `for_s`, by `ends`; `stays`: the caller does not hang up when she has left.

    does: what she does at her desk after `at_s`: nothing, holds, consults, hands over. nth: whom she calls.
    """

    for_s: float
    ends: str  # caller, psychologist, concludes, caller lost, psychologist lost
    stays: bool
    does: str = ""
    at_s: float = 0.0
    nth: int = 0


@dataclass(frozen=True)
class Ring:
    """What somebody does when her telephone rings: misses, declines, or picks up after `after_s` and then `does`."""

    after_s: float
    does: str  # misses, declines, accepts, passes (key 9), hangs up, keeps silent


@dataclass(frozen=True)
class Fault:
    """`kind` strikes `part` at `at_s` for `for_s` seconds (0: an instant). amount: hours, ms, …"""

    at_s: float
    kind: str
    part: str = ""
    for_s: float = 0.0
    amount: float = 0.0


@dataclass(frozen=True)
class Plan:
    seed: int
    size: Size
    arrivals: tuple[Arrival, ...]
    faults: tuple[Fault, ...]
    breaks: tuple[tuple[float, float, int], ...] = field(default=())
    """(at_s, for_s, which psychologist)."""

    def ring(self, who: str, nth: int) -> Ring:
        return ring_of(self.seed, who, nth)

    def talk(self, caller: int, nth: int) -> Talk:
        return talk_of(self.seed, caller, nth, self.size.talk_s)


def chance(seed: int, *what: object) -> random.Random:
    """Chance of its own for each question, so that one answer more does not change the others."""
    return random.Random(":".join(map(str, (seed, *what))))


def make_plan(seed: int, size: Size, kinds: frozenset[str] | None = None) -> Plan:
    """kinds: only these kinds of faults, all when None."""
    faults = tuple(sorted(_faults(seed, size), key=lambda fault: fault.at_s))
    if kinds is not None:
        faults = tuple(fault for fault in faults if fault.kind in kinds)
    return Plan(seed, size, tuple(_arrivals(seed, size)), faults, tuple(_breaks(seed, size)))


def _arrivals(seed: int, size: Size) -> Iterator[Arrival]:
    rng = chance(seed, "arrivals")
    for nth, at_s in enumerate(sorted(rng.uniform(0, size.span_s) for _ in range(size.calls))):
        own = chance(seed, "caller", nth)
        impatient = own.random() < 0.15
        patience_s = own.expovariate(1 / 4) if impatient else own.uniform(0.75, 1.5) * size.patience_s
        number = None if own.random() < 0.15 else f"063998{nth % 5000:04d}"
        to = own.choices(LINES, (8, 1, 1))[0]
        presses = own.choices((0, 1, 2), (80, 15, 5))[0]
        keys = tuple(sorted((own.uniform(1, 20), own.choice("0123456789*#")) for _ in range(presses)))
        yield Arrival(nth, at_s, number, to, 0.2 + patience_s, keys)


def talk_of(seed: int, caller: int, nth: int, mean_s: float) -> Talk:
    rng = chance(seed, "talk", caller, nth)
    for_s = min(2 * mean_s, rng.lognormvariate(math.log(mean_s) - 0.5, 1.0))
    words = ("caller", "psychologist", "concludes", "caller lost", "psychologist lost")
    ends = rng.choices(words, (54, 28, 10, 4, 4))[0]
    stays = nth == 0 and rng.random() < 0.3
    does = rng.choices(("", "holds", "consults", "hands over"), (70, 15, 8, 7))[0] if nth < 2 else ""
    return Talk(1.0 + for_s, ends, stays, does, at_s=for_s * rng.uniform(0.1, 0.6), nth=rng.randrange(100))


def ring_of(seed: int, who: str, nth: int) -> Ring:
    rng = chance(seed, "ring", who, nth)
    words = ("accepts", "misses", "declines", "passes", "hangs up", "keeps silent")
    return Ring(rng.uniform(2, 20) / QUICK, rng.choices(words, (82, 5, 5, 4, 2, 2))[0])


def _breaks(seed: int, size: Size) -> Iterator[tuple[float, float, int]]:
    rng = chance(seed, "breaks")
    for _ in range(size.people // 2):
        yield rng.uniform(0, size.span_s - 15), rng.uniform(5, 15), rng.randrange(size.people)


def _faults(seed: int, size: Size) -> Iterator[Fault]:
    """Each part's kills and stops spread over the whole run, and spells of everything else."""
    rng = chance(seed, "faults")
    first, last = 4.0, size.span_s

    def moments(count: int) -> list[float]:
        step = (last - first) / max(1, count)
        return [first + step * (i + rng.random()) for i in range(count)]

    for part in KILLED:
        yield from (Fault(at, "kill", part) for at in moments(size.kills))
        yield from (Fault(at, "stop", part, rng.uniform(0.5, 6.0)) for at in moments(size.stops))
    yield from (Fault(at, "kill one", "web") for at in moments(size.kills))
    spells = size.spells
    yield from (Fault(at, "redis slow", for_s=rng.uniform(2, 6), amount=300) for at in moments(spells))
    yield from (Fault(at, "redis cut", for_s=rng.uniform(1, 5)) for at in moments(spells))
    yield from (Fault(at, "redis hangs", for_s=rng.uniform(1, 5)) for at in moments(spells))
    yield from (Fault(at, "redis full", for_s=rng.uniform(2, 6)) for at in moments(spells))
    yield from (Fault(at, "sql read-only", for_s=rng.uniform(3, 10)) for at in moments(spells))
    yield from (Fault(at, "sql full", for_s=rng.uniform(3, 10)) for at in moments(spells))
    yield from (Fault(at, "apart", for_s=rng.uniform(2, 8)) for at in moments(spells))
    yield from (Fault(at, "rest away", for_s=rng.uniform(2, 8)) for at in moments(spells))
    yield from (Fault(at, "callbacks held", for_s=rng.uniform(3, 10)) for at in moments(spells))
    yield from (Fault(at, "everything") for at in moments(max(1, spells // 2)))
    for at in moments(spells):
        yield from _deploy(at)
    for at in moments(max(1, spells // 2)):
        yield Fault(at, "clock step", for_s=rng.uniform(6, 12), amount=rng.choice((-3, -1, 2, 3)))
    yield Fault(0.0, "carrier", for_s=last)


def _deploy(at_s: float) -> Iterator[Fault]:
    """One process after the other, as a new release is rolled out; web by HUP, then wholly."""
    for nth, part in enumerate(("effects", "effects2", "clock", "clock2", "worker")):
        yield Fault(at_s + 1.2 * nth, "restart", part)
    yield Fault(at_s + 6, "reload", "web")
    yield Fault(at_s + 10, "restart", "web")
