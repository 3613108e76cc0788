"""What a hostile reading of a day's changes to the call path found; each failed once. Stepped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Semaphore, Thread
from typing import Any, cast

import pytest
import redis
import requests

from helpline.cli.stepped import WsgiAdapter
from helpline.domain.call import Stage
from helpline.domain.errors import LiveStateDown
from helpline.domain.presence import State
from helpline.emulator import rest_app
from helpline.ports import Carrier, LegStatus, LiveCalls, NewFiche, Offers, OpenFiches
from helpline.processes.sweeps import LEASE_MS
from helpline.services.end_call import end_call
from helpline.services.follow_leg import follow_leg
from helpline.services.follow_room import RoomNews, follow_room
from helpline.services.reconcile import reconcile
from tests.e2e.test_consult_after_a_loss import reconcile_and
from tests.e2e.test_conversation import in_talk, of_three
from tests.e2e.test_order_on_its_way import SlowWay, lives, rings_somebody
from tests.phone import Line


class NothingMayBeAsked:
    """A port that nobody is to turn to."""

    def __getattr__(self, name: str) -> Callable[..., object]:
        raise AssertionError(f"{name} was asked")


def leg_of(offers: Offers, attempt: str | None) -> str:
    offer = offers.get(attempt or "")
    assert offer is not None
    return offer.leg_id or ""


class Meanwhile:
    """The carrier, or the offers, with something happening once just before, or right after, they are asked for one thing."""

    def __init__(
        self,
        asked: object,
        before: dict[str, Callable[[], object]] | None = None,
        after: dict[str, Callable[[], object]] | None = None,
    ) -> None:
        self._asked, self._before, self._after = asked, before or {}, after or {}

    def __getattr__(self, name: str) -> Callable[..., object]:
        def ask(*args: object, **options: object) -> object:
            self._before.pop(name, lambda: None)()
            found = getattr(self._asked, name)(*args, **options)
            self._after.pop(name, lambda: None)()
            return found

        return ask


class RightAfter(WsgiAdapter):
    """The way to the carrier; `then` happens when the first order to ring has arrived, before its reply is back."""

    def __init__(self, line: Line, then: Callable[[], None]) -> None:
        super().__init__(rest_app(line.stepper.carrier))
        self._then: Callable[[], None] | None = then
        line.stepper.outside.session.mount("http://", self)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        answer = super().send(request, *args, **kwargs)
        if self._then is not None and rings_somebody(request):
            then, self._then = self._then, None
            then()
        return answer


# ---- what is read while something else happens


def test_redis_lost_after_the_reconciler_has_looked_into_the_rooms_cuts_off_nobody(
    line: Line, redis_admin: redis.Redis
) -> None:
    """The other caller's leg is asked for by itself: in that time the copy is lost, and her offer with it."""
    caller = in_talk(line)
    other = line.caller().dials()
    line.after(6)
    line.control.set_faults({"web": {"path": "/voice/*", "fault": "refuse"}})
    other.hangs_up()
    line.control.set_faults({})

    reconcile_and(line, "leg", redis_admin.flushall)

    assert caller.talks_with(line.vera), line.story()
    line.until(lambda: line.vera.state is State.TALKING, 12)
    assert caller.talks_with(line.vera), line.story()


def test_in_a_young_copy_a_leg_whose_news_comes_while_it_is_looked_for_rings_on(
    line: Line, redis_admin: redis.Redis
) -> None:
    """It was in no offer yet; a moment later it was in one, and so in no order that is under way any more."""
    redis_admin.flushall()
    line.until(lambda: line.sw.calls.epoch() is not None, 3)
    sw, carrier = line.sw, line.stepper.service.carrier

    def news_comes() -> None:
        for presence in sw.offers.presences().values():
            offer = sw.offers.get(presence.attempt) if presence.attempt else None
            if offer is not None and presence.psychologist == "p1":
                (leg,) = (leg for leg in carrier.live_legs() if leg.endpoint == offer.endpoint)
                follow_leg(sw, offer.attempt, leg.leg_id, LegStatus.RINGING)

    def looks() -> None:
        offers = cast("Offers", Meanwhile(sw.offers, after={"by_leg": news_comes}))
        reconcile(replace(sw, offers=offers), carrier)

    RightAfter(line, looks)
    line.caller().dials()

    line.until(line.vera.rings, 3)
    assert lives(line, line.vera)[0][1] is None, line.story()


