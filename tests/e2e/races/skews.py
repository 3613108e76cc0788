"""The same race at many instants, on a carrier whose open questions are answered at random.

    def test_r02_…(line: Line, skew: Skew) -> None:
        skew.onto(line)
        line.vera.accepts()
        line.after(skew.s(0, 50))

Ten skews of each race in CI, two hundred in check-long. Drawn from HELPLINE_SEED, the test's name and a number:
`HELPLINE_SEED=7 pytest "…::test_r02_…[3]"` plays one of them again. What was drawn is printed with a failure.
"""

from __future__ import annotations

import random
from typing import Any

import redis

from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.tables import receipts, sweep_state, traffic
from helpline.cli.story_player import keys_asked_for
from helpline.domain.presence import State
from helpline.emulator.verdict import Allowed, promises_broken
from helpline.services.keep_duty import end_wrap_up
from tests.conftest import LONG
from tests.phone import Caller, Handset, Line

SKEWS = 200 if LONG else 10
QUICK = {"HELPLINE_ERASE_AFTER_S": "5", "HELPLINE_SWEEP_EVERY_S": "5"}
"""Calls are counted and erased soon, so that a test can look at what is left."""

OF_A_CALL = ("call:", "calls", "sid:", "waiting:", "needs", "offer", "receipt", "mark")
"""Keys that must be gone when the last call was counted and erased."""


class Skew:
    """What chance draws for one play of one race."""

    def __init__(self, seed: int, race: str, nth: int) -> None:
        self.name = f"HELPLINE_SEED={seed} {race}[{nth}]"
        self._rng = random.Random(self.name)  # repeatable on purpose
        self.drawn: list[str] = []

    def ms(self, low: int, high: int) -> int:
        """A time in ms; the ends are drawn more often than chance would, and so are round ones."""
        at = self._rng.choice((low, high, self._rng.randint(low, high), self._rng.randint(low, high)))
        self.drawn.append(f"{at} ms")
        return at

    def s(self, low_ms: int, high_ms: int) -> float:
        """The same in seconds, for `Line.after`; bounds are ms."""
        return self.ms(low_ms, high_ms) / 1000

    def one_of(self, *things: Any) -> Any:
        chosen = self._rng.choice(things)
        self.drawn.append(str(chosen))
        return chosen

    def onto(self, line: Line, *, late_ms: int = 0, **knobs: Any) -> None:
        """Draw the carrier: open questions, latencies, and callbacks up to `late_ms` late and twice.

        `knobs` are not drawn.
        """
        times = {
            "latency_ms": self._rng.randint(1, 120),
            "callback_latency_ms": self._rng.randint(1, 600),
            "setup_ms": self._rng.randint(20, 400),
            "ringing_ms": self._rng.randint(20, 600),
            "redirect_plain_ms": self._rng.randint(10, 300),
            "redirect_action_ms": self._rng.randint(50, 500),
            "redirect_gap_ms": self._rng.randint(50, 600),
        }
        turned = {"seed": self._rng.randrange(10_000), **times, **knobs}
        line.control.set_knobs(turned)
        self.drawn.append(str(turned))
        if late_ms:
            faults = {"path": "*", "duplicate": self._rng.choice((0.0, 0.3, 1.0)), "reorder": 0.3}
            line.control.set_faults({"callbacks": {**faults, "delay_ms": [0, late_ms]}})


def is_asked(who: Handset) -> bool:
    """Is she being asked for a key, or was a moment ago?"""
    said = [item.get("text", "") for item in who.phone["heard"] if item["kind"] == "say"]
    return who.is_up() and bool(said) and bool(keys_asked_for(said[-1]))


def presses_code(who: Handset) -> None:
    """Accept, at this instant: no time passes. Who is cut off meanwhile presses into nothing."""
    if who.is_up():
        who.line.control.phone_press(who.number, who.code())


def picks_up(line: Line, *who: Handset) -> None:
    """Everybody named answers and is asked; nobody accepts yet."""
    for one in who:
        line.until(one.rings, 60)
        line.control.answer(one.number)
    line.until(lambda: all(is_asked(one) for one in who), 15)


