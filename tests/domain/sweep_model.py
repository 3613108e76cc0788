"""A small exhaustive model of the sweep: every interleaving, every fault, a few legs.

The world is the carrier's list, Redis, SQL and up to two sweepers; each step of
`services/sweep_finished_calls.py` that touches one of them is one atomic step here, in
the same order, and the decision is the product's own `domain.sweep.judge`.
`sweep_explore.py` walks every state that can be reached. Times are seconds.

`Wrong` switches one safeguard off, to show that the model can fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple

from helpline.domain.sweep import Horizon, LegMemory, Verdict, judge
from helpline.domain.traffic import CallOutcome, EndState

ERASE_AFTER_S = 60
TICK_S = 61
SPOKE = CallOutcome(EndState.SPOKE)


class Kind(Enum):
    """What Redis knows of a leg while it lives."""

    RECORDED = auto()  # its end step ran
    UNENDED = auto()  # a record, but the end step was missed
    UNSEEN = auto()  # no webhook of it ever reached us


class Wrong(Enum):
    NOTHING = auto()
    DELETES_BEFORE_COMMIT = auto()
    RECEIPT_DRAWN_AT_COMMIT = auto()
    COMMITS_UNCONDITIONALLY = auto()
    GENERATION_IGNORED = auto()
    FORGETS_BY_THE_LIST_ALONE = auto()
    WATCHES_ONLY_WHAT_IT_ERASES = auto()
    COUNTS_WHATEVER_IS_UNKNOWN = auto()  # as if nothing had ever been counted
    DELETES_WHATEVER_IS_UNKNOWN = auto()  # as if all of an earlier epoch had been counted


@dataclass(frozen=True)
class Scenario:
    kinds: tuple[Kind, ...]
    sweepers: int = 1
    skew_s: int = 0  # the carrier's clock less ours
    ticks: int = 2
    losses: int = 0
    refusals: int = 0  # SQL away when a sweep wants to commit
    lost_answers: int = 0  # SQL commits, and the answer is lost
    crashes: int = 0
    not_yets: int = 0
    short_lists: int = 0  # a list that leaves out a leg that is there
    wrong: Wrong = Wrong.NOTHING


class Sweeper(NamedTuple):
    """One sweeper: `at` is the step it takes next, the rest what it has read so far.

    What no later step reads is emptied, so that equal futures are equal states.
    """

    at: str = "begin"
    now_s: int = 0
    generation: Any = None
    began_s: int = 0
    watched: frozenset[int] = frozenset()
    number: int = 0
    until_s: int | None = None
    listed: frozenset[int] = frozenset()
    to_count: tuple[tuple[int, Any], ...] = ()
    to_erase: tuple[int, ...] = ()


class World(NamedTuple):
    now_s: int
    ended_s: tuple[int | None, ...]  # the carrier's end time, None while live
    at_carrier: frozenset[int]
    # Redis
    epoch: int
    began_s: int
    records: tuple[Any, ...]  # None, "open", or the receipt of an ended record
    receipts: tuple[Any, ...]
    marked: frozenset[int]
    watched: frozenset[int]
    forgets: int
    # SQL
    number: int
    until_s: int | None
    kept: frozenset[Any]
    counts: tuple[int, ...]
    # who and what may still happen
    sweepers: tuple[Sweeper, ...]
    ticks: int
    losses: int
    refusals: int
    lost_answers: int
    crashes: int
    not_yets: int
    short_lists: int


def start(s: Scenario) -> World:
    legs = len(s.kinds)
    return World(
        now_s=1_000,
        ended_s=(None,) * legs,
        at_carrier=frozenset(range(legs)),
        epoch=0,
        began_s=0,
        records=tuple(None if kind is Kind.UNSEEN else "open" for kind in s.kinds),
        receipts=(None,) * legs,
        marked=frozenset(),
        watched=frozenset(),
        forgets=0,
        number=0,
        until_s=None,
        kept=frozenset(),
        counts=(0,) * legs,
        sweepers=(Sweeper(),) * s.sweepers,
        ticks=s.ticks,
        losses=s.losses,
        refusals=s.refusals,
        lost_answers=s.lost_answers,
        crashes=s.crashes,
        not_yets=s.not_yets,
        short_lists=s.short_lists,
    )


def put(items: tuple[Any, ...], index: int, value: Any) -> tuple[Any, ...]:
    return (*items[:index], value, *items[index + 1 :])


def moves(w: World, s: Scenario) -> Iterator[World]:
    """Every world that can follow: what the outside does, and each sweeper's next step."""
    yield from _outside(w, s)
    for i, sweeper in enumerate(w.sweepers):
        for after, new in STEPS[sweeper.at](w, sweeper, s):
            yield after._replace(sweepers=put(after.sweepers, i, new))
        if w.crashes and sweeper.at != "begin":
            yield w._replace(sweepers=put(w.sweepers, i, Sweeper()), crashes=w.crashes - 1)


