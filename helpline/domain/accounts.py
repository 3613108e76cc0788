"""Who may open the pages: accounts, their roles, and sessions. A session says nothing of duty: signing out,
or losing a session, takes nobody off the telephone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

HANDLE_MAX: Final = 40
PASSWORD_MAX: Final = 256

IDLE: Final = timedelta(minutes=30)
"""A session that nothing used for so long is over. An open event stream uses it: a quiet night is no absence."""

LONGEST: Final = timedelta(hours=13)
"""The longest session: a shift of twelve hours and its handover."""

SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly a session's last use is known: one write a minute at most."""


class Role(StrEnum):
    """What an account may do. Every page names the roles it is for."""

    PSYCHOLOGIST = "psychologist"
    ADMINISTRATOR = "administrator"


class Theme(StrEnum):
    """Night and day; `auto` follows the device."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Language(StrEnum):
    FR = "fr"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Account:
    """One person who signs in. `psychologist_id` is who she is on the roster, None for all others."""

    id: str
    handle: str
    name: str = field(repr=False)
    role: Role
    psychologist_id: str | None = None
    is_active: bool = True
    theme: Theme = Theme.AUTO
    language: Language = Language.FR


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in browser. Only the digest of its token exists on our side."""

    token_sha256: str = field(repr=False)
    account_id: str
    begun_at: datetime
    seen_at: datetime

    @property
    def ends_at(self) -> datetime:
        """When it is over if nothing uses it any more."""
        return min(self.seen_at + IDLE, self.begun_at + LONGEST)

    def is_over(self, now: datetime) -> bool:
        return now >= self.ends_at


def clean_handle(typed: str) -> str:
    """A sign-in name as it is kept: without spaces around it, in lower case."""
    return typed.strip().lower()[:HANDLE_MAX]
