"""`helpline show-last-call [--json]`: everything that is now stored about the last call, store by store.

Before a call is dialled in the demo every store is read (`BeforeEachCall` for the telephone page); this prints what
has come since.
"""

from __future__ import annotations

import json
import os
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from helpline.bootstrap import NotSetUp
from helpline.bootstrap_tools import readers_of
from helpline.cli.outcome import Refused, current_settings
from helpline.config import Settings
from helpline.domain.holdings import STORES, About, Holding
from helpline.services.show_stores import (
    Before,
    Difference,
    Reader,
    Stores,
    differences,
    read_stores,
    remember,
)

BEFORE: Final = "before.json"
NOTHING: Final = "nothing"
OF_A_CALL: Final = frozenset({"call:", "sid:", "offer:", "offers:", "receipt:", "fiche:"})
"""Key classes that hold something of one call, until its records at the carrier are gone."""

_WORDS_OF_PEOPLE: Final = {
    "psy": "who is free, and since when",
    "due": "when her coding time ends",
    "tries": "tries of signing in",
    "sessions": "who is signed in",
    "accounts": "who may sign in, and how she likes her pages",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="for programs")
def command(as_json: bool) -> None:
    """Print everything that is stored about the last call; 1 when a store is down."""
    settings = current_settings()
    stores = read(settings)
    before = load_before(settings)
    if as_json:
        click.echo(json.dumps(_as_json(before, stores), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(tell(before, stores)))
    if stores.down:
        raise Refused("\n".join(stores.down))


def readers(settings: Settings) -> dict[str, Reader]:
    """A reader of each store. Raises Refused before anything was set up."""
    try:
        return readers_of(settings, without=(BEFORE,))
    except NotSetUp as error:
        raise Refused(str(error)) from None


def read(settings: Settings) -> Stores:
    """Every store as it is now. Raises Refused before anything was set up."""
    return read_stores(readers(settings))


def keep_before(settings: Settings) -> None:
    """Read every store and write down its digests, whole or not at all, mode 600; for before a call.

    Raises Refused when a store is down: what it held would look like the call's.
    """
    write_before(settings, read_before(settings))


def read_before(settings: Settings) -> Before:
    """The digests of every store as it is now. Raises Refused when one is down."""
    stores = read(settings)
    if stores.down:
        raise Refused("\n".join(stores.down))
    return remember(stores.held, secrets.token_hex(32))


def write_before(settings: Settings, before: Before) -> None:
    """Whole or not at all, mode 600."""
    file = settings.home_dir / BEFORE
    new = file.with_name(f".{BEFORE}.{os.getpid()}")
    new.touch(mode=0o600)
    new.write_text(json.dumps({"key": before.key, "held": before.held}), encoding="utf-8")
    new.replace(file)


def load_before(settings: Settings) -> Before | None:
    """The digests written before the last call; None without, or when they cannot be read."""
    try:
        found = json.loads((settings.home_dir / BEFORE).read_text(encoding="utf-8"))
        return Before(found["key"], {name: (mark[0], mark[1]) for name, mark in found["held"].items()})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def at_rest(held: Sequence[Holding]) -> bool:
    """Whether nothing of any call is left in the working copy: counted, sealed, deleted at the carrier."""
    return not any(holding.place in OF_A_CALL for holding in held)


def tell(before: Before | None, stores: Stores) -> list[str]:
    """The difference in plain words, store by store; all that is held of calls when there is no `before`."""
    if before is None:
        lines = [
            "No snapshot from before the call: this is held of any call, and calls cannot be told apart."
        ]
        of_calls = [holding for holding in stores.held if _is_of_calls(holding)]
        for store in STORES:
            lines += _section(store, Counter(_plain_line(h) for h in of_calls if h.store == store))
        return lines + list(stores.down)
    found = differences(before, stores.held)
    lines = []
    for store in STORES:
        of_store = [d for d in found if d.holding.store == store]
        telling = [d for d in of_store if d.holding.about is About.CALL]
        lines += _section(store, Counter(_changed_line(d) for d in telling))
        lines += _of_others(of_store)
    return lines + list(stores.down)


def _section(store: str, counted: Mapping[str, int]) -> list[str]:
    """Equal lines once, with how many they are."""
    lines = [f"  {store:8} {line}{f' (× {n})' if n > 1 else ''}" for line, n in counted.items()]
    return lines or [f"  {store:8} {NOTHING}"]


def _of_others(found: Sequence[Difference]) -> list[str]:
    """In one line what has changed and is not of the call."""

    def places(about: About) -> list[str]:
        return sorted({d.holding.place.rstrip(":") for d in found if d.holding.about is about})

    people = [f"{place}: {_WORDS_OF_PEOPLE.get(place, 'what people edit')}" for place in places(About.PEOPLE)]
    service = places(About.SERVICE)
    parts = [f"of who works here ({'; '.join(people)})"] if people else []
    parts += [f"the service's own ({', '.join(service)})"] if service else []
    return [f"  {'':8} not of the call: {', '.join(parts)}"] if parts else []


def _changed_line(difference: Difference) -> str:
    more = "" if difference.more is None else f", {difference.more:+d}"
    return f"{difference.how.value}: {_plain_line(difference.holding)}{more}"


def _plain_line(holding: Holding) -> str:
    return f"{holding.place}: {holding.shown}" if holding.store == "SQL" else holding.shown


def _is_of_calls(holding: Holding) -> bool:
    """Without a snapshot: what could be of a call, leaving out what people edit and the program's own files."""
    if holding.store == "SQL":
        return holding.place in {"traffic", "tallies", "receipts", "sealed_fiches"}
    return holding.store != "files" and holding.about is About.CALL


def _as_json(before: Before | None, stores: Stores) -> dict[str, Any]:
    if before is None:
        held = [_entry("held", h, h.n) for h in stores.held if _is_of_calls(h)]
        return {"told_apart": False, "held": held, "down": list(stores.down)}
    found = differences(before, stores.held)
    held = [_entry(d.how.value, d.holding, d.more) for d in found]
    return {"told_apart": True, "held": held, "down": list(stores.down)}


def _entry(how: str, holding: Holding, n: int | None) -> dict[str, Any]:
    return {
        "how": how,
        "store": holding.store,
        "place": holding.place,
        "shown": holding.shown,
        "n": n,
        "about": holding.about.value,
    }
