"""`helpline call dial|press|show|hangup`: the caller's telephone of a running demo, by its control API."""

from __future__ import annotations

from typing import Final

import click

from helpline.cli import show_last_call
from helpline.cli.control_client import ControlClient, ControlDown, ControlRefused
from helpline.cli.outcome import Refused, current_settings
from helpline.config import Settings

CALLER: Final = "0639980001"
"""Of fiction, as every number of the demo."""


@click.group()
def command() -> None:
    """Call the line of a running demo."""


@command.command()
@click.argument("number", default="0800288038")
@click.option("--from", "from_", default=CALLER, help="the caller's number, of fiction")
@click.option("--withheld", is_flag=True, help="withhold the caller's number")
def dial(number: str, from_: str, withheld: bool) -> None:
    """Dial NUMBER (the line by default) and print the call's handle; every store is read before."""
    settings = current_settings()
    control = _control(settings)
    show_last_call.keep_before(settings)
    try:
        click.echo(control.dial(None if withheld else from_, number))
    except (ControlDown, ControlRefused) as error:
        raise Refused(f"call: {error}") from None


@command.command()
@click.argument("call")
@click.argument("keys")
def press(call: str, keys: str) -> None:
    """The caller presses KEYS."""
    try:
        _control(current_settings()).press(call, keys)
    except (ControlDown, ControlRefused) as error:
        raise Refused(f"call: {error}") from None


@command.command()
@click.argument("call")
def hangup(call: str) -> None:
    """The caller hangs up."""
    try:
        _control(current_settings()).hang_up(call)
    except (ControlDown, ControlRefused) as error:
        raise Refused(f"call: {error}") from None


@command.command()
@click.argument("call")
def show(call: str) -> None:
    """What the caller heard so far; no number is shown."""
    try:
        found = _control(current_settings()).call(call)
    except (ControlDown, ControlRefused) as error:
        raise Refused(f"call: {error}") from None
    ended = f", ended by the {found['ended_by']}" if found["ended_by"] else ""
    click.echo(f"{call}: {found['state']}{ended}")
    began_ms = found["heard"][0]["at_ms"] if found["heard"] else 0
    for sound in found["heard"]:
        said = f": « {sound['text']} »" if sound["kind"] in {"say", "play"} else ""
        click.echo(f"{(sound['at_ms'] - began_ms) / 1000:8.3f}  {sound['kind']}{said}")


def _control(settings: Settings) -> ControlClient:
    if settings.carrier.url is None:
        raise Refused("call: no emulator in these settings; start `helpline demo`")
    return ControlClient(settings.carrier.url)
