"""What our stores say when all is over, compared with the carrier's log, never believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpline.emulator.verdict import inbound_legs
from tests.chaos.judge import Finding, Record


@dataclass(frozen=True)
class Stores:
    """Our stores when all is over, beside what they held before the first call."""

    end_states: Mapping[str, int]
    presented: int
    keys: frozenset[str]
    presences: Mapping[str, str]
    presences_before: Mapping[str, str]


def compare(log: Sequence[Record], stores: Stores) -> list[Finding]:
    """Our stores against the carrier's log: counts, what is left in Redis, who is where."""
    callers = inbound_legs(log)
    found = []
    total = sum(stores.end_states.values())
    if total != len(callers):
        found.append(Finding("counts", f"{len(callers)} callers, {total} end states counted"))
    if stores.presented != len(callers):
        found.append(Finding("counts", f"{len(callers)} callers, {stores.presented} counted as presented"))
    left = sorted(key for key in stores.keys if not _may_stay(key))
    if left:
        found.append(Finding("Redis", f"{len(left)} keys are left: {', '.join(left[:8])}"))
    for who, state in stores.presences_before.items():
        if stores.presences.get(who) != state:
            found.append(Finding("presence", f"{who} was {state}, is {stores.presences.get(who)}"))
    return found


STAY = ("done:forgets", "epoch", "psys", "tokens", "due:wake", "alarms")
STAY_PREFIXES = (
    "psy:",
    "lease:",
    "clock:",
    "stat:",
    "batch:",
    "rq:worker",
    "rq:queue",
    "rq:clean",
    "rq:failed:",
    "rq:wip:",
)


def _may_stay(key: str) -> bool:
    """The empty state: what Redis holds when nobody calls (docs/internals/live_state.md)."""
    return key in STAY or key.startswith(STAY_PREFIXES)
