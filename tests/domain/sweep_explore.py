"""Walks every state of the sweep's model, and says what must hold in each."""

from __future__ import annotations

from collections import deque

from tests.domain.sweep_model import STEPS, TICK_S, Scenario, Sweeper, World, end_leg, moves, start


class Broken(AssertionError):
    """A state that must not be; the message says which promise it breaks."""


def check(w: World) -> None:
    """What must hold in every single state."""
    for leg, count in enumerate(w.counts):
        if count > 1:
            raise Broken("a leg was counted twice")
        if leg not in w.at_carrier and count != 1:
            raise Broken("a leg was deleted before its count was committed")


def settle(w: World, s: Scenario) -> World:
    """From here on nothing fails: the legs end, and one sweeper sweeps again and again."""
    for leg, ended_s in enumerate(w.ended_s):
        if ended_s is None:
            w = end_leg(w, s, leg)
    for _ in range(3):
        w = w._replace(now_s=w.now_s + TICK_S, sweepers=(Sweeper(),))
        w = _whole_sweep(w, s)
    return w


def _whole_sweep(w: World, s: Scenario) -> World:
    sweeper = w.sweepers[0]
    while True:
        # The first of the ways a step can go is the one without a fault.
        calm = w._replace(refusals=0, lost_answers=0, not_yets=0, short_lists=0)
        w, sweeper = next(iter(STEPS[sweeper.at](calm, sweeper, s)))
        w = w._replace(sweepers=(sweeper,))
        check(w)
        if sweeper.at == "begin":
            return w


def check_settled(w: World) -> None:
    """What must hold once all is quiet: nothing is left behind, at the carrier or here."""
    if w.at_carrier:
        raise Broken("a leg was left behind at the carrier")
    if any(count != 1 for count in w.counts):
        raise Broken("a leg was not counted")
    if w.watched or w.marked or any(w.records) or any(w.receipts):
        raise Broken("something of a leg was left behind in Redis")


def explore(s: Scenario) -> int:
    """Visit every reachable state, checking each; the number of states.

    Raises Broken with the shortest way there, as the steps taken.
    """
    first = start(s)
    before: dict[World, World | None] = {first: None}
    todo = deque([first])
    while todo:
        w = todo.popleft()
        try:
            check(w)
            if all(sweeper.at == "begin" for sweeper in w.sweepers):
                check_settled(settle(w, s))
        except Broken as broken:
            raise Broken(f"{broken}:\n" + "\n".join(_way(before, w))) from None
        for after in moves(w, s):
            if after not in before:
                before[after] = w
                todo.append(after)
    return len(before)


def _way(before: dict[World, World | None], w: World) -> list[str]:
    """What changed at each step from the beginning to `w`."""
    steps: list[str] = []
    came_from = before[w]
    while came_from is not None:
        changes = [
            f"{name}={new}"
            for name, old, new in zip(World._fields, came_from, w, strict=True)
            if old != new and name != "sweepers"
        ]
        at = "/".join(sweeper.at for sweeper in w.sweepers)
        steps.append(f"  [{at}] " + ", ".join(changes))
        w, came_from = came_from, before[came_from]
    return steps[::-1]
