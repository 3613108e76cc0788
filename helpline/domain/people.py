"""Psychologists, how they can be rung, and who is planned when.

This is the plan, not the presence: whether somebody planned is really there is the
business of `presence.py`. An endpoint's address is a private number or a browser's name;
it never shows in a representation, since representations end in logs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from helpline.domain.hours import Interval


class Tier(StrEnum):
    """How somebody is planned: *de garde*, or *d'astreinte*."""

    ON_DUTY = "on_duty"
    STANDBY = "standby"


class EndpointKind(StrEnum):
    PHONE = "phone"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One phone (`address` in E.164) or browser (`address` is the client's name)."""

    id: str
    kind: EndpointKind
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Psychologist:
    """`handle` is what rules and logs call her; `endpoints` in the order they are tried."""

    id: str
    handle: str
    name: str = field(repr=False)
    endpoints: tuple[Endpoint, ...] = ()
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shift:
    """One psychologist planned in one tier for one half-open interval."""

    psychologist_id: str
    tier: Tier
    interval: Interval


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody who may be rung, and the shifts. Order of `psychologists` is kept in answers.

    Raises ValueError when an id, a handle or an endpoint id stands twice. A shift of
    somebody unknown is ignored by the questions: an old shift must not stop the line.
    """

    psychologists: tuple[Psychologist, ...]
    shifts: tuple[Shift, ...] = ()

    def __post_init__(self) -> None:
        people = self.psychologists
        _refuse_twice("psychologist id", [person.id for person in people])
        _refuse_twice("handle", [person.handle for person in people])
        _refuse_twice("endpoint id", [endpoint.id for person in people for endpoint in person.endpoints])

    def on_duty(self, now: datetime) -> tuple[Psychologist, ...]:
        """Who is planned on duty at `now` (aware)."""
        return self.of_tier(Tier.ON_DUTY, now)

    def standby(self, now: datetime) -> tuple[Psychologist, ...]:
        """Who is planned on standby, and not on duty as well, at `now` (aware)."""
        return self.of_tier(Tier.STANDBY, now)

    def of_tier(self, tier: Tier, now: datetime) -> tuple[Psychologist, ...]:
        return tuple(person for person in self.psychologists if self.planned(person.id, now) is tier)

    def planned(self, psychologist_id: str, now: datetime) -> Tier | None:
        """In which tier somebody is planned at `now`; on duty wins over standby, None is not planned."""
        tiers = {
            shift.tier
            for shift in self.shifts
            if shift.psychologist_id == psychologist_id and shift.interval.contains(now)
        }
        if Tier.ON_DUTY in tiers:
            return Tier.ON_DUTY
        return Tier.STANDBY if tiers else None

    def psychologist(self, psychologist_id: str) -> Psychologist | None:
        return next((person for person in self.psychologists if person.id == psychologist_id), None)

    def by_handle(self, handle: str) -> Psychologist | None:
        return next((person for person in self.psychologists if person.handle == handle), None)

    def owner_of(self, endpoint_id: str) -> Psychologist | None:
        """Whose phone or browser `endpoint_id` is."""
        for person in self.psychologists:
            if any(endpoint.id == endpoint_id for endpoint in person.endpoints):
                return person
        return None

    def endpoint(self, endpoint_id: str) -> Endpoint | None:
        owner = self.owner_of(endpoint_id)
        if owner is None:
            return None
        return next(endpoint for endpoint in owner.endpoints if endpoint.id == endpoint_id)


def _refuse_twice(what: str, ids: list[str]) -> None:
    if len(set(ids)) != len(ids):
        # The value is not named: a mistaken import could have put anything there.
        raise ValueError(f"a roster has the same {what} twice")
