"""What the line does about calls that went on without it: adopted, never harmed. Stepped."""

from __future__ import annotations

import redis

from helpline.domain.presence import State
from tests.phone import Caller, Line

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


def test_who_was_welcomed_before_the_loss_is_moved_at_once(line: Line, redis_admin: redis.Redis) -> None:
    caller = line.caller().dials()
    line.after(9)

    redis_admin.flushall()

    line.until(lambda: len(line.live()) == 1, 5)
    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera), 2)
    assert sum("Appel anonyme" in sound["text"] for sound in caller.heard()) == 1


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

    def picks_up_and_presses_one() -> bool:
        for who in (line.vera, line.bruno):
            if who.rings():
                who.answers()
            elif who.is_up() and not caller.talks_to():
                who.presses("1")
        return bool(caller.talks_to())

    line.until(picks_up_and_presses_one, 150)


def test_the_chain_ends_with_where_else_to_turn(line: Line) -> None:
    line.control.set_faults({"web": {"path": "/voice/*", "fault": "refuse"}})

    caller = line.caller().dials()

    line.until(caller.is_over, 240)
    assert caller.hears("Le 3114 répond jour et nuit")
    line.is_sound()
