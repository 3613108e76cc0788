"""`helpline demo [--once]`: the whole service with an offline carrier, on this machine, leaving nothing behind."""

from __future__ import annotations

import os
import shlex
import signal
from pathlib import Path
from types import FrameType
from typing import Final

import click

from helpline.cli.demo_before import BeforeEachCall
from helpline.cli.demo_call import DemoCall
from helpline.cli.demo_parts import DemoParts
from helpline.cli.demo_verdict import PROMISES
from helpline.cli.outcome import Refused

_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command()
@click.option("--once", is_flag=True, help="play one whole call, show what is stored of it, judge, and end")
def command(once: bool) -> None:
    """Run everything until Ctrl-C, or play one call (--once; 1 when a promise was broken)."""
    for told in _ENDINGS:
        signal.signal(told, _end)
    try:
        with DemoParts(os.environ, Path.cwd()) as demo:
            _introduce(demo)
            if once:
                _play(demo)
            else:
                _stay(demo)
    except KeyboardInterrupt:
        if once:
            raise
        click.echo("ended: nothing runs any more")


def _end(number: int, frame: FrameType | None) -> None:
    """Leave through every `with` block, once: a second signal must not break the clearing up."""
    for told in _ENDINGS:
        signal.signal(told, signal.SIG_IGN)
    raise KeyboardInterrupt


def _introduce(demo: DemoParts) -> None:
    settings = demo.settings
    click.echo(f"helpline demo: {', '.join(demo.parts.names())} run; files in {demo.home}")
    click.echo(
        f"demo delays, refused in production: seal_after_s={settings.seal_after_s} "
        f"erase_after_s={settings.erase_after_s} sweep_every_s={settings.sweep_every_s}"
    )


def _play(demo: DemoParts) -> None:
    click.echo("\nOne call, in seconds since it was dialled:")
    broken = DemoCall(demo, click.echo).play()
    click.echo("")
    for name, promise in PROMISES.items():
        kept = not any(line.startswith(name) for line in broken)
        click.echo(f"  {name} {promise}: {'kept' if kept else 'BROKEN'}")
    if broken:
        raise Refused("\n".join(broken))
    click.echo("every promise that shows in one call was kept")


def _stay(demo: DemoParts) -> None:
    settings = demo.settings
    before = BeforeEachCall(settings, demo.control)
    pages, phone, line = settings.dashboard_port, settings.emulator_port, settings.voice_port
    click.echo(f"\n  the desk       http://127.0.0.1:{pages}/")
    click.echo(f"  the telephone  http://127.0.0.1:{phone}/")
    click.echo(f"  the line       http://127.0.0.1:{line}/   (what the public sees)\n")
    for account in demo.accounts:
        click.echo(f"  {account['handle']:<7} {account['password']:<22} {account['name']}, {account['role']}")
    click.echo(
        "\n1. Open the desk and sign in as vera (Identifiant: vera; Mot de passe: the words beside it above)."
    )
    click.echo("2. Open the telephone in another window and press « Appeler ».")
    click.echo("3. At the desk: « Accepter », code the fiche (an « Issue » is enough), « Clore la fiche ».")
    click.echo("   On the telephone: « Raccrocher ».\n")
    click.echo(
        f"What is left of the call, 20 s later, in another terminal: {_place()}.venv/bin/helpline show-last-call"
    )
    click.echo("Ctrl-C ends everything.")
    try:
        before.stay()
    except KeyboardInterrupt:
        click.echo("\nending…")
        raise


def _place() -> str:
    """What another terminal needs to find this demo: nothing, unless its files are elsewhere."""
    folder = os.environ.get("HELPLINE_VAR_DIR")
    return f"HELPLINE_VAR_DIR={shlex.quote(str(Path(folder).absolute()))} " if folder else ""
