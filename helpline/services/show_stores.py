"""What is stored about one call: every store before it, every store after it, and the difference.

What is kept of "before" holds no data: for each thing its keyed digest, the digest of its
content, and a counter's value. The key is drawn for each snapshot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from helpline.domain.errors import OutsideError
from helpline.domain.holdings import Holding

Reader = Callable[[], list[Holding]]
"""Reads one store whole; raises OutsideError when it is down."""

Mark = tuple[str, int | None]
"""Digest of a content, and the counter's value."""


@dataclass(frozen=True, slots=True)
class Before:
    """The stores at one moment. `held`: digest of store, place and identity, to a mark."""

    key: str
    held: Mapping[str, Mark]


class How(StrEnum):
    NEW = "new"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was not there before, or not like this. `more`: by how much its counter rose."""

    how: How
    holding: Holding
    more: int | None = None


@dataclass(frozen=True, slots=True)
class Stores:
    """All that is held now, and the stores that are down, each in one line."""

    held: tuple[Holding, ...]
    down: tuple[str, ...]


def read_stores(readers: Mapping[str, Reader]) -> Stores:
    """Read every store; one that is down is named and keeps none of the others from being read."""
    held: list[Holding] = []
    down: list[str] = []
    for name, read in readers.items():
        try:
            held += read()
        except OutsideError:
            down.append(f"{name}: does not answer")
    return Stores(tuple(held), tuple(down))


def remember(held: Iterable[Holding], key: str) -> Before:
    """Fit to be written down. key: random text, never used again."""
    return Before(key, {_name(key, holding): _mark(key, holding) for holding in held})


def differences(before: Before, held: Sequence[Holding]) -> list[Difference]:
    """What is new or changed since `before`, in the order it was read. What has gone is not held."""
    found = []
    for holding in held:
        was = before.held.get(_name(before.key, holding))
        if was is None:
            found.append(Difference(How.NEW, holding, holding.n))
        elif was[0] != _mark(before.key, holding)[0]:
            more = None if holding.n is None or was[1] is None else holding.n - was[1]
            found.append(Difference(How.CHANGED, holding, more))
    return found


def _name(key: str, holding: Holding) -> str:
    return _digest(key, holding.store.encode(), holding.place.encode(), holding.identity)


def _mark(key: str, holding: Holding) -> Mark:
    return _digest(key, holding.content), holding.n


def _digest(key: str, *parts: bytes) -> str:
    made = hashlib.blake2b(key=key.encode()[:64], digest_size=16)
    for part in parts:
        made.update(len(part).to_bytes(8, "big") + part)
    return made.hexdigest()
