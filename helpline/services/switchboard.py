"""What every service of the call path is given: one frozen set of ports.

Made once in `bootstrap.py`. The `Book` is the validated snapshot (rules, flows, roster)
held in memory: SQL is never asked on the path of a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from helpline.domain.directory import Structure
from helpline.domain.hours import PARIS
from helpline.domain.ivr.flow import Flow
from helpline.domain.people import Roster
from helpline.domain.routing.facts import Facts
from helpline.domain.routing.rules import RuleSet
from helpline.ports import Alarms, Chance, Clock, DueList, LiveCalls, Offers, OpenFiches


class Book(Protocol):
    """What is live of rules, flows and roster; the same object may change between calls."""

    def current(self) -> Book:
        """As it is now, and stays: one webhook is answered by one version, looked for once."""

    @property
    def rules(self) -> RuleSet: ...

    @property
    def flows(self) -> Mapping[str, Flow]: ...

    @property
    def roster(self) -> Roster: ...

    @property
    def structures(self) -> tuple[Structure, ...]: ...

    def is_holiday(self, day: date) -> bool: ...


@dataclass(frozen=True, slots=True)
class Times:
    """Settings of the call path, from `config.py`."""

    welcome_ms: int
    seal_after_ms: int
    leg_gap_ms: int
    """Shortest time between two legs of ours: 1000 ÷ the account's legs per second."""


@dataclass(frozen=True, slots=True)
class Switchboard:
    calls: LiveCalls
    offers: Offers
    due: DueList
    fiches: OpenFiches
    alarms: Alarms
    book: Book
    clock: Clock
    chance: Chance
    times: Times


def partner_of(book: Book) -> str | None:
    """The partner line's number in E.164; None where no administrator has verified one."""
    partner = book.rules.partner
    named = (structure for structure in book.structures if structure.id == partner)
    return next((structure.verified_number_e164 for structure in named), None)


def facts_of(sw: Switchboard, line: str, keys: tuple[str, ...], now_ms: int) -> Facts:
    """What routing may know of a call. There is no number in it."""
    local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(PARIS)
    return Facts(line=line, local_time=local, is_holiday=sw.book.is_holiday(local.date()), keys=keys)
