"""What the line does about calls that went on without it: adopted, never harmed. Stepped."""

from __future__ import annotations

import redis

from helpline.domain.presence import State
from helpline.ports import CarrierLeg, LegStatus
from helpline.processes.sweeps import LEASE_MS
from helpline.services.may_be_held import ON_HOLD_MS, may_be_held
from tests.phone import Caller, Handset, Line

FALLBACK = "Nous appelons un psychologue"


def in_fallback_talk(line: Line) -> Caller:
    """The web is away; the carrier's own chain has joined a caller and Vera."""
    line.control.set_faults({"web": {"path": "/voice/*", "fault": "refuse"}})
    caller = line.caller().dials()
    line.until(lambda: caller.hears(FALLBACK), 5)
    line.vera.answers()
    line.vera.presses("1")
    line.until(lambda: caller.talks_with(line.vera), 10)
    return caller


def test_a_talk_that_the_fallback_chain_made_goes_on(line: Line) -> None:
    caller = in_fallback_talk(line)

    line.after(40)

    assert caller.talks_with(line.vera)


def test_who_talks_by_the_fallback_chain_is_not_rung_for_the_next_caller(line: Line) -> None:
    caller = in_fallback_talk(line)
    line.until(lambda: line.vera.state is State.TALKING, 12)
    line.control.set_faults({})
    rung = line.vera.times_rung()

    other = line.caller().dials()

    line.bruno.accepts()
    line.until_talk(other, line.bruno)
    assert line.vera.times_rung() == rung
    caller.hangs_up()
    line.until(lambda: line.vera.state is not State.TALKING, 15)
    line.is_sound()


def test_one_room_that_the_carrier_refuses_to_tell_of_does_not_undo_what_it_told_of_the_others(
    line: Line,
) -> None:
    """Of many rooms one is refused each time: begun anew, the copy of a large house would not be whole for minutes."""
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.control.set_faults({"rest": {"operation": "participants.list", "fault": "503", "times": 1}})

    rooms = line.stepper.service.carrier.rooms()

    assert [len(inside) for inside in rooms.values()] == [2]


def test_who_was_welcomed_before_the_loss_is_moved_at_once(line: Line, redis_admin: redis.Redis) -> None:
    caller = line.caller().dials()
    line.after(9)

    redis_admin.flushall()

    line.until(lambda: len(line.live()) == 1, 5)
    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera), 2)
    assert sum("Appel anonyme" in sound["text"] for sound in caller.heard()) == 1


def test_who_was_in_the_midst_of_the_welcome_hears_it_once_and_is_joined_at_its_end(
    line: Line, redis_admin: redis.Redis
) -> None:
    """The carrier's list does not say what they hear; its next question says how long they have stood there."""
    caller = line.caller().dials()
    line.after(0.3)

    redis_admin.flushall()

    line.after(2)
    line.vera.accepts()
    line.until_talk(caller, line.vera, 5)
    assert sum("Appel anonyme" in sound["text"] for sound in caller.heard()) == 1
    caller.hangs_up()
    assert line.until_counted() == {"spoke": 1}


def test_who_is_on_a_forgotten_leg_that_could_not_be_ended_is_not_rung_on_it(
    line: Line, redis_admin: redis.Redis
) -> None:
    """Chaos, seed 7: the order to end her leg met a 429, she counted as free, and was rung while she was on it."""
    line.caller().dials()
    line.vera.answers()
    leg = line.vera.handle_of_leg()
    line.control.set_faults({"rest": {"operation": "calls.update", "fault": "429", "times": 2}})
    rung = line.vera.times_rung()

    redis_admin.flushall()

    line.until(lambda: line.sw.calls.epoch() is not None, 5)
    line.until(lambda: line.vera.times_rung() > rung, 5)
    log = line.control.log()
    over = next(r["at_ms"] for r in log if r["kind"] == "leg" and r["leg"] == leg and r.get("ended_by"))
    again = [
        r["at_ms"]
        for r in log
        if r["kind"] == "leg" and r["to"] == line.vera.number and r["what"] == "initiated"
    ]
    assert over <= again[1]


def test_nobody_waits_for_ever_for_a_forgotten_leg_that_cannot_be_ended(
    line: Line, redis_admin: redis.Redis
) -> None:
    line.caller().dials()
    line.vera.answers()
    line.control.set_faults({"rest": {"operation": "calls.update", "fault": "503"}})

    redis_admin.flushall()

    line.until(lambda: line.sw.calls.epoch() is not None, 5)


