"""Accounts, sessions, passwords and the throttle, on the real things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import redis
from argon2 import PasswordHasher

from helpline.adapters.passwords import Argon2Passwords
from helpline.adapters.redis.throttle import WINDOW_S, RedisThrottle
from helpline.adapters.sql.accounts import SqlAccounts, SqlSessions
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.domain.accounts import Account, Language, Role, Session, Theme
from helpline.domain.errors import DatabaseDown
from helpline.services.sign_in import keep_account

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
ALIX = Account("a-alix", "alix", "Alix Dumas", Role.ADMINISTRATOR)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(make_engine(database_url))
    SqlMigrations(database).upgrade()
    yield database
    database.close()


@pytest.fixture(scope="module")
def passwords() -> Argon2Passwords:
    return Argon2Passwords()


def session(token: str, account: str = "a-alix", begun: datetime = NOW, seen: datetime = NOW) -> Session:
    return Session(token * 64, account, begun, seen)


def test_an_account_is_added_once_and_its_handle_is_nobody_elses(database: Database) -> None:
    accounts = SqlAccounts(database)

    assert accounts.add(ALIX, "hash 1")
    assert not accounts.add(replace(ALIX, id="a-other", role=Role.PSYCHOLOGIST), "hash 2")

    assert accounts.by_handle("alix") == (ALIX, "hash 1")
    assert accounts.by_handle("personne") is None


def test_a_look_and_a_password_change_nothing_else(database: Database) -> None:
    accounts = SqlAccounts(database)
    accounts.add(ALIX, "hash 1")

    accounts.set_look("a-alix", Theme.DARK, Language.EN)
    accounts.set_password("a-alix", "hash 2")

    assert accounts.by_handle("alix") == (replace(ALIX, theme=Theme.DARK, language=Language.EN), "hash 2")


def test_a_session_is_found_with_its_account_touched_and_closed(database: Database) -> None:
    SqlAccounts(database).add(ALIX, "hash")
    sessions = SqlSessions(database)
    sessions.open(session("a"))
    later = NOW + timedelta(minutes=5)

    sessions.touch("a" * 64, later)
    assert sessions.find("a" * 64) == (session("a", seen=later), ALIX)
    sessions.close("a" * 64)

    assert sessions.find("a" * 64) is None


def test_a_session_of_nobody_is_refused(database: Database) -> None:
    with pytest.raises(DatabaseDown) as failed:
        SqlSessions(database).open(session("a", account="a-nobody"))

    assert failed.value.permanent


def test_closing_all_and_purging_leave_those_that_hold(database: Database) -> None:
    accounts, sessions = SqlAccounts(database), SqlSessions(database)
    accounts.add(ALIX, "hash")
    accounts.add(replace(ALIX, id="a-vera", handle="vera"), "hash")
    sessions.open(session("a", begun=NOW - timedelta(hours=14)))
    sessions.open(session("b", seen=NOW - timedelta(hours=1)))
    sessions.open(session("c"))
    sessions.open(session("d", account="a-vera"))

    assert sessions.purge(NOW - timedelta(hours=13), NOW - timedelta(minutes=30)) == 2
    assert [s.token_sha256[0] for s in sessions.of_account("a-alix")] == ["c"]
    assert sessions.close_all("a-alix") == 1
    assert [s.token_sha256[0] for s in sessions.of_account("a-vera")] == ["d"]


def test_a_password_is_kept_as_argon2id_and_verified(passwords: Argon2Passwords) -> None:
    kept = passwords.hash("sept lanternes")

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert len(kept) <= 200
    assert passwords.verify("sept lanternes", kept)
    assert not passwords.verify("huit lanternes", kept)
    assert not passwords.verify("sept lanternes", "not a hash")
    assert not passwords.verify("sept lanternes", None)


def test_a_hash_made_with_weaker_parameters_is_outdated(passwords: Argon2Passwords) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("sept lanternes")

    assert passwords.verify("sept lanternes", weak)
    assert passwords.is_outdated(weak)


def test_keeping_an_account_adds_it_then_changes_only_another_password(
    database: Database, passwords: Argon2Passwords
) -> None:
    accounts = SqlAccounts(database)

    assert keep_account(accounts, passwords, ALIX, "un")
    assert not keep_account(accounts, passwords, ALIX, "un")
    assert keep_account(accounts, passwords, ALIX, "deux")

    found = accounts.by_handle("alix")
    assert found is not None
    assert passwords.verify("deux", found[1])


def test_tries_are_counted_under_each_name_in_a_window_that_ends(
    redis_app: redis.Redis, redis_admin: redis.Redis
) -> None:
    throttle = RedisThrottle(redis_app, "a secret")

    assert [throttle.take({"a": 2, "b": 9}) for _ in range(3)] == [True, True, False]
    assert throttle.take({"b": 9})
    throttle.forget("a")
    assert throttle.take({"a": 2})

    keys = [str(key) for key in redis_admin.keys("*")]
    assert len(keys) == 2
    assert all(0 < int(redis_admin.ttl(key)) <= WINDOW_S for key in keys)


def test_what_is_given_back_was_never_tried_and_stays_no_longer(
    redis_app: redis.Redis, redis_admin: redis.Redis
) -> None:
    throttle = RedisThrottle(redis_app, "a secret")
    for _ in range(20):
        assert throttle.take({"a": 1})
        throttle.give_back(["a", "never seen"])

    assert all(0 < int(redis_admin.ttl(key)) <= WINDOW_S for key in redis_admin.keys("*"))


def test_the_same_name_under_another_secret_is_another_key(redis_app: redis.Redis) -> None:
    for _ in range(2):
        RedisThrottle(redis_app, "a secret").take({"a": 1})

    assert RedisThrottle(redis_app, "another").take({"a": 1})
