"""What is live of rules, flows and roster, in memory: read from the snapshot on disk.

The last good version always stays: a snapshot whose documents do not load is refused
with one log line and the running one goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Protocol

from helpline.adapters.calendars import is_holiday
from helpline.adapters.documents import load_flows, load_rules
from helpline.domain.directory import Structure
from helpline.domain.errors import DocumentError
from helpline.domain.ivr.flow import Flow
from helpline.domain.people import Roster
from helpline.domain.routing.rules import RuleSet
from helpline.domain.snapshot import Snapshot
from helpline.ports import Snapshots

_log = logging.getLogger("helpline.book")


class Lines(Protocol):
    """Whatever knows the rules in force."""

    @property
    def rules(self) -> RuleSet: ...


class ShownNumbers(Mapping[str, str]):
    """Line id to the number that line shows, by the rules in force at each question."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __getitem__(self, line_id: str) -> str:
        return self._lines.rules.lines[line_id].shown_number_e164

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines.rules.lines)

    def __len__(self) -> int:
        return len(self._lines.rules.lines)


@dataclass(frozen=True, slots=True)
class Loaded:
    """One snapshot, its documents loaded: a book that does not change."""

    source: Snapshot = field(repr=False)
    rules: RuleSet
    flows: Mapping[str, Flow]
    roster: Roster
    structures: tuple[Structure, ...]

    def current(self) -> Loaded:
        return self

    def is_holiday(self, day: date) -> bool:
        return is_holiday(day)


def load(snapshot: Snapshot) -> Loaded:
    """Load the documents of a snapshot. Raises DocumentError with every finding."""
    flows = load_flows(snapshot.flows_yaml)
    rules = load_rules(snapshot.rules_yaml, flows=flows)
    return Loaded(snapshot, rules, flows, snapshot.roster, snapshot.structures)


class SnapshotBook:
    """`services.switchboard.Book` on the snapshot files; looks for a new one at each question.

    The look costs one stat; the documents are loaded again only when the file changed.
    """

    def __init__(self, snapshots: Snapshots, first: Loaded) -> None:
        self._snapshots = snapshots
        self._loaded = first
        self._refused: Snapshot | None = None
        self._lock = Lock()

    def current(self) -> Loaded:
        newest = self._snapshots.current()
        if newest is None or newest is self._loaded.source or newest is self._refused:
            return self._loaded
        with self._lock:
            if newest is self._loaded.source or newest is self._refused:
                return self._loaded  # another thread was faster
            try:
                self._loaded = load(newest)
            except DocumentError as error:
                self._refused = newest
                _log.error("a new snapshot was refused: %d findings", len(error.findings))
        return self._loaded

    @property
    def rules(self) -> RuleSet:
        return self.current().rules

    @property
    def flows(self) -> Mapping[str, Flow]:
        return self.current().flows

    @property
    def roster(self) -> Roster:
        return self.current().roster

    @property
    def structures(self) -> tuple[Structure, ...]:
        return self.current().structures

    def is_holiday(self, day: date) -> bool:
        return is_holiday(day)