def _outside(w: World, s: Scenario) -> Iterator[World]:
    for leg, ended_s in enumerate(w.ended_s):
        if ended_s is None:
            yield end_leg(w, s, leg)
    if w.ticks:
        yield w._replace(now_s=w.now_s + TICK_S, ticks=w.ticks - 1)
    if w.losses:
        yield lose_redis(w, s)._replace(losses=w.losses - 1)


def end_leg(w: World, s: Scenario, leg: int) -> World:
    w = w._replace(ended_s=put(w.ended_s, leg, w.now_s + s.skew_s))
    if s.kinds[leg] is Kind.RECORDED:
        w = w._replace(records=put(w.records, leg, ("record", leg, w.epoch)))
    return w


def lose_redis(w: World, s: Scenario) -> World:
    """All is gone; the reconciler adopts who is still on the line, then the new epoch begins."""
    adopted = tuple(
        "open" if ended_s is None and s.kinds[leg] is not Kind.UNSEEN else None
        for leg, ended_s in enumerate(w.ended_s)
    )
    return w._replace(
        epoch=w.epoch + 1,
        began_s=w.now_s,
        records=adopted,
        receipts=(None,) * len(w.receipts),
        marked=frozenset(),
        watched=frozenset(),
        forgets=0,
    )


Next = Iterator[tuple[World, Sweeper]]


def _generation(w: World) -> tuple[int, int]:
    return (w.epoch, w.forgets)


def _begin(w: World, me: Sweeper, s: Scenario) -> Next:
    yield w, Sweeper("ledger", w.now_s, _generation(w), w.began_s, w.watched)


def _ledger(w: World, me: Sweeper, s: Scenario) -> Next:
    yield w, me._replace(at="list", number=w.number, until_s=w.until_s)


def _list(w: World, me: Sweeper, s: Scenario) -> Next:
    listed = frozenset(leg for leg in w.at_carrier if w.ended_s[leg] is not None)
    yield w, me._replace(at="remember", listed=listed, watched=me.watched - listed)
    if w.short_lists:
        for leg in listed:
            yield (
                w._replace(short_lists=w.short_lists - 1),
                me._replace(at="remember", listed=listed - {leg}, watched=me.watched - (listed - {leg})),
            )


def _remember(w: World, me: Sweeper, s: Scenario) -> Next:
    if _generation(w) != me.generation and s.wrong is not Wrong.GENERATION_IGNORED:
        yield w, Sweeper()
        return
    to_count, to_erase = [], []
    for leg in sorted(me.listed):
        if w.records[leg] == "open":  # the end step is run, and the leg judged again
            w = w._replace(records=put(w.records, leg, ("record", leg, w.epoch)))
        verdict = _verdict(w, me, s, leg)
        if verdict in (Verdict.COUNT_RECORD, Verdict.COUNT_UNKNOWN):
            to_count.append((leg, w.receipts[leg] or w.records[leg]))
        elif verdict is Verdict.DELETE:
            to_erase.append(leg)
    at = "erase" if s.wrong is Wrong.DELETES_BEFORE_COMMIT else "fix"
    yield (
        w,
        Sweeper(at, watched=me.watched, number=me.number, to_count=tuple(to_count), to_erase=tuple(to_erase)),
    )


def _verdict(w: World, me: Sweeper, s: Scenario, leg: int) -> Verdict:
    record, ended_s = w.records[leg], w.ended_s[leg]
    assert ended_s is not None
    memory = LegMemory(
        call_id="c" if record else None,
        outcome=SPOKE if record else None,
        receipt=None,
        counted=leg in w.marked,
    )
    until_ms = None if me.until_s is None else me.until_s * 1000
    if s.wrong is Wrong.COUNTS_WHATEVER_IS_UNKNOWN:
        until_ms = None
    if s.wrong is Wrong.DELETES_WHATEVER_IS_UNKNOWN:
        until_ms = 10**12
    horizon = Horizon(me.now_s * 1000, ERASE_AFTER_S * 1000, me.began_s * 1000, until_ms)
    return judge(inbound=True, ended_ms=ended_s * 1000, memory=memory, horizon=horizon)


