"""The product's own code in virtual time: its rules, its services, its effects, its Lua scripts in a real Redis.

Only people and the carrier are played: an order to ring becomes a draw of `world.Answers`, an order to move a
caller is obeyed at once. No document is fetched, no job runs, nothing sleeps.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import redis

from benchmarks.service.world import Answers, Caller, Outcome, World, spells
from helpline.adapters.documents import load_flows, load_rules
from helpline.adapters.memory import FixedBook
from helpline.adapters.memory_carrier import MemoryCarrier
from helpline.adapters.redis.connection import connect
from helpline.bootstrap import assemble, stepped_outside
from helpline.cli.servers.redis import plan_redis, start_redis
from helpline.domain.hours import Interval
from helpline.domain.people import Endpoint, EndpointKind, Psychologist, Roster, Shift, Tier
from helpline.domain.presence import State
from helpline.domain.routing.rules import RuleSet
from helpline.ports import CarrierLeg, LegStatus, RestOutcome
from helpline.processes.effects import Effects
from helpline.services.claim_call import try_claim
from helpline.services.end_call import end_by_leg
from helpline.services.follow_leg import follow_leg
from helpline.services.follow_room import RoomNews, follow_room
from helpline.services.hold_call import hold_call
from helpline.services.keep_duty import end_wrap_up, go_on_duty, ring_again
from helpline.services.switchboard import Switchboard
from helpline.services.take_call import take_call
from tests.builders import settings

ROOT = Path(__file__).parents[2]
START_MS = int(datetime(2026, 6, 15, 6, 0, tzinfo=UTC).timestamp() * 1000)
COMMON, RARE = "entraide", "ancien_0826"
RARE_SKILL = "rare"

RULES = """
settings: {{wrap_up_s: 0, ring_s: {ring_s}, at_once_max: 5}}
lines:
  entraide: {{number: "+33199000001", published: "0 800 288 038", shown: "+33199000001", valid_from: "2019-04-01"}}
  ancien_0826: {{number: "+33199000002", published: "0 826 000 401", shown: "+33199000001", valid_from: "2018-01-01"}}
defaults:
  flow: accueil
  wait: attente
  offer: proposition
  nobody: personne_disponible
  bonus_s: 0
  skills: []
  ring: [{{after_s: 0, who: on_duty}}]
rules:
  - name: Autres
    when: {{line: [ancien_0826]}}
    then: {{bonus_s: {bonus_s}}}
  - name: Tous
