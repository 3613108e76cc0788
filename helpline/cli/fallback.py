"""`helpline fallback write|check DIR`: the chain that the carrier plays when none of us answers.

Static files for another host, made from the snapshot alone: neither Redis nor SQL is asked.
They hold psychologists' numbers (mode 600), and whoever serves them must keep no access
log: the carrier's GET has the caller's number in its query string.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from helpline.bootstrap import NotSetUp, Service, service_of
from helpline.bootstrap_tools import chain_findings, screen_documents
from helpline.cli.outcome import Refused, current_settings
from helpline.services.fallback_chain import MOST_RINGS, RING_S, SCREEN, SORRY, numbers_of, standby_chain
from helpline.services.switchboard import partner_of

INDEX: Final = "index.xml"
STALE_S: Final = 24 * 3600
_RANDOM_PATH: Final = re.compile(r"/.*[0-9A-Za-z_-]{16}")


@click.group()
def command() -> None:
    """Write or check the static fallback chain."""


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def write(folder: Path) -> None:
    """Write the chain of those planned now into DIR, each file whole or not at all."""
    service = _service()
    try:
        people = write_chain(service, folder)
    except OSError as error:
        raise Refused(f"fallback chain: {folder}: {error.strerror}") from None
    planned = len(numbers_of(service.switchboard.book.roster, _now(service)))
    first = f" (the first of {planned} planned: one document holds no more)" if planned > people else ""
    click.echo(f"fallback chain: {people} people{first}, in {folder}")


@command.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def check(folder: Path) -> None:
    """Hold DIR against what the carrier takes and who is planned now; 1 when anything is wrong."""
    service = _service()
    for warning in stale(folder, service.switchboard.clock.now_ms()):
        click.echo(f"fallback chain: warning: {warning}", err=True)
    findings = check_chain(service, folder)
    if findings:
        raise Refused("\n".join(f"fallback chain: {finding}" for finding in findings))
    click.echo("fallback chain: as it should be now")


def write_chain(service: Service, folder: Path) -> int:
    """Write the files; how many people are in the chain. Raises Refused without an address, or OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The chain last: it must never name a screen that is not there yet.
    for name, text in reversed(list(_chain(service).items())):
        new = folder / f".{name}.{os.getpid()}"
        try:
            new.touch(mode=0o600)
            new.write_text(text, encoding="utf-8")
            new.replace(folder / name)
        finally:
            # A full disk, a folder in its place: nobody would look for numbers in a hidden file.
            new.unlink(missing_ok=True)
    return len(_people(service))


def check_chain(service: Service, folder: Path) -> list[str]:
    """What is wrong with the files in `folder`, in words without a number; empty when all is well."""
    wanted, files, found = _chain(service), {}, []
    for name in wanted:
        file = folder / name
        try:
            files[name] = file.read_text(encoding="utf-8")
            mode = file.stat().st_mode & 0o777
        except (OSError, UnicodeDecodeError):
            found.append(f"{name} cannot be read")
            continue
        if mode != 0o600:
            found.append(f"{name} has mode {mode:o}, not 600: it holds psychologists' numbers")
    book = service.switchboard.book
    found += chain_findings(
        files, _address(service), _people(service), book.rules.lines, RING_S, partner_of(book)
    )
    blamed = {finding.split()[0] for finding in found}
    for name, text in files.items():
        if name not in blamed and text != wanted[name]:
            found.append(f"{name} is not what would be written now: run `helpline fallback write`")
    return [*found, *_unprotected(service)]


def stale(folder: Path, now_ms: int) -> Iterator[str]:
    """A chain nobody has written for a day: shifts have changed since."""
    try:
        age_s = now_ms / 1000 - (folder / INDEX).stat().st_mtime
    except OSError:
        return
    if age_s > STALE_S:
        yield f"{INDEX} was written {age_s / 3600:.0f} hours ago; have it written with each publication and shift"


def _unprotected(service: Service) -> Iterator[str]:
    """In production the address is a secret: the files hold numbers of psychologists."""
    parts = urlsplit(_address(service))
    if not service.settings.is_production:
        return
    if _RANDOM_PATH.fullmatch(parts.path) is None:
        yield "HELPLINE_FALLBACK_ORIGIN: has no random path of 16 characters or more, so the files can be guessed"
    if not (parts.username and parts.password):
        yield "HELPLINE_FALLBACK_ORIGIN: has no user and password, so anybody with the path reads the files"


def _chain(service: Service) -> Mapping[str, str]:
    """Text by file name, `index.xml` first."""
    address, book = _address(service), service.switchboard.book
    chain = standby_chain(book.roster, _now(service), next(iter(book.rules.lines)), partner_of(book))
    return {INDEX: service.renderer.render(chain), **screen_documents(address, SCREEN, SORRY)}


def _address(service: Service) -> str:
    if service.settings.fallback_origin is None:
        raise Refused("HELPLINE_FALLBACK_ORIGIN: is not set, so the chain could not name its own files")
    return service.settings.fallback_origin


def _people(service: Service) -> Mapping[str, str]:
    """Handle to number of everybody whom the chain rings."""
    return dict(numbers_of(service.switchboard.book.roster, _now(service))[:MOST_RINGS])


def _now(service: Service) -> datetime:
    return datetime.fromtimestamp(service.switchboard.clock.now_ms() / 1000, UTC)


def _service() -> Service:
    try:
        return service_of(current_settings())
    except NotSetUp as error:
        raise Refused(str(error)) from None
