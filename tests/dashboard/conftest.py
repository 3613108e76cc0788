"""The pages on real Redis and SQL, in one process, with the test's own clock.

    def test_…(pages: Pages) -> None:
        vera = pages.signed_in("vera")          # a browser: cookie, token and Sec-Fetch-Site as a browser sends them
        vera.get("/account"); vera.post("/sign-out")
        pages.nobody().get("/account")

Accounts: vera and bruno (psychologists, also on the roster), alix (administrator); everybody's password is
PASSWORD. Hashing it is slow on purpose, so that it is done once a session, and `signed_in` opens a session without it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from werkzeug.test import Client, TestResponse

from dashboard.app import create_app
from helpline.adapters.memory import SteppedClock
from helpline.adapters.passwords import Argon2Passwords
from helpline.adapters.sql.accounts import SqlAccounts
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.adapters.sql.people import SqlSeedStore
from helpline.bootstrap import Service, assemble, stepped_outside
from helpline.domain.accounts import Account, Role, Session
from helpline.services.keep_duty import apply_rota
from tests import builders

PASSWORD = "sept-lanternes-au-bord-du-lac"
HOST = "pages.test"
ORIGIN = f"https://{HOST}"
COOKIE = "__Host-session"


class Browser:
    """One person's browser: keeps cookies, sends what browsers send."""

    def __init__(self, app: Flask, *, token: str = "") -> None:
        self.app = app
        self.client = Client(app)
        self.token = token
        if token:
            self.client.set_cookie(COOKIE, token, domain=HOST, secure=True, httponly=True)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._open(path, method="GET", **more)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """With the token of the page it last saw, unless the form names another."""
        form = {"csrf_token": self.csrf_token(), **(data or {})}
        return self._open(path, method="POST", data=form, **more)

    @property
    def cookie(self) -> str:
        """The session's token as the browser holds it."""
        found = self.client.get_cookie(COOKIE, domain=HOST)
        return found.value if found else ""

    def csrf_token(self) -> str:
        """From the page a person would be on: any page of ours has the same one."""
        page = self.get("/account" if self.token else "/sign-in").text
        return page.partition('name="csrf_token" value="')[2].partition('"')[0]

    def _open(self, path: str, **more: Any) -> TestResponse:
        headers = {"Sec-Fetch-Site": "same-origin", **more.pop("headers", {})}
        kept = {name: value for name, value in headers.items() if value is not None}
        return self.client.open(path, base_url=ORIGIN, headers=kept, **more)


class Pages:
    """The application, its service, and people's browsers."""

    def __init__(self, service: Service, clock: SteppedClock, database: Database) -> None:
        self.service = service
        self.sw = service.switchboard
        self.clock = clock
        self.database = database
        self.app = create_app(service)

    def nobody(self) -> Browser:
        return Browser(self.app)

    def signed_in(self, handle: str) -> Browser:
        found = self.service.sign_in.accounts.by_handle(handle)
        assert found is not None
        token = self.service.sign_in.chance.new_id() * 2
        digest = hashlib.sha256(token.encode()).hexdigest()
        at = self.service.sign_in._now()
        self.service.sign_in.sessions.open(Session(digest, found[0].id, at, at))
        return Browser(self.app, token=token)


PEOPLE = (builders.psychologist("vera", 1), builders.psychologist("bruno", 2))


@pytest.fixture(scope="session")
def prepared_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with tables, people and accounts, to be copied: making one takes half a second."""
    file = tmp_path_factory.mktemp("prepared") / "pages.db"
    database = Database(make_engine(f"sqlite:///{file}"))
    SqlMigrations(database).upgrade()
    seeds, accounts = SqlSeedStore(database), SqlAccounts(database)
    password_hash = Argon2Passwords().hash(PASSWORD)
    for place, person in enumerate(PEOPLE):
        seeds.add_psychologist(person, place)
        account = Account(f"a-{person.handle}", person.handle, person.name, Role.PSYCHOLOGIST, person.id)
        accounts.add(account, password_hash)
    accounts.add(Account("a-alix", "alix", "Alix Dumas", Role.ADMINISTRATOR), password_hash)
    database.close()
    return file


@pytest.fixture
def make_pages(
    tmp_path: Path, prepared_database: Path, redis_app: redis.Redis, redis_clock: redis.Redis
) -> Iterator[Callable[..., Pages]]:
    """Build the pages: `make_pages(HELPLINE_…=…)`. The live state is ready, the rota applied."""
    open_ones: list[Pages] = []
    file = tmp_path / "pages.db"
    shutil.copy(prepared_database, file)

    def make(**changes: str) -> Pages:
        url = f"sqlite:///{file}"
        settings = builders.settings(url, tmp_path, **{"HELPLINE_DASHBOARD_ORIGIN": ORIGIN, **changes})
        book = builders.book(builders.roster(*PEOPLE))
        outside = stepped_outside(book, redis_app, redis_clock, builders.NIGHT_MS, 0)
        service = assemble(settings, outside)
        sw = service.switchboard
        sw.calls.begin_epoch(sw.chance.new_id(), outside.clock.now)
        apply_rota(sw, outside.clock.now)
        open_ones.append(Pages(service, outside.clock, Database(make_engine(url))))
        return open_ones[-1]

    yield make
    for pages in open_ones:
        pages.service.close()
        pages.database.close()


@pytest.fixture
def pages(make_pages: Callable[..., Pages]) -> Pages:
    return make_pages()
