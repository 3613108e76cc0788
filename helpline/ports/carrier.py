"""Orders to the carrier, questions of it, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class LegStatus(StrEnum):
    """A leg's state as the carrier names it."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"

    @property
    def is_final(self) -> bool:
        return self not in (LegStatus.QUEUED, LegStatus.RINGING, LegStatus.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class CarrierLeg:
    """One call record of the carrier, after the strip: no number is left in it.

    `leg_id` is the carrier's id (only for Redis and back to the carrier). `line` is
    our line's id when the called number is ours, `endpoint` our endpoint's id when
    a psychologist's phone or browser was called, `structure` that of the directory's entry
    that was; all None otherwise. `parent_id` is
    the caller's leg whose document dialled this one (the fallback chain); None for ours.
    """

    leg_id: str
    inbound: bool
    status: LegStatus
    line: str | None = None
    endpoint: str | None = None
    started_ms: int | None = None
    ended_ms: int | None = None
    parent_id: str | None = None
    structure: str | None = None


@dataclass(frozen=True, slots=True)
class QueueMember:
    leg_id: str
    enqueued_ms: int


class RestOutcome(StrEnum):
    """What the carrier said of an order."""

    DONE = "done"
    NOT_YET = "not_yet"  # deleting a record that is not final: try in a later round
    NOT_LIVE = "not_live"  # the leg is not in progress, or not known (21220, 20404)
    BUSY = "busy"  # 429: not processed, safe to repeat
    REFUSED = "refused"  # any other 4xx: repeating will not help
    UNKNOWN = "unknown"  # timeout, reset or 5xx: it may have happened


class Carrier(Protocol):
    """Orders to, and questions of, the carrier. Never called inside a webhook."""

    def ring(self, address: str, attempt: str, ring_s: int) -> tuple[RestOutcome, str | None]:
        """Call `address` for `attempt`; the new leg's id when DONE."""

    def move(self, leg_id: str, path: str) -> RestOutcome:
        """Make a live leg go on with our document at `path`."""

    def end(self, leg_id: str) -> RestOutcome:
        """End a leg, whatever its state."""

    def leg(self, leg_id: str) -> CarrierLeg | None:
        """Fetch one leg; None when the carrier does not know it. Raises CarrierDown."""

    def live_legs(self) -> list[CarrierLeg]:
        """Every leg queued, ringing or in progress, both directions. Raises CarrierDown."""

    def legs_to(self, address: str) -> list[CarrierLeg]:
        """Legs placed to one address of a psychologist, newest first. Raises CarrierDown."""

    def waiting(self) -> list[QueueMember]:
        """Who stands in our queue, oldest first. Raises CarrierDown."""

    def rooms(self) -> Mapping[str, tuple[str, ...]]:
        """Live rooms by name with the leg ids in them. Raises CarrierDown."""

    def room(self, name: str) -> tuple[str, ...]:
        """The leg ids in one live room; empty when there is none. Raises CarrierDown."""

    def finished_legs(self) -> list[CarrierLeg]:
        """Every finished leg the carrier still keeps, all pages. Raises CarrierDown."""

    def erase(self, leg_id: str) -> RestOutcome:
        """Delete a finished leg's record: DONE (also when already gone) or NOT_YET."""
