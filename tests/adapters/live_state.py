"""A small world over the real scripts: psychologists, calls and the due list, no carrier and no service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import redis

from helpline.adapters.redis.due import RedisDueList
from helpline.adapters.redis.live_calls import RedisLiveCalls
from helpline.adapters.redis.offers import RedisOffers
from helpline.adapters.redis.scripts import Scripts
from helpline.domain.call import LiveCall, Stage
from helpline.domain.offer import Claim, Offer, OfferState, Settlement
from helpline.domain.people import Tier
from helpline.domain.presence import Event as PresenceEvent
from helpline.domain.presence import Presence, State
from helpline.domain.ring_plan import Plan, RingStep, Who, plan_from_text, plan_to_text
from helpline.domain.waiting import COOL_DOWN_MS, Candidate, Waiting, Wanted, plan_offers

START_MS = 1_780_000_000_000
WELCOME_MS = 8_000
WRAP_UP_MS = 120_000
RING_S = 25
PLAN: Plan = (RingStep(0, Who.ON_DUTY, RING_S), RingStep(20, Who.STANDBY, RING_S))


@dataclass(frozen=True)
class Person:
    id: str
    tier: Tier = Tier.ON_DUTY
    skills: frozenset[str] = frozenset()
    endpoints: tuple[str, ...] = ()
    """Her own one, `e-<id>`, when none is named."""

    @property
    def rings(self) -> tuple[str, ...]:
        return self.endpoints or (f"e-{self.id}",)


class World:
    """Everything at `now`, which only `after` moves. Ids are numbers, so a failure can be read."""

    def __init__(self, client: redis.Redis, people: Sequence[Person], *, epoch: bool = True) -> None:
        scripts = Scripts(client)
        self.calls = RedisLiveCalls(scripts)
        self.offers = RedisOffers(scripts)
        self.due = RedisDueList(client, scripts)
        self.people = {person.id: person for person in people}
        self.now = START_MS
        self._ids = 0
        if epoch:
            self.calls.begin_epoch("epoch-1", self.now)

    def new_id(self, kind: str) -> str:
        self._ids += 1
        return f"{kind}{self._ids}"

    def after(self, ms: int) -> None:
        self.now += ms

    # ---- psychologists

    def on_duty(self, *people: str) -> None:
        for person in people or tuple(self.people):
            tier = self.people[person].tier.value
            self.offers.happen(person, PresenceEvent.ON_DUTY, self.now, {"tier": tier})

    def happen(self, person: str, event: PresenceEvent) -> State | None:
        return self.offers.happen(person, event, self.now)

    def presence(self, person: str) -> Presence:
        found = self.offers.presence(person)
        assert found is not None
        return found

    def state(self, person: str) -> State:
        return self.presence(person).state

    # ---- calls

    def new_call(self, **changes: object) -> LiveCall:
        call = LiveCall(
            id=self.new_id("call"),
            leg_id=self.new_id("CA"),
            line="entraide",
            stage=Stage.WAITING,
            arrived_ms=self.now,
            confirmed=True,
            plan=plan_to_text(PLAN),
        )
        return replace(call, **changes)  # type: ignore[arg-type]  # a test's own changes

    def arrives(self, **changes: object) -> str:
        """A call with the first offers that planning gives it; its id."""
        call = self.new_call(**changes)
        view = self.calls.line(50, self.now, of_each_need=True)
        own = Waiting(call.id, call.line_key_ms, call.arrived_ms, plan_from_text(call.plan), call.skills)
        planned = plan_offers((*view.waiting, own), self.candidates(), self.now)
        wanted = next((w for w in planned if w.call == call.id), None)
        self.calls.arrive(call, wanted, self.attempts(wanted), self.now)
        return call.id

    def call(self, call_id: str) -> LiveCall:
        found = self.calls.get(call_id)
        assert found is not None
        return found

    # ---- offers

    def candidates(self) -> list[Candidate]:
        present = self.offers.presences()
        return [Candidate(present[p.id], p.rings, p.skills) for p in self.people.values() if p.id in present]

    def attempts(self, wanted: Wanted | None) -> list[str]:
        return [self.new_id("at") for _ in range(wanted.how_many)] if wanted else []

    def wanted(self) -> tuple[Wanted, ...]:
        return plan_offers(
            self.calls.line(50, self.now, of_each_need=True).waiting, self.candidates(), self.now
        )

    def make(self, wanted: Wanted) -> tuple[str, ...]:
        live = {w.call: w.live_offers for w in self.calls.line(50, self.now, of_each_need=True).waiting}
        return self.offers.make(wanted, live.get(wanted.call, 0), self.attempts(wanted), self.now)

    def round(self) -> tuple[str, ...]:
        """One round of offers, as `services/offer_call.py` makes it."""
        return tuple(attempt for wanted in self.wanted() for attempt in self.make(wanted))

    def rings(self, attempt: str) -> str:
        """The order was sent and answered: the leg's id."""
        leg = self.new_id("CA")
        self.offers.change(attempt, (OfferState.DUE,), OfferState.SENDING, now_ms=self.now)
        self.offers.change(attempt, (OfferState.SENDING,), OfferState.RINGING, now_ms=self.now, leg_id=leg)
        return leg

    def claim(self, attempt: str) -> Claim:
        return self.offers.claim(attempt, WELCOME_MS, self.now)

    def settle(self, attempt: str, how: Settlement) -> bool:
        cool_ms = COOL_DOWN_MS if how is Settlement.DECLINED else 0
        return self.offers.settle(
            attempt,
            how,
            cool_ms=cool_ms,
            wrap_up_ms=WRAP_UP_MS,
            everybody={p.id: p.rings for p in self.people.values()},
            now_ms=self.now,
        )

    def offer(self, attempt: str) -> Offer:
        found = self.offers.get(attempt)
        assert found is not None
        return found

    def live_offers(self, call_id: str) -> list[Offer]:
        return [offer for offer in self.offers.of_call(call_id) if offer.state.is_live]

    def attempt_for(self, call_id: str, person: str) -> str:
        """The live offer of `person` for `call_id`."""
        (attempt,) = (o.attempt for o in self.live_offers(call_id) if o.psychologist == person)
        return attempt

    def due_rows(self, client: redis.Redis) -> dict[str, int]:
        return {str(member): int(score) for member, score in client.zrange("due", 0, -1, withscores=True)}
