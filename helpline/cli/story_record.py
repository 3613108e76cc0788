"""A play written down, in the format of a story."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from helpline.cli.story import Story, quoted

Row: TypeAlias = tuple[int, str, str]
"""The moment (ms), who, and what they did or heard."""

_CODE: Final = re.compile(r" (?:\d, )+\d.*", re.DOTALL)


def row(since_ms: int, who: str, what: str) -> str:
    return f"{since_ms / 1000:8.3f}  {who:<6} {what}"


def top_of(story: Story) -> list[str]:
    """The lines above the table."""
    top = [f"on duty: {', '.join(story.on_duty) or 'nobody'}"]
    if story.off_duty:
        top.append(f"off duty: {', '.join(story.off_duty)}")
    if story.structures:
        top.append(f"structures: {', '.join(story.structures)}")
    if story.standby:
        top.append(f"standby: {', '.join(story.standby)}")
    if story.partner:
        top.append(f"partner: {story.partner}")
    if story.rules:
        top.append("rules: " + ", ".join(f"{word} {n}" for word, n in story.rules.items()))
    return top


def heard(
    records: Iterable[Mapping[str, Any]], callers: Mapping[str, str], known: Mapping[str, str]
) -> list[Row]:
    """What was said and played to everybody, as `hears` lines. What another play would not have is left out:

    an origin, and the code of an offer with what follows it. `callers`: leg to name; `known`:
    name to telephone number.
    """
    names, rows = dict(callers), []
    of_number = {number: who for who, number in known.items()}
    for record in records:
        if record["kind"] == "leg" and record["to"] in of_number:
            names.setdefault(record["leg"], of_number[record["to"]])
        if record["kind"] == "sound" and record["sound"] in {"say", "play"} and record["leg"] in names:
            text = record["text"] if record["sound"] == "say" else urlsplit(record["text"]).path
            rows.append((record["at_ms"], names[record["leg"]], f"hears {quoted(_CODE.sub('', text))}"))
    return rows
