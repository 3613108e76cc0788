"""Signing in and out, and who a token is.

Nothing here is on the path of a call and nothing here touches presence: whoever is locked out of the pages, by
throttling, a lapsed session or SQL being away, is rung on the telephone as before.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from helpline.domain.accounts import (
    IDLE,
    LONGEST,
    PASSWORD_MAX,
    SEEN_EVERY,
    Account,
    Language,
    Session,
    Theme,
    clean_handle,
)
from helpline.domain.errors import DatabaseDown, LiveStateDown
from helpline.ports import Accounts, Chance, Clock, News, Passwords, Sessions, Throttle

GRACE: Final = timedelta(minutes=5)
"""While SQL is away, a session this process has seen within this time goes on: SQL is never needed to take a call."""

REMEMBERED_MAX: Final = 2_000

# In each window of the throttle. A name alone has room for an attack from elsewhere and her own slips:
# whoever knows her name must not easily keep her out, and a guessed word is still one of 4,800 a day.
TRIES_OF_BOTH: Final = 5
TRIES_OF_PLACE: Final = 20
TRIES_OF_NAME: Final = 50


class Answer(StrEnum):
    DONE = "done"
    WRONG = "wrong"
    TOO_OFTEN = "too_often"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` is for the browser's cookie and nowhere else; empty unless DONE."""

    answer: Answer
    token: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person in one browser."""

    account: Account
    session: Session


@dataclass(frozen=True)
class SignIn:
    """The use cases of accounts. One object serves all threads of a process."""

    accounts: Accounts
    sessions: Sessions
    passwords: Passwords
    throttle: Throttle
    clock: Clock
    chance: Chance
    news: News
    _remembered: dict[str, Visitor] = field(default_factory=dict, repr=False)

    def sign_in(self, handle: str, password: str, place: str) -> SignedIn:
        """Open a session for the right password.

        place: where the browser is, any text; only counted. Wrong name, wrong password and an account that is
        closed cannot be told apart, by answer or by time. Raises DatabaseDown, LiveStateDown.
        1. Count the try before anything is looked at: parallel tries must not slip through. One that succeeds
           is given back: a whole team may sign in from one address.
        2. Verify, against nothing for an unknown name, which takes as long.
        3. A new token each time: one that somebody planted in the browser is worth nothing.
        """
        name = clean_handle(handle)
        both = f"both {name} {place}"
        limits = {both: TRIES_OF_BOTH, f"place {place}": TRIES_OF_PLACE, f"name {name}": TRIES_OF_NAME}
        if not self.throttle.take(limits):
            return SignedIn(Answer.TOO_OFTEN)
        account = self._verified(name, password)
        if account is None:
            return SignedIn(Answer.WRONG)
        self.throttle.forget(both)
        self.throttle.give_back([name for name in limits if name != both])
        token = self.chance.new_id() + self.chance.new_id()
        now = self._now()
        self.sessions.purge(now - LONGEST, now - IDLE)
        self.sessions.open(Session(_digest(token), account.id, now, now))
        return SignedIn(Answer.DONE, token)

    def who(self, token: str) -> Visitor | None:
        """Who this token is, and a note that it was used; None for a token that is over, revoked or unknown.

        While SQL is away, those it knew minutes ago go on (GRACE); for all others it raises DatabaseDown.
        """
        digest, now = _digest(token), self._now()
        try:
            found = self.sessions.find(digest)
            if found is None or not found[1].is_active or found[0].is_over(now):
                self._remembered.pop(digest, None)
                return None
            visitor = Visitor(found[1], found[0])
            if now - visitor.session.seen_at >= SEEN_EVERY:
                self.sessions.touch(digest, now)
                visitor = replace(visitor, session=replace(visitor.session, seen_at=now))
        except DatabaseDown:
            known = self._remembered.get(digest)
            if (
                known is None
                or now - known.session.seen_at > SEEN_EVERY + GRACE
                or known.session.is_over(now)
            ):
                raise
            return known
        self._remember(digest, visitor)
        return visitor

    def sign_out(self, token: str) -> None:
        self._remembered.pop(_digest(token), None)
        self.sessions.close(_digest(token))
        self._tell()

    def sign_out_everywhere(self, account_id: str) -> int:
        """End every session of one person; how many there were."""
        for digest, visitor in list(self._remembered.items()):
            if visitor.account.id == account_id:
                self._remembered.pop(digest, None)
        ended = self.sessions.close_all(account_id)
        self._tell()
        return ended

    def sessions_of(self, account_id: str) -> list[Session]:
        """Those that still hold, newest first."""
        now = self._now()
        return [session for session in self.sessions.of_account(account_id) if not session.is_over(now)]

    def set_look(self, account_id: str, theme: Theme, language: Language) -> None:
        self.accounts.set_look(account_id, theme, language)

    def answers(self) -> bool:
        """Whether SQL says who anybody is."""
        try:
            self.sessions.find("")
        except DatabaseDown:
            return False
        return True

    def _verified(self, name: str, password: str) -> Account | None:
        # No account has such a name, and PostgreSQL fails on a NUL.
        found = self.accounts.by_handle(name) if name.isprintable() else None
        password = password[:PASSWORD_MAX]
        right = self.passwords.verify(password, found[1] if found else None)
        if found is None or not right or not found[0].is_active:
            return None
        if self.passwords.is_outdated(found[1]):
            self.accounts.set_password(found[0].id, self.passwords.hash(password))
        return found[0]

    def _tell(self) -> None:
        """Have open event streams ask again at once whether their session holds; without a hint they ask later."""
        with contextlib.suppress(LiveStateDown):
            self.news.tell("sessions")

    def _remember(self, digest: str, visitor: Visitor) -> None:
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[digest] = visitor

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now_ms() / 1000, tz=UTC)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def keep_account(accounts: Accounts, passwords: Passwords, account: Account, password: str) -> bool:
    """Have this account with this password, for the demo and tests; True when something changed."""
    found = accounts.by_handle(account.handle)
    if found is None:
        return accounts.add(account, passwords.hash(password))
    if passwords.verify(password, found[1]):
        return False
    accounts.set_password(found[0].id, passwords.hash(password))
    return True
