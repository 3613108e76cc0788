"""Which promises one demo call broke: from the emulator's log, and what the stores hold afterwards.

The emulator judges what callers heard and who talked to whom (`emulator/verdict.py`); here
is what needs to know who is on duty, and what is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from helpline.domain.holdings import Holding, find_number
from helpline.emulator.verdict import Allowed, inbound_legs, promises_broken, spoke

Record = Mapping[str, Any]

UNRUNG_MS: Final = 2_000
PROMISES: Final = {
    "P1": "never a dead line",
    "P2": "never a name",
    "P3": "never a recording",
    "P4": "free choice",
    "P5": "one to one, and whoever is free is rung",
}
"""P6 (run by its people) does not show in one call."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """log: the emulator's, of this call only. on_duty: endpoints of those to be rung, to their handles.

    number: the caller's, E.164, of this process's memory alone. held: every store afterwards.
    counted, sealed: how many calls and fiches more than before.
    """

    log: Sequence[Record]
    seen_by_carrier: Sequence[str]
    on_duty: Mapping[str, str]
    number: str
    held: Sequence[Holding]
    counted: int
    sealed: int


def judge(evidence: Evidence) -> list[str]:
    """Every broken promise as one sentence that begins with its name; empty when all were kept."""
    log = evidence.log
    judged = promises_broken(log, Allowed(people=evidence.on_duty))
    broken = [*judged, *(text for text in evidence.seen_by_carrier if text not in judged)]
    broken += [
        f"P1 broken: {leg.handle} reached nobody" for leg in inbound_legs(log) if not spoke(log, leg.handle)
    ]
    return [*broken, *_unrung(evidence), *_erased(log), *_found(evidence), *_stored(evidence)]


def _unrung(evidence: Evidence) -> list[str]:
    """P5: a caller waited longer than 2 s with somebody free, and nobody was being rung."""
    log = evidence.log
    waiting: set[str] = set()
    busy: dict[str, str] = {}
    since_ms: int | None = None
    worst_ms = 0
    for record in log:
        if since_ms is not None:
            worst_ms = max(worst_ms, record["at_ms"] - since_ms)
        _follow(record, waiting, busy)
        rung = any(state in {"queued", "ringing"} for state in busy.values())
        people_busy = {evidence.on_duty.get(to) for to in _addresses(log, busy)}
        free = set(evidence.on_duty.values()) - people_busy
        unrung = bool(waiting) and bool(free) and not rung and not _taken(busy, waiting)
        since_ms = (record["at_ms"] if since_ms is None else since_ms) if unrung else None
    if worst_ms <= UNRUNG_MS:
        return []
    return [f"P5 broken: a caller waited {worst_ms} ms with somebody free and nobody rung"]


def _follow(record: Record, waiting: set[str], busy: dict[str, str]) -> None:
    """Keep who waits and which legs of ours live; a caller waits from arrival until a talk or the end."""
    kind, leg = record["kind"], str(record.get("leg"))
    if kind == "sound" and record["sound"] == "talk":
        waiting.discard(leg)
    if kind != "leg":
        return
    ended = bool(record.get("ended_by")) or record["what"] == "erased"
    if record["direction"] == "inbound":
        waiting.discard(leg)
        if not ended:
            waiting.add(leg)
    elif ended:
        busy.pop(leg, None)
    else:
        busy[leg] = str(record["status"])


def _taken(busy: Mapping[str, str], waiting: set[str]) -> bool:
    """Whether for each caller who waits somebody has picked up already."""
    return sum(state == "in-progress" for state in busy.values()) >= len(waiting)


def _addresses(log: Sequence[Record], legs: Mapping[str, str]) -> list[str]:
    return [str(r["to"]) for r in log if r["kind"] == "leg" and r["leg"] in legs and r["what"] == "queued"]


def _erased(log: Sequence[Record]) -> list[str]:
    """P2: the carrier still has its record of a leg of this call."""
    legs = {r["leg"]: r["direction"] for r in log if r["kind"] == "leg"}
    gone = {r["leg"] for r in log if r["kind"] == "leg" and r["what"] == "erased"}
    kept = [way for leg, way in legs.items() if leg not in gone]
    if not kept:
        return []
    callers = sum(way == "inbound" for way in kept)
    return [
        f"P2 broken: the carrier still keeps its record of {len(kept)} legs, {callers} of them the caller's"
    ]


def _found(evidence: Evidence) -> list[str]:
    """P2: the caller's number in a store, or a carrier's id anywhere but in Redis."""
    found = [
        f"P2 broken: the caller's number ({form}) is held in {_where(holding)}"
        for holding, form in find_number(evidence.number, evidence.held)
    ]
    ids = {str(r["sid"]).encode() for r in evidence.log if r["kind"] == "leg"}
    for holding in evidence.held:
        if holding.store in {"SQL", "files", "jobs"} and any(sid in holding.content for sid in ids):
            found.append(f"P2 broken: a carrier's id is held in {_where(holding)}")
    return list(dict.fromkeys(found))


def _where(holding: Holding) -> str:
    return (
        f"file {holding.identity.decode()}"
        if holding.store == "files"
        else f"{holding.store} {holding.place}"
    )


def _stored(evidence: Evidence) -> list[str]:
    """P4: a fiche whose caller refused a proposal is sealed like any other; and each call counts once."""
    broken = []
    if evidence.counted != 1:
        broken.append(
            f"P2 broken: the call was counted {evidence.counted} times, not once, so it cannot be erased"
        )
    if evidence.sealed != 1:
        broken.append(f"P4 broken: {evidence.sealed} fiches were sealed, not one")
    return broken
