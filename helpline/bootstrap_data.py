"""The wiring of what is not on the path of a call: migrations, seeding, publishing.

A page of `bootstrap.py`, apart from it so that the web never loads alembic and
that `helpline db` never loads the carrier's SDK.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpline.adapters.passwords import Argon2Passwords
from helpline.adapters.snapshots import FileSnapshots
from helpline.adapters.sql.accounts import SqlAccounts
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.adapters.sql.people import SqlPublishedStore, SqlSeedStore
from helpline.config import Settings
from helpline.ports import Accounts, Migrations, Passwords, PublishedStore, SeedStore, Snapshots


@dataclass(frozen=True)
class Data:
    """The stores of one database and the snapshot folder beside it; connects to nothing yet."""

    database: Database
    migrations: Migrations
    published: PublishedStore
    seeds: SeedStore
    snapshots: Snapshots
    accounts: Accounts
    passwords: Passwords

    def close(self) -> None:
        """Close pooled connections."""
        self.database.close()


def data_of(settings: Settings) -> Data:
    database = Database(make_engine(settings.database_url))
    return Data(
        database=database,
        migrations=SqlMigrations(database),
        published=SqlPublishedStore(database),
        seeds=SqlSeedStore(database),
        snapshots=FileSnapshots(settings.home_dir / "snapshot"),
        accounts=SqlAccounts(database),
        passwords=Argon2Passwords(),
    )
