"""The working copy: live calls, offers, presence and the due list."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

from helpline.domain.call import Event as CallEvent
from helpline.domain.call import LiveCall
from helpline.domain.offer import Claim, Offer, OfferState, Settlement
from helpline.domain.people import Tier
from helpline.domain.presence import Event as PresenceEvent
from helpline.domain.presence import Presence, State, Wish
from helpline.domain.waiting import Waiting, Wanted
from helpline.ports.fiches import NewFiche

Effect: TypeAlias = tuple[str, int]
"""(member of the due list, the moment in ms it is due)"""


@dataclass(frozen=True, slots=True)
class Change:
    """One compare-and-set of a call: what happened and what is written with it.

    `set` and `drop` name fields of `LiveCall`; `release` frees everybody who is rung
    for it except the attempt `keep`. With `most_waiting` it is late when so many wait already.
    `fiche` is opened, or the one the call has is handed over; `seal_at_ms`: the call is over,
    and its fiche is sealed then (at once when closed).
    """

    event: CallEvent | None = None
    set: Mapping[str, str | int | bool] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    release: bool = False
    keep: str | None = None
    most_waiting: int = 0
    fiche: NewFiche | None = None
    seal_at_ms: int | None = None


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


@dataclass(frozen=True, slots=True)
class Gate:
    """What decides whether a new call may come in. `attack_until_ms` None: no attack mode."""

    waiting: int
    attack_until_ms: int | None


@dataclass(frozen=True, slots=True)
class AttackMode:
    """Until when (ms), and who threw it when: a name of staff, '' for the command line."""

    until_ms: int
    by: str
    since_ms: int | None


@dataclass(frozen=True, slots=True)
class Reception:
    """What a first request finds: a call known already; else the gate, and the line where it lets anybody in.

    `planned`: the view holds the heads of the line, not presences only.
    """

    known: LiveCall | None
    gate: Gate
    view: LineView | None = None
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Roll:
    """Every call, most of a long line in short.

    `just_wait`: legs of those in the queue as far as we know, alone, in their place, not told that nobody answers.
    `others`: all others not yet ended. `over`: when (ms) each call ended, by id, until it is forgotten.
    """

    just_wait: frozenset[str]
    others: tuple[LiveCall, ...]
    over: Mapping[str, int]


class LiveCalls(Protocol):
    """The working copy of the calls. Every method may raise LiveStateDown."""

    def arrive(
        self,
        call: LiveCall,
        wanted: Wanted | None,
        attempts: Sequence[str],
        now_ms: int,
        most_waiting: int = 0,
    ) -> bool:
        """Record a new call with its first offers; False when its leg is already known.

        False too, and nothing is recorded, when `most_waiting` (0: no bound) wait already.
        """

    def by_leg(self, leg_id: str) -> LiveCall | None: ...

    def in_line(self, leg_id: str) -> tuple[LiveCall, LineView] | None:
        """The call of a leg with everybody's presence (the view shows nobody waiting), read in one step."""

    def get(self, call_id: str) -> LiveCall | None: ...

    def save(self, call: LiveCall, change: Change, now_ms: int) -> Saved:
        """Apply `change` if nobody changed the call since it was loaded."""

    def roll(self) -> Roll: ...

    def line(self, limit: int, now_ms: int, *, of_each_need: bool = False) -> LineView:
        """The first `limit` callers, with `of_each_need` the first `limit` of each need; in the order of the line.

        A need is a ring plan with its skills: nobody is hidden behind callers who need somebody else.
        """

    def reception(self, leg_id: str, limit: int, room: int, people: int, now_ms: int) -> Reception:
        """For a new leg, in one step: `by_leg`, `gate` and `line`.

        No view while `room` callers wait or in attack mode; behind twice as many as `people`, and while nobody is free,
        one of presences only: nothing is left to plan.
        """

    def gate(self, now_ms: int) -> Gate: ...

    def set_attack(self, until_ms: int | None, by: str, now_ms: int) -> None:
        """Attack mode until a moment; None ends it now. `by` whom, as the board names them."""

    def attack_mode(self, now_ms: int) -> AttackMode | None:
        """None when it is off."""

    def forget(self, call_id: str, now_ms: int) -> None:
        """Remove every trace of a call and its offers (a call the carrier never had)."""

    def epoch(self) -> tuple[str, int] | None:
        """(id, moment it began in ms) of the working copy; None: lost or not built yet."""

    def draft_epoch(self, draft: str, now_ms: int) -> tuple[str, int]:
        """Building the working copy begins: (the mark that is lost with what is built, since when (ms) the loss is known).

        The mark is `draft`, or that of who noticed this loss before.
        """

    def begin_epoch(self, epoch_id: str, now_ms: int, draft: str = "") -> bool:
        """Declare the working copy complete; False when somebody else just did, or builds it, or `draft` was lost."""

    def ask_for_a_look(self, now_ms: int) -> None:
        """A webhook has failed: the reconciler is not to wait for its next round."""

    def look_asked_ms(self) -> int | None:
        """When that was asked last, in this epoch."""

    def hold(self, name: str, holder: str, for_ms: int, now_ms: int) -> bool:
        """Take or keep the lease `name`."""