def test_who_leaves_after_a_loss_was_in_the_line_and_not_in_the_welcome(
    line: Line, redis_admin: redis.Redis
) -> None:
    caller = line.caller().dials()
    line.after(12)
    redis_admin.flushall()
    line.until(lambda: len(line.live()) == 1, 5)

    caller.hangs_up()

    assert line.until_counted() == {"left_in_line": 1}


def test_who_waits_while_every_phone_rings_for_a_dead_web_is_still_brought_to_somebody(line: Line) -> None:
    """The telephones ring for us, so the carrier's chain finds them busy at first; it goes round again."""
    caller = line.caller().dials()
    line.until(lambda: line.vera.rings() and line.bruno.rings(), 5)
    line.control.set_faults({"web": {"path": "/voice/*", "fault": "refuse"}})

    def picks_up_and_presses_what_is_asked() -> bool:
        for who in (line.vera, line.bruno):
            if who.rings():
                who.answers()
            elif who.is_up() and not caller.talks_to():
                who.presses(who.code() or "1")
        return bool(caller.talks_to())

    line.until(picks_up_and_presses_what_is_asked, 150)


def test_the_chain_ends_with_where_else_to_turn(line: Line) -> None:
    line.control.set_faults({"web": {"path": "/voice/*", "fault": "refuse"}})

    caller = line.caller().dials()

    line.until(caller.is_over, 240)
    assert caller.hears("Le 3114 répond jour et nuit")
    line.is_sound()


def test_a_clock_whose_time_went_back_goes_on_working(line: Line) -> None:
    """Chaos, seed 21: Redis was lost while the wall clock was two hours ahead, and again when it was right once more;
    whatever the clock process had put off was two hours away then, the reconciling too.
    """
    sweeps = line.stepper.sweeps
    now_ms = line.stepper.now_ms
    sweeps.run_due(now_ms + 2 * 3_600_000)

    done = sweeps.run_due(now_ms + 1_000)

    assert done == len(sweeps.tasks)
    assert sweeps.next_due() is not None
    assert (sweeps.next_due() or 0) < now_ms + 15_000


def test_who_is_left_alone_is_spoken_to_within_15_s_though_the_clock_died_while_it_looked(line: Line) -> None:
    """Chaos, seed 11: the lease of a clock that was killed while it reconciled kept the other one away for 15 s."""
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    looked = sum(record.get("operation") == "queues.list" for record in line.control.log())
    line.until(
        lambda: sum(record.get("operation") == "queues.list" for record in line.control.log()) > looked, 11
    )
    line.control.set_faults(
        {"web": [{"path": f"/voice/{way}/*", "fault": "refuse"} for way in ("done", "room", "leg")]}
    )
    line.vera.hangs_up()

    line.after(9)
    assert line.sw.calls.hold("reconcile", "a clock that was killed", LEASE_MS, line.stepper.now_ms)

    line.until(lambda: caller.hears("La communication est terminée"), 6)
    assert line.silent_ms(caller) < 15_000


def test_those_who_wait_are_in_line_again_in_the_carrier_s_order(
    line: Line, redis_admin: redis.Redis
) -> None:
    """Some are adopted at their next wait document, by whole seconds of QueueTime, some from the carrier's list."""
    callers = []
    for _ in range(12):
        callers.append(line.caller().dials())
        line.after(0.13)
    line.after(7)
    line.stepper.paused.add("clock")  # the list is looked at only after some have been adopted one by one

    redis_admin.flushall()

    line.until(lambda: len(line.live()) >= 5, 20)
    line.stepper.paused.clear()
    line.after(12)
    waiting = line.sw.calls.line(50, line.sw.clock.now_ms()).waiting
    legs = [call.leg_id for one in waiting if (call := line.sw.calls.get(one.call))]
    assert legs == [line.leg_id(caller) for caller in callers]


def left_in_a_room_unnoticed(line: Line) -> Handset:
    """Vera, whose caller has hung up while no news of it came through: she waits in the room."""
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.control.set_faults(
        {"callbacks": {"path": "/voice/*", "drop": 1.0}, "web": {"path": "/voice/done/*", "fault": "refuse"}}
    )
    caller.hangs_up()
    line.control.set_faults({})
    assert line.vera.is_up()
    return line.vera


def rung_while_up(line: Line, who: Handset, leg: str) -> bool:
    """Did we ring her telephone once more before that leg was over?"""
    log = [r for r in line.control.log() if r["kind"] == "leg" and r["direction"] == "outbound-api"]
    over = next((r["at_ms"] for r in log if r["leg"] == leg and r.get("ended_by")), line.stepper.now_ms)
    mine = {r["leg"]: r["at_ms"] for r in log if r["to"] == who.number and r["what"] == "initiated"}
    return any(at_ms < over for other, at_ms in mine.items() if other != leg and at_ms > mine[leg])


