"""Many at once on the real scripts, and Redis itself failing: who wins, who is told what, what never shows."""

from __future__ import annotations

import threading
import traceback
from collections import Counter
from collections.abc import Callable

import hypothesis.strategies as st
import pytest
import redis
from hypothesis import given

from helpline.adapters.redis.connection import connect
from helpline.adapters.redis.due import RedisDueList
from helpline.adapters.redis.live_calls import RedisLiveCalls
from helpline.adapters.redis.offers import RedisOffers
from helpline.adapters.redis.records import call_from_hash, call_to_hash
from helpline.adapters.redis.scripts import Scripts
from helpline.cli.servers.redis import RedisServer, plan_redis, start_redis
from helpline.domain.call import Event, LiveCall, Stage
from helpline.domain.errors import LiveStateDown
from helpline.domain.offer import Claim, OfferState
from helpline.domain.presence import Event as PresenceEvent
from helpline.domain.presence import State
from helpline.domain.traffic import EndState
from helpline.domain.waiting import Wanted
from helpline.ports import Change, Saved
from tests.adapters.live_state import WELCOME_MS, Person, World

TWENTY = [f"p{n:02d}" for n in range(20)]


def at_once(jobs: list[Callable[[], object]]) -> list[object]:
    """Run every job in a thread of its own, begun together; their answers, in the order of the jobs."""
    barrier, answers = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(nth: int) -> None:
        barrier.wait()
        answers[nth] = jobs[nth]()  # type: ignore[call-overload]  # filled one by one

    threads = [threading.Thread(target=run, args=(nth,)) for nth in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(answers)


def test_of_twenty_who_arrive_at_once_in_a_line_of_five_five_come_in(redis_app: redis.Redis) -> None:
    world = World(redis_app, [])
    calls = [world.new_call() for _ in range(20)]

    came_in = at_once([lambda call=call: world.calls.arrive(call, None, (), world.now, 5) for call in calls])  # type: ignore[misc]  # a default argument

    assert came_in.count(True) == 5
    assert world.calls.gate(world.now).waiting == 5
    assert sum(world.calls.get(call.id) is not None for call in calls) == 5, "nothing is kept of the others"


def test_of_twenty_who_press_the_key_at_once_in_a_line_of_five_five_come_in(redis_app: redis.Redis) -> None:
    world = World(redis_app, [])
    calls = [world.new_call(stage=Stage.MENU) for _ in range(20)]
    for call in calls:
        world.calls.arrive(call, None, (), world.now)
    key = Change(event=Event.ENQUEUED, most_waiting=5)

    saved = at_once([lambda call=call: world.calls.save(call, key, world.now) for call in calls])  # type: ignore[misc]  # a default argument

    assert Counter(saved) == {Saved.DONE: 5, Saved.LATE: 15}
    assert world.calls.gate(world.now).waiting == 5


@pytest.fixture
def twenty(redis_app: redis.Redis) -> tuple[World, str, list[str]]:
    """A call for which twenty telephones ring: the world, the call, the attempts."""
    world = World(redis_app, [Person(name) for name in TWENTY])
    call = world.arrives()
    world.on_duty()
    wanted = Wanted(call, tuple((name, "e0") for name in TWENTY), 20, 25)
    attempts = list(world.offers.make(wanted, 0, [f"at-{name}" for name in TWENTY], world.now))
    for attempt in attempts:
        world.rings(attempt)
    return world, call, attempts


def test_of_twenty_who_accept_at_once_one_wins_and_all_others_are_told_so(
    twenty: tuple[World, str, list[str]], redis_server: RedisServer
) -> None:
    world, call, attempts = twenty
    clients = [connect(redis_server.url_app, timeout_s=5.0) for _ in attempts]
    offers = [RedisOffers(Scripts(client)) for client in clients]

    answers = at_once(
        [lambda o=o, a=a: o.claim(a, WELCOME_MS, world.now) for o, a in zip(offers, attempts, strict=True)]
    )

    for client in clients:
        client.close()
    assert Counter(answers) == {Claim.WON: 1, Claim.TAKEN: 19}
    winner = attempts[answers.index(Claim.WON)]
    assert world.call(call).attempt == winner
    assert [o.attempt for o in world.live_offers(call) if o.state is OfferState.CLAIMED] == [winner]
    assert [name for name in TWENTY if world.state(name) is State.TALKING] == [
        world.offer(winner).psychologist
    ]


def test_asking_again_gives_the_winner_and_the_losers_the_same_answer(
    twenty: tuple[World, str, list[str]],
) -> None:
    world, _, attempts = twenty

    for _ in range(2):
        assert [world.claim(attempt) for attempt in attempts[:3]] == [Claim.WON, Claim.TAKEN, Claim.TAKEN]


def test_a_caller_who_hangs_up_while_twenty_accept_is_either_taken_or_gone_for_all(
    twenty: tuple[World, str, list[str]], redis_server: RedisServer, redis_app: redis.Redis
) -> None:
    world, call, attempts = twenty
    clients = [connect(redis_server.url_app, timeout_s=5.0) for _ in range(2)]
    accepts, hangs_up = RedisOffers(Scripts(clients[0])), RedisLiveCalls(Scripts(clients[1]))

    def hang_up() -> Saved:
        while True:
            seen = hangs_up.get(call)
            assert seen is not None
            saved = hangs_up.save(seen, Change(event=Event.GONE, release=True), world.now)
            if saved is not Saved.CHANGED:
                return saved

    answers = at_once([lambda: [accepts.claim(a, WELCOME_MS, world.now) for a in attempts], hang_up])

    for client in clients:
        client.close()
    claims = answers[0]
    assert isinstance(claims, list)
    assert answers[1] is Saved.DONE
    assert claims.count(Claim.WON) <= 1
    assert set(claims) <= {Claim.WON, Claim.TAKEN, Claim.GONE}
    assert world.call(call).stage is Stage.ENDED
    assert world.claim(attempts[0]) is Claim.GONE
    rows = set(world.due_rows(redis_app))
    assert {f"drop:{o.attempt}" for o in world.live_offers(call)} <= rows


def test_processes_that_plan_the_same_round_at_once_ring_each_psychologist_once(
    redis_app: redis.Redis, redis_server: RedisServer
) -> None:
    world = World(redis_app, [Person(name) for name in TWENTY[:6]])
    calls = [world.arrives() for _ in range(3)]
    world.on_duty()
    wanted = world.wanted()
    clients = [connect(redis_server.url_app, timeout_s=5.0) for _ in range(4)]
    makers = [RedisOffers(Scripts(client)) for client in clients]

    def make(nth: int) -> list[str]:
        return [
            attempt
            for w in wanted
            for attempt in makers[nth].make(
                w, 0, [f"{nth}-{w.call}-{i}" for i in range(w.how_many)], world.now
            )
        ]

    made = at_once([lambda nth=nth: make(nth) for nth in range(4)])

    for client in clients:
        client.close()
    assert sum(len(attempts) for attempts in made if isinstance(attempts, list)) == 6
    rung = [offer.psychologist for call in calls for offer in world.live_offers(call)]
    assert sorted(rung) == TWENTY[:6]
    assert all(len(world.live_offers(call)) == 2 for call in calls)


def test_a_lease_has_one_holder_until_it_ends(redis_app: redis.Redis) -> None:
    calls = World(redis_app, []).calls

    assert calls.hold("reconcile", "clock-a", 15_000, 100_000)
    assert not calls.hold("reconcile", "clock-b", 15_000, 114_999)
    assert calls.hold("reconcile", "clock-a", 15_000, 110_000), "the holder keeps it"
    assert not calls.hold("reconcile", "clock-b", 15_000, 124_999)
    assert calls.hold("reconcile", "clock-b", 15_000, 125_000)
    assert not calls.hold("reconcile", "clock-a", 15_000, 125_001)


def test_legs_leave_one_by_one_at_the_accounts_rate(redis_app: redis.Redis) -> None:
    world = World(redis_app, [Person(who) for who in ("vera", "bruno", "carla")])
    world.on_duty()
    call = world.arrives()
    first, second, third = sorted(world.live_offers(call), key=lambda offer: offer.attempt)
    now, ask = world.now, world.offers.may_leave_at

    assert ask(first.attempt, 1_000, now) == 0
    assert ask(second.attempt, 1_000, now + 1) == now + 1_000
    assert ask(second.attempt, 1_000, now + 1_000) == 0
    # A clock that went back by hours does not close the line for hours.
    assert ask(third.attempt, 1_000, now - 9_000_000) == 0


def test_scripts_forgotten_by_redis_are_loaded_again_and_the_request_answered(
    redis_app: redis.Redis, redis_admin: redis.Redis
) -> None:
    world = World(redis_app, [Person("vera")])
    world.on_duty()
    redis_admin.script_flush()

    call = world.arrives()

    redis_admin.script_flush()
    attempt = world.attempt_for(call, "vera")
    world.rings(attempt)
    redis_admin.script_flush()
    assert world.claim(attempt) is Claim.WON


@pytest.fixture
def stopped() -> redis.Redis:
    """A client whose server was there once and is gone."""
    server = start_redis(plan_redis())
    client = connect(server.url_app)
    client.ping()
    server.stop()
    return client


def test_with_redis_gone_every_port_says_so_and_nothing_of_the_driver_shows(stopped: redis.Redis) -> None:
    scripts = Scripts(stopped)
    calls, offers, due = RedisLiveCalls(scripts), RedisOffers(scripts), RedisDueList(stopped, scripts)
    asked: list[Callable[[], object]] = [
        lambda: calls.by_leg("CAsecret"),
        lambda: calls.get("CAsecret"),
        lambda: calls.line(50, 0),
        calls.roll,
        calls.epoch,
        lambda: calls.hold("CAsecret", "me", 1, 0),
        lambda: calls.forget("CAsecret", 0),
        lambda: offers.claim("CAsecret", 0, 0),
        lambda: offers.picked_up("CAsecret", "CAsecret", 0),
        lambda: offers.of_call("CAsecret"),
        offers.presences,
        lambda: offers.happen("CAsecret", PresenceEvent.ON_DUTY, 0),
        lambda: due.take(1, 0),
        lambda: due.put("CAsecret", 0, 0),
        due.next_due,
        lambda: due.wait(0.01),
    ]

    for ask in asked:
        with pytest.raises(LiveStateDown) as raised:
            ask()
        text = "".join(traceback.format_exception(raised.value))
        assert raised.value.__cause__ is None
        assert raised.value.__context__ is None
        assert "redis.sock" not in text.partition("LiveStateDown")[2]
        assert str(raised.value) in (
            "redis: ConnectionError",
            "redis: TimeoutError",
            "redis: FileNotFoundError",
        )
        assert "CAsecret" not in str(raised.value)


def test_what_runs_as_app_cannot_touch_private_halves_nor_any_key_outside_its_list(
    redis_app: redis.Redis, redis_admin: redis.Redis
) -> None:
    redis_admin.set("batch:private:b1", "half")
    redis_admin.hset("batch:public", "id", "b1")
    redis_admin.set("elsewhere", "x")

    for forbidden in ("batch:private:b1", "elsewhere"):
        for do in (redis_app.get, redis_app.delete, redis_app.type):
            with pytest.raises(redis.exceptions.NoPermissionError):
                do(forbidden)
    with pytest.raises(redis.exceptions.NoPermissionError):
        redis_app.hset("batch:public", "id", "b2")
    assert redis_app.hget("batch:public", "id") == "b1"
    sha = redis_app.script_load("return redis.call('GET', 'batch:private:b1')")
    with pytest.raises(redis.exceptions.ResponseError):
        redis_app.evalsha(sha, 0)
    for command in ("KEYS *", "FLUSHALL", "CONFIG GET save", "SCAN 0", "RANDOMKEY", "SLOWLOG GET"):
        with pytest.raises(redis.exceptions.NoPermissionError):
            redis_app.execute_command(*command.split())
    with pytest.raises(redis.exceptions.NoPermissionError):
        redis_app.eval("return 1", 0)


_text = st.text("abcdefghijklmnop:é-_", min_size=1, max_size=12)
_ms = st.integers(0, 2**50)
_calls = st.builds(
    LiveCall,
    id=_text,
    leg_id=st.just(""),
    line=_text,
    stage=st.sampled_from(Stage),
    arrived_ms=_ms,
    confirmed=st.booleans(),
    bonus_s=st.integers(0, 120),
    skills=st.lists(_text, max_size=3).map(tuple),
    session=st.just("") | _text,
    plain=st.booleans(),
    first_wait_ms=st.none() | _ms,
    attempt=st.none() | _text,
    psychologist=st.none() | _text,
    first_choice=st.none() | _text,
    moves=st.integers(0, 9),
    caller_in=st.booleans(),
    spoke_ms=st.none() | _ms,
    talked_ms=_ms,
    led_on=st.booleans(),
    end_state=st.none() | st.sampled_from(EndState),
)


@given(call=_calls)
def test_a_call_survives_being_written_to_its_hash_and_read_back(call: LiveCall) -> None:
    written = call_to_hash(call)

    assert call_from_hash(call.id, written) == call
    assert written["line_key_ms"] == str(call.line_key_ms)
    assert all(isinstance(value, str) for value in written.values())
