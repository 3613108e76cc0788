"""What is stored where, seen from outside: one `Holding` for each thing a store keeps.

Readers (adapters) make them of Redis keys, SQL rows, files, jobs and the carrier's records;
`services/show_stores.py` compares two moments. `content` is everything a search for a
number has to look at; it is searched and digested, never shown and never stored.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import quote

STORES: Final = ("Redis", "jobs", "SQL", "files", "carrier")


class About(StrEnum):
    """Whom a thing is about. What nobody has put elsewhere counts as of a call: it has to be shown."""

    CALL = "call"
    PEOPLE = "people"  # who works here: presence, sessions, tries of signing in, what they edit
    SERVICE = "service"  # the software itself: kept whether anybody calls or not


@dataclass(frozen=True, slots=True)
class Holding:
    """One key, row, file, job or record.

    place: key class, table or folder. identity: what makes it the same thing later.
    shown: plain words fit to print. n: a counter's value or a file's size, if it has one.
    """

    store: str
    place: str
    identity: bytes = field(repr=False)
    content: bytes = field(repr=False)
    shown: str
    n: int | None = None
    about: About = About.CALL


def number_forms(number_e164: str) -> Mapping[str, tuple[bytes, ...]]:
    """Every way a number could lie somewhere, by name; searched for without regard to case.

    number_e164: `+33…`, nine digits after the country. Base64 has three spellings, by
    where in a group of three bytes the number begins.
    """
    digits = number_e164.removeprefix("+")
    national = "0" + digits.removeprefix("33")
    pairs = [national[at : at + 2] for at in range(0, len(national), 2)]
    packed = int(digits).to_bytes(5, "big")
    texts = (number_e164, digits, national)
    return {
        "E.164": (number_e164.encode(),),
        "national": (national.encode(),),
        "spaced": tuple(sep.join(pairs).encode() for sep in (" ", ".", "-", "\u00a0", "\u202f")),
        "url-encoded": (quote(number_e164, safe="").encode(),),
        "integer": (digits.encode(), packed, packed[::-1]),
        "hex": (*(text.encode().hex().encode() for text in texts), packed.hex().encode()),
        "base64": tuple(piece for text in texts for piece in _base64(text.encode())),
    }


def _base64(needle: bytes) -> list[bytes]:
    """The characters that stand for `needle` alone, at each of the three places it may begin."""
    found = []
    for before in range(3):
        text = base64.b64encode(b"\0" * before + needle)
        first = (before * 8 + 5) // 6
        last = (before + len(needle)) * 8 // 6
        found.append(text[first:last])
    return found


def find_number(number_e164: str, held: Iterable[Holding]) -> list[tuple[Holding, str]]:
    """Where a number is held, with the name of the form it was found in."""
    forms = {name: [form.lower() for form in many] for name, many in number_forms(number_e164).items()}
    return [
        (holding, name)
        for holding in held
        for name, many in forms.items()
        if any(form in text for form in many for text in (holding.content.lower(), holding.identity.lower()))
    ]
