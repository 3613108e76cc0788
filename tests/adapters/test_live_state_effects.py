"""Live effects on a real Redis and a carrier in memory: what becomes of a leg that nobody wants any more."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
import redis

from helpline.adapters.memory import SeededChance, SteppedClock
from helpline.adapters.memory_carrier import MemoryCarrier
from helpline.adapters.redis.alarms import RedisAlarms
from helpline.adapters.redis.fiches import RedisOpenFiches
from helpline.adapters.redis.scripts import Scripts
from helpline.domain.offer import Claim, Settlement
from helpline.domain.presence import Event as PresenceEvent
from helpline.domain.presence import State
from helpline.ports import CarrierLeg, Change, LegStatus, RestOutcome
from helpline.processes.effects import Effects
from helpline.services.follow_room import RoomNews, follow_room
from helpline.services.switchboard import Switchboard, Times
from helpline.services.take_call import take_call
from tests import builders
from tests.adapters.live_state import WELCOME_MS, Person, World


@dataclass
class RoomCarrier(MemoryCarrier):
    """Also knows who stands in a room, and where it was told to take whom."""

    inside: dict[str, tuple[str, ...]] = field(default_factory=dict)
    moved: list[tuple[str, str]] = field(default_factory=list)

    def room(self, name: str) -> tuple[str, ...]:
        return self.inside.get(name, ())

    def move(self, leg_id: str, path: str) -> RestOutcome:
        self.moved.append((leg_id, path))
        return super().move(leg_id, path)


class Exchange:
    """A world whose effects are carried out by the product, at a carrier in memory."""

    def __init__(self, client: redis.Redis, *handles: str, at_once_max: int = 5) -> None:
        people = [builders.psychologist(handle, nth) for nth, handle in enumerate(handles, 1)]
        self.world = World(client, [Person(p.id, endpoints=(p.endpoints[0].id,)) for p in people])
        self.carrier = RoomCarrier(endpoints={e.address: e.id for p in people for e in p.endpoints})
        self.clock = SteppedClock(self.world.now)
        book = builders.book(builders.roster(*people, around_ms=self.world.now))
        book.rules = replace(book.rules, at_once_max=at_once_max)
        switchboard = Switchboard(
            calls=self.world.calls,
            offers=self.world.offers,
            due=self.world.due,
            fiches=RedisOpenFiches(client),
            alarms=RedisAlarms(Scripts(client)),
            book=book,
            clock=self.clock,
            chance=SeededChance(1),
            times=Times(WELCOME_MS, 600_000, 1),
        )
        self.switchboard = switchboard
        self.effects = Effects(switchboard, self.carrier)
        self.world.on_duty()

    def after(self, ms: int) -> None:
        """Let time pass, doing what becomes due in between at its own moment."""
        until = self.world.now + ms
        while True:
            self.effects.run_due(self.world.now)
            due_ms = self.effects.next_due()
            if due_ms is None or due_ms > until:
                break
            self._at(max(due_ms, self.world.now + 1))
        self._at(until)

    def _at(self, now_ms: int) -> None:
        self.world.now = self.clock.now = self.carrier.now_ms = now_ms

    def ringing(self) -> list[str]:
        """The endpoints whose legs ring."""
        legs = self.carrier.live_legs()
        return sorted(str(leg.endpoint) for leg in legs if leg.status is LegStatus.RINGING)


@pytest.fixture
def exchange(redis_app: redis.Redis) -> Exchange:
    return Exchange(redis_app, "vera", "bruno")


@pytest.mark.parametrize("event", [PresenceEvent.BREAK_BEGUN, PresenceEvent.OFF_DUTY])
def test_the_telephone_of_who_leaves_while_it_rings_stops_and_the_others_ring_on(
    exchange: Exchange, event: PresenceEvent
) -> None:
    exchange.world.arrives()
    exchange.after(100)
    assert exchange.ringing() == ["e1", "e2"]

    exchange.world.happen("p1", event)
    exchange.after(100)

    assert exchange.ringing() == ["e2"]
    assert exchange.world.state("p1") in (State.BREAK, State.OFFLINE)


def test_who_comes_back_from_a_break_is_rung_again_as_soon_as_her_old_leg_is_gone(exchange: Exchange) -> None:
    call = exchange.world.arrives()
    exchange.after(100)
    old = exchange.world.attempt_for(call, "p1")
    exchange.world.happen("p1", PresenceEvent.BREAK_BEGUN)
    exchange.world.happen("p1", PresenceEvent.BREAK_OVER)

    exchange.after(100)

    assert not exchange.world.offer(old).state.is_live
    assert exchange.world.attempt_for(call, "p1") != old

    assert exchange.ringing() == ["e1", "e2"]
    assert len(exchange.world.live_offers(call)) == 2


@pytest.mark.parametrize("told", [True, False])
def test_a_caller_who_reached_the_room_when_the_claim_was_lost_is_fetched_out_of_it(
    exchange: Exchange, told: bool
) -> None:
    # The news of her joining may be lost or come too late: then the room itself is asked.
    call = exchange.world.arrives()
    leg = exchange.world.call(call).leg_id
    exchange.carrier.add(CarrierLeg(leg, True, LegStatus.IN_PROGRESS, line="entraide"))
    exchange.world.calls.save(exchange.world.call(call), Change(set={"first_wait_ms": 1}), exchange.world.now)
    exchange.after(100)
    attempt = exchange.world.attempt_for(call, "p1")
    assert exchange.world.claim(attempt) is Claim.WON
    exchange.after(100)
    exchange.carrier.inside[attempt] = (leg,)
    if told:
        follow_room(exchange.switchboard, RoomNews(attempt, leg, joined=True))
    exchange.carrier.moved.clear()

    exchange.world.settle(attempt, Settlement.LOST)
    exchange.after(2_500)

    assert exchange.carrier.moved == [(leg, f"/voice/join/{attempt}")]
    assert not exchange.world.call(call).caller_in


def test_a_caller_moved_again_soon_after_a_lost_claim_is_looked_after_again(exchange: Exchange) -> None:
    # The look after the first move comes due before the second one can have arrived; it must not be the last.
    call = exchange.world.arrives()
    leg = exchange.world.call(call).leg_id
    exchange.carrier.add(CarrierLeg(leg, True, LegStatus.IN_PROGRESS, line="entraide"))
    exchange.world.calls.save(exchange.world.call(call), Change(set={"first_wait_ms": 1}), exchange.world.now)
    exchange.after(100)
    first, second = (exchange.world.attempt_for(call, who) for who in ("p1", "p2"))
    exchange.world.claim(first)
    exchange.after(3_000)
    exchange.world.settle(first, Settlement.LOST)
    assert exchange.world.claim(second) is Claim.WON

    exchange.after(12_000)

    ordered = [path for _, path in exchange.carrier.moved]
    assert ordered == [f"/voice/join/{first}"] + 2 * [f"/voice/join/{second}"]


def test_standby_is_rung_at_the_moment_the_plan_says(redis_app: redis.Redis) -> None:
    # Nothing else happens meanwhile: only the round's own request for the next round can do it.
    exchange = Exchange(redis_app, "vera", "bruno")
    exchange.world.happen("p2", PresenceEvent.OFF_DUTY)
    exchange.world.offers.happen("p2", PresenceEvent.ON_DUTY, exchange.world.now, {"tier": "standby"})
    exchange.world.arrives()

    exchange.after(19_900)
    assert exchange.ringing() == ["e1"]

    exchange.after(200)
    assert exchange.ringing() == ["e1", "e2"]


def test_no_more_telephones_ring_at_once_for_a_caller_than_the_rules_allow(redis_app: redis.Redis) -> None:
    exchange = Exchange(redis_app, "vera", "bruno", "carla", at_once_max=2)
    exchange.carrier.add(CarrierLeg("CA-first", True, LegStatus.IN_PROGRESS, line="entraide"))

    take_call(exchange.switchboard, "CA-first", "entraide")
    exchange.after(2_500)

    assert len(exchange.ringing()) == 2
