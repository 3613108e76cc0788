"""What the carrier knows of its legs, queues and rooms. Plain data; `legs.py`, `queues.py`, `rooms.py` change it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from helpline.emulator.kernel import Outcome, Task
from helpline.emulator.settings import OwnNumber


class Status(enum.Enum):
    """Of a leg, as the REST resource says it."""

    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"

    @property
    def final(self) -> bool:
        """True when the leg is over."""
        return self not in (Status.QUEUED, Status.RINGING, Status.IN_PROGRESS)


class Direction(enum.Enum):
    """Who started a leg: a caller, a REST request, a Dial."""

    INBOUND = "inbound"
    API = "outbound-api"
    DIAL = "outbound-dial"


class EndedBy(enum.Enum):
    """Who ended a leg: the person at its far end, the service (document or REST), or the network."""

    FAR_END = "far_end"
    SERVICE = "service"
    CARRIER = "carrier"


class Why(enum.Enum):
    """Why a leg leaves the queue, room or bridge it is in."""

    HUNG_UP = "hung_up"
    LOST = "lost"
    ENDED = "ended"  # by the service: the call itself is over
    REDIRECTED = "redirected"
    KICKED = "kicked"
    OVER = "over"  # the verb came to its own end
    MODERATOR = "moderator"  # a participant whose exit ends the room has left
    ROOM_ENDED = "room_ended"  # the room was ended by REST


class Place(Protocol):
    """Where a leg stands: a queue, a room, a bridge. `vacate` may be called twice; the first reason counts."""

    def vacate(self, why: Why) -> None: ...


@dataclass(frozen=True)
class Callback:
    """Where events of a leg or room are reported. `url` is absolute and may carry overrides."""

    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


@dataclass
class NumberConfig:
    """A number of the account and the URLs set on it by REST."""

    sid: str
    own: OwnNumber
    created_ms: int
    updated_ms: int
    friendly_name: str = ""
    urls: dict[str, str] = field(default_factory=dict)  # voice_url, voice_method, voice_fallback_url, …


@dataclass(eq=False)
class Leg:
    """One telephone connection. Times are epoch ms; `with_` are the legs it can hear now."""

    sid: str
    handle: str
    ordinal: int
    direction: Direction
    from_: str
    to: str
    created_ms: int
    status: Status = Status.QUEUED
    number: NumberConfig | None = None
    parent: Leg | None = None
    forwarded_from: str = ""
    dialled_ms: int | None = None
    answered_ms: int | None = None
    ended_ms: int | None = None
    queue_time_ms: int = 0
    updated_ms: int = 0
    erasable_ms: int = 0
    callback: Callback | None = None
    fallback: tuple[str, str] | None = None  # URL, method
    sequence: int = 0
    ring_limit_ms: int = 60_000
    talk_limit_ms: int = 0  # 0 = the account's
    sip_code: int = 200
    ended_by: EndedBy | None = None
    custom: dict[str, str] = field(default_factory=dict)  # parameters given to a client
    envelopes: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)  # by status (envelope.py)
    sound: tuple[str, str] = ("", "")
    heard: list[dict[str, Any]] = field(default_factory=list)
    with_: tuple[Leg, ...] = ()
    place: Place | None = None
    listener: Callable[[str], None] | None = None  # who takes the keys pressed now
    task: Task | None = None
    answered: Outcome[None] = field(default_factory=Outcome)
    over: Outcome[None] = field(default_factory=Outcome)

    @property
    def is_answered(self) -> bool:
        """True from the answer on, also after the end."""
        return self.answered_ms is not None

    @property
    def label(self) -> str:
        """The far end as evidence names it: the number or `client:name` at the other side of the carrier."""
        return self.from_ if self.direction is Direction.INBOUND else self.to

    def talk_ms(self, now_ms: int) -> int:
        """From the answer to the end, or to now."""
        if self.answered_ms is None:
            return 0
        return (self.ended_ms if self.ended_ms is not None else now_ms) - self.answered_ms


@dataclass(eq=False)
class Queue:
    """A queue of callers, oldest first. It outlives its members."""

    sid: str
    name: str
    max_size: int
    created_ms: int
    updated_ms: int
    members: list[Any] = field(default_factory=list)  # queues.Member; kept loose to avoid a cycle
    since_ms: int = (
        0  # the members' instants of entering, added up: an average is asked for with every document
    )


@dataclass(frozen=True)
class Alert:
    """A line of the carrier's debugger: an error or warning with the request that met it."""

    sid: str
    ordinal: int
    code: int
    level: str  # error | warning
    at_ms: int
    leg_sid: str
    url: str
    message: str
    variables: tuple[tuple[str, str], ...] = ()
