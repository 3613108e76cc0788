"""Who is rung for whom: the order of the line and of the psychologists. Pure.

Order of callers: arrival at the carrier less a bonus (at most 120 s), fixed for life:
nobody is overtaken by more than the bonus, and who was brought back keeps their place.

Order of psychologists, among those the ring plan has reached: who just lost this
caller, then who marked a talk as cut off (*Interrompu*: whichever step would reach her), then by `rank`. How many at once:
free ÷ waiting, 1 to 5. Two things give way before nobody at all is rung for a caller: a
suspended endpoint, and the wish to let the next call go by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpline.domain.people import Tier
from helpline.domain.presence import Presence, State
from helpline.domain.ring_plan import Plan, RingStep, Who


@dataclass(frozen=True, slots=True)
class Waiting:
    """One call of the line, as planning sees it.

    `cooled` are the psychologists who declined it less than `COOL_DOWN_MS` ago; `passed`
    those who let it go by; `tried` how many rings of this call came to nothing, by endpoint.
    """

    call: str
    key_ms: int
    since_ms: int
    plan: Plan
    skills: tuple[str, ...] = ()
    live_offers: int = 0
    cooled: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()
    tried: tuple[tuple[str, int], ...] = ()
    first_choice: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A psychologist who could be rung: her presence, all her endpoints in order, her skills."""

    presence: Presence
    endpoints: tuple[str, ...]
    skills: frozenset[str] = frozenset()
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Offers to make for one call: the first `how_many` free ones of `order`.

    `order` holds (psychologist, the endpoint of hers to ring). `passing` let this call, if
    an offer of it is made, be the one that goes by. `wrap_up`: those in theirs may be rung.
    """

    call: str
    order: tuple[tuple[str, str], ...]
    how_many: int
    ring_s: int
    passing: tuple[str, ...] = ()
    wrap_up: bool = False


COOL_DOWN_MS = 60_000
AT_ONCE_MAX = 5
SUSPEND_AFTER = 2
"""Rings in a row that an endpoint misses before it is left alone."""


def how_many_at_once(free: int, waiting: int, at_once_max: int = AT_ONCE_MAX) -> int:
    """free ÷ waiting rounded down, between 1 and `at_once_max` (performance study §4)."""
    if free <= 0 or waiting <= 0:
        return 0
    return max(1, min(at_once_max, free // waiting))


def next_step_ms(call: Waiting, now_ms: int) -> int | None:
    """When the plan next widens, ms; None when every step has been reached."""
    later = [call.since_ms + 1000 * s.after_s for s in call.plan]
    later = [at for at in later if at > now_ms]
    return min(later, default=None)


def is_reached(step: RingStep, person: Candidate) -> bool:
    """Does this step name her? `wrap_up` names nobody by itself."""
    match step.who:
        case Who.ON_DUTY:
            return person.presence.tier is Tier.ON_DUTY
        case Who.STANDBY:
            return person.presence.tier is Tier.STANDBY
        case Who.SKILL:
            return person.presence.tier is Tier.ON_DUTY and set(step.names) <= person.skills
        case Who.NAMED:
            return person.handle in step.names
        case Who.WRAP_UP:
            return False


def ever_reached(plan: Plan, skills: Sequence[str], people: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Everybody signed on whom the plan reaches sooner or later and who can do what is needed."""
    needed = frozenset(skills)
    return tuple(
        person
        for person in people
        if person.presence.state is not State.OFFLINE
        and needed <= person.skills
        and any(is_reached(step, person) for step in plan)
    )


def plan_offers(
    line: Sequence[Waiting], people: Sequence[Candidate], now_ms: int, at_once_max: int = AT_ONCE_MAX
) -> tuple[Wanted, ...]:
    """Decide the offers of one round: oldest caller first, nobody promised twice.

    Returns only calls that want more offers than they have. Safe to repeat: a call with
    enough live offers wants none, and the store takes only people still free.
    """
    taken: set[str] = set()
    passing: set[str] = set()
    wanted: list[Wanted] = []
    callers = sorted(line, key=lambda c: (c.key_ms, c.call))
    could = {p.presence.psychologist for p in people if _may_be_free(p)}
    for place, call in enumerate(callers):
        if could <= taken:
            break
        chosen = _Choice(call, people, now_ms, taken, passing)
        # Who rings for this call already was free too.
        share = how_many_at_once(len(chosen.order) + call.live_offers, len(callers) - place, at_once_max)
        missing = share - call.live_offers
        if missing > 0 and chosen.order:
            wanted.append(chosen.wanted(missing))
            taken.update(psychologist for psychologist, _ in chosen.order[:missing])
            passing.update(chosen.passing)
    return tuple(wanted)


