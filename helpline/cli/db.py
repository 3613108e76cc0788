"""`helpline db`: the tables, up, down and checked. `db upgrade` is the release step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

import click

from helpline.bootstrap_data import data_of
from helpline.cli.outcome import Refused, current_settings
from helpline.domain.errors import DatabaseDown
from helpline.ports import Migrations

T = TypeVar("T")


@click.group()
def command() -> None:
    """Upgrade, downgrade and check the database."""


def _with_migrations(do: Callable[[Migrations], T]) -> T:
    """Run one piece of work; a database that refuses or is away ends the command in one line."""
    with closing(data_of(current_settings())) as data:
        try:
            return do(data.migrations)
        except DatabaseDown as error:
            reason = f"refuses: {str(error).removeprefix('sql: ')}" if error.permanent else "does not answer"
            raise Refused(f"SQL: {reason}") from None


@command.command()
def upgrade() -> None:
    """Bring the tables to this release; what is up to date stays as it is."""
    _with_migrations(lambda migrations: migrations.upgrade())
    click.echo("database: up to date")


@command.command()
@click.option("--to", required=True, help="the revision to go back to, or `base` for none")
def downgrade(to: str) -> None:
    """Go back to an earlier revision. Tables that came later are dropped with what is in them."""
    _with_migrations(lambda migrations: migrations.downgrade(to))
    click.echo(f"database: at {to}")


@command.command()
def check() -> None:
    """Compare the database with this release; 1 when they differ."""
    differences = _with_migrations(lambda migrations: migrations.differences())
    if differences:
        raise Refused("SQL: differs from this release: " + ", ".join(differences))
    click.echo("database: as this release needs it")
