"""What services need from the outside world, as small protocols.

A service is given these and nothing else; `bootstrap.py` decides who fulfils them.
All instants are integer milliseconds since 1970 UTC (`_ms`) on the call path, where
Lua and the carrier count the same way, and aware datetimes where people plan.
Refusals that are normal are values; adapters raise only `helpline.domain.errors`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias, TypeVar

from helpline.domain.call import Event as CallEvent
from helpline.domain.call import LiveCall
from helpline.domain.directory import Structure
from helpline.domain.people import Psychologist, Shift
from helpline.domain.presence import Event as PresenceEvent
from helpline.domain.presence import Presence, State
from helpline.domain.snapshot import Snapshot
from helpline.domain.sweep import CountedCall, LedgerState, LegMemory
from helpline.domain.verbs import Document
from helpline.domain.waiting import Claim, Offer, OfferState, Settlement, Waiting, Wanted


class Clock(Protocol):
    """The one source of now; stepped in tests, Redis-anchored in the processes."""

    def now_ms(self) -> int: ...


T = TypeVar("T")


class Chance(Protocol):
    """The one source of chance; seeded when stepped."""

    def new_id(self) -> str:
        """32 lower-case hexadecimal digits (128 bits), never derived from time."""

    def shuffled(self, things: Sequence[T]) -> list[T]: ...


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
    a psychologist's phone or browser was called; both None otherwise.
    """

    leg_id: str
    inbound: bool
    status: LegStatus
    line: str | None = None
    endpoint: str | None = None
    started_ms: int | None = None
    ended_ms: int | None = None


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


class Renderer(Protocol):
    """Turns a document into what the carrier reads."""

    def render(self, document: Document) -> str: ...


class SweepTimes(Protocol):
    """When a sweep last finished, in ms. Raises LiveStateDown."""

    def note(self, now_ms: int) -> None: ...

    def last(self) -> int | None: ...


class Jobs(Protocol):
    """The work list of what is not on the path of a call: RQ, or a list when stepped."""

    def enqueue(self, kind: str, *ids: str) -> None:
        """Hint that `kind` is to be done for our own `ids`; losing it loses nothing."""

    def is_empty(self) -> bool: ...


Effect: TypeAlias = tuple[str, int]
"""(member of the due list, the moment in ms it is due)"""


@dataclass(frozen=True, slots=True)
class Change:
    """One compare-and-set of a call: what happened and what is written with it.

    `set` and `drop` name fields of `LiveCall`; `release` frees everybody who is rung
    for it except the attempt `keep`.
    """

    event: CallEvent | None = None
    set: Mapping[str, str | int | bool] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    release: bool = False
    keep: str | None = None


class Saved(StrEnum):
    DONE = "done"
    CHANGED = "changed"  # somebody was faster: load again
    LATE = "late"  # the call's table has no row for this event: nothing changed


@dataclass(frozen=True, slots=True)
class LineView:
    """The head of the line and everybody's presence, read in one step."""

    waiting: tuple[Waiting, ...]
    presences: Mapping[str, Presence]
    ready: bool


class LiveCalls(Protocol):
    """The working copy of the calls. Every method may raise LiveStateDown."""

    def arrive(self, call: LiveCall, wanted: Wanted | None, attempts: Sequence[str], now_ms: int) -> bool:
        """Record a new call with its first offers; False when its leg is already known."""

    def by_leg(self, leg_id: str) -> LiveCall | None: ...

    def get(self, call_id: str) -> LiveCall | None: ...

    def save(self, call: LiveCall, change: Change, now_ms: int) -> Saved:
        """Apply `change` if nobody changed the call since it was loaded."""

    def live(self) -> list[LiveCall]:
        """Every call not yet ended, in no order."""

    def ended(self, before_ms: int, limit: int) -> list[LiveCall]:
        """Records of calls that ended before a moment and have not been forgotten yet."""

    def line(self, limit: int, now_ms: int) -> LineView: ...

    def forget(self, call_id: str, now_ms: int) -> None:
        """Remove every trace of a call and its offers (a call the carrier never had)."""

    def epoch(self) -> tuple[str, int] | None:
        """(id, moment it began in ms) of the working copy; None: lost or not built yet."""

    def begin_epoch(self, epoch_id: str, now_ms: int) -> bool:
        """Declare the working copy complete; False when somebody else just did."""

    def hold(self, name: str, holder: str, for_ms: int, now_ms: int) -> bool:
        """Take or keep the lease `name`."""


