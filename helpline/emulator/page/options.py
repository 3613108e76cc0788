"""What the page is told at the start of the carrier: whose telephone is whose, and which pages may ask for theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from helpline.emulator.settings import E164, e164


@dataclass(frozen=True)
class Options:
    """phones: label to number, in either form. allow_origins: pages elsewhere that may speak for clients.

    callers: numbers of fiction that the page offers to show besides withholding. Raises ValueError, saying where.
    """

    phones: Mapping[str, str] = field(default_factory=dict)
    allow_origins: tuple[str, ...] = ()
    callers: tuple[str, ...] = ("0639980001",)

    def __post_init__(self) -> None:
        for label, number in self.phones.items():
            if not label.strip() or "/" in label or E164.fullmatch(e164(label)):
                raise ValueError(f"phones: {label!r} is no label")
            if not E164.fullmatch(e164(number)):
                raise ValueError(f"phones: {label} has no telephone number")
        for origin in self.allow_origins:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or f"{parts.scheme}://{parts.netloc}" != origin:
                raise ValueError(f"allow_origins: {origin!r} is no origin such as http://127.0.0.1:8001")

    def number_of(self, name: str) -> str:
        """The number that a label stands for; any other text comes back as given."""
        return self.phones.get(name, name)

    def label_of(self, number: str) -> str | None:
        """The label of a number in either form."""
        return next((label for label, its in self.phones.items() if e164(its) == e164(number)), None)


def phones_from(arguments: Iterable[str]) -> dict[str, str]:
    """`LABEL=NUMBER`, as on the command line. Raises ValueError."""
    phones = {}
    for argument in arguments:
        label, equals, number = argument.rpartition("=")
        if not equals:
            raise ValueError(f"--phone {argument}: LABEL=NUMBER is meant")
        phones[label.strip()] = number.strip()
    return phones


def readable(number: str) -> str:
    """A French number as people write it, `06 39 98 00 01` or `0 800 288 038`; other texts come back as given."""
    if re.fullmatch(r"08\d{8}", number):
        return f"{number[0]} {number[1:4]} {number[4:7]} {number[7:]}"
    return " ".join(re.findall("..", number)) if re.fullmatch(r"0\d{9}", number) else number