def test_who_accepts_and_goes_while_another_leg_is_asked_for_does_not_leave_the_caller_alone(
    line: Line,
) -> None:
    """The offers were read when she was rung, the carrier was slow, and no news of ours came through."""
    line.stepper.paused |= {"clock", "effects"}
    caller = line.caller().dials()
    line.after(1)

    def is_rung() -> None:
        line.stepper.paused.discard("effects")
        line.until(line.vera.rings, 3)

    def talks_and_goes() -> None:
        line.vera.accepts()
        line.until_talk(caller, line.vera)
        line.control.set_faults({"web": {"path": "/voice/*", "fault": "refuse"}})
        line.vera.hangs_up()
        line.after(3)
        line.control.set_faults({})

    carrier = line.stepper.service.carrier
    slow = Meanwhile(carrier, before={"leg": talks_and_goes}, after={"live_legs": is_rung})
    reconcile(line.sw, cast("Carrier", slow))
    line.stepper.paused.clear()

    assert line.only_call().stage is Stage.ALONE
    line.until(lambda: caller.hears("terminée de notre côté"), 5)


def test_two_clocks_that_look_longer_than_the_lease_do_not_undo_each_others_copy(
    line: Line, redis_admin: redis.Redis
) -> None:
    """Each run began while another was under way, and each found at its end that somebody else was building: for ever."""
    line.stepper.paused.add("clock")
    line.caller().dials()
    redis_admin.flushall()
    carrier = line.stepper.service.carrier
    runs: list[Thread] = []
    rebuilt: list[bool] = []
    looks_on: list[Semaphore] = []

    def run() -> None:
        """One that looks until the next one looks as well."""
        next_one = Semaphore(0)
        looks_on.append(next_one)

        def until_then() -> None:
            began.release()
            next_one.acquire(timeout=5)

        slow = Meanwhile(carrier, after={"waiting": until_then})
        rebuilt.append(reconcile(line.sw, cast("Carrier", slow)).rebuilt)

    began = Semaphore(0)
    for nth in range(5):
        line.stepper.clock.now += LEASE_MS
        runs.append(Thread(target=run))
        runs[-1].start()
        assert began.acquire(timeout=5)
        if nth:
            looks_on[nth - 1].release()
            runs[nth - 1].join(5)
    looks_on[-1].release()
    runs[-1].join(5)

    assert True in rebuilt[:2], rebuilt


# ---- between two writes