def test_a_caller_between_two_dials_of_the_chain_keeps_nobody_alone_in_a_room(
    line: Line, redis_admin: redis.Redis
) -> None:
    """Chaos, seed 4: she was kept for a minute for somebody who might have been on hold, and rung on it meanwhile."""
    alone = left_in_a_room_unnoticed(line)
    leg = alone.handle_of_leg()
    line.caller().dials()
    line.until(line.bruno.rings, 5)
    line.control.set_faults({"web": {"path": "/voice/incoming", "fault": "refuse"}})
    in_chain = line.caller().dials()
    line.until(lambda: in_chain.hears(FALLBACK), 5)

    redis_admin.flushall()

    line.until(lambda: not alone.is_up(), 5)
    line.until(alone.rings, 10)
    assert not rung_while_up(line, alone, leg)


def test_who_may_be_waiting_for_a_caller_on_hold_is_not_rung_meanwhile(
    line: Line, redis_admin: redis.Redis
) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.vera.holds()
    line.after(3)
    rung = line.vera.times_rung()
    leg = line.vera.handle_of_leg()

    redis_admin.flushall()
    line.until(lambda: line.sw.calls.epoch() is not None, 5)
    line.caller().dials()

    line.until(line.bruno.rings, 10)
    line.until(lambda: caller.talks_with(line.vera), 22)
    assert not rung_while_up(line, line.vera, leg)
    assert line.vera.times_rung() == rung


def test_who_waits_in_a_room_for_nobody_is_free_again_after_a_loss(
    line: Line, redis_admin: redis.Redis
) -> None:
    """An older caller than her leg, in no queue and no room, may have been hers; for twenty seconds, no longer."""
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.vera.holds()
    line.after(3)
    leg = line.vera.handle_of_leg()
    line.control.set_faults({"web": {"path": "/voice/hold/*", "fault": "refuse"}})

    redis_admin.flushall()

    line.until(lambda: not line.vera.is_up(), 31)
    line.until(lambda: line.vera.state is not State.OFFLINE, 3)
    assert not rung_while_up(line, line.vera, leg)


def test_callers_who_are_nowhere_one_after_another_keep_her_no_longer_than_one(
    line: Line, redis_admin: redis.Redis
) -> None:
    """Each of them is in the fallback chain, a stranger anew between any two dials."""
    now_ms = line.stepper.now_ms
    legs = {
        "hers": CarrierLeg(
            "hers",
            inbound=False,
            status=LegStatus.IN_PROGRESS,
            endpoint=line.vera.person.endpoints[0].id,
            started_ms=now_ms - 60_000,
        ),
        "theirs": CarrierLeg(
            "theirs", inbound=True, status=LegStatus.IN_PROGRESS, started_ms=now_ms - 90_000
        ),
    }

    def keeps(nowhere_ms: int, kept_ms: int, *inside: str) -> bool:
        since, nowhere = {"hers": now_ms - kept_ms}, {"theirs": now_ms - nowhere_ms}
        apart = may_be_held(line.sw, legs, {"room": ("hers", *inside)}, since, nowhere, now_ms)
        return bool(apart.waiting)

    assert keeps(
        1, 1
    )  # she is on duty according to us: it is the flag `apart` that keeps her from being rung
    redis_admin.flushall()
    assert keeps(1, ON_HOLD_MS - 1)
    assert not keeps(1, ON_HOLD_MS)
    assert not keeps(ON_HOLD_MS, 1)
    assert not keeps(-1, 1)  # brought into the line, and left to the chain for its whole length
    assert not keeps(1, 1, "theirs")


def test_who_is_still_on_her_leg_when_her_caller_is_erased_is_not_rung_on_it(line: Line) -> None:
    """Chaos, seed 5: her leg could not be ended before the sweep had erased the caller, who took her offer along."""
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    leg = line.vera.handle_of_leg()
    line.control.set_faults({"rest": {"operation": "calls.update", "fault": "503"}})
    caller.hangs_up()
    line.until(lambda: not line.live(), 400)
    line.after(60)
    line.caller().dials()
    line.after(10)
    assert line.vera.is_up()
    assert not rung_while_up(line, line.vera, leg)

    line.control.set_faults({})

    line.until(lambda: line.vera.state is not State.TALKING, 10)
    assert not line.vera.is_up()
