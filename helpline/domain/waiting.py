"""Who is rung for whom: the order of the line and of the psychologists. Pure.

Order of callers: arrival at the carrier less a bonus (at most 120 s), fixed for life:
nobody is overtaken by more than the bonus, and who was brought back keeps their place.

Order of psychologists, among those the ring plan has reached: who just lost this
caller first, then on duty before standby, then who has missed fewer rings, then the
least flexible for a needed skill, then longest idle. How many at once: free ÷ waiting, 1 to 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from helpline.domain.people import Tier
from helpline.domain.presence import Presence, State


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
    talked: bool = False  # this offer became a talk
    third: bool = False  # a third party called into a talk: `psychologist` is "" for a structure


@dataclass(frozen=True, slots=True)
class PlanStep:
    """From `after_s` seconds of waiting on, `tier` may be rung, each for `ring_s`."""

    after_s: int
    tier: Tier
    ring_s: int


def plan_to_text(steps: Sequence[PlanStep]) -> str:
    """`0:on_duty:25;20:standby:25`, short enough to live on the call."""
    return ";".join(f"{s.after_s}:{s.tier.value}:{s.ring_s}" for s in steps)


def plan_from_text(text: str) -> tuple[PlanStep, ...]:
    steps = []
    for part in filter(None, text.split(";")):
        after_s, tier, ring_s = part.split(":")
        steps.append(PlanStep(int(after_s), Tier(tier), int(ring_s)))
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One call of the line, as planning sees it.

    `cooled` are the psychologists who declined it less than `COOL_DOWN_MS` ago;
    `tried` how many offers of this call each psychologist let ring out.
    """

    call: str
    key_ms: int
    since_ms: int
    plan: tuple[PlanStep, ...]
    skills: tuple[str, ...] = ()
    live_offers: int = 0
    cooled: frozenset[str] = frozenset()
    tried: tuple[tuple[str, int], ...] = ()
    first_choice: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A psychologist who could be rung: her presence, her endpoints in order, her skills."""

    presence: Presence
    endpoints: tuple[str, ...]
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Offers to make for one call: the first `how_many` free ones of `order`.

    `order` holds (psychologist, the endpoint of hers to ring).
    """

    call: str
    order: tuple[tuple[str, str], ...]
    how_many: int
    ring_s: int


COOL_DOWN_MS = 60_000
AT_ONCE_MAX = 5


def how_many_at_once(free: int, waiting: int, at_once_max: int = AT_ONCE_MAX) -> int:
    """free ÷ waiting rounded down, between 1 and `at_once_max` (performance study §4)."""
    if free <= 0 or waiting <= 0:
        return 0
    return max(1, min(at_once_max, free // waiting))


def tiers_reached(call: Waiting, now_ms: int, on_duty_exhausted: bool) -> dict[Tier, int]:
    """The tiers that may be rung now for `call`, each with its ring time in seconds.

    `on_duty_exhausted`: nobody of an earlier step is free while somebody is cooling
    down (or nobody of it is on duty at all): the next step starts at once.
    """
    waited_ms = now_ms - call.since_ms
    reached: dict[Tier, int] = {}
    for step in call.plan:
        early = on_duty_exhausted and step.tier is Tier.STANDBY
        if waited_ms >= 1000 * step.after_s or early:
            reached.setdefault(step.tier, step.ring_s)
    return reached


def next_step_ms(call: Waiting, now_ms: int) -> int | None:
    """When the plan next widens, ms; None when every step has been reached."""
    later = [call.since_ms + 1000 * s.after_s for s in call.plan]
    later = [at for at in later if at > now_ms]
    return min(later, default=None)


def plan_offers(
    line: Sequence[Waiting], people: Sequence[Candidate], now_ms: int, at_once_max: int = AT_ONCE_MAX
) -> tuple[Wanted, ...]:
    """Decide the offers of one round: oldest caller first, nobody promised twice.

    Returns only calls that want more offers than they have. Safe to repeat: a call with
    enough live offers wants none, and the store takes only people still free.
    """
    taken: set[str] = set()
    wanted: list[Wanted] = []
    callers = sorted(line, key=lambda c: (c.key_ms, c.call))
    for place, call in enumerate(callers):
        order, ring_s = _order_for(call, people, now_ms, taken)
        # Who rings for this call already was free too.
        share = how_many_at_once(len(order) + call.live_offers, len(callers) - place, at_once_max)
        missing = share - call.live_offers
        if missing > 0 and order:
            wanted.append(Wanted(call.call, order, missing, ring_s))
            taken.update(psychologist for psychologist, _ in order[:missing])
    return tuple(wanted)


def _order_for(
    call: Waiting, people: Sequence[Candidate], now_ms: int, taken: set[str]
) -> tuple[tuple[tuple[str, str], ...], int]:
    able = [p for p in people if set(call.skills) <= p.skills]
    on_duty = [p for p in able if p.presence.tier is Tier.ON_DUTY and p.presence.state is not State.OFFLINE]
    free_on_duty = [p for p in on_duty if _is_free(p, call, taken)]
    cooling = any(p.presence.psychologist in call.cooled for p in on_duty)
    reached = tiers_reached(call, now_ms, not free_on_duty and (cooling or not on_duty))
    free = [p for p in able if p.presence.tier in reached and _is_free(p, call, taken)]
    tried = dict(call.tried)
    free.sort(key=lambda p: _rank(p, call, tried))
    chosen = tuple((p.presence.psychologist, _endpoint(p, tried)) for p in free)
    return chosen, max(reached.values(), default=0)


def _endpoint(person: Candidate, tried: dict[str, int]) -> str:
    """Her next endpoint for this call: each miss goes on to the one after."""
    return person.endpoints[tried.get(person.presence.psychologist, 0) % len(person.endpoints)]


def _is_free(person: Candidate, call: Waiting, taken: set[str]) -> bool:
    presence = person.presence
    if presence.psychologist in taken or presence.psychologist in call.cooled:
        return False
    if presence.state is State.AVAILABLE:
        return True
    # Her wrap-up gives way to one caller only: the one whose talk with her was cut.
    return presence.state is State.WRAP_UP and presence.psychologist == call.first_choice


def _rank(person: Candidate, call: Waiting, tried: dict[str, int]) -> tuple[bool, bool, int, int, int, str]:
    presence = person.presence
    spare_skills = len(person.skills - set(call.skills))
    misses = tried.get(presence.psychologist, 0) + presence.missed_in_row
    return (
        presence.psychologist != call.first_choice,
        presence.tier is not Tier.ON_DUTY,
        misses,
        spare_skills,
        presence.idle_since_ms,
        presence.psychologist,
    )


class Claim(StrEnum):
    """What trying to take a call came to."""

    WON = "won"
    TAKEN = "taken"
    GONE = "gone"
    NOT_READY = "not_ready"
    UNKNOWN = "unknown"
