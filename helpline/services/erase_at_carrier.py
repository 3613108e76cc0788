"""Delete finished legs at the carrier, whose record holds the caller's number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpline.ports import Carrier, RestOutcome


@dataclass(frozen=True, slots=True)
class Erased:
    """Leg ids by what became of them; `waiting` are for a later round."""

    erased: frozenset[str]
    refused: frozenset[str]
    waiting: frozenset[str]


def erase_at_carrier(carrier: Carrier, leg_ids: Sequence[str]) -> Erased:
    """Ask for each leg to be deleted, once.

    Assumes that every inbound leg among them was counted and the count committed: what
    is deleted here cannot be counted any more. A leg deleted twice is as gone as one
    deleted once. An answer that did not come ends the round: the carrier is not well,
    and each further request would wait for its time-out.
    """
    erased, refused = set(), set()
    for leg_id in leg_ids:
        outcome = carrier.erase(leg_id)
        if outcome in (RestOutcome.DONE, RestOutcome.NOT_LIVE):
            erased.add(leg_id)
        elif outcome is RestOutcome.REFUSED:
            refused.add(leg_id)
        elif outcome is RestOutcome.UNKNOWN:
            break
    waiting = set(leg_ids) - erased - refused
    return Erased(frozenset(erased), frozenset(refused), frozenset(waiting))