class _Choice:
    """Who may be rung for one call now, in order; `taken` are promised to older callers.

    `passing` lists who lets this very call go by; those in `passed_by` have let an older
    caller of the same round go by, and are free for this one.
    """

    def __init__(
        self, call: Waiting, people: Sequence[Candidate], now_ms: int, taken: set[str], passed_by: set[str]
    ) -> None:
        self._call = call
        self._tried = dict(call.tried)
        self._taken = taken
        self._passed_by = passed_by
        self._now_ms = now_ms
        self._people = ever_reached(call.plan, call.skills, people)
        self._suspensions_hold = any(_can_be_rung(p) and open_endpoints(p) for p in self._people)
        steps, free, ready = self._choose(now_ms)
        if not ready and self._suspensions_hold and not call.live_offers:
            # Who else could be rung is coding, has declined, or is promised to an older caller.
            self._suspensions_hold = False
            steps, free, ready = self._choose(now_ms)
        self._wrap_up = any(step.who is Who.WRAP_UP for step in steps)
        ready.sort(key=lambda p: (*_is_awaited(p, call, now_ms), *rank(p, call, steps)))
        self.order = tuple((p.presence.psychologist, self._endpoint(p)) for p in ready)
        self.ring_s = max((step.for_s for step in steps), default=0)
        self.passing = tuple(
            sorted(p.presence.psychologist for p in free if p not in ready and self._lets_next_go_by(p))
        )

    def wanted(self, how_many: int) -> Wanted:
        return Wanted(self._call.call, self.order, how_many, self.ring_s, self.passing, self._wrap_up)

    def _choose(self, now_ms: int) -> tuple[tuple[RingStep, ...], list[Candidate], list[Candidate]]:
        """The steps in force, who of them is free, and who of these may be rung."""
        steps = self._steps(now_ms)
        free = [p for p in self._people if self._is_free(p, steps)]
        ready = [p for p in free if not self._stands_aside(p)]
        # Letting a call go by is for those who have somebody else to take it.
        return steps, free, ready if ready or self._call.live_offers else list(free)

    def _steps(self, now_ms: int) -> tuple[RingStep, ...]:
        """The steps in force: those whose time has come, and the next at once when nobody is free.

        That is: somebody of the earlier ones has declined, lets the call go by or has no
        endpoint that rings, or none of them is there at all (a break is not there). Those
        who are merely busy are waited for.
        """
        plan = sorted(self._call.plan, key=lambda step: step.after_s)
        waited_ms = now_ms - self._call.since_ms
        reached = [step for step in plan if waited_ms >= 1000 * step.after_s]
        while len(reached) < len(plan):
            there = [
                p
                for p in self._people
                if p.presence.state is not State.BREAK and any(is_reached(step, p) for step in reached)
            ]
            if any(self._is_free(p, reached) and not self._stands_aside(p) for p in there):
                break
            unwilling = any(
                self._is_cooling(p) or self._stands_aside(p) or not self._endpoints(p) for p in there
            )
            if there and not unwilling:
                break
            reached.append(plan[len(reached)])
        return tuple(reached)

    def _is_free(self, person: Candidate, steps: Sequence[RingStep]) -> bool:
        presence = person.presence
        if not _may_be_free(person) or presence.psychologist in self._taken:
            return False
        if self._is_cooling(person) or not self._endpoints(person):
            return False
        # Who waits for a caller to dial again is rung at once, whichever step would reach her.
        awaits = presence.recall_until_ms > self._now_ms
        if not awaits and not any(is_reached(step, person) for step in steps):
            return False
        if presence.state is State.AVAILABLE:
            return True
        # Her wrap-up gives way to the caller whose talk with her was cut, and to its step of the plan.
        interruptible = any(step.who is Who.WRAP_UP for step in steps)
        return interruptible or presence.psychologist == self._call.first_choice

    def _is_cooling(self, person: Candidate) -> bool:
        return person.presence.psychologist in self._call.cooled

    def _stands_aside(self, person: Candidate) -> bool:
        return person.presence.psychologist in self._call.passed or self._lets_next_go_by(person)

    def _lets_next_go_by(self, person: Candidate) -> bool:
        """This is the next call for her: none older of this round, and not one that knows her already."""
        presence = person.presence
        return (
            presence.lets_next_go_by
            and presence.psychologist not in self._passed_by
            and presence.psychologist != self._call.first_choice
        )

    def _endpoints(self, person: Candidate) -> tuple[str, ...]:
        return open_endpoints(person) if self._suspensions_hold else person.endpoints

    def _endpoint(self, person: Candidate) -> str:
        """Her next endpoint for this call: each ring that came to nothing goes on to another."""
        endpoints = self._endpoints(person)
        if not self._tried:
            return endpoints[0]
        return min(endpoints, key=lambda e: (self._tried.get(e, 0), endpoints.index(e)))


def open_endpoints(person: Candidate) -> tuple[str, ...]:
    """Those that are not suspended, in order."""
    suspended = person.presence.suspended
    return tuple(e for e in person.endpoints if e not in suspended) if suspended else person.endpoints


def _may_be_free(person: Candidate) -> bool:
    """In none of her states but these is she ever rung."""
    presence = person.presence
    return not presence.apart and presence.state in (State.AVAILABLE, State.WRAP_UP)


def _can_be_rung(person: Candidate) -> bool:
    """Now or within seconds: not in a talk, not on a break."""
    presence = person.presence
    return not presence.apart and presence.state in (State.AVAILABLE, State.RINGING, State.WRAP_UP)


def _is_awaited(person: Candidate, call: Waiting, now_ms: int) -> tuple[bool, bool]:
    """Before every other rank: who has just lost this caller, then who waits for one to dial again."""
    presence = person.presence
    return presence.psychologist != call.first_choice, presence.recall_until_ms <= now_ms


Rank = tuple[bool, int, int, int, int, str]


def rank(person: Candidate, call: Waiting, steps: Sequence[RingStep]) -> Rank:
    """Her place among the free, smallest first.

    Who just lost this caller; then who has missed fewer rings in a row; then the step of
    the plan that reached her (in her wrap-up: that one's); then the least flexible for
    what is needed; then who has been idle longest.
    """
    presence = person.presence
    in_wrap_up = presence.state is State.WRAP_UP
    step = next((n for n, one in enumerate(steps) if is_reached(one, person)), len(steps))
    return (
        presence.psychologist != call.first_choice,
        presence.missed_in_row,
        len(steps) if in_wrap_up else step,
        len(person.skills - set(call.skills)),
        presence.idle_since_ms,
        presence.psychologist,
    )
