"""An offer: one endpoint of one psychologist rung for one call, from the decision to its end. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OfferState(StrEnum):
    DUE = "due"  # decided, not yet at the carrier
    SENDING = "sending"  # being ordered: ambiguous if we die here
    UNKNOWN = "unknown"  # the carrier's answer was lost
    RINGING = "ringing"
    CLAIMED = "claimed"
    SETTLED = "settled"

    @property
    def is_live(self) -> bool:
        return self is not OfferState.SETTLED


class Settlement(StrEnum):
    """How an offer ended."""

    DECLINED = "declined"
    MISSED = "missed"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    CALLER_GONE = "caller_gone"
    TALKED = "talked"
    LOST = "lost"  # her leg ended between the claim and the bridge


@dataclass(frozen=True, slots=True)
class Offer:
    """Ringing one endpoint of one psychologist for one call. Instants in ms."""

    attempt: str
    call: str
    psychologist: str
    endpoint: str
    state: OfferState
    made_ms: int
    ring_s: int = 25
    sent_ms: int | None = None
    leg_id: str | None = None
    settlement: Settlement | None = None
    looked: int = 0  # times the carrier was asked whether an ambiguous order took
    session: str = ""  # where she stands in the question put to her
    answered: bool = False  # her leg has asked for its document
    declined: bool = False  # by key: her leg is about to end
    talked: bool = False  # this offer became a talk
    third: bool = False  # a third party called into a talk: `psychologist` is "" for a structure


class Claim(StrEnum):
    """What trying to take a call came to."""

    WON = "won"
    TAKEN = "taken"
    GONE = "gone"
    NOT_READY = "not_ready"
    UNKNOWN = "unknown"
