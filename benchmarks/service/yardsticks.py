"""Ways of ringing to hold the product against. None of the product's code is in here.

- `limit`: whoever is free is with the caller at once (Erlang-A: nothing can do better with the same people);
- `in_turn`: one phone after the other, 20 s each, after a greeting or from the pick-up;
- `everybody`: all free phones at once, from the pick-up;
- `shared`: free ÷ waiting of them, five at most, everybody's first ring before anybody's second;
- with skills: `limit` that takes the longest idle of those able, whatever else they can do;
- `sparing`: the same, but who has the skill last for those who do not need it.

`shared` and `sparing` are the product's order at its best.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.service.world import Answers, Caller, Outcome, World, spells


@dataclass(frozen=True)
class Way:
    """`greeting_s` is spoken before anybody is rung; nobody is joined earlier than `earliest_s` after the pick-up.

    `shares`: `at_once` is the most, if there are so many free for each who waits. `spares`: who has the skill is
    taken last by those who do not need it.
    """

    at_once: int = 1
    greeting_s: float = 0.0
    earliest_s: float = 5.0
    instant: bool = False
    shares: bool = False
    spares: bool = False


LIMIT = Way(instant=True, earliest_s=0)
SPARING = Way(instant=True, earliest_s=0, spares=True)
IN_TURN_AFTER_GREETING = Way(greeting_s=15, earliest_s=15)
IN_TURN = Way()
EVERYBODY = Way(at_once=1_000_000)
SHARED = Way(at_once=5, shares=True)


@dataclass
class _Waiting:
    caller: Caller
    ringing: dict[int, int] = field(default_factory=dict)  # ring → psychologist
    tried: set[int] = field(default_factory=set)


class _Line:
    def __init__(self, way: Way, world: World, calls: Sequence[Caller], seed: int) -> None:
        self.way, self.world, self.calls, self.seed = way, world, calls, seed
        self.answers, self.outcome = Answers(world.phones, seed), Outcome()
        self.free = dict.fromkeys(range(world.n), 0.0)  # → idle since
        self.line: dict[int, _Waiting] = {}  # by caller number: in order of arrival
        self.rings: dict[int, tuple[int, int, float]] = {}  # ring → caller, psychologist, idle since
        self.away: set[int] = set()
        self.latest = 0  # the number of the caller who arrived last
        self.events: list[tuple[float, int, str, int]] = []
        self.serial = itertools.count()

    def play(self) -> Outcome:
        for caller in self.calls:
            self._at(caller.at_s + self.way.greeting_s, "ready", caller.number)
            self._at(caller.at_s + caller.patience_s, "leaves", caller.number)
        for when, who, away in spells(self.world, self.calls[-1].at_s, self.seed):
            self._at(when, "away" if away else "back", who)
        while self.events:
            now, _, what, subject = heapq.heappop(self.events)
            getattr(self, f"_{what}")(subject, now)
            self._ring(now)
        return self.outcome

    def _at(self, when: float, what: str, subject: int) -> None:
        heapq.heappush(self.events, (when, next(self.serial), what, subject))

    def _ready(self, number: int, now: float) -> None:
        self.latest = number
        if number not in self.outcome.left:
            self.line[number] = _Waiting(self.calls[number])

    def _leaves(self, number: int, now: float) -> None:
        if number in self.outcome.answered:
            return
        waiting = self.line.pop(number, None)
        self.outcome.left[number] = self.calls[number].patience_s
        if waiting is not None:
            self._stop(waiting)

    def _accepted(self, ring: int, now: float) -> None:
        if ring not in self.rings:
            return
        number, who, _ = self.rings.pop(ring)
        waiting = self.line.pop(number)
        del waiting.ringing[ring]
        self._stop(waiting)
        self._joined(waiting.caller, who, now)

    def _joined(self, caller: Caller, who: int, now: float) -> None:
        self.outcome.answered[caller.number] = now - caller.at_s
        self._at(now + caller.hold_s, "over", who)

    def _missed(self, ring: int, now: float) -> None:
        if ring in self.rings:
            number, who, _ = self.rings.pop(ring)
            del self.line[number].ringing[ring]
            self.free[who] = now

    def _over(self, who: int, now: float) -> None:
        self.free[who] = now

    def _away(self, who: int, now: float) -> None:
        self.away.add(who)

    def _back(self, who: int, now: float) -> None:
        self.away.discard(who)

    def _stop(self, waiting: _Waiting) -> None:
        for ring, who in waiting.ringing.items():
            self.free[who] = self.rings.pop(ring)[2]

    def _able(self, caller: Caller) -> list[int]:
        need = caller.rare and self.world.with_skill
        return [who for who in self.free if not need or who < self.world.with_skill]

    def _is_spared(self, waiting: _Waiting, who: int) -> bool:
        return self.way.spares and who < self.world.with_skill and not waiting.caller.rare

    def _ring(self, now: float) -> None:
        if self.way.instant:
            for waiting in list(self.line.values()):
                self._join_at_once(waiting, now)
            return
        for most in self._rounds():
            for waiting in self.line.values():
                self._ring_for(waiting, most, now)

    def _join_at_once(self, waiting: _Waiting, now: float) -> None:
        able = self._able(waiting.caller)
        if able:
            who = min(able, key=lambda who: (self._is_spared(waiting, who), self.free[who]))
            del self.free[who], self.line[waiting.caller.number]
            self._joined(waiting.caller, who, now)

    def _rounds(self) -> tuple[int, ...]:
        """How many phones a caller may have ringing, in one round through the line after the other."""
        if not self.way.shares or not self.line:
            return (self.way.at_once,)
        reachable = len(self.free) + sum(len(waiting.ringing) for waiting in self.line.values())
        return (1, max(1, min(self.way.at_once, reachable // len(self.line))))

    def _ring_for(self, waiting: _Waiting, most: int, now: float) -> None:
        able = self._able(waiting.caller)
        while able and len(waiting.ringing) < most:
            fresh = [who for who in able if who not in waiting.tried]
            if not fresh and waiting.ringing:
                break
            if not fresh:
                waiting.tried.clear()
            self._order(waiting, min(fresh or able, key=self.free.__getitem__), now)
            able = self._able(waiting.caller)

    def _order(self, waiting: _Waiting, who: int, now: float) -> None:
        ring = next(self.serial)
        self.rings[ring] = (waiting.caller.number, who, self.free.pop(who))
        waiting.ringing[ring] = who
        waiting.tried.add(who)
        self.outcome.rings[self.latest] += 1
        takes_s = self.answers.draw(who in self.away, bool(self.world.away))
        if takes_s is None:
            self._at(now + self.world.phones.set_up_s + self.world.phones.ring_s, "missed", ring)
        else:
            self._at(max(now + takes_s, waiting.caller.at_s + self.way.earliest_s), "accepted", ring)


def play(way: Way, world: World, calls: Sequence[Caller], seed: int) -> Outcome:
    """What these callers meet when phones are rung `way`."""
    return _Line(way, world, calls, seed).play()