def answers_until_talk(line: Line, caller: Caller, who: Handset, seconds: float = 40) -> None:
    """She picks up whatever rings and accepts whenever asked, until she and the caller talk."""

    def talking() -> bool:
        if who.rings():
            line.control.answer(who.number)
        elif not who.phone["with"] and is_asked(who):
            presses_code(who)
        return caller.talks_with(who)

    line.until(talking, seconds)
    line.after(2)


def until_talk(line: Line, caller: Caller, who: Handset, seconds: float = 25) -> None:
    """Until both talk, and have done so for longer than any news of it takes."""
    line.until(lambda: caller.talks_with(who), seconds)
    line.after(2)


def her_silence_ms(line: Line, who: Handset) -> int:
    """The longest silence on any leg of hers, ms."""
    mine = {r["leg"] for r in line.control.log() if r["kind"] == "leg" and r.get("to") == who.number}
    log, worst = line.control.log(), 0
    for leg in mine:
        sounds = [r for r in log if r["kind"] == "sound" and r["leg"] == leg]
        ends = [r["at_ms"] for r in log if r["kind"] == "leg" and r["leg"] == leg and r.get("ended_by")]
        stops = [*(sound["at_ms"] for sound in sounds[1:]), ends[0] if ends else line.stepper.now_ms]
        lasts = (stop - s["at_ms"] for s, stop in zip(sounds, stops, strict=False) if s["sound"] == "silence")
        worst = max([worst, *lasts])
    return worst


def legs_of(line: Line, who: Handset) -> list[str]:
    """Handles of her legs, in order."""
    legs = (r for r in line.control.log() if r["kind"] == "leg" and r.get("to") == who.number)
    return list(dict.fromkeys(r["leg"] for r in legs))


def most_legs_at_once(line: Line, who: Handset) -> int:
    """How many legs of ours she had at a time, at most; a leg counts from its creation to its end."""
    most = 0
    up: set[str] = set()
    for record in line.control.log():
        if record["kind"] == "leg" and record.get("to") == who.number:
            (up.discard if record.get("ended_by") else up.add)(record["leg"])
            most = max(most, len(up))
    return most


def goes_home(line: Line, admin: redis.Redis, allowed: Allowed | None = None) -> dict[str, int]:
    """Everybody hangs up; then each call has one end state, everybody is free, and nothing is left. The counts."""
    line.control.set_faults({})
    for call in line.control.calls():
        if call["state"] != "ended":
            line.control.hang_up(call["call"])
    line.until(lambda: all(not who.is_up() and not who.rings() for who in line.psychologists.values()), 60)
    line.until(lambda: _all_free(line), 60)
    counts = _until_counted(line)
    assert sum(counts.values()) == len(_callers(line)), f"counted: {counts}\n{line.story()}"
    left = [key for key in line.keys(admin) if key.startswith(OF_A_CALL)]
    assert not left, left
    broken = [*line.control.broken(), *promises_broken(line.control.log(), allowed)]
    assert not broken, f"{broken}\n{line.story(150)}"
    return counts


def _callers(line: Line) -> set[str]:
    """Every inbound leg there ever was; the control API forgets erased ones."""
    log = line.control.log()
    return {r["leg"] for r in log if r["kind"] == "leg" and r["direction"] == "inbound"}


def _until_counted(line: Line) -> dict[str, int]:
    """Let the sweep count, erase and forget; looked at every few seconds only, since looking costs."""
    for _ in range(30):
        line.after(5)
        if not line.stepper.carrier.world.legs:
            line.after(6)
            return line.counts()
    raise AssertionError(f"not counted and erased:\n{line.story()}")


def _all_free(line: Line) -> bool:
    for who in line.psychologists.values():
        if who.state is State.WRAP_UP:
            end_wrap_up(line.sw, who.person.id)
    return all(who.state in (State.AVAILABLE, State.OFFLINE) for who in line.psychologists.values())


def count_from_nothing(url: str) -> None:
    """Every play begins at the same instant: what the one before has counted must not be known to this one."""
    database = Database(make_engine(url))
    for table in (traffic, receipts):
        database.transaction(lambda c, table=table: c.execute(table.delete()).close())
    database.transaction(
        lambda c: c.execute(sweep_state.update().values(sweep_no=0, counted_until_ms=None)).close()
    )
    database.close()
