"""Accounts, sessions, passwords and the throttle of signing in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from helpline.domain.accounts import Account, Language, Session, Theme


class Accounts(Protocol):
    """Who may sign in, in SQL. Raises DatabaseDown."""

    def add(self, account: Account, password_hash: str) -> bool:
        """Add it unless its handle is there: then False, and nothing changes."""

    def by_handle(self, handle: str) -> tuple[Account, str] | None:
        """The account and the hash of its password."""

    def set_password(self, account_id: str, password_hash: str) -> None: ...

    def set_look(self, account_id: str, theme: Theme, language: Language) -> None: ...


class Sessions(Protocol):
    """Signed-in browsers, in SQL, by the digest of their token. Raises DatabaseDown."""

    def open(self, session: Session) -> None: ...

    def find(self, token_sha256: str) -> tuple[Session, Account] | None: ...

    def of_account(self, account_id: str) -> list[Session]:
        """Newest first, those that are over included until they are purged."""

    def touch(self, token_sha256: str, seen_at: datetime) -> None: ...

    def close(self, token_sha256: str) -> None: ...

    def close_all(self, account_id: str) -> int: ...

    def purge(self, begun_before: datetime, seen_before: datetime) -> int:
        """Delete those that began, or were last seen, before."""


class Passwords(Protocol):
    """Slow on purpose; at most a few at a time in one process."""

    def hash(self, password: str) -> str: ...

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the one. None (no such account) takes as long and is False."""

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than today's."""


class Throttle(Protocol):
    """Counts tries of anything in windows of time. Raises LiveStateDown."""

    def take(self, limits: Mapping[str, int]) -> bool:
        """Count one try under each name; False when one of them passed its limit in this window."""

    def give_back(self, names: Collection[str]) -> None:
        """Uncount one try under each name."""

    def forget(self, name: str) -> None:
        """Begin one name's window anew."""
