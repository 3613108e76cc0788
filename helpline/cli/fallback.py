"""`helpline fallback write|check DIR`: the chain that the carrier plays when none of us answers.

Static files for another host, made from the snapshot alone: neither Redis nor SQL is asked.
They hold psychologists' numbers (mode 600), and whoever serves them must keep no access
log: the carrier's GET has the caller's number in its query string.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import click

from helpline.bootstrap import NotSetUp, Service, service_of
from helpline.bootstrap_tools import screen_documents
from helpline.cli.outcome import Refused, current_settings
from helpline.services.fallback_chain import SCREEN, SORRY, phone_of, standby_chain

INDEX = "index.xml"


@click.group()
def command() -> None:
    """Write or check the static fallback chain."""


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def write(folder: Path) -> None:
    """Write the chain of those planned now into DIR, each file whole or not at all."""
    people = write_chain(_service(), folder)
    click.echo(f"fallback chain: {people} people, in {folder}")


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def check(folder: Path) -> None:
    """Compare DIR with what would be written now; 1 when it differs or could be read by others."""
    findings = check_chain(_service(), folder)
    if findings:
        raise Refused("\n".join(f"fallback chain: {finding}" for finding in findings))
    click.echo("fallback chain: as it should be now")


def write_chain(service: Service, folder: Path) -> int:
    """Write the files; how many people are in the chain. Raises Refused without an origin, or OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The chain last: it must never name a screen that is not there yet.
    for name, text in reversed(list(_chain(service).items())):
        new = folder / f".{name}.{os.getpid()}"
        new.touch(mode=0o600)
        new.write_text(text, encoding="utf-8")
        new.replace(folder / name)
    return _people(service)


def check_chain(service: Service, folder: Path) -> list[str]:
    """What is wrong with the files in `folder`, in words without a number; empty when all is well."""
    found = []
    for name, wanted in _chain(service).items():
        file = folder / name
        try:
            text = file.read_text(encoding="utf-8")
            mode = file.stat().st_mode & 0o777
        except (OSError, UnicodeDecodeError):
            found.append(f"{name} cannot be read")
            continue
        if mode != 0o600:
            found.append(f"{name} has mode {mode:o}, not 600: it holds psychologists' numbers")
        if not _is_xml(text):
            found.append(f"{name} is not XML")
        elif text != wanted:
            found.append(f"{name} is not what would be written now: run `helpline fallback write`")
    return found


def _chain(service: Service) -> Mapping[str, str]:
    """Text by file name, `index.xml` first."""
    if service.settings.fallback_origin is None:
        raise Refused("HELPLINE_FALLBACK_ORIGIN: is not set, so the chain could not name its own files")
    book = service.switchboard.book
    chain = standby_chain(book.roster, _now(service), next(iter(book.rules.lines)))
    documents = screen_documents(service.settings.fallback_origin, SCREEN, SORRY)
    return {INDEX: service.renderer.render(chain), **documents}


def _people(service: Service) -> int:
    roster, now = service.switchboard.book.roster, _now(service)
    return sum(phone_of(person) is not None for person in (*roster.on_duty(now), *roster.standby(now)))


def _now(service: Service) -> datetime:
    return datetime.fromtimestamp(service.switchboard.clock.now_ms() / 1000, UTC)


def _is_xml(text: str) -> bool:
    try:
        ET.fromstring(text)  # noqa: S314  # a file we wrote ourselves, compared with our own text besides
    except ET.ParseError:
        return False
    return True


def _service() -> Service:
    try:
        return service_of(current_settings())
    except NotSetUp as error:
        raise Refused(str(error)) from None
