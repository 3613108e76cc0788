"""The words of a telephone story: what a caller, a psychologist and a structure can do or show, and what follows each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Takes(Enum):
    """What follows a verb; the value names it in an error."""

    NOTHING = "nothing"
    NUMBER = "a number to dial"
    KEYS = "keys: 0 to 9, * and #"
    TEXT = 'words in quotes, "…"'
    PERSON = "a person of this story"
    THIRD = "a psychologist or a structure of this story"
    COUNT = "a count"
    WORD = "one word"


@dataclass(frozen=True)
class Verb:
    """One thing a telephone can do or show. `waits`: it may take a while, `within n` bounds it."""

    words: str
    takes: Takes = Takes.NOTHING
    waits: bool = True
    stepped_only: str = ""  # why, and what to do in the demo instead


_ON_SCREEN: Final = "it is on the pages of the demo"
_ANYBODY: Final = (
    Verb("hangs up", waits=False),
    Verb("presses", Takes.KEYS, waits=False),
    Verb("is cut off", waits=False),
    Verb("hears", Takes.TEXT),
    Verb("talks with", Takes.PERSON),
)


def _at_her_desk(words: str, takes: Takes = Takes.NOTHING) -> Verb:
    return Verb(words, takes, waits=False, stepped_only="it is no key of a telephone: press it on the desk")


OF_A_CALLER: Final = (
    Verb("dials withheld", Takes.NUMBER, waits=False),
    Verb("dials", Takes.NUMBER, waits=False),
    Verb("is over"),
    *_ANYBODY,
)
OF_A_PSYCHOLOGIST: Final = (
    Verb("rings"),
    Verb("answers"),
    Verb("accepts"),
    Verb("declines"),
    Verb("is idle"),
    Verb("has rung", Takes.COUNT, waits=False),
    Verb("sees alarm", Takes.WORD, stepped_only=_ON_SCREEN),
    Verb("sees no alarm", stepped_only=_ON_SCREEN),
    Verb("throws attack mode", waits=False, stepped_only=_ON_SCREEN),
    Verb("goes on duty", waits=False, stepped_only=_ON_SCREEN),
    Verb("goes off duty", waits=False, stepped_only=_ON_SCREEN),
    Verb(
        "concludes",
        waits=False,
        stepped_only="Terminer is no key of a telephone: press it on the desk of the demo",
    ),
    _at_her_desk("holds"),
    _at_her_desk("resumes"),
    _at_her_desk("calls", Takes.THIRD),
    _at_her_desk("brings together"),
    _at_her_desk("hands over"),
    _at_her_desk("lets go"),
    _at_her_desk("awaits a recall"),
    *_ANYBODY,
)
OF_A_STRUCTURE: Final = (
    Verb("rings"),
    Verb("answers"),
    Verb("declines"),
    Verb("is idle"),
    *_ANYBODY,
)
PARTS: Final = ("web", "redis")
"""Parts of the service that a story can kill; the supervisor starts them again."""
_NOT_OURS: Final = (
    "the processes of a running demo are not the player's: kill one by hand (helpline demo names them)"
)
OF_A_PART: Final = (
    Verb("is killed", waits=False, stepped_only=_NOT_OURS),
    Verb("is back", stepped_only=_NOT_OURS),
)
ARGUMENT: Final[Mapping[Takes, str]] = {
    Takes.NUMBER: r"\+?[0-9]+",
    Takes.KEYS: r"[0-9*#]+",
    Takes.TEXT: r'"(?:[^"\\]|\\.)+"',
    Takes.PERSON: r"\w+",
    Takes.THIRD: r"\w+",
    Takes.COUNT: r"[0-9]+",
    Takes.WORD: r"[a-z_]+",
}