def _fix(w: World, me: Sweeper, s: Scenario) -> Next:
    """Fixed in Redis unless one is; a fresh one is unlike any other ever drawn."""
    fixed = []
    for leg, known in me.to_count:
        fresh = ("fresh", leg, w.epoch, w.forgets, w.sweepers.index(me), w.number)
        if s.wrong is Wrong.RECEIPT_DRAWN_AT_COMMIT:
            fixed.append((leg, known or fresh))
            continue
        in_force = w.receipts[leg] or known or fresh
        w = w._replace(receipts=put(w.receipts, leg, in_force), watched=_watch(w, s, leg))
        fixed.append((leg, in_force))
    yield w, me._replace(at="commit", to_count=tuple(fixed))


def _watch(w: World, s: Scenario, *legs: int) -> frozenset[int]:
    return w.watched if s.wrong is Wrong.WATCHES_ONLY_WHAT_IT_ERASES else w.watched | set(legs)


def _commit(w: World, me: Sweeper, s: Scenario) -> Next:
    if not me.to_count:
        yield w, me._replace(at="mark")
        return
    if w.refusals:
        yield w._replace(refusals=w.refusals - 1), Sweeper()
    if me.number != w.number and s.wrong is not Wrong.COMMITS_UNCONDITIONALLY:
        yield w, Sweeper()
        return
    done = _counted(w, me)
    yield done, me._replace(at="mark")
    if w.lost_answers:
        yield done._replace(lost_answers=w.lost_answers - 1), Sweeper()


def _counted(w: World, me: Sweeper) -> World:
    counts, kept = w.counts, w.kept
    for leg, receipt in me.to_count:
        if receipt not in kept:
            counts = put(counts, leg, counts[leg] + 1)
    ends = [w.ended_s[leg] or 0 for leg, _ in me.to_count]
    return w._replace(
        number=w.number + 1,
        until_s=max([*ends, w.until_s or 0]),
        kept=kept | {receipt for _, receipt in me.to_count},
        counts=counts,
    )


def _mark(w: World, me: Sweeper, s: Scenario) -> Next:
    legs = [leg for leg, _ in me.to_count]
    marked = w._replace(marked=w.marked | set(legs), watched=_watch(w, s, *legs))
    yield marked, Sweeper("order", watched=me.watched, to_erase=(*me.to_erase, *legs))


def _order(w: World, me: Sweeper, s: Scenario) -> Next:
    yield w._replace(watched=w.watched | set(me.to_erase)), me._replace(at="erase")


def _erase(w: World, me: Sweeper, s: Scenario) -> Next:
    """One leg at a time; a leg already gone answers like one just deleted."""
    if s.wrong is Wrong.DELETES_BEFORE_COMMIT and me.to_count:
        legs = {leg for leg, _ in me.to_count}
        yield w._replace(at_carrier=w.at_carrier - legs), me._replace(at="fix")
        return
    if not me.to_erase:
        yield w, me._replace(at="forget")
        return
    first, rest = me.to_erase[0], me.to_erase[1:]
    yield w._replace(at_carrier=w.at_carrier - {first}), me._replace(to_erase=rest)
    if w.not_yets and first in w.at_carrier:
        yield w._replace(not_yets=w.not_yets - 1), me._replace(to_erase=rest)


def _forget(w: World, me: Sweeper, s: Scenario) -> Next:
    gone = {leg for leg in me.watched if _is_gone(w, s, leg)}
    if not gone:
        yield w, Sweeper()
        return
    yield (
        w._replace(
            records=tuple(None if leg in gone else r for leg, r in enumerate(w.records)),
            receipts=tuple(None if leg in gone else r for leg, r in enumerate(w.receipts)),
            marked=w.marked - gone,
            watched=w.watched - gone,
            forgets=w.forgets + 1,
        ),
        Sweeper(),
    )


def _is_gone(w: World, s: Scenario, leg: int) -> bool:
    return s.wrong is Wrong.FORGETS_BY_THE_LIST_ALONE or leg not in w.at_carrier


STEPS = {
    "begin": _begin,
    "ledger": _ledger,
    "list": _list,
    "remember": _remember,
    "fix": _fix,
    "commit": _commit,
    "mark": _mark,
    "order": _order,
    "erase": _erase,
    "forget": _forget,
}
