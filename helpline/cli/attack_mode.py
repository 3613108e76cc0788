"""`helpline attack-mode on|off|show`: ask every caller for a key first, while machines are calling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from helpline.bootstrap import NotSetUp, service_of
from helpline.cli.outcome import Refused, current_settings
from helpline.domain.errors import LiveStateDown
from helpline.domain.hours import PARIS
from helpline.services.switch_attack_mode import (
    LONGEST_MIN,
    USUAL_MIN,
    attack_mode_until,
    begin_attack_mode,
    end_attack_mode,
)
from helpline.services.switchboard import Switchboard


@click.group(name="attack-mode")
def command() -> None:
    """Ask every caller for a key before anybody is rung (« appuyez sur 1 »); always ends by itself."""


@command.command()
@click.option("--minutes", type=click.IntRange(1, LONGEST_MIN), default=USUAL_MIN, show_default=True)
def on(minutes: int) -> None:
    """From now on, for some minutes."""
    with _line() as sw:
        click.echo(f"attack mode: on until {_clock(begin_attack_mode(sw, minutes))}")


@command.command()
def off() -> None:
    """Off at once."""
    with _line() as sw:
        end_attack_mode(sw)
        click.echo("attack mode: off")


@command.command()
def show() -> None:
    """Whether it is on, and until when."""
    with _line() as sw:
        until_ms = attack_mode_until(sw)
        click.echo("attack mode: off" if until_ms is None else f"attack mode: on until {_clock(until_ms)}")


@contextmanager
def _line() -> Iterator[Switchboard]:
    try:
        service = service_of(current_settings())
        yield service.switchboard
    except NotSetUp as error:
        raise Refused(str(error)) from None
    except LiveStateDown:
        raise Refused("Redis: does not answer") from None
    service.close()


def _clock(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(PARIS).strftime("%H:%M")
