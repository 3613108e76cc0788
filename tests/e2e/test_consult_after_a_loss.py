"""Redis lost while she consults: the caller on hold, she and a third party in the room, another caller waiting.

Nothing at the carrier says whose the caller on hold is. Until they ask by themselves (twenty
seconds) she is in a talk all the same, whatever is pressed or told meanwhile. Stepped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest
import redis

from helpline.domain.presence import State
from helpline.ports import Carrier
from helpline.services.keep_browser import keep_browser
from helpline.services.reconcile import LANDED_MS, Reconciled, reconcile
from tests.e2e.test_after_a_loss import rung_while_up
from tests.e2e.test_conversation import in_talk
from tests.phone import Caller, Handset, Line, Place


def consulting(line: Line, key: str) -> tuple[Caller, Handset | Place]:
    """A caller on hold while Vera talks with `key` of `whom_to_call`, and whom that is."""
    caller = in_talk(line)
    line.vera.calls_third(key)
    third = line.places[key[2:]] if key.startswith("s:") else line.bruno
    third.answers()
    line.after(4)
    return caller, third


def nothing(who: Handset) -> None:
    return


def desk_is_open(who: Handset) -> None:
    keep_browser(who.line.sw, who.person.id)


@pytest.mark.parametrize("key", ["s:lac", "p:p2"])
@pytest.mark.parametrize("does", [nothing, desk_is_open, Handset.goes_on_duty])
def test_who_consults_is_not_rung_and_not_cut_off(
    line: Line, redis_admin: redis.Redis, key: str, does: Callable[[Handset], None]
) -> None:
    caller, third = consulting(line, key)
    line.caller().dials()
    line.after(1)
    inside = [who for who in (line.vera, third) if isinstance(who, Handset)]
    legs = [who.handle_of_leg() for who in inside]

    redis_admin.flushall()
    for who in inside:
        does(who)
    for _ in range(8):
        line.after(0.5)
        for who in inside:
            does(who)

    line.until(lambda: caller.talks_with(line.vera), 22)
    line.until(lambda: line.vera.state is State.TALKING, 12)
    assert third.is_up()
    assert not any(rung_while_up(line, who, leg) for who, leg in zip(inside, legs, strict=True))


class Looks:
    """The carrier, with something happening right after the reconciler has asked it for one thing."""

    def __init__(self, carrier: Carrier, asked: str, then: Callable[[], object]) -> None:
        self._carrier = carrier
        self._asked = asked
        self._then = then

    def __getattr__(self, name: str) -> Callable[..., object]:
        def ask(*args: object) -> object:
            found = getattr(self._carrier, name)(*args)
            if name == self._asked:
                self._then()
            return found

        return ask


def reconcile_and(line: Line, asked: str, then: Callable[[], object]) -> Reconciled:
    return reconcile(line.sw, cast("Carrier", Looks(line.stepper.service.carrier, asked, then)))


def test_redis_lost_while_the_reconciler_looks_cuts_off_nobody(line: Line, redis_admin: redis.Redis) -> None:
    caller, third = consulting(line, "s:lac")
    leg = line.vera.handle_of_leg()

    reconcile_and(line, "waiting", redis_admin.flushall)

    line.until(lambda: caller.talks_with(line.vera), 22)
    assert third.is_up()
    assert not rung_while_up(line, line.vera, leg)


def test_redis_lost_again_while_it_is_rebuilt_is_not_ready_before_the_talks_are_in_it(
    line: Line, redis_admin: redis.Redis
) -> None:
    """What was adopted before the second loss is gone with it, and she would be free in the midst of a talk."""
    caller = in_talk(line)
    leg = line.vera.handle_of_leg()
    line.caller().dials()
    line.until(line.bruno.rings, 5)
    redis_admin.flushall()
    line.sw.calls.draft_epoch("another clock, which dies", line.stepper.now_ms)
    line.stepper.clock.now += LANDED_MS

    done = reconcile_and(line, "end", redis_admin.flushall)

    assert not done.rebuilt
    line.until(lambda: line.vera.state is State.TALKING, 5)
    line.until(line.bruno.rings, 10)
    assert caller.talks_with(line.vera)
    assert not rung_while_up(line, line.vera, leg)


def test_what_an_old_look_at_the_carrier_saw_is_no_news_in_a_new_epoch(
    line: Line, redis_admin: redis.Redis
) -> None:
    """A clock that was stopped in the middle of its look goes on after another one has built the copy anew."""
    caller, third = consulting(line, "s:lac")
    leg = line.vera.handle_of_leg()
    line.caller().dials()
    line.after(1)

    def another_clock_rebuilds() -> None:
        redis_admin.flushall()
        assert not reconcile(line.sw, line.stepper.service.carrier).rebuilt
        line.stepper.clock.now += LANDED_MS
        assert reconcile(line.sw, line.stepper.service.carrier).rebuilt

    reconcile_and(line, "waiting", another_clock_rebuilds)

    presence = line.sw.offers.presence("p1")
    assert presence is not None
    assert presence.apart
    line.until(lambda: caller.talks_with(line.vera), 22)
    assert third.is_up()
    assert not rung_while_up(line, line.vera, leg)
