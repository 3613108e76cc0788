"""`helpline db`: the tables, up, down and checked. `db upgrade` is the release step."""

from __future__ import annotations

import click

from helpline.bootstrap_data import data_of
from helpline.cli.outcome import Refused, current_settings
from helpline.domain.errors import DatabaseDown
from helpline.ports import Migrations


@click.group()
def command() -> None:
    """Upgrade, downgrade and check the database."""


def _migrations() -> Migrations:
    return data_of(current_settings()).migrations


def _refused(error: DatabaseDown) -> Refused:
    reason = "refuses: " + str(error).removeprefix("sql: ") if error.permanent else "does not answer"
    return Refused(f"SQL: {reason}")


@command.command()
def upgrade() -> None:
    """Bring the tables to this release; what is up to date stays as it is."""
    try:
        _migrations().upgrade()
    except DatabaseDown as error:
        raise _refused(error) from None
    click.echo("database: up to date")


@command.command()
@click.option("--to", required=True, help="the revision to go back to, or `base` for none")
def downgrade(to: str) -> None:
    """Go back to an earlier revision. Tables that came later are dropped with what is in them."""
    try:
        _migrations().downgrade(to)
    except DatabaseDown as error:
        raise _refused(error) from None
    click.echo(f"database: at {to}")


@command.command()
def check() -> None:
    """Compare the database with this release; 1 when they differ."""
    try:
        differences = _migrations().differences()
    except DatabaseDown as error:
        raise _refused(error) from None
    if differences:
        raise Refused("SQL: differs from this release: " + ", ".join(differences))
    click.echo("database: as this release needs it")
