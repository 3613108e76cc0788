"""What each script compares before it writes, shown by news that comes late, twice or at a bad moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import redis

from helpline.adapters.redis.fiches import RedisOpenFiches
from helpline.domain.call import Event, Stage
from helpline.domain.offer import Claim, Offer, OfferState, Settlement
from helpline.domain.people import Tier
from helpline.domain.presence import Event as PresenceEvent
from helpline.domain.presence import State
from helpline.domain.ring_plan import RingStep, Who, plan_to_text
from helpline.domain.waiting import Wanted, plan_offers
from helpline.ports import Change, Duty, NewFiche, Saved
from tests.adapters.live_state import PLAN, WRAP_UP_MS, Person, World
from tests.live import live

MakeWorld = Callable[..., World]


@pytest.fixture
def make_world(redis_app: redis.Redis) -> MakeWorld:
    def make(*names: str, epoch: bool = True) -> World:
        world = World(redis_app, [Person(name) for name in names], epoch=epoch)
        world.on_duty()
        return world

    return make


def _in_talk(world: World, person: str) -> tuple[str, str]:
    """A call that `person` has accepted and is talking in: (call, attempt)."""
    call = world.arrives()
    attempt = world.attempt_for(call, person)
    world.rings(attempt)
    assert world.claim(attempt) is Claim.WON
    change = Change(
        event=Event.BRIDGED, set={"caller_in": True, "psychologist_in": True}, release=True, keep=attempt
    )
    assert world.calls.save(world.call(call), change, world.now) is Saved.DONE
    world.offers.change(attempt, (OfferState.CLAIMED,), None, now_ms=world.now, fields={"talked": True})
    return call, attempt


def test_without_an_epoch_nothing_is_offered_and_nothing_can_be_claimed(make_world: MakeWorld) -> None:
    world = make_world("vera", epoch=False)

    call = world.arrives()

    assert world.live_offers(call) == []
    assert world.round() == ()
    assert world.claim("at-unknown") is Claim.NOT_READY
    assert world.calls.begin_epoch("epoch-1", world.now)
    assert not world.calls.begin_epoch("epoch-2", world.now), "the second of two clocks was too late"
    assert world.claim("at-unknown") is Claim.UNKNOWN
    assert len(world.round()) == 1


def test_a_call_that_arrives_twice_is_one_call_with_one_set_of_offers(make_world: MakeWorld) -> None:
    world = make_world("vera", "bruno")
    first = world.arrives()

    again = world.new_call(leg_id=world.call(first).leg_id)

    assert not world.calls.arrive(again, None, (), world.now)
    assert world.calls.get(again.id) is None
    assert [call.id for call in live(world.calls)] == [first]
    assert len(world.live_offers(first)) == 2


def test_a_psychologist_who_went_on_break_and_came_back_cannot_take_two_calls(make_world: MakeWorld) -> None:
    # Her telephone still rings for the first call while the order to end that leg is on its way.
    world = make_world("vera")
    first = world.arrives()
    old = world.attempt_for(first, "vera")
    world.rings(old)
    world.happen("vera", PresenceEvent.BREAK_BEGUN)
    world.happen("vera", PresenceEvent.BREAK_OVER)

    world.round()

    assert [o.attempt for o in world.live_offers(first)] == [old], "one endpoint would ring twice"
    assert world.claim(old) is Claim.TAKEN
    world.settle(old, Settlement.WITHDRAWN)
    (new,) = world.round()
    assert world.claim(old) is Claim.TAKEN
    assert world.presence("vera").attempt == new


def test_who_was_not_ordered_yet_is_free_again_at_the_moment_another_accepts(make_world: MakeWorld) -> None:
    world = make_world("vera", "bruno", "carla")
    call = world.arrives()
    world.rings(world.attempt_for(call, "vera"))
    world.rings(world.attempt_for(call, "bruno"))

    world.claim(world.attempt_for(call, "vera"))

    # Carla's telephone never rang; Bruno's rings on, for Vera may yet fail to join.
    assert [world.state(who) for who in ("carla", "bruno")] == [State.AVAILABLE, State.RINGING]


def test_only_the_offer_she_is_rung_by_can_be_accepted(
    make_world: MakeWorld, redis_admin: redis.Redis
) -> None:
    world = make_world("vera")
    attempt = world.attempt_for(world.arrives(), "vera")
    world.rings(attempt)

    redis_admin.hset("psy:vera", "attempt", "another")

    assert world.claim(attempt) is Claim.TAKEN
    assert world.state("vera") is State.RINGING


def test_who_signed_off_while_ringing_and_back_on_is_not_rung_before_her_leg_is_gone(
    make_world: MakeWorld,
) -> None:
    world = make_world("vera")
    call = world.arrives()
    old = world.attempt_for(call, "vera")
    world.rings(old)
    world.happen("vera", PresenceEvent.OFF_DUTY)
    world.on_duty()

    assert world.round() == ()
    world.settle(old, Settlement.WITHDRAWN)
    assert len(world.round()) == 1


def test_a_plan_made_before_she_declined_does_not_ring_her_again(make_world: MakeWorld) -> None:
    world = make_world("vera")
    call = world.arrives()
    attempt = world.attempt_for(call, "vera")
    (stale,) = _plan_as_if_free(world, "vera")
    world.rings(attempt)
    world.settle(attempt, Settlement.DECLINED)

    assert world.offers.make(stale, 0, ["late"], world.now) == ()
    world.after(60_000)
    assert world.offers.make(stale, 0, ["later"], world.now) == ("later",)


def _plan_as_if_free(world: World, person: str) -> tuple[Wanted, ...]:
    """What a process planned that had looked a moment ago, when `person` was not rung yet."""
    free = [replace(c, presence=replace(c.presence, state=State.AVAILABLE)) for c in world.candidates()]
    line = [replace(w, live_offers=0) for w in world.calls.line(50, world.now).waiting]
    return plan_offers(line, [c for c in free if c.presence.psychologist == person], world.now)


def test_after_a_talk_was_cut_somebody_else_is_rung_though_her_leg_is_not_over(make_world: MakeWorld) -> None:
    world = make_world("vera", "bruno")
    call, attempt = _in_talk(world, "vera")

    lost = Change(event=Event.PSYCHOLOGIST_LOST, set={"first_choice": "vera"})
    assert world.calls.save(world.call(call), lost, world.now) is Saved.DONE

    world.after(1)
    world.calls.arrive(world.new_call(), None, (), world.now)  # somebody younger waits as well
    (made,) = world.round()
    assert (world.offer(made).psychologist, world.offer(made).call) == ("bruno", call)
    assert world.state("vera") is State.TALKING
    assert world.round() == ()
    world.settle(attempt, Settlement.TALKED)
    assert world.state("vera") is State.WRAP_UP
    assert world.call(call).stage is Stage.WAITING


def test_a_caller_who_is_in_the_room_when_the_claim_is_lost_is_spoken_to_at_once(
    make_world: MakeWorld, redis_app: redis.Redis
) -> None:
    world = make_world("vera")
    call = world.arrives()
    attempt = world.attempt_for(call, "vera")
    world.rings(attempt)
    world.claim(attempt)
    world.calls.save(world.call(call), Change(set={"caller_in": True}), world.now)

    world.settle(attempt, Settlement.LOST)

    assert world.call(call).stage is Stage.WAITING
    assert world.due_rows(redis_app)[f"speak:{call}"] == world.now


def test_a_lost_claim_puts_the_caller_back_at_their_place_and_frees_her(make_world: MakeWorld) -> None:
    world = make_world("vera")
    call = world.arrives()
    world.after(5)
    behind = world.arrives()
    attempt = world.attempt_for(call, "vera")
    world.rings(attempt)
    world.claim(attempt)

    assert world.settle(attempt, Settlement.LOST)

    assert [w.call for w in world.calls.line(50, world.now).waiting] == [call, behind]
    assert world.call(call).psychologist is None
    assert world.call(call).attempt == attempt, "the name of the room they may stand in"
    assert world.state("vera") is State.AVAILABLE
    assert not world.settle(attempt, Settlement.TALKED), "told twice"
    assert world.state("vera") is State.AVAILABLE


def test_who_signs_off_in_mid_call_leaves_when_it_ends_and_may_change_her_mind(make_world: MakeWorld) -> None:
    world = make_world("vera", "bruno")
    _, attempt = _in_talk(world, "vera")
    assert world.happen("vera", PresenceEvent.OFF_DUTY) is State.TALKING
    assert world.presence("vera").leaving

    assert world.happen("vera", PresenceEvent.ON_DUTY) is State.TALKING
    assert not world.presence("vera").leaving
    assert world.happen("vera", PresenceEvent.ON_DUTY) is None, "she is on duty already"

    world.happen("vera", PresenceEvent.OFF_DUTY)
    world.settle(attempt, Settlement.TALKED)
    assert world.state("vera") is State.OFFLINE
    assert not world.presence("vera").leaving


def test_the_first_of_each_need_are_read_however_many_need_something_else_before(
    make_world: MakeWorld,
) -> None:
    world = make_world("vera")
    skilled = [world.arrives(skills=("internes",)) for _ in range(60)]
    world.after(5)
    named = plan_to_text((RingStep(0, Who.NAMED, 25, ("bruno",)),))
    others = [world.arrives(plan=named) for _ in range(55)]
    world.after(5)
    last = world.arrives(skills=("internes",))
    anybody = world.new_call()
    world.calls.arrive(anybody, None, (), world.now)

    read = world.calls.line(50, world.now, of_each_need=True).waiting

    assert len(world.calls.line(50, world.now).waiting) == 50
    assert {w.call for w in read} == {*sorted(skilled)[:50], *sorted(others)[:50], anybody.id}
    assert last not in {w.call for w in read}
    (made,) = world.round()
    assert world.offer(made).call == anybody.id


def test_a_need_that_the_rules_find_later_is_the_one_the_call_is_read_under(make_world: MakeWorld) -> None:
    world = make_world("vera")
    asked = world.new_call(stage=Stage.MENU, plan="")
    world.calls.arrive(asked, None, (), world.now)
    for _ in range(60):
        world.arrives(skills=("internes",))
    world.after(5)
    ruled = {"plan": plan_to_text(PLAN), "skills": "", "line_key_ms": world.now}
    assert (
        world.calls.save(world.call(asked.id), Change(event=Event.ENQUEUED, set=ruled), world.now)
        is Saved.DONE
    )

    (made,) = world.round()

    assert world.offer(made).call == asked.id


def test_forgetting_a_call_frees_who_is_rung_for_it_at_the_present_moment(
    make_world: MakeWorld, redis_admin: redis.Redis
) -> None:
    world = make_world("vera")
    before = set(redis_admin.keys())
    world.after(5_000)
    call = world.arrives()
    attempt = world.attempt_for(call, "vera")
    world.rings(attempt)
    world.claim(attempt)
    world.due.put(f"drop:{attempt}", world.now, world.now)
    world.due.put(f"tell:{attempt}", world.now, world.now)
    world.due.put(f"speak:{call}", world.now, world.now)
    while (taken := world.due.take(60_000, world.now)) is not None:
        world.due.put(taken[0], world.now + 5, world.now)  # put while held: kept in a third place
    assert redis_admin.hlen("due:again") >= 5
    world.after(5_000)

    world.calls.forget(call, world.now)
    assert world.state("vera") is State.TALKING, "her leg is up: she would be rung on it"
    world.settle(attempt, Settlement.CALLER_GONE)

    assert world.state("vera") is State.AVAILABLE
    assert world.presence("vera").since_ms == world.now
    assert world.presence("vera").idle_since_ms == world.now, "she is not the longest idle of all"
    # Of her offer only effects are left that find nothing to do: whoever takes them is done at once.
    hers = {f"{kind}:{attempt}" for kind in ("ring", "drop", "tell")}
    assert {"match"} <= set(world.due_rows(redis_admin)) <= {"match", *hers}
    assert set(redis_admin.hkeys("due:again")) | set(redis_admin.hkeys("due:held")) <= {"match", *hers}
    # Her leg's id goes with the leg, by the sweep.
    left = {key for key in redis_admin.scan_iter() if not key.startswith("sid:")}
    assert left == before | {"due:again", "due:held"}


def _cut_off(world: World, person: str) -> str:
    """A call whose talk with `person` was cut; she is in her wrap-up and first choice. The call."""
    call, attempt = _in_talk(world, person)
    lost = Change(event=Event.PSYCHOLOGIST_LOST, set={"first_choice": person})
    world.calls.save(world.call(call), lost, world.now)
    world.settle(attempt, Settlement.TALKED)
    return call


@pytest.mark.parametrize("how", [Settlement.MISSED, Settlement.DECLINED, Settlement.WITHDRAWN])
def test_a_wrap_up_that_a_lost_caller_interrupted_goes_on_if_she_does_not_take_them(
    make_world: MakeWorld, redis_app: redis.Redis, how: Settlement
) -> None:
    world = make_world("vera")
    call = _cut_off(world, "vera")
    until = world.presence("vera").wrap_up_until_ms
    (again,) = world.round()
    assert world.offer(again).psychologist == "vera"
    world.rings(again)

    world.after(25_000)
    world.settle(again, how)

    assert world.state("vera") is State.WRAP_UP
    assert world.presence("vera").wrap_up_until_ms == until == world.due_rows(redis_app)["rest:vera"]
    # Who let it ring or said no is first no longer, and her wrap-up is her own.
    assert len(world.round()) == (1 if how is Settlement.WITHDRAWN else 0)
    assert world.call(call).first_choice == ("vera" if how is Settlement.WITHDRAWN else None)


def test_a_wrap_up_whose_time_passed_while_she_was_rung_is_over(make_world: MakeWorld) -> None:
    world = make_world("vera")
    _cut_off(world, "vera")
    (again,) = world.round()
    world.rings(again)

    world.after(WRAP_UP_MS)
    world.settle(again, Settlement.MISSED)

    assert world.state("vera") is State.AVAILABLE
    assert world.presence("vera").wrap_up_until_ms is None


def test_an_epoch_does_not_begin_on_a_copy_that_was_lost_while_it_was_built(
    make_world: MakeWorld, redis_admin: redis.Redis
) -> None:
    world = make_world("vera", epoch=False)
    began_ms = world.now
    assert world.calls.draft_epoch("mine", began_ms) == ("mine", began_ms)
    assert world.calls.draft_epoch("of who builds it with me", world.now + 5) == ("mine", began_ms)

    redis_admin.flushall()

    assert not world.calls.begin_epoch("epoch-1", world.now, "mine")
    world.calls.draft_epoch("another", world.now)
    assert not world.calls.begin_epoch("epoch-1", world.now, "mine")
    assert world.calls.begin_epoch("epoch-1", world.now, "another")
    assert world.calls.draft_epoch("too late", world.now) == ("too late", world.now)


def test_who_is_on_a_leg_that_was_lost_is_not_rung_until_the_carrier_shows_it_gone(
    make_world: MakeWorld,
) -> None:
    world = make_world("vera")
    before = world.candidates()
    world.offers.set_apart(["vera"], ["vera"], "epoch-1", world.now)

    call = world.arrives()
    old_plan = plan_offers(world.calls.line(50, world.now).waiting, before, world.now)

    assert world.live_offers(call) == []
    assert world.make(old_plan[0]) == (), "planned before it was known"
    world.offers.set_apart([], ["vera"], "epoch-0", world.now)
    assert world.round() == (), "seen in another epoch"
    world.offers.set_apart([], ["vera"], "epoch-1", world.now)
    assert len(world.round()) == 1


def test_a_talk_found_after_a_loss_is_hers_until_her_leg_ends(make_world: MakeWorld) -> None:
    world = make_world("vera", epoch=False)
    call = world.new_call(stage=Stage.TALKING, attempt="room-1", psychologist="vera", spoke_ms=world.now)
    world.calls.arrive(call, None, (), world.now)
    found = Offer("room-1", call.id, "vera", "e0", OfferState.CLAIMED, world.now, leg_id="CP9")

    world.offers.restore(found, Duty(Tier.ON_DUTY, 0), world.now)
    world.calls.begin_epoch("epoch-2", world.now)

    assert (world.state("vera"), world.presence("vera").attempt) == (State.TALKING, "room-1")
    assert world.offers.by_leg("CP9") == world.offer("room-1")
    assert world.claim("room-1") is Claim.WON, "her document is asked for again: the same room"
    assert world.settle("room-1", Settlement.TALKED)
    assert world.state("vera") is State.WRAP_UP


def test_a_change_of_a_call_that_was_changed_meanwhile_writes_nothing(make_world: MakeWorld) -> None:
    world = make_world()
    call = world.arrives()
    seen = world.call(call)
    world.calls.save(seen, Change(set={"plain": True}), world.now)

    late = Change(event=Event.GONE, set={"end_state": "spoke"}, effects=(("speak:x", world.now),))

    assert world.calls.save(seen, late, world.now) is Saved.CHANGED
    assert world.call(call).stage is Stage.WAITING
    assert world.call(call).end_state is None


@pytest.mark.parametrize("event", list(Event))
def test_news_of_an_ended_call_changes_nothing(
    make_world: MakeWorld, redis_admin: redis.Redis, event: Event
) -> None:
    world = make_world("vera")
    call = world.arrives()
    world.calls.save(world.call(call), Change(event=Event.GONE, release=True), world.now)
    ended, rows = world.call(call), world.due_rows(redis_admin)

    change = Change(event=event, set={"led_on": True}, drop=("plan",), effects=(("x", 1),), release=True)

    assert world.calls.save(ended, change, world.now) is Saved.LATE
    assert world.call(call) == ended
    assert world.due_rows(redis_admin) == rows


# ---- the two that look at much in one step


def _in_three_looks(world: World, leg: str, limit: int) -> tuple[object, ...]:
    calls = world.calls
    return calls.by_leg(leg), calls.gate(world.now), calls.line(limit, world.now, of_each_need=limit > 1)


def test_a_reception_finds_what_three_looks_find(make_world: MakeWorld) -> None:
    world = make_world("vera", "bruno", "nadia", "zoe")
    for _ in range(3):
        world.arrives()
        world.after(1_000)
    for person in ("vera", "bruno", "nadia", "zoe"):
        world.happen(person, PresenceEvent.BREAK_BEGUN)
    world.happen("zoe", PresenceEvent.BREAK_OVER)

    found = world.calls.reception("CA-new", 50, 200, 4, world.now)

    assert (found.known, found.gate, found.view) == _in_three_looks(world, "CA-new", 50)
    assert found.planned
    assert found.view is not None
    assert (len(found.view.waiting), len(found.view.presences)) == (3, 4)


def test_a_reception_knows_a_call_and_no_offer(make_world: MakeWorld) -> None:
    world = make_world("vera")
    call = world.arrives()
    leg = world.rings(world.attempt_for(call, "vera"))

    assert world.calls.reception(world.call(call).leg_id, 50, 200, 1, world.now).known == world.call(call)
    assert world.calls.by_leg(world.call(call).leg_id) == world.call(call)
    assert world.calls.reception(leg, 50, 200, 1, world.now).known is None
    assert world.calls.by_leg(leg) is None


def test_the_wait_sees_its_call_and_everybody_in_one_look(make_world: MakeWorld) -> None:
    world = make_world("vera", "bruno")
    call = world.arrives()
    leg = world.rings(world.attempt_for(call, "vera"))

    seen = world.calls.in_line(world.call(call).leg_id)

    assert seen is not None
    assert seen[0] == world.call(call)
    assert dict(seen[1].presences) == dict(world.calls.line(0, world.now).presences)
    assert (seen[1].ready, seen[1].waiting) == (True, ())
    assert world.calls.in_line(leg) is None


def test_a_reception_reads_the_head_only_where_something_is_left_to_plan(make_world: MakeWorld) -> None:
    world = make_world("vera")
    for _ in range(3):
        world.arrives()

    behind = world.calls.reception("CA-new", 50, 200, 1, world.now)

    assert not behind.planned
    assert behind.view is not None
    assert behind.view.waiting == ()
    assert set(behind.view.presences) == {"vera"}


def test_a_reception_reads_the_head_only_while_somebody_is_free(make_world: MakeWorld) -> None:
    world = make_world("vera", "bruno")
    busy = world.arrives()
    world.arrives()
    assert all(world.state(who) is State.RINGING for who in ("vera", "bruno"))

    assert not world.calls.reception("CA-new", 50, 200, 2, world.now).planned
    world.settle(world.attempt_for(busy, "vera"), Settlement.DECLINED)
    assert world.calls.reception("CA-new", 50, 200, 2, world.now).planned


def test_a_reception_reads_no_line_where_nobody_is_let_in(make_world: MakeWorld) -> None:
    world = make_world("vera")
    for _ in range(2):
        world.arrives()

    full = world.calls.reception("CA-new", 50, 2, 1, world.now)
    world.calls.set_attack(world.now + 1_000, "", world.now)
    attacked = world.calls.reception("CA-new", 50, 200, 1, world.now)
    world.after(1_000)
    over = world.calls.reception("CA-new", 50, 200, 1, world.now)

    assert (full.view, full.gate.waiting) == (None, 2)
    assert (attacked.view, attacked.gate.attack_until_ms) == (None, world.now)
    assert over.view is not None
    assert over.gate.attack_until_ms is None


# ---- the roll: most of a long line in short


def test_who_just_waits_is_in_the_roll_by_their_leg_and_all_others_are_whole(make_world: MakeWorld) -> None:
    world = make_world("vera")
    talking, _ = _in_talk(world, "vera")
    waiting = world.call(world.arrives())
    gone = world.call(world.arrives())
    ending = Change(event=Event.GONE, set={"ended_ms": world.now, "end_state": "left_in_line"})
    assert world.calls.save(gone, ending, world.now) is Saved.DONE

    roll = world.calls.roll()

    assert roll.just_wait == {waiting.leg_id}
    assert roll.others == (world.call(talking),)
    assert roll.over == {gone.id: world.now}


@pytest.mark.parametrize(
    "more",
    [
        {"caller_in": True},
        {"rough": True},
        {"told_unanswered": True},
        {"third": "at-9"},
        {"stage": Stage.MENU},
    ],
)
def test_who_waits_and_lacks_something_is_whole_in_the_roll(
    make_world: MakeWorld, more: dict[str, object]
) -> None:
    world = make_world()
    call = world.call(world.arrives(**more))

    roll = world.calls.roll()

    assert (roll.just_wait, roll.others) == (frozenset(), (call,))


def test_nobody_is_missing_from_the_roll_of_a_long_line(make_world: MakeWorld) -> None:
    world = make_world()
    calls = [world.new_call(told_unanswered=n % 100 == 0) for n in range(1_300)]
    for call in calls:
        world.calls.arrive(call, None, (), world.now)

    roll = world.calls.roll()

    assert roll.just_wait == {call.leg_id for call in calls if not call.told_unanswered}
    assert [call.id for call in roll.others] == sorted(call.id for call in calls if call.told_unanswered)


def test_who_picks_up_is_noted_wherever_her_offer_stands_at_the_carrier(make_world: MakeWorld) -> None:
    world = make_world("vera", "bruno")
    call = world.arrives()
    ringing, sending = world.attempt_for(call, "vera"), world.attempt_for(call, "bruno")
    leg = world.rings(ringing)
    world.offers.change(sending, (OfferState.DUE,), OfferState.SENDING, now_ms=world.now)

    rang = world.offers.picked_up(ringing, leg, world.now)
    overtook = world.offers.picked_up(sending, "CA-early", world.now)

    assert rang is not None
    assert overtook is not None
    assert rang == (world.offers.get(ringing), world.call(call))
    assert overtook == (world.offers.get(sending), world.call(call))
    assert [(one.state, one.answered, one.leg_id) for one, _ in (rang, overtook)] == [
        (OfferState.RINGING, True, leg),
        (OfferState.RINGING, True, "CA-early"),
    ]
    found = world.offers.by_leg("CA-early")
    assert found is not None
    assert found.attempt == sending


def test_an_offer_that_is_over_or_not_ordered_yet_is_not_noted_as_picked_up(make_world: MakeWorld) -> None:
    world = make_world("vera", "bruno")
    call = world.arrives()
    over, due = world.attempt_for(call, "vera"), world.attempt_for(call, "bruno")
    leg = world.rings(over)
    world.settle(over, Settlement.MISSED)

    found = [world.offers.picked_up(over, leg, world.now), world.offers.picked_up(due, "CA-x", world.now)]

    assert [one and (one[0].state, one[0].answered) for one in found] == [
        (OfferState.SETTLED, False),
        (OfferState.DUE, False),
    ]
    assert world.offers.by_leg("CA-x") is None
    assert world.offers.picked_up("at-unknown", "CA-x", world.now) is None


def test_news_that_is_too_late_opens_no_fiche_and_ends_none(
    make_world: MakeWorld, redis_app: redis.Redis
) -> None:
    world = make_world("vera")
    call, _ = _in_talk(world, "vera")
    known, fiches = world.call(call), RedisOpenFiches(redis_app)
    new = NewFiche("fiche", "row", call, "vera", "{}")
    late = [
        (known, Change(event=Event.CLAIMED, fiche=new)),
        (replace(known, rev=known.rev - 1), Change(event=Event.GONE, fiche=new, seal_at_ms=world.now)),
    ]

    told = [world.calls.save(before, change, world.now) for before, change in late]

    assert told == [Saved.LATE, Saved.CHANGED]
    assert fiches.of_call(call) is None
