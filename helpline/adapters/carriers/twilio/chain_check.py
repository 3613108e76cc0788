"""Whether the static files of the fallback chain would do what they are for, read as the carrier reads them.

Findings are one line each and name a file and a reason, never a number: a psychologist is
named by her handle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from xml.etree import ElementTree as ET

from helpline.adapters.carriers.twilio.twiml import FRAGMENT

MOST_BYTES: Final = 64 * 1024
"""The carrier takes no longer document."""

_MUST_NAME: Final = ("le 15", "114", "3114")


@dataclass(frozen=True, slots=True)
class Expected:
    """What the snapshot says now. `people` is handle to number, in no order; `partner` None: no partner line.

    `address` is where the files are served, `ours` the numbers that a telephone may show.
    """

    address: str
    people: Mapping[str, str]
    ours: frozenset[str]
    ring_s: int
    partner: str | None = None


def findings(files: Mapping[str, str], expected: Expected) -> list[str]:
    """Everything wrong with the texts of the chain, file by file; empty when a caller would be led on."""
    checks: Mapping[str, Callable[[ET.Element], Iterator[str]]] = {
        "index.xml": lambda root: _index(root, expected),
        "screen.xml": lambda root: _screen(root, expected),
        "accepted.xml": _accepted,
        "sorry.xml": _sorry,
    }
    found = []
    for name, check in checks.items():
        if name in files:
            found += [f"{name} {reason}" for reason in _document(files[name], check)]
    return found


def _document(text: str, check: Callable[[ET.Element], Iterator[str]]) -> Iterator[str]:
    if len(text.encode()) > MOST_BYTES:
        yield "is longer than the 64 KB the carrier takes"
    try:
        root = ET.fromstring(text)  # noqa: S314  # a file we wrote ourselves; nothing of it is followed
    except ET.ParseError:
        yield "is not XML"
        return
    if root.tag != "Response":
        yield "is not a document of the carrier: its root is not Response"
        return
    yield from check(root)


def _index(root: ET.Element, expected: Expected) -> Iterator[str]:
    tags = [element.tag for element in root]
    for tag in sorted(set(tags) - {"Say", "Dial", "Hangup"}):
        yield f"holds <{tag}>: only Say, Dial and Hangup can stand in a static chain"
    if tags[-1:] != ["Hangup"] or tags[-2:-1] != ["Say"] or tags.count("Hangup") != 1:
        yield "does not end with a sentence and one Hangup"
    if tags[:1] != ["Say"]:
        yield "says nothing before it rings"
    if any(one == two == "Dial" for one, two in pairwise(tags)):
        yield "rings two telephones without a sentence between them"
    said = "".join((root.findall("Say") or [ET.Element("Say")])[-1].itertext())
    for number in _MUST_NAME:
        if number not in said:
            yield f"does not name {number} at its end"
    dialled = [number for dial in root.findall("Dial") for number in _dialled(dial)]
    yield from dict.fromkeys(reason for dial in root.findall("Dial") for reason in _dial(dial, expected))
    yield from _people(dialled, expected)


def _dialled(dial: ET.Element) -> list[str]:
    return [(element.text or "").strip() for element in dial.iter("Number")]


def _dial(dial: ET.Element, expected: Expected) -> Iterator[str]:
    numbers = list(dial)
    if [element.tag for element in numbers] != ["Number"]:
        yield "has a Dial that does not ring exactly one number"
        return
    if dial.get("callerId") not in expected.ours:
        yield "would show a number that is not ours"
    if dial.get("action") is not None:
        yield "has a Dial with an action, which nobody answers while we are away"
    (number,) = numbers
    if _dialled(dial) == [expected.partner]:
        if number.get("url") is not None:
            yield "asks the partner line for a key: an institution's welcome presses none"
        return
    if dial.get("timeout") != str(expected.ring_s):
        yield f"has a Dial that does not ring for {expected.ring_s} s"
    if number.get("url") != f"{expected.address}/screen.xml{FRAGMENT}" or number.get("method") != "GET":
        yield "rings somebody without screen.xml by GET: a mailbox would take the call"


def _people(dialled: list[str], expected: Expected) -> Iterator[str]:
    for handle, number in sorted(expected.people.items()):
        if number not in dialled:
            yield f"does not ring {handle}, who is planned now"
    known = {*expected.people.values(), expected.partner}
    strangers = len(set(dialled) - known)
    if strangers:
        yield f"rings {strangers} number(s) of nobody who is planned now"
    if expected.partner is not None and expected.partner not in dialled:
        yield "does not end with the partner line"


def _screen(root: ET.Element, expected: Expected) -> Iterator[str]:
    if [element.tag for element in root] != ["Gather", "Hangup"]:
        yield "is not one question and then Hangup: a mailbox would take the call"
        return
    gather = root[0]
    if gather.get("numDigits") != "1" or [element.tag for element in gather] != ["Say"]:
        yield "does not ask for one key"
    accepted = f"{expected.address}/accepted.xml{FRAGMENT}"
    if gather.get("action") != accepted or gather.get("method") != "GET":
        yield "does not lead a key to accepted.xml by GET"


def _accepted(root: ET.Element) -> Iterator[str]:
    if len(root):
        yield "is not empty: the carrier would not bridge"


def _sorry(root: ET.Element) -> Iterator[str]:
    if [element.tag for element in root] != ["Say", "Hangup"]:
        yield "is not a sentence and then Hangup"