class Offers(Protocol):
    """Offers and presences. Every method may raise LiveStateDown."""

    def make(self, wanted: Wanted, live: int, attempts: Sequence[str], now_ms: int) -> tuple[str, ...]: ...

    def get(self, attempt: str) -> Offer | None: ...

    def by_leg(self, leg_id: str) -> Offer | None: ...

    def of_call(self, call_id: str) -> list[Offer]: ...

    def change(
        self,
        attempt: str,
        from_states: Sequence[OfferState],
        to: OfferState | None,
        *,
        now_ms: int,
        leg_id: str | None = None,
        fields: Mapping[str, str | int | bool] | None = None,
    ) -> OfferState | None:
        """Compare and set; the state before, None when the offer is unknown."""

    def claim(self, attempt: str, welcome_ms: int, now_ms: int) -> Claim: ...

    def settle(
        self, attempt: str, how: Settlement, *, cool_ms: int, wrap_up_ms: int, now_ms: int
    ) -> bool:
        """End an offer and free its psychologist; False when it was settled before.

        For `cool_ms` she is not offered this call again; `wrap_up_ms` follow a talk.
        """

    def restore(self, offer: Offer, now_ms: int) -> None:
        """Write an offer that was found at the carrier after the working copy was lost."""

    def presence(self, psychologist: str) -> Presence | None: ...

    def presences(self) -> dict[str, Presence]: ...

    def happen(
        self,
        psychologist: str,
        event: PresenceEvent,
        now_ms: int,
        fields: Mapping[str, str | int | bool] | None = None,
    ) -> State | None:
        """Move a psychologist along her table; None when the event does not apply."""

    def may_leave_at(self, gap_ms: int, now_ms: int) -> int:
        """Take the account's next leg: 0 for now, else the moment (ms) to ask again."""


class DueList(Protocol):
    """Live effects: what is to be done at the carrier, by whoever lives."""

    def take(self, lease_ms: int, now_ms: int) -> tuple[str, int] | None:
        """The most overdue effect, held for `lease_ms`: (member, end of lease)."""

    def done(self, member: str, held: int, now_ms: int) -> None: ...

    def later(self, member: str, held: int, at_ms: int, now_ms: int) -> None: ...

    def put(self, member: str, at_ms: int, now_ms: int) -> None: ...

    def next_due(self) -> int | None: ...

    def wait(self, for_s: float) -> None:
        """Block until something was put, at most `for_s`."""


# ---- counting and erasing finished calls -----------------------------------------


@dataclass(frozen=True, slots=True)
class SweepStart:
    """Where Redis stands when a sweep begins.

    `generation` changes whenever Redis is lost or a finished leg is forgotten; a sweep
    that sees two generations knows that what it read does not fit together.
    `watched` are the legs of which something is kept, to be forgotten once they are gone.
    """

    generation: str
    epoch_began_ms: int
    watched: frozenset[str]


class FinishedCalls(Protocol):
    """What Redis remembers of finished legs, by the carrier's leg id. Raises LiveStateDown."""

    def begin(self) -> SweepStart | None:
        """Where Redis stands; None while there is no epoch (not rebuilt yet)."""

    def remember(self, leg_ids: Sequence[str], now_ms: int) -> tuple[str, Mapping[str, LegMemory]]:
        """The generation, and what is known of each leg, read in that generation."""

    def fix_receipts(self, proposed: Mapping[str, str], now_ms: int) -> Mapping[str, str]:
        """Fix a receipt per leg unless one is, and watch it; answers the receipts in force."""

    def mark(self, counted: Sequence[str], now_ms: int) -> None:
        """Note that the count of these legs is committed, and watch them."""

    def watch(self, leg_ids: Sequence[str], now_ms: int) -> None:
        """Remember to forget these legs once they are gone; before they are deleted."""

    def forget(self, leg_ids: Sequence[str], now_ms: int) -> None:
        """Wipe every key of legs the carrier no longer has."""


class Ledger(Protocol):
    """The traffic counters, receipts and sweep number in SQL. Raises DatabaseDown."""

    def state(self) -> LedgerState:
        """The sweep number to hand back to `count`."""

    def count(self, sweep_no: int, calls: Sequence[CountedCall]) -> int | None:
        """Count `calls` in one transaction: how many were new; None when superseded.

        Conditional on `sweep_no`; a receipt already there adds nothing. Raising says
        nothing about whether it was committed: call again in a later sweep.
        """

    def purge_receipts(self, now_ms: int) -> int:
        """Delete receipts past their time; only after every counted leg was marked."""


# ---- the fiche ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenFiche:
    """A fiche while it is open, in RAM only.

    `codes` is the canonical JSON of what was coded so far. `edition` counts the edits,
    so that two tabs cannot overwrite each other. `row_id` is what it will be stored
    under once sealed; it is shown to nobody. `closed` is *Clore*.
    """

    fiche_id: str
    row_id: str
    call_id: str
    psychologist: str
    codes: str
    edition: int
    closed: bool
    seal_at_ms: int | None


