"""Every form in which a number or an identifier can hide, as bytes to search for.

A number has nine significant digits in France; searching for those finds most written forms at once. What does not
contain them as text (grouped digits, encodings, integers) has its own needle. A needle too short to be found by
accident in a few megabytes of random bytes is not used: the shortest binary one has five bytes.
"""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SPACES = {"spaced": " ", "dotted": ".", "dashed": "-", "hard-spaced": "\u00a0", "thin-spaced": "\u202f"}


@dataclass(frozen=True)
class Needle:
    """`form` says which way of writing this is; `of` whose secret it is, by a name that may be printed."""

    of: str
    form: str
    text: bytes


def significant(number: str) -> str:
    """The nine digits every written form of a French number shares."""
    return number.removeprefix("+33").removeprefix("0")


def of_number(number: str, name: str) -> tuple[Needle, ...]:
    """All needles of a number given as +33… or 0…."""
    return tuple(Needle(name, form, text) for form, text in forms_of_number(number).items())


def of_id(identifier: str, name: str) -> tuple[Needle, ...]:
    """All needles of a carrier's id (two letters and 32 hexadecimal digits)."""
    return tuple(Needle(name, form, text) for form, text in forms_of_id(identifier).items())


def forms_of_number(number: str) -> Mapping[str, bytes]:
    """By the name of the form: what to write to plant it, and what to search to find it."""
    core = significant(number)
    e164, national = f"+33{core}", f"0{core}"
    forms = {
        "E.164": e164.encode(),
        "national": national.encode(),
        "bare": core.encode(),
        "international, 00": f"0033{core}".encode(),
        "url-encoded": urllib.parse.quote(e164, safe="").encode(),
        "url-encoded twice": urllib.parse.quote(urllib.parse.quote(e164, safe=""), safe="").encode(),
        "utf-16": national.encode("utf-16-le"),
        "reversed": core[::-1].encode(),
        "every digit escaped": "".join(f"\\u{ord(digit):04x}" for digit in core).encode(),
        "every digit url-encoded": "".join(f"%{ord(digit):02X}" for digit in core).encode(),
    }
    pairs = [national[at : at + 2] for at in range(0, 10, 2)]
    forms |= {form: space.join(pairs).encode() for form, space in SPACES.items()}
    forms["spaced, +33 (0)6"] = f"+33 (0){core[0]} {' '.join(pairs[1:])}".encode()
    forms["spaced, url-encoded"] = "%20".join(pairs).encode()
    forms["spaced, plus"] = "+".join(pairs).encode()
    forms |= dict(_encoded(core.encode()))
    forms |= dict(_integers(core))
    return forms


def forms_of_id(identifier: str) -> Mapping[str, bytes]:
    """An id as text, its digits alone, as raw bytes, and encoded."""
    digits = identifier[2:]
    forms = {"text": identifier.encode(), "digits": digits.encode(), "upper": digits.upper().encode()}
    forms["raw"] = bytes.fromhex(digits)
    return forms | dict(_encoded(digits.encode()))


def _encoded(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Text inside a larger base64 or hexadecimal text: the characters that do not depend on its neighbours."""
    yield "hexadecimal", text.hex().encode()
    yield "hexadecimal, upper", text.hex().upper().encode()
    for shift in range(3):
        padded = base64.b64encode(b"\0" * shift + text)
        first, last = -(-shift * 8 // 6), (shift + len(text)) * 8 // 6
        yield f"base64, alignment {shift}", padded[first:last]


def _integers(core: str) -> Iterator[tuple[str, bytes]]:
    """As a number of the machine: what Redis and databases make of a string of digits.

    8 bytes as Redis and SQL keep them, 6 as SQLite does, 5 as the shortest that holds them all; with and without
    the country's digits.
    """
    for name, value in (("33…", int(f"33{core}")), ("national", int(core))):
        for order in ("little", "big"):
            yield f"int64 {order} {name}", value.to_bytes(8, order)
            yield f"6 bytes {order} {name}", value.to_bytes(6, order)
            if value.bit_length() > 32:
                yield f"5 bytes {order} {name}", value.to_bytes(5, order)


def search(needles: tuple[Needle, ...], surfaces: Mapping[str, bytes]) -> list[str]:
    """`<whose> as <form> in <surface>` for everything found; never the needle itself."""
    return [
        f"{needle.of} as {needle.form} in {surface}"
        for surface, content in surfaces.items()
        for needle in needles
        if needle.text in content
    ]