def test_a_talk_found_at_the_carrier_that_met_a_failure_before_its_last_write_has_a_fiche(
    line: Line, redis_admin: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found once. It was a talk, and she had nothing to code on until its end."""
    fails = [True]
    opens = line.sw.fiches.open

    def open_once_more(new: NewFiche, now_ms: int) -> str | None:
        if fails:
            fails.pop()
            raise LiveStateDown("redis: slow for a moment")
        return opens(new, now_ms)

    in_talk(line)
    monkeypatch.setattr(line.sw.fiches, "open", open_once_more)
    redis_admin.flushall()

    line.until(lambda: not fails, 15)
    line.until(lambda: line.sw.fiches.of_call(line.only_call().id) is not None, 12)


def test_a_bridge_and_its_fiche_are_one_step(line: Line) -> None:
    """There is no moment between them at which Redis or we could fail: the news of a bridge is told once."""
    line.caller().dials()
    line.vera.accepts()
    call, sw = line.only_call(), line.sw
    assert call.stage is Stage.CLAIMED
    without_fiches = replace(sw, fiches=cast("OpenFiches", NothingMayBeAsked()))

    for leg_id in (call.leg_id, leg_of(sw.offers, call.attempt)):
        follow_room(without_fiches, RoomNews(call.attempt or "", leg_id, joined=True))

    assert line.only_call().stage is Stage.TALKING
    fiche = sw.fiches.of_call(call.id)
    assert fiche is not None
    assert (fiche.psychologist, fiche.seal_at_ms) == (call.psychologist, None)


def test_the_end_of_a_talk_and_the_time_of_its_sealing_are_one_step(line: Line) -> None:
    """Whoever died between them left a fiche that was open for ever if nobody else told of the end."""
    in_talk(line)
    call, sw = line.only_call(), line.sw
    ended_ms = sw.clock.now_ms()

    assert end_call(replace(sw, fiches=cast("OpenFiches", NothingMayBeAsked())), call, ended_ms)

    fiche = sw.fiches.of_call(call.id)
    assert fiche is not None
    assert fiche.seal_at_ms == ended_ms + sw.times.seal_after_ms


def test_the_caller_comes_in_at_the_moment_at_which_her_leg_is_over(line: Line) -> None:
    """Her end was judged by a call not bridged yet, written on one that was: a talk with nobody, in silence and for good."""
    caller = line.caller().dials()
    line.vera.accepts()
    lost = [{"path": f"/voice/{news}/*", "fault": "refuse"} for news in ("room", "leg", "done")]
    line.control.set_faults({"web": lost})
    line.until(lambda: caller.talks_with(line.vera), 15)
    line.stepper.paused |= {"clock", "effects"}
    line.vera.hangs_up()
    line.after(1)
    line.control.set_faults({})
    call, sw = line.only_call(), line.sw
    assert (call.stage, call.psychologist_in) == (Stage.CLAIMED, True)
    offer = sw.offers.get(call.attempt or "")
    assert offer is not None
    assert offer.leg_id is not None

    def comes_in() -> None:
        follow_room(sw, RoomNews(offer.attempt, call.leg_id, joined=True))

    calls = cast("LiveCalls", Meanwhile(sw.calls, after={"get": comes_in}))
    follow_leg(replace(sw, calls=calls), offer.attempt, offer.leg_id, LegStatus.COMPLETED)
    line.stepper.paused.clear()

    line.until(lambda: line.only_call().stage is Stage.WAITING and line.bruno.rings(), 15)


def test_the_caller_is_handed_over_at_the_moment_at_which_the_third_party_is_gone(line: Line) -> None:
    caller = of_three(line)
    place, sw = line.places["lac"], line.sw
    call = line.only_call()
    third = sw.offers.get(call.third or "")
    assert third is not None
    assert third.leg_id is not None
    line.control.set_faults(
        {"web": [{"path": f"/voice/{news}/*", "fault": "refuse"} for news in ("room", "leg")]}
    )
    place.hangs_up()
    line.after(1)
    line.control.set_faults({})

    calls = cast("LiveCalls", Meanwhile(sw.calls, after={"get": line.vera.hands_over}))
    follow_leg(replace(sw, calls=calls), third.attempt, third.leg_id, LegStatus.COMPLETED)

    line.until(lambda: line.only_call().stage is Stage.WAITING, 15)
    line.until(lambda: line.vera.rings() or line.bruno.rings(), 5)
    assert not caller.is_over()


# ---- a time that was hours ahead for a moment


def test_a_caller_moved_by_a_process_hours_ahead_is_looked_after_all_the_same(
    line: Line, redis_clock: redis.Redis
) -> None:
    """After a loss processes disagree about the time for up to a second. The news of their joining is lost as well."""
    caller = line.caller().dials()
    line.control.set_faults({"web": {"path": "/voice/room/*", "fault": "refuse"}})
    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera), 25)
    line.after(1)
    redis_clock.hset(f"call:{line.only_call().id}", "moved_ms", str(line.stepper.now_ms + 3 * 3_600_000))
    line.control.set_faults({})

    line.until(lambda: line.only_call().stage is Stage.TALKING, 15)


# ---- an order on its way when Redis is lost


def test_a_look_that_lasts_longer_than_orders_are_on_their_way_is_enough(
    line: Line, redis_admin: redis.Redis
) -> None:
    """Of a large house it takes many seconds, and those who wait were rung only after a second one."""
    way = SlowWay(line)
    line.caller().dials()
    line.until(way.has_one, 1)
    line.stepper.paused |= {"clock", "effects"}
    redis_admin.flushall()

    def lasts_long() -> None:
        line.stepper.clock.now += 8_000
        way.lands()

    slow = Meanwhile(line.stepper.service.carrier, after={"waiting": lasts_long})
    done = reconcile(line.sw, cast("Carrier", slow))

    assert (done.rebuilt, done.dropped) == (True, 1)


def test_a_third_party_who_has_picked_up_is_not_cut_off_by_the_late_reply_to_the_order(
    line: Line, redis_admin: redis.Redis
) -> None:
    """She consults already; the copy that knew of it is lost before the reply is back."""
    caller = in_talk(line)
    place = line.places["lac"]

    def is_slow() -> None:
        line.stepper.paused.add("effects")
        place.answers()
        line.after(0.5)
        redis_admin.flushall()

    RightAfter(line, is_slow)
    line.vera.calls_third("s:lac")
    line.after(3)
    line.stepper.paused.clear()
    line.after(1)

    assert place.is_up(), line.story()
    line.until(lambda: caller.talks_with(line.vera), 25)
