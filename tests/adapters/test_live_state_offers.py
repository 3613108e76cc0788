"""Whose leg leaves first, whose telephone is left alone, whose call goes by: the scripts, by hand."""

from __future__ import annotations

import random

import pytest
import redis

from helpline.adapters.redis.alarms import RedisAlarms
from helpline.adapters.redis.scripts import Scripts
from helpline.domain.alarms import AlarmKind
from helpline.domain.offer import Claim, OfferState, Settlement
from helpline.domain.people import Tier
from helpline.domain.presence import Event, State, Wish
from helpline.domain.waiting import Wanted
from helpline.ports import Duty
from tests.adapters.live_state import WRAP_UP_MS, Person, World

VERA = Person("vera", endpoints=("browser", "phone"))
GAP_MS = 1_000


@pytest.fixture
def world(redis_app: redis.Redis) -> World:
    made = World(redis_app, [VERA, Person("bruno"), Person("dora", Tier.STANDBY)])
    made.on_duty()
    return made


def alarms(client: redis.Redis) -> list[AlarmKind]:
    return [alarm.kind for alarm in RedisAlarms(Scripts(client)).standing()]


# ---- the account's rate


@pytest.mark.parametrize("seed", range(5))
def test_the_oldest_callers_first_offer_leaves_first_whoever_asks_first(
    redis_app: redis.Redis, seed: int
) -> None:
    world = World(redis_app, [Person(f"p{n}") for n in range(8)])
    world.on_duty()
    calls = []
    for _ in range(3):
        calls.append(world.new_call())
        world.calls.arrive(calls[-1], None, (), world.now)
        world.after(5)
    ids = [f"z{n}" for n in range(6)]
    random.Random(seed).shuffle(ids)
    made = []
    for nth, call in enumerate(calls):
        own = [(f"p{2 * nth}", f"e-p{2 * nth}"), (f"p{2 * nth + 1}", f"e-p{2 * nth + 1}")]
        wanted = Wanted(call.id, tuple(own), 2, 25)
        made += world.offers.make(wanted, 0, ids[2 * nth : 2 * nth + 2], world.now)
    should_leave = [*made[0::2], *made[1::2]]

    left = []
    for _ in range(6):
        asking = [attempt for attempt in sorted(made) if attempt not in left]
        gone = [a for a in asking if world.offers.may_leave_at(a, GAP_MS, world.now) == 0]
        left += gone
        world.after(GAP_MS)

    assert left == should_leave


def test_whose_turn_it_is_is_woken_by_whoever_leaves_before(world: World, redis_admin: redis.Redis) -> None:
    call = world.arrives()
    first, second = (offer.attempt for offer in sorted(world.live_offers(call), key=lambda o: o.attempt))

    assert world.offers.may_leave_at(second, GAP_MS, world.now) > world.now
    assert world.offers.may_leave_at(first, GAP_MS, world.now) == 0

    assert redis_admin.zscore("due", f"ring:{second}") <= world.now + GAP_MS


def test_an_offer_that_cannot_be_sent_yet_holds_nobody_up(world: World) -> None:
    call = world.arrives()
    first, second = (offer.attempt for offer in sorted(world.live_offers(call), key=lambda o: o.attempt))

    world.offers.steps_aside(first, world.now)

    assert world.offers.may_leave_at(second, GAP_MS, world.now) == 0
    world.after(GAP_MS)
    assert world.offers.may_leave_at(first, GAP_MS, world.now) == 0


def test_nobody_waits_for_an_offer_that_was_withdrawn(world: World, redis_admin: redis.Redis) -> None:
    call = world.arrives()
    first, second = (offer.attempt for offer in sorted(world.live_offers(call), key=lambda o: o.attempt))

    world.settle(first, Settlement.WITHDRAWN)

    assert world.offers.may_leave_at(second, GAP_MS, world.now) == 0
    world.settle(second, Settlement.WITHDRAWN)
    assert redis_admin.exists("legs") == 0


# ---- misses


def misses(world: World, person: str, endpoint: str) -> None:
    """She is rung at `endpoint` for a new call that nobody else is offered, and does not answer."""
    call = world.new_call()
    world.calls.arrive(call, None, (), world.now)
    alone = Wanted(call.id, ((person, endpoint),), 1, 25)
    (attempt,) = world.offers.make(alone, 0, [world.new_id("at")], world.now)
    world.rings(attempt)
    world.settle(attempt, Settlement.MISSED)
    world.calls.forget(call.id, world.now)


