"""Many callers at once: so many new ones a second, each staying for a while, whatever their number.

Arrivals and hang-ups are events like any other, so load runs stepped and in real mode alike, without a thread. Who
answers is the server's affair: callers only dial, wait and hang up. A call that was over before its caller hung up
is *cut*: in a load of callers who wait, nobody else should end one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helpline.emulator.carrier import Carrier
from helpline.emulator.chance import Chance
from helpline.emulator.lateness import Lateness
from helpline.emulator.settings import OwnNumber
from helpline.emulator.state import Leg

CALLERS = 5_000  # numbers of fiction, used again after so many calls
SHORTEST, LONGEST = 0.5, 1.5  # of the mean stay


@dataclass(frozen=True)
class LoadPlan:
    """`new_per_s` callers a second dial `to` in turn for `for_s`; each stays so long that `live` are there at a time."""

    to: tuple[str, ...]
    live: int = 1_000
    new_per_s: float = 50.0
    for_s: float = 300.0

    @property
    def stay_ms(self) -> float:
        """How long a caller stays, on average."""
        return 1000 * self.live / self.new_per_s

    @property
    def calls(self) -> int:
        """How many dial in all."""
        return round(self.new_per_s * self.for_s)


def plan_from(values: Mapping[str, Any], numbers: tuple[OwnNumber, ...]) -> LoadPlan:
    """A plan from a control request. Raises ValueError, whose text is the wrong part's name."""
    known: dict[str, Any] = {
        "to": [number.e164 for number in numbers],
        "live": 1_000,
        "new_per_s": 50,
        "for_s": 300,
    }
    for name in values:
        if name not in known:
            raise ValueError(name)
    wish = known | dict(values)
    to = [wish["to"]] if isinstance(wish["to"], str) else wish["to"]
    if not isinstance(to, list) or not to or not all(_ours(number, numbers) for number in to):
        raise ValueError("to")
    for name, most in (("live", 100_000), ("new_per_s", 10_000), ("for_s", 86_400)):
        value = wish[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
            raise ValueError(name)
    return LoadPlan(tuple(to), int(wish["live"]), float(wish["new_per_s"]), float(wish["for_s"]))


def _ours(number: object, numbers: tuple[OwnNumber, ...]) -> bool:
    return isinstance(number, str) and any(own.answers_to(number) for own in numbers)


@dataclass(eq=False)
class Load:
    """One load under way. lateness: of a carrier in real mode; stepped, nothing is late."""

    carrier: Carrier
    plan: LoadPlan
    lateness: Lateness | None = None
    placed: int = 0
    ended: int = 0
    cut: int = 0
    most_live: int = 0
    stopped: bool = False
    _live: dict[str, Leg] = field(default_factory=dict)
    _chance: Chance = field(init=False)

    def __post_init__(self) -> None:
        self._chance = Chance(self.carrier.world.settings.seed)
        self._began_ms = self.carrier.now_ms
        self._before = dict(self.carrier.world.counters)
        self._next()

    def stop(self) -> None:
        """Nobody dials any more; who is there stays as planned."""
        self.stopped = True

    def _next(self) -> None:
        """Evenly spread: chance is in how long callers stay."""
        at_ms = self._began_ms + round(1000 * self.placed / self.plan.new_per_s)
        self.carrier.world.kernel.at(at_ms, self._arrive)

    def _arrive(self) -> None:
        if self.stopped or self.placed >= self.plan.calls:
            return
        leg = self.carrier.arrive(
            f"063998{self.placed % CALLERS:04d}", self.plan.to[self.placed % len(self.plan.to)]
        )
        assert leg is not None
        self.placed += 1
        self._live[leg.sid] = leg
        self.most_live = max(self.most_live, len(self._live))
        stay_ms = round(self.plan.stay_ms * self._chance.uniform(SHORTEST, LONGEST))
        self.carrier.world.kernel.after(stay_ms, lambda: self._leave(leg))
        self._next()

    def _leave(self, leg: Leg) -> None:
        self._live.pop(leg.sid, None)
        self.ended += 1
        if leg.status.final:
            self.cut += 1
        self.carrier.far_end_hangs_up(leg)

    def report(self) -> dict[str, Any]:
        """How it stands: calls, requests, and how many ms after they were due requests left."""
        counters = self.carrier.world.counters
        since = {
            name: counters.get(name, 0) - self._before.get(name, 0)
            for name in ("requests", "requests failed")
        }
        late = self.lateness
        return {
            "placed": self.placed,
            "live": len(self._live),
            "most_live": self.most_live,
            "ended": self.ended,
            "cut": self.cut,
            "over": not self._live and (self.stopped or self.placed >= self.plan.calls),
            "requests": since["requests"],
            "failed": since["requests failed"],
            "late_ms": {"p50": late.percentile(50), "p99": late.percentile(99), "max": late.percentile(100)}
            if late is not None
            else None,
        }
