"""A telephone story as a table: `time  who  does what`, one line a step.

    # A declined call is answered by the other
    on duty: vera, bruno
     0.0   A      dials 0800288038
     +     vera   declines            within 5
     +30   A      hangs up
    counted: spoke 1

The format is explained in docs/emulator.md; its words are
`story_words.py`, `story_reader.py` reads it and `story_player.py` plays it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from helpline.cli.story_words import Takes, Verb


@dataclass(frozen=True)
class Place:
    """Where something stands. Line and column count from 1."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(eq=False)
class StoryError(Exception):
    """A story that cannot be played as it is written: what is wrong where, and what was probably meant."""

    place: Place
    wrong: str
    suggestion: str = ""

    def __str__(self) -> str:
        meant = f"; {self.suggestion}" if self.suggestion else ""
        return f"{self.place}: {self.wrong}{meant}"


@dataclass(frozen=True)
class Step:
    """One line. `after_s`: seconds since the line before it was done (`relative`), or since the first line."""

    place: Place
    relative: bool
    after_s: float
    who: str
    verb: Verb
    argument: str
    within_s: float

    def __str__(self) -> str:
        return " ".join(word for word in (self.who, self.what) if word)

    @property
    def what(self) -> str:
        """What is done, as it is written."""
        argument = quoted(self.argument) if self.verb.takes is Takes.TEXT else self.argument
        return f"{self.verb.words} {argument}".strip()


@dataclass(frozen=True)
class Story:
    """A whole story. `counted` is None when the story does not ask."""

    title: str
    on_duty: tuple[str, ...]
    off_duty: tuple[str, ...]
    structures: tuple[str, ...]
    steps: tuple[Step, ...]
    counted: Mapping[str, int] | None
    place_on_duty: Place
    place_counted: Place | None
    standby: tuple[str, ...] = ()
    partner: str = ""
    rules: Mapping[str, int] = field(default_factory=dict)


def quoted(text: str) -> str:
    """As a story writes spoken words."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