def test_a_second_miss_in_a_row_suspends_that_endpoint_alone(world: World, redis_app: redis.Redis) -> None:
    misses(world, "vera", "browser")
    assert world.presence("vera").suspended == set()

    misses(world, "vera", "phone")
    assert world.presence("vera").suspended == set()
    misses(world, "vera", "browser")

    assert world.presence("vera").suspended == {"browser"}
    assert world.presence("vera").missed_in_row == 3
    assert alarms(redis_app) == []


def test_the_last_reachable_endpoint_keeps_ringing_and_the_alarm_goes_off(
    world: World, redis_app: redis.Redis
) -> None:
    for away, event in (("bruno", Event.BREAK_BEGUN), ("dora", Event.OFF_DUTY)):
        world.happen(away, event)
    for _ in range(2):
        misses(world, "vera", "browser")
    assert world.presence("vera").suspended == {"browser"}

    for _ in range(3):
        misses(world, "vera", "phone")

    assert world.presence("vera").suspended == {"browser"}
    assert alarms(redis_app) == [AlarmKind.LAST_ENDPOINT_DOES_NOT_ANSWER]


@pytest.mark.parametrize("how", ["accepts", "button", "next shift", "signs on"])
def test_a_suspension_ends(world: World, redis_app: redis.Redis, how: str) -> None:
    for _ in range(2):
        misses(world, "vera", "browser")
    assert world.presence("vera").suspended

    if how == "accepts":
        call = world.arrives()
        attempt = world.attempt_for(call, "vera")
        world.rings(attempt)
        assert world.claim(attempt) is Claim.WON
    elif how == "button":
        assert world.offers.wish("vera", Wish.RING_AGAIN, world.now)
        assert world.offers.wish("vera", Wish.RING_AGAIN, world.now)
    elif how == "next shift":
        world.offers.begin_shift("vera", Duty(Tier.ON_DUTY, world.now), world.now)
    else:
        world.happen("vera", Event.OFF_DUTY)
        assert world.presence("vera").suspended, "it lasts while she is away"
        world.happen("vera", Event.ON_DUTY)

    assert world.presence("vera").suspended == set()
    misses(world, "bruno", "e-bruno")
    assert world.presence("vera").suspended == set()


def test_an_accepted_call_ends_the_alarm(world: World, redis_app: redis.Redis) -> None:
    for away in ("bruno", "dora"):
        world.happen(away, Event.OFF_DUTY)
    for endpoint in ("browser", "phone"):
        for _ in range(2):
            misses(world, "vera", endpoint)
    assert alarms(redis_app)

    call = world.arrives()
    attempt = world.attempt_for(call, "vera")
    world.rings(attempt)
    world.claim(attempt)

    assert alarms(redis_app) == []


def test_who_could_not_be_reached_is_rung_at_her_other_endpoint_and_then_pauses(world: World) -> None:
    for away in ("bruno", "dora"):
        world.happen(away, Event.OFF_DUTY)
    call = world.arrives()
    settled = []
    for _ in range(2):
        attempt = world.attempt_for(call, "vera")
        settled.append(world.offer(attempt).endpoint)
        world.rings(attempt)
        world.offers.settle(
            attempt,
            Settlement.UNREACHABLE,
            cool_ms=5_000,
            wrap_up_ms=0,
            everybody={"vera": VERA.rings},
            now_ms=world.now,
        )
        world.round()

    assert settled == ["browser", "phone"]
    assert world.live_offers(call) == []
    assert world.presence("vera").missed_in_row == 0


# ---- a call that goes by


def test_one_call_goes_by_and_then_she_is_rung_again(world: World) -> None:
    assert world.offers.wish("vera", Wish.LET_NEXT_GO_BY, world.now)
    assert world.offers.wish("vera", Wish.LET_NEXT_GO_BY, world.now), "one call, however often she asks"

    first = world.arrives()
    assert [o.psychologist for o in world.live_offers(first)] == ["bruno"]
    assert not world.presence("vera").lets_next_go_by

    second = world.arrives()
    assert [o.psychologist for o in world.live_offers(second)] == ["vera"]


