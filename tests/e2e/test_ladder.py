"""The ladder, stepped: the application away, Redis away. SQL away: `test_attacks.py`; real processes: `test_kill.py`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from helpline.cli.servers.redis import RedisServer
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.e2e.test_attacks import AwayRedis
from tests.phone import Line

OURS = {"+33199000001", "+33199000002", "+33199000003"}


def away(line: Line) -> None:
    """Nothing of ours answers the carrier any more."""
    line.control.set_faults({"web": {"path": "/voice/*", "fault": "refuse"}})


def shown(line: Line) -> set[str]:
    """What the telephones of psychologists and of the partner line have displayed."""
    legs = (r for r in line.control.log() if r["kind"] == "leg" and r["direction"] != "inbound")
    return {r["from"] for r in legs}


@pytest.fixture
def redis_app(redis_server: RedisServer, redis_admin: redis.Redis) -> Iterator[AwayRedis]:
    """In place of the plain client, for `make_line` too."""
    with AwayRedis.from_url(redis_server.url_app, decode_responses=True, socket_timeout=2.0) as client:
        yield client


# ---- the application away


def test_a_mailbox_on_the_first_number_does_not_get_the_call_the_second_person_does(
    make_line: MakeLine,
) -> None:
    line = make_line(standby=("vera", "bruno"))
    away(line)
    line.control.set_phone(line.vera.number, {"is": "mailbox"})

    caller = line.caller().dials()
    line.until(line.bruno.rings, 90)
    line.bruno.answers()
    line.until(lambda: line.bruno.hears("tapez 1"), 5)
    line.bruno.presses("1")

    line.until(lambda: caller.talks_with(line.bruno), 5)
    assert not caller.talks_with(line.vera)
    assert shown(line) <= OURS


def test_the_chain_ends_with_the_numbers_to_dial_and_the_partner_line(make_line: MakeLine) -> None:
    line = make_line(partner=True)
    away(line)
    for who in (line.vera, line.bruno):
        line.control.set_phone(who.number, {"is": "off"})

    caller = line.caller().dials()
    line.until(lambda: line.control.phone(builders.PARTNER_E164)["state"] == "ringing", 240)
    assert caller.hears("Le 3114 répond jour et nuit")
    line.control.answer(builders.PARTNER_E164)

    line.until(lambda: bool(caller.talks_to()), 5)
    assert shown(line) <= OURS
    caller.hangs_up()


def test_nobody_at_all_and_the_chain_still_ends_with_a_way_on(line: Line) -> None:
    away(line)
    for who in (line.vera, line.bruno):
        line.control.set_phone(who.number, {"is": "busy"})

    caller = line.caller().dials()
    line.until(caller.is_over, 300)

    for number in ("le 15", "114", "3114"):
        assert caller.hears(number)
    assert line.silent_ms(caller) <= 5_000


# ---- Redis away


def goes(line: Line, client: AwayRedis) -> None:
    """Redis does not answer; the processes that need it wait, which stepped means they stop."""
    client.away = True
    line.stepper.paused |= {"effects", "clock", "worker"}


def test_without_redis_a_waiting_caller_is_led_to_the_chain_after_45_seconds(
    line: Line, redis_app: AwayRedis
) -> None:
    caller = line.caller().dials()
    line.after(12)

    goes(line, redis_app)

    line.until(lambda: caller.hears("Entraide médecins et internes. Nous appelons un psychologue"), 60)
    left = [r for r in line.control.log() if r["kind"] == "queue" and r["what"] == "left"]
    assert 45_000 <= left[-1]["waited_ms"] <= 65_000
    assert caller.hears("Le 3114")
    assert line.silent_ms(caller) <= 5_000


def test_the_chain_without_redis_ends_with_the_partner_line(
    make_line: MakeLine, redis_app: AwayRedis
) -> None:
    line = make_line(partner=True)
    goes(line, redis_app)
    for who in (line.vera, line.bruno):
        line.control.set_phone(who.number, {"is": "off"})

    caller = line.caller().dials()
    line.until(lambda: line.control.phone(builders.PARTNER_E164)["state"] == "ringing", 300)

    assert caller.hears("Le 3114 répond jour et nuit")
    assert shown(line) <= OURS
    caller.hangs_up()


def test_a_key_pressed_without_redis_is_answered_with_what_to_dial(line: Line, redis_app: AwayRedis) -> None:
    caller = line.caller().dials()
    line.after(12)
    goes(line, redis_app)

    caller.presses("1")

    line.until(lambda: caller.hears("faites le 15. Le 3114 répond aussi"), 3)
    assert not caller.is_over()