@dataclass(frozen=True, slots=True)
class Duty:
    """In which tier somebody is planned, by which shift (its start in ms, 0 by hand).

    `leaving`: planned no more; she goes offline when what she is doing is over.
    """

    tier: Tier
    shift_ms: int
    leaving: bool = False


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

    def picked_up(self, attempt: str, leg_id: str, now_ms: int) -> tuple[Offer, LiveCall | None] | None:
        """Her leg asks for its document, so it exists and is answered: noted where the offer is at the carrier.

        The offer and its call, as they are in that very step; None when the offer is unknown.
        """

    def claim(self, attempt: str, welcome_ms: int, now_ms: int) -> Claim: ...

    def settle(
        self,
        attempt: str,
        how: Settlement,
        *,
        cool_ms: int,
        wrap_up_ms: int,
        everybody: Mapping[str, Sequence[str]],
        now_ms: int,
    ) -> bool:
        """End an offer and free its psychologist; False when it was settled before.

        For `cool_ms` she is not offered this call again; `wrap_up_ms` follow a talk. Who
        could not be reached has her pause only after the last of her endpoints. A second
        miss in a row suspends the endpoint, unless nothing else of `everybody` (psychologist
        to her endpoints) can be rung.
        """

    def call_third(self, call: LiveCall, offer: Offer, now_ms: int) -> bool:
        """Put the caller on hold and order `offer`, a third party, for their talk.

        False when the call has changed since it was loaded, is in no talk, has a third
        party already, or the colleague meant is not free.
        """

    def third_picks_up(self, attempt: str, now_ms: int) -> bool:
        """A third party's leg is about to join the room; False when it is not wanted any more."""

    def restore(self, offer: Offer, duty: Duty, now_ms: int) -> None:
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

    def set_apart(
        self, who: Collection[str], everybody: Collection[str], epoch: str | None, now_ms: int
    ) -> None:
        """Of `everybody` exactly `who` are on legs that the working copy has lost, and not rung.

        Only in the `epoch` (its id) in which the carrier was asked: later it is no news.
        """

    def begin_shift(self, psychologist: str, duty: Duty, now_ms: int) -> None:
        """Her tier and shift are `duty`'s now, whatever she is doing."""

    def browser_is_there(self, psychologist: str, until_ms: int, now_ms: int) -> None:
        """Her browser can be rung until then; whether it is rung first is the planner's."""

    def recall_is_over(self, psychologist: str, now_ms: int) -> None:
        """She waits for no caller of hers to dial again."""

    def wish(self, psychologist: str, wish: Wish, now_ms: int, *, end_ms: int = 0) -> bool:
        """Grant what she asks for; False when it does not apply now. Asked for twice, granted once.

        `end_ms`, for a longer wrap-up, is the end that she saw when she asked.
        """

    def may_leave_at(self, attempt: str, gap_ms: int, now_ms: int) -> int:
        """Take the account's next leg for this offer: 0 for now, else the moment (ms) to ask again.

        The oldest caller's first offer leaves first, whoever asks first.
        """

    def steps_aside(self, attempt: str, now_ms: int) -> None:
        """This offer cannot be sent yet: the others need not wait for it."""


class DueList(Protocol):
    """Live effects: what is to be done at the carrier, by whoever lives."""

    def take(self, lease_ms: int, now_ms: int) -> tuple[str, int] | None:
        """The most overdue effect, held for `lease_ms`: (member, end of lease)."""

    def keep(self, member: str, held: int, till_ms: int, now_ms: int) -> int:
        """Hold on to it until `till_ms`; the new end of the lease, 0 when somebody else has it."""

    def done(self, member: str, held: int, now_ms: int) -> None: ...

    def later(self, member: str, held: int, at_ms: int, now_ms: int) -> None: ...

    def put(self, member: str, at_ms: int, now_ms: int) -> None: ...

    def next_due(self) -> int | None: ...

    def wait(self, for_s: float) -> None:
        """Block until something was put, at most `for_s`."""
