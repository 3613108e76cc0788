"""Callers on the line whom nothing of ours knows: between two telephones of the fallback chain, on hold since before a
loss, or lost on their way. Whoever stays one for a while is brought into the line.
"""

from __future__ import annotations

from collections.abc import Mapping

from helpline.domain import paths
from helpline.ports import Carrier, LegStatus
from helpline.services.may_be_held import ON_HOLD_MS, Apart, may_be_held
from helpline.services.mend_place import Rooms, Seen
from helpline.services.switchboard import Switchboard

STRANGER_MS = 20_000
"""Longer than the longest sentence of the fallback chain between two telephones."""

WHOLE_CHAIN_MS = 10 * 60_000
"""As long as the fallback chain takes to its end, with nine people in three rounds."""


def look_for_strangers(
    sw: Switchboard, carrier: Carrier, seen: Seen, rooms: Rooms, before: Mapping[str, int], now_ms: int
) -> tuple[dict[str, int], Apart]:
    """Who is nowhere, with the moment (ms) that began, and who may be on hold. `before`: those of the run before."""
    nowhere = {leg_id: before.get(leg_id, now_ms) for leg_id in unknown(sw, seen)}
    apart = may_be_held(sw, seen.legs, rooms, before, nowhere, now_ms)
    for leg_id, since_ms in nowhere.items():
        patience_ms = ON_HOLD_MS if leg_id in apart.callers else STRANGER_MS
        nowhere[leg_id] = _bring_in(carrier, leg_id, since_ms, patience_ms, now_ms)
    return nowhere, apart


def _bring_in(carrier: Carrier, leg_id: str, since_ms: int, patience_ms: int, now_ms: int) -> int:
    """Bring a stranger into the line after a while; answers since when they are one.

    Not at once: between two telephones of the fallback chain a caller is a stranger too,
    for the length of a sentence, and the chain must not be broken off for that.
    """
    if now_ms - since_ms < patience_ms:
        return since_ms
    carrier.move(leg_id, paths.INCOMING)
    # Still a stranger after that: the web does not answer and the chain has begun anew. It is
    # to come to its end, where the numbers to dial are, so it is not broken off again.
    return now_ms + WHOLE_CHAIN_MS


def unknown(sw: Switchboard, seen: Seen) -> frozenset[str]:
    """Callers in progress whom nothing of ours knows, and whom the chain is not ringing for."""
    parents = {leg.parent_id for leg in seen.legs.values() if leg.parent_id}
    return frozenset(
        leg.leg_id
        for leg in seen.legs.values()
        if leg.inbound
        and leg.status is LegStatus.IN_PROGRESS
        and leg.leg_id not in seen.queued
        and leg.leg_id not in parents
        and sw.calls.by_leg(leg.leg_id) is None
    )