def test_the_call_that_went_by_stays_gone_by_while_another_is_rung(world: World) -> None:
    world.offers.wish("vera", Wish.LET_NEXT_GO_BY, world.now)
    call = world.arrives()
    world.settle(world.attempt_for(call, "bruno"), Settlement.MISSED)
    world.round()
    assert [o.psychologist for o in world.live_offers(call)] == ["bruno"]

    world.settle(world.attempt_for(call, "bruno"), Settlement.DECLINED)
    world.round()
    assert [o.psychologist for o in world.live_offers(call)] == ["dora"]

    world.settle(world.attempt_for(call, "dora"), Settlement.DECLINED)
    world.round()
    assert [o.psychologist for o in world.live_offers(call)] == ["vera"], "nobody else is left"


def test_nobody_else_there_and_the_call_is_hers(world: World) -> None:
    for away in ("bruno", "dora"):
        world.happen(away, Event.OFF_DUTY)
    world.offers.wish("vera", Wish.LET_NEXT_GO_BY, world.now)

    call = world.arrives()

    attempt = world.attempt_for(call, "vera")
    assert world.presence("vera").lets_next_go_by
    world.rings(attempt)
    world.claim(attempt)
    assert not world.presence("vera").lets_next_go_by, "she took it: that was her next call"


@pytest.mark.parametrize(
    ("event", "granted"), [(Event.OFF_DUTY, False), (Event.BREAK_BEGUN, False), (None, True)]
)
def test_only_who_is_there_can_let_a_call_go_by(world: World, event: Event | None, granted: bool) -> None:
    if event is not None:
        world.happen("vera", event)
    assert world.offers.wish("vera", Wish.LET_NEXT_GO_BY, world.now) is granted
    assert world.presence("vera").lets_next_go_by is granted
    world.offers.wish("vera", Wish.TAKE_NEXT, world.now)
    assert not world.presence("vera").lets_next_go_by


# ---- time for coding


def codes(world: World) -> None:
    """Vera has just had a talk."""
    call = world.arrives()
    attempt = world.attempt_for(call, "vera")
    world.rings(attempt)
    assert world.claim(attempt) is Claim.WON
    world.offers.settle(
        attempt, Settlement.TALKED, cool_ms=0, wrap_up_ms=WRAP_UP_MS, everybody={}, now_ms=world.now
    )
    assert world.state("vera") is State.WRAP_UP


def longer(world: World, end_ms: int | None = None) -> bool:
    """She asks for two minutes more, seeing the present end of her wrap-up or `end_ms`."""
    seen = end_ms if end_ms is not None else world.presence("vera").wrap_up_until_ms or 0
    return world.offers.wish("vera", Wish.MORE_WRAP_UP, world.now, end_ms=seen)


def test_her_time_for_coding_is_made_longer_by_two_minutes_five_times_at_most(world: World) -> None:
    codes(world)
    began = world.now

    for more in range(1, 6):
        assert longer(world)
        assert world.presence("vera").wrap_up_until_ms == began + WRAP_UP_MS + more * 120_000

    assert not longer(world)
    assert world.presence("vera").wrap_up_more_ms == 600_000


def test_the_next_wrap_up_begins_with_all_its_extensions(world: World) -> None:
    codes(world)
    longer(world)
    world.happen("vera", Event.WRAP_UP_OVER)

    assert world.presence("vera").wrap_up_more_ms == 0
    assert not longer(world)


def test_the_same_wish_that_arrives_twice_adds_two_minutes_once(world: World) -> None:
    codes(world)
    end_ms = world.presence("vera").wrap_up_until_ms

    assert longer(world, end_ms)
    assert longer(world, end_ms)

    assert world.presence("vera").wrap_up_more_ms == 120_000


def test_rung_out_of_her_wrap_up_she_gets_back_the_rest_of_it(world: World) -> None:
    world.happen("bruno", Event.OFF_DUTY)
    world.happen("dora", Event.OFF_DUTY)
    codes(world)
    until = world.presence("vera").wrap_up_until_ms
    call = world.new_call(plan="0:on_duty:25;45:wrap_up:25")
    world.calls.arrive(call, None, (), world.now)
    assert world.round() == ()

    world.after(45_000)
    (attempt,) = world.round()
    assert world.state("vera") is State.RINGING
    world.settle(attempt, Settlement.MISSED)

    assert world.state("vera") is State.WRAP_UP
    assert world.presence("vera").wrap_up_until_ms == until
    assert world.offer(attempt).state is OfferState.SETTLED
