"""A carrier kept in memory: `ports.Carrier` for tests of what is not about telephony.

It knows legs and their records, nothing of documents. `now_ms` is set by the test; a
finished leg's record can be deleted at once, or from `deletable_after_ms` after its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from helpline.ports import CarrierLeg, LegStatus, QueueMember, RestOutcome


@dataclass
class MemoryCarrier:
    """Legs by id in the order they came; the newest last."""

    now_ms: int = 0
    deletable_after_ms: int = 0
    legs: dict[str, CarrierLeg] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Address to endpoint id: the strip names what is ours, here too."""
    queue: dict[str, int] = field(default_factory=dict)

    def add(self, leg: CarrierLeg) -> CarrierLeg:
        self.legs[leg.leg_id] = leg
        return leg

    def ring(self, address: str, attempt: str, ring_s: int) -> tuple[RestOutcome, str | None]:
        leg_id = f"leg-{attempt}"
        endpoint = self.endpoints.get(address)
        self.add(CarrierLeg(leg_id, False, LegStatus.RINGING, endpoint=endpoint, started_ms=self.now_ms))
        return RestOutcome.DONE, leg_id

    def move(self, leg_id: str, path: str) -> RestOutcome:
        leg = self.legs.get(leg_id)
        live = leg is not None and leg.status is LegStatus.IN_PROGRESS
        return RestOutcome.DONE if live else RestOutcome.NOT_LIVE

    def end(self, leg_id: str) -> RestOutcome:
        leg = self.legs.get(leg_id)
        if leg is None or leg.status.is_final:
            return RestOutcome.NOT_LIVE
        self.queue.pop(leg_id, None)
        self.add(replace(leg, status=LegStatus.COMPLETED, ended_ms=self.now_ms))
        return RestOutcome.DONE

    def leg(self, leg_id: str) -> CarrierLeg | None:
        return self.legs.get(leg_id)

    def live_legs(self) -> list[CarrierLeg]:
        return [leg for leg in self.legs.values() if not leg.status.is_final]

    def legs_to(self, address: str) -> list[CarrierLeg]:
        endpoint = self.endpoints.get(address)
        return [leg for leg in reversed(self.legs.values()) if endpoint and leg.endpoint == endpoint]

    def waiting(self) -> list[QueueMember]:
        members = [QueueMember(leg_id, since_ms) for leg_id, since_ms in self.queue.items()]
        return sorted(members, key=lambda member: member.enqueued_ms)

    def rooms(self) -> Mapping[str, tuple[str, ...]]:
        return {}

    def room(self, name: str) -> tuple[str, ...]:
        return ()

    def finished_legs(self) -> list[CarrierLeg]:
        return [leg for leg in self.legs.values() if leg.status.is_final]

    def erase(self, leg_id: str) -> RestOutcome:
        leg = self.legs.get(leg_id)
        if leg is None:
            return RestOutcome.DONE
        if not leg.status.is_final or (leg.ended_ms or 0) + self.deletable_after_ms > self.now_ms:
            return RestOutcome.NOT_YET
        del self.legs[leg_id]
        return RestOutcome.DONE