@dataclass(frozen=True, slots=True)
class NewFiche:
    """A fiche about to be opened at the bridge."""

    fiche_id: str
    row_id: str
    call_id: str
    psychologist: str
    codes: str


class OpenFiches(Protocol):
    """The open fiches, in Redis. Raises LiveStateDown."""

    def open(self, new: NewFiche, now_ms: int) -> str | None:
        """Open a fiche for a call, or hand over the one it has: its id; None once it is sealed."""

    def of_call(self, call_id: str) -> OpenFiche | None: ...

    def of_psychologist(self, psychologist: str) -> list[OpenFiche]:
        """Her fiches that are still open, oldest sealing first."""

    def read(self, fiche_id: str) -> OpenFiche | None: ...

    def write(self, fiche: OpenFiche, codes: str, now_ms: int) -> bool:
        """Save `codes` over the very edition given; False when it moved on or is closed."""

    def close(self, fiche_id: str, now_ms: int) -> bool:
        """*Clore*: no more edits, sealed as soon as the call is over. False: no such fiche."""

    def call_is_over(self, call_id: str, now_ms: int, seal_at_ms: int) -> None:
        """Set when the call's fiche is sealed: at once when closed. Twice changes nothing."""

    def due(self, now_ms: int, limit: int) -> list[OpenFiche]: ...

    def next_due_ms(self) -> int | None: ...

    def drop(self, fiche_id: str, now_ms: int) -> None:
        """Wipe a fiche that is stored sealed."""


@dataclass(frozen=True, slots=True)
class BatchKey:
    """An open batch as those who seal know it: its id and the public half, hexadecimal."""

    batch_id: str
    public_hex: str


@dataclass(frozen=True, slots=True)
class BatchPair:
    """A new batch with both halves; only the clock process ever holds one."""

    key: BatchKey
    private_hex: str

    def __repr__(self) -> str:
        return f"BatchPair({self.key.batch_id})"


class BatchKeys(Protocol):
    """The halves of the open batch in Redis. Raises LiveStateDown."""

    def public(self) -> BatchKey | None:
        """The half that seals; every process may read it."""

    def publish(self, pair: BatchPair, now_ms: int) -> BatchKey:
        """Put both halves there unless a batch is open; answers the one open now (clock only)."""

    def private_hex(self, batch_id: str) -> str | None:
        """The half that opens; refused by Redis to all but the clock."""


@dataclass(frozen=True, slots=True)
class SealedFiche:
    row_id: str
    batch_id: str
    ciphertext: bytes


class SealedFiches(Protocol):
    """Batches and sealed fiches in SQL. Raises DatabaseDown."""

    def ensure_batch(self, key: BatchKey) -> None:
        """Have a row for this batch; twice changes nothing."""

    def put(self, sealed: SealedFiche) -> bool:
        """Store it unless its row id is there already: then False, and nothing changes."""


class Sealer(Protocol):
    """The cryptography of fiches; the only user of true chance besides ids."""

    def new_pair(self, batch_id: str) -> BatchPair: ...

    def seal(self, content: str, row_id: str, key: BatchKey) -> SealedFiche:
        """Seal canonical JSON; raises SealingFailed past what the fixed size holds."""

    def open(self, sealed: SealedFiche, private_hex: str) -> str:
        """Open one; raises SealingFailed for a row changed, moved or of another batch."""


# ---- what people edit ----------------------------------------------------------------


class PublishedStore(Protocol):
    """What is live of what people edit, in SQL. Never read on the path of a call. Raises DatabaseDown."""

    def snapshot(self) -> Snapshot: ...


class SeedStore(Protocol):
    """Adds what is not there yet, by its id; what is there stays as it is. Raises DatabaseDown."""

    def add_psychologist(self, person: Psychologist, position: int) -> bool: ...

    def add_shift(self, shift_id: str, shift: Shift) -> bool: ...

    def add_structure(self, structure: Structure, position: int) -> bool: ...

    def add_rules(self, text: str, made_at: datetime) -> bool:
        """Version 1 of the rules, live, unless any version is there."""

    def add_flow(self, flow_id: str, text: str, made_at: datetime) -> bool:
        """Version 1 of one flow, live, unless any version of it is there."""


class Snapshots(Protocol):
    """The files that web and effects read instead of SQL."""

    def current(self) -> Snapshot | None:
        """The newest valid one; None before the first. A broken file leaves the last good one."""

    def replace(self, snapshot: Snapshot) -> None:
        """Put a new one in place, whole or not at all."""


class Migrations(Protocol):
    """The one history of the tables, on either database. Raises DatabaseDown."""

    def upgrade(self, to: str = "head") -> None: ...

    def downgrade(self, to: str) -> None: ...

    def differences(self) -> list[str]:
        """What the database lacks or has too much, one sentence each; empty when all is well."""
