"""What people edit, its snapshot on disk, and the history of the tables."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from helpline.domain.directory import Structure
from helpline.domain.people import Psychologist, Shift
from helpline.domain.snapshot import Snapshot


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