"""


class Psychologists(MemoryCarrier):
    """A carrier whose rung phones answer as the world says; `line` is told what becomes of each order."""

    line: ProductLine

    def ring(self, address: str, attempt: str, ring_s: int) -> tuple[RestOutcome, str | None]:
        outcome, leg_id = super().ring(address, attempt, ring_s)
        self.line.rung(attempt, leg_id or "", address)
        return outcome, leg_id

    def move(self, leg_id: str, path: str) -> RestOutcome:
        outcome = super().move(leg_id, path)
        if outcome is RestOutcome.DONE:
            self.line.moved(leg_id, path.rpartition("/")[2])
        return outcome


class ProductLine:
    """One world played through the product."""

    def __init__(
        self, world: World, calls: Sequence[Caller], seed: int, sw: Switchboard, carrier: Psychologists
    ) -> None:
        self.world, self.calls, self.sw, self.carrier = world, calls, sw, carrier
        self.answers, self.outcome = Answers(world.phones, seed), Outcome()
        self.effects = Effects(sw, carrier)
        self.away: set[str] = set()
        self.latest = 0  # the number of the caller who arrived last
        self.events: list[tuple[int, int, str, tuple[str, ...]]] = []
        self.serial = itertools.count()
        self.attempt_of: dict[str, str] = {}  # caller's leg → the attempt that took the call
        carrier.line = self
        for person in sw.book.roster.psychologists:
            go_on_duty(sw, person.id)
        for caller in calls:
            self._at(caller.at_s, "arrives", str(caller.number))
        for when, who, away in spells(world, calls[-1].at_s, seed):
            self._at(when, "goes_away" if away else "comes_back", f"p{who:02d}")

    def play(self) -> Outcome:
        while self.events:
            due = self.sw.due.next_due()
            at, _, what, subject = self.events[0]
            if due is not None and due < at:
                self._now(due)
            else:
                heapq.heappop(self.events)
                self._now(at)
                getattr(self, f"_{what}")(*subject)
            self.effects.run_due(self.now_ms)
        return self.outcome

    # ---- time

    @property
    def now_ms(self) -> int:
        return self.sw.clock.now_ms()

    def _now(self, at_ms: int) -> None:
        clock = self.sw.clock
        assert hasattr(clock, "now")
        clock.now = max(clock.now, at_ms)
        self.carrier.now_ms = clock.now

    def _at(self, at_s: float, what: str, *subject: str) -> None:
        heapq.heappush(self.events, (START_MS + round(1000 * at_s), next(self.serial), what, subject))

    def _in(self, seconds: float, what: str, *subject: str) -> None:
        self._at((self.now_ms - START_MS) / 1000 + seconds, what, *subject)

    # ---- the caller

    def _arrives(self, number: str) -> None:
        caller, leg = self.calls[int(number)], f"caller-{number}"
        line = RARE if caller.rare else COMMON
        self.latest = caller.number
        self.carrier.add(CarrierLeg(leg, True, LegStatus.IN_PROGRESS, line=line, started_ms=self.now_ms))
        take_call(self.sw, leg, line)
        hold_call(self.sw, leg, line, 0)
        self._in(caller.patience_s, "leaves", number)

    def _leaves(self, number: str) -> None:
        if int(number) in self.outcome.answered:
            return
        self.outcome.left[int(number)] = self.calls[int(number)].patience_s
        self._hangs_up(f"caller-{number}")

    def _hangs_up(self, leg: str) -> None:
        self.carrier.add(replace(self.carrier.legs[leg], status=LegStatus.COMPLETED, ended_ms=self.now_ms))
        end_by_leg(self.sw, leg, self.now_ms)
        self._in(60, "forgotten", leg)

    def _forgotten(self, leg: str) -> None:
        """What the sweep would do: the run does not grow with its calls."""
        call = self.sw.calls.by_leg(leg)
        if call is not None:
            self.sw.calls.forget(call.id, self.now_ms)
        self.carrier.legs.pop(leg, None)

    def moved(self, leg: str, attempt: str) -> None:
        self.attempt_of[leg] = attempt
        self._in(0, "joins", leg)

    def _joins(self, leg: str) -> None:
        number = int(leg.partition("-")[2])
        if number in self.outcome.left or number in self.outcome.answered:
            return
        follow_room(self.sw, RoomNews(self.attempt_of[leg], leg, joined=True))
        caller = self.calls[number]
        self.outcome.answered[number] = (self.now_ms - START_MS) / 1000 - caller.at_s
        self._in(caller.hold_s, "over", leg)

    def _over(self, leg: str) -> None:
        attempt = self.attempt_of.pop(leg)
        offer = self.sw.offers.get(attempt)
        assert offer is not None, "a talk without its offer"
        assert offer.leg_id is not None, "a talk without her leg"
        self._hangs_up(leg)
        self.carrier.end(offer.leg_id)
        follow_leg(self.sw, attempt, offer.leg_id, LegStatus.COMPLETED)
        end_wrap_up(self.sw, offer.psychologist)  # the notes are in the talk's length

    # ---- the psychologist

    def rung(self, attempt: str, leg: str, address: str) -> None:
        self.outcome.rings[self.latest] += 1
        who = f"p{int(address[-2:]):02d}"
        takes_s = self.answers.draw(who in self.away, bool(self.world.away))
        if takes_s is None:
            self._in(self.world.phones.set_up_s + self.world.phones.ring_s, "misses", attempt, leg)
        else:
            self._in(takes_s, "accepts", attempt, leg)

    def _accepts(self, attempt: str, leg: str) -> None:
        offer = self.sw.offers.get(attempt)
        if offer is None or not self._rings(leg):
            return
        self.carrier.add(replace(self.carrier.legs[leg], status=LegStatus.IN_PROGRESS))
        try_claim(self.sw, offer)
        follow_room(self.sw, RoomNews(attempt, leg, joined=True))

    def _misses(self, attempt: str, leg: str) -> None:
        if self._rings(leg):
            ended = replace(self.carrier.legs[leg], status=LegStatus.NO_ANSWER, ended_ms=self.now_ms)
            self.carrier.add(ended)
            follow_leg(self.sw, attempt, leg, LegStatus.NO_ANSWER)

    def _rings(self, leg: str) -> bool:
        return leg in self.carrier.legs and self.carrier.legs[leg].status is LegStatus.RINGING

    def _goes_away(self, who: str) -> None:
        self.away.add(who)

    def _comes_back(self, who: str) -> None:
        """She presses the button that takes her telephone back into the order."""
        self.away.discard(who)
        ring_again(self.sw, who)


def _roster(world: World) -> Roster:
    always = Interval(datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
    people = []
    for place in range(world.n):
        phone = Endpoint(f"e{place:02d}", EndpointKind.PHONE, f"+336399852{place:02d}")
        skills = frozenset({RARE_SKILL}) if place < world.with_skill else frozenset()
        people.append(Psychologist(f"p{place:02d}", f"p{place:02d}", f"P{place:02d}", (phone,), skills))
    return Roster(tuple(people), tuple(Shift(p.id, Tier.ON_DUTY, always) for p in people))


def _rules(world: World, bonus_s: int, folder: Path) -> RuleSet:
    """The rules as an administrator writes them; a bonus no checker lets pass is set afterwards."""
    flows = load_flows(ROOT / "ivr_flows")
    path = folder / "rules.yaml"
    path.write_text(RULES.format(ring_s=world.phones.ring_s, bonus_s=min(bonus_s, 120)), "utf-8")
    rules = load_rules(path, flows=flows)
    rare = rules.rules[0]
    skills = (RARE_SKILL,) if world.with_skill else ()
    then = replace(rare.then, bonus_s=bonus_s, skills=skills)
    return replace(rules, rules=(replace(rare, then=then), *rules.rules[1:]))


@contextmanager
def live_state() -> Iterator[redis.Redis]:
    """An embedded Redis for as long as the benchmark runs, by one connection: a pool costs half as much again."""
    server = start_redis(plan_redis(admin=True))
    try:
        yield connect(server.url_admin or "").client()
    finally:
        server.stop()


def play(
    world: World, calls: Sequence[Caller], seed: int, store: redis.Redis, folder: Path, bonus_s: int = 0
) -> Outcome:
    """What these callers meet with the product. `store` is emptied first."""
    store.flushall()
    book = FixedBook(_rules(world, bonus_s, folder), load_flows(ROOT / "ivr_flows"), _roster(world))
    outside = stepped_outside(book, store, store, START_MS, seed)
    service = assemble(settings(f"sqlite:///{folder}/none.db", folder), outside)
    made = service.switchboard
    times = replace(made.times, welcome_ms=round(1000 * world.welcome_s), leg_gap_ms=0)
    sw = replace(made, times=times)
    endpoints = {e.address: e.id for p in book.roster.psychologists for e in p.endpoints}
    carrier = Psychologists(now_ms=START_MS, endpoints=endpoints)
    sw.calls.begin_epoch("bench", START_MS)
    line = ProductLine(world, calls, seed, sw, carrier)
    outcome = line.play()
    service.close()
    idle = [p for p in sw.offers.presences().values() if p.state is not State.AVAILABLE]
    assert not idle, f"not available at the end: {[(p.psychologist, p.state.value) for p in idle]}"
    return outcome
