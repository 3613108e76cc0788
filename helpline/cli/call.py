"""`helpline call dial|press|show|hangup|play`: telephones of a running demo, by the carrier's control API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from helpline.cli import show_last_call, story, story_reader
from helpline.cli.control_client import ControlClient, ControlDown, ControlRefused
from helpline.cli.demo_line import DemoLine
from helpline.cli.outcome import Refused, current_settings
from helpline.cli.story_player import Player, StoryFailed
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


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="write the story as it was played: times measured, words heard",
)
def play(file: Path, save: Path | None) -> None:
    """Play the story of FILE (docs/emulator.md); 1 at the first line that does not come true."""
    try:
        told = story_reader.parse(file.read_text(encoding="utf-8"), str(file), real=True)
    except (story.StoryError, UnicodeDecodeError) as error:
        raise Refused(str(error)) from None
    settings = current_settings()
    control = _control(settings)
    player = Player(told, DemoLine(_people(settings), control), click.echo)
    show_last_call.keep_before(settings)
    try:
        player.play()
    except (ControlDown, ControlRefused) as error:
        raise Refused(f"call: {error}") from None
    except (story.StoryError, StoryFailed) as error:
        raise Refused(str(error)) from None
    finally:
        if save is not None and player.began:
            save.write_text(player.as_played(), encoding="utf-8")


def _people(settings: Settings) -> dict[str, str]:
    """Handle to telephone of the demo's psychologists."""
    try:
        accounts = json.loads((settings.home_dir / "accounts.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Refused("call: no accounts of a demo here; start `helpline demo`") from None
    return {account["handle"]: account["phone"] for account in accounts if account["phone"]}


def _control(settings: Settings) -> ControlClient:
    if settings.carrier.url is None:
        raise Refused("call: no emulator in these settings; start `helpline demo`")
    return ControlClient(settings.carrier.url)
