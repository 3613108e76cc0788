"""Every process dies right before and right after every effect of whole stories; Redis stays, or is lost with it.

Judged by the carrier's log alone: nobody lost, nobody twice, one end state each, everybody free, nothing left.
All points in check-long, a dozen drawn from the seed for each story in CI. How many there are is printed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
import redis

from helpline.cli.servers.redis import RedisServer
from helpline.emulator.verdict import Allowed
from helpline.services.call_third import bring_together, call_third
from helpline.services.hand_over import hand_over
from helpline.services.her_talk import her_talk
from tests.conftest import LONG
from tests.e2e.conftest import MakeLine
from tests.e2e.crash_points import Deaths, MortalRedis, make_mortal, mortal_redis, mortal_sql, pressed
from tests.e2e.races.skews import QUICK, count_from_nothing, goes_home, is_asked, presses_code
from tests.phone import Caller, Handset, Line, Place

IN_CI = 6
SILENCE_MS = 15_000
"""P1's second exception: the news of who left alone died with the process that had it."""

pytestmark = pytest.mark.timeout(3_600 if LONG else 120)


def meet(line: Line, caller: Caller, *who: Handset, seconds: float = 90) -> None:
    """They pick up whatever rings and accept whenever asked, until one of them talks with the caller, or it is over."""

    def met() -> bool:
        for one in who:
            if one.rings():
                line.control.answer(one.number)
            elif not one.phone["with"] and is_asked(one):
                presses_code(one)
        return bool(caller.talks_to()) or caller.is_over()

    line.until(met, seconds)


def talker(line: Line, caller: Caller) -> Handset:
    return next(who for who in line.psychologists.values() if who.number in caller.talks_to())


def answered(line: Line, deaths: Deaths) -> None:
    caller = line.caller().dials()
    meet(line, caller, line.vera, line.bruno)
    assert caller.talks_to()
    line.after(4)


def declined(line: Line, deaths: Deaths) -> None:
    caller = line.caller().dials()
    line.until(line.vera.rings, 30)
    line.control.answer(line.vera.number)
    line.until(lambda: is_asked(line.vera) or not line.vera.is_up(), 20)
    if line.vera.is_up():
        line.control.phone_press(line.vera.number, "9")
    meet(line, caller, line.bruno)
    assert caller.talks_with(line.bruno)
    line.after(4)


def dropped(line: Line, deaths: Deaths) -> None:
    caller = line.caller().dials()
    meet(line, caller, line.vera, line.bruno)
    line.after(3)
    line.control.phone_hang_up(talker(line, caller).number)
    line.after(1)
    meet(line, caller, line.vera, line.bruno)
    assert caller.talks_to()
    line.after(4)


def abandoned(line: Line, deaths: Deaths) -> None:
    caller = line.caller().dials()
    line.after(10)
    line.control.hang_up(caller.handle)
    line.after(2)


def nobody(line: Line, deaths: Deaths) -> None:
    """Redis lost, the rota has them on duty again: then somebody answers after all."""
    for who in line.psychologists.values():
        who.goes_off_duty()
    caller = line.caller().dials()
    meet(line, caller, line.vera, line.bruno)
    line.after(4)


def transfer(line: Line, deaths: Deaths) -> None:
    """She looks at her desk and presses what it offers next; if the caller is lost to her, who answers next does."""
    caller = line.caller().dials()
    meet(line, caller, line.vera, line.bruno)
    assert caller.talks_to()
    line.after(4)
    clinic = line.places["lac"]

    def done() -> bool:
        if clinic.rings():
            line.control.answer(clinic.number)
        for who in line.psychologists.values():
            if who.rings():
                line.control.answer(who.number)
            elif not who.phone["with"] and is_asked(who):
                presses_code(who)
            elif who.phone["with"]:
                next_button(who, caller, clinic, deaths)
        return caller.talks_to() == [clinic.number] or caller.is_over()

    line.until(done, 180)
    assert caller.talks_to() == [clinic.number]
    line.after(4)


def next_button(who: Handset, caller: Caller, clinic: Place, deaths: Deaths) -> None:
    """Call the clinic; once it is there, all three; once they are together, leave."""
    call, sw, me = her_talk(who.line.sw, who.person.id), who.line.sw, who.person.id
    if call is None:
        return
    if call.third is None and caller.talks_with(who):
        pressed(deaths, lambda: call_third(sw, me, "s:lac"))
    elif call.held and who.number in clinic.talks_to():
        pressed(deaths, lambda: bring_together(sw, me))
    elif call.is_of_three and caller.talks_with(clinic) and caller.talks_with(who):
        pressed(deaths, lambda: hand_over(sw, me))


STORIES: dict[str, Callable[[Line, Deaths], None]] = {
    "answered": answered,
    "declined": declined,
    "dropped": dropped,
    "abandoned": abandoned,
    "nobody": nobody,
    "transfer": transfer,
}


@pytest.fixture
def redis_app(redis_server: RedisServer, redis_admin: redis.Redis) -> Iterator[MortalRedis]:
    """In place of the plain client, for `make_line` too."""
    with mortal_redis(redis_server.url_app, Deaths()) as client:
        yield client


@pytest.fixture
def play(
    make_line: MakeLine, redis_app: MortalRedis, redis_admin: redis.Redis
) -> Callable[[str, Deaths], None]:
    """`play(story, deaths)`: the story on an empty line, to its very end, and judged."""

    def play_it(story: str, deaths: Deaths) -> None:
        redis_admin.flushall()
        redis_app.deaths = deaths
        line = make_line(**QUICK)
        make_mortal(line.stepper, deaths, line.stepper.service.settings)
        count_from_nothing(line.stepper.service.settings.database_url)
        try:
            with mortal_sql(deaths):
                STORIES[story](line, deaths)
                goes_home(line, redis_admin, Allowed(silence_ms=SILENCE_MS, third_party=story == "transfer"))
        finally:
            line.close()

    return play_it


@pytest.mark.parametrize("lost", [False, True], ids=["redis stays", "redis lost with it"])
@pytest.mark.parametrize("story", STORIES)
def test_dying_at_any_effect_loses_nobody(
    story: str, lost: bool, play: Callable[[str, Deaths], None], redis_admin: redis.Redis, seed: int
) -> None:
    counting = Deaths()
    play(story, counting)
    points = counting.points()
    print(f"{story}: {counting.seen} effects, {2 * counting.seen} deaths, {len(points)} of which differ")
    if not LONG:
        points = random.Random(f"{seed} {story} {lost}").sample(points, IN_CI)

    wrong = {}
    for at, after in points:
        deaths = Deaths(at=at, after=after, lost=redis_admin.flushall if lost else lambda: None)
        try:
            play(story, deaths)
        except AssertionError as error:
            wrong[at, after] = f"{deaths.struck}: {str(error).partition(chr(10))[0][:300]}"

    assert counting.seen > 20
    assert not wrong, f"HELPLINE_SEED={seed}: {len(wrong)} of {len(points)} deaths: {wrong}"
