"""Accounts and their sessions: `ports.Accounts` and `ports.Sessions`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, delete, or_, select, update

from helpline.adapters.sql.engine import Database
from helpline.adapters.sql.tables_accounts import accounts, sessions
from helpline.adapters.sql.upsert import insert_unless_there
from helpline.domain.accounts import Account, Language, Role, Session, Theme

Found: TypeAlias = "Row[Any]"

_COLUMNS = [column for column in accounts.c if column.name != "password_hash"]


class SqlAccounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account: Account, password_hash: str) -> bool:
        row = {
            "id": account.id,
            "handle": account.handle,
            "name": account.name,
            "role": account.role.value,
            "psychologist_id": account.psychologist_id,
            "password_hash": password_hash,
            "is_active": account.is_active,
            "theme": account.theme.value,
            "language": account.language.value,
        }

        def add(connection: Connection) -> bool:
            statement = insert_unless_there(connection, accounts, [row]).returning(accounts.c.id)
            return connection.execute(statement).scalar() is not None

        return self._database.transaction(add)

    def by_handle(self, handle: str) -> tuple[Account, str] | None:
        wanted = select(accounts).where(accounts.c.handle == handle)
        row = self._database.transaction(lambda c: c.execute(wanted).one_or_none())
        return None if row is None else (_account(row), str(row.password_hash))

    def set_password(self, account_id: str, password_hash: str) -> None:
        self._set(account_id, {"password_hash": password_hash})

    def set_look(self, account_id: str, theme: Theme, language: Language) -> None:
        self._set(account_id, {"theme": theme.value, "language": language.value})

    def _set(self, account_id: str, values: dict[str, str]) -> None:
        statement = update(accounts).where(accounts.c.id == account_id).values(values)
        self._database.transaction(lambda c: c.execute(statement).close())


class SqlSessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, session: Session) -> None:
        values = {
            "token_sha256": session.token_sha256,
            "account_id": session.account_id,
            "begun_at": session.begun_at,
            "seen_at": session.seen_at,
        }
        self._database.transaction(lambda c: c.execute(sessions.insert().values(values)).close())

    def find(self, token_sha256: str) -> tuple[Session, Account] | None:
        wanted = (
            select(sessions, *_COLUMNS)
            .join(accounts, accounts.c.id == sessions.c.account_id)
            .where(sessions.c.token_sha256 == token_sha256)
        )
        row = self._database.transaction(lambda c: c.execute(wanted).one_or_none())
        return None if row is None else (_session(row), _account(row))

    def of_account(self, account_id: str) -> list[Session]:
        wanted = (
            select(sessions).where(sessions.c.account_id == account_id).order_by(sessions.c.begun_at.desc())
        )
        return [_session(row) for row in self._database.transaction(lambda c: c.execute(wanted).all())]

    def touch(self, token_sha256: str, seen_at: datetime) -> None:
        statement = update(sessions).where(sessions.c.token_sha256 == token_sha256).values(seen_at=seen_at)
        self._database.transaction(lambda c: c.execute(statement).close())

    def close(self, token_sha256: str) -> None:
        statement = delete(sessions).where(sessions.c.token_sha256 == token_sha256)
        self._database.transaction(lambda c: c.execute(statement).close())

    def close_all(self, account_id: str) -> int:
        statement = delete(sessions).where(sessions.c.account_id == account_id)
        return self._database.transaction(lambda c: int(c.execute(statement).rowcount))

    def purge(self, begun_before: datetime, seen_before: datetime) -> int:
        old = or_(sessions.c.begun_at <= begun_before, sessions.c.seen_at <= seen_before)
        return self._database.transaction(lambda c: int(c.execute(delete(sessions).where(old)).rowcount))


def _session(row: Found) -> Session:
    return Session(row.token_sha256, row.account_id, row.begun_at, row.seen_at)


def _account(row: Found) -> Account:
    return Account(
        id=row.id,
        handle=row.handle,
        name=row.name,
        role=Role(row.role),
        psychologist_id=row.psychologist_id,
        is_active=row.is_active,
        theme=Theme(row.theme),
        language=Language(row.language),
    )
