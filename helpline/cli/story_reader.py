"""Reads a story: text in, steps or an error with its place out. The format: docs/emulator.md."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from helpline.cli.story import Place, Step, Story, StoryError
from helpline.cli.story_words import (
    ARGUMENT,
    OF_A_CALLER,
    OF_A_PART,
    OF_A_PSYCHOLOGIST,
    OF_A_STRUCTURE,
    PARTS,
    Takes,
    Verb,
)

WITHIN_S: Final = 30.0
"""How long a step that waits may take when its line does not say."""
NOBODY: Final = "nobody"

_CALLER: Final = re.compile(r"[A-Z]\Z")
_TIME: Final = re.compile(r"(\+?)([0-9]+(?:\.[0-9]{1,3})?)\Z")
_HEADER: Final = re.compile(r"\s*(on duty|off duty|structures|standby|partner|rules|counted)\s*:")
_STEPPED_ONLY: Final = ("standby", "partner", "rules")
_ITEM: Final = re.compile(r"[^,]+")


def parse(text: str, file: str, *, real: bool = False) -> Story:
    """Read a story, or raise StoryError at the first mistake. `real`: what only stepped time can do is refused too."""
    reader = _Reader(file, real)
    for number, line in enumerate(text.splitlines(), 1):
        reader.read(number, line.rstrip())
    return reader.story()


@dataclass
class _Reader:
    """What has been read so far."""

    file: str
    real: bool
    title: str = ""
    duty: dict[str, tuple[str, ...]] = field(default_factory=dict)
    place_on_duty: Place | None = None
    place_counted: Place | None = None
    counted: dict[str, int] | None = None
    rules: dict[str, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    callers: set[str] = field(default_factory=set)
    earliest_s: float = 0.0
    last_line: int = 1

    def read(self, number: int, line: str) -> None:
        self.last_line = number
        if line.lstrip().startswith("#"):
            self.title = self.title or line.lstrip("# ")
        elif line.strip():
            self._read_words(number, line)

    def story(self) -> Story:
        end = Place(self.file, self.last_line)
        if self.place_on_duty is None:
            raise StoryError(end, "nobody is named", 'say who is on duty: "on duty: vera, bruno"')
        if not self.steps:
            raise StoryError(end, "nothing happens", 'begin with "0.0  A  dials 0800288038"')
        return Story(
            title=self.title,
            on_duty=self.duty["on duty"],
            off_duty=self.duty.get("off duty", ()),
            structures=self.duty.get("structures", ()),
            steps=tuple(self.steps),
            counted=self.counted,
            place_on_duty=self.place_on_duty,
            place_counted=self.place_counted,
            standby=self.duty.get("standby", ()),
            partner=next(iter(self.duty.get("partner", ())), ""),
            rules=self.rules,
        )

    # ---- lines

    def _read_words(self, number: int, line: str) -> None:
        first = Place(self.file, number, len(line) - len(line.lstrip()) + 1)
        if self.counted is not None:
            raise StoryError(first, '"counted:" is the last line', "move this line above it")
        header = _HEADER.match(line)
        if header is None:
            self.steps.append(self._step(number, line))
        elif self.real and header[1] in _STEPPED_ONLY:
            raise StoryError(first, f'"{header[1]}:" works stepped only', "the demo has a world of its own")
        elif header[1] == "counted":
            self.counted, self.place_counted = self._counts(number, line, header.end()), first
        elif header[1] == "rules":
            self.rules = self._counts(number, line, header.end())
        else:
            self._read_duty(header[1], first, self._names(number, line, header.end()))

    def _read_duty(self, which: str, place: Place, names: tuple[str, ...]) -> None:
        if self.steps:
            raise StoryError(place, f'"{which}:" comes after the story began', "move it to the top")
        if which in self.duty:
            raise StoryError(place, f'"{which}:" stands here twice')
        twice = sorted(set(names) & self._people())
        if twice:
            raise StoryError(place, f"{twice[0]} is both {self._where(twice[0])} and {which}")
        self.duty[which] = names
        if which == "on duty":
            self.place_on_duty = place

    def _where(self, name: str) -> str:
        return next(which for which, names in self.duty.items() if name in names)

    def _names(self, number: int, line: str, start: int) -> tuple[str, ...]:
        items = list(_ITEM.finditer(line, start))
        names = [item[0].strip() for item in items]
        if names == [NOBODY]:
            return ()
        for item, name in zip(items, names, strict=True):
            if not name.isidentifier() or _CALLER.match(name) or name in (NOBODY, *PARTS):
                column = item.start() + len(item[0]) - len(item[0].lstrip()) + 1
                raise StoryError(
                    Place(self.file, number, column),
                    f"no handle: {name!r}",
                    'such as "vera"; callers are A to Z',
                )
        if not names:
            raise StoryError(Place(self.file, number, start + 1), "no names", f'"{NOBODY}" if nobody is')
        return tuple(names)

    def _counts(self, number: int, line: str, start: int) -> dict[str, int]:
        counts = {}
        for item in _ITEM.finditer(line, start):
            found = re.fullmatch(r"\s*([a-z_]+)\s+([0-9]+)\s*", item[0])
            if found is None:
                column = item.start() + len(item[0]) - len(item[0].lstrip()) + 1
                raise StoryError(
                    Place(self.file, number, column),
                    f"no count: {item[0].strip()!r}",
                    'a word and a number: "spoke 1"',
                )
            counts[found[1]] = int(found[2])
        if not counts:
            raise StoryError(Place(self.file, number, start + 1), "nothing counted", 'such as "spoke 1"')
        return counts

    # ---- a step

    def _step(self, number: int, line: str) -> Step:
        words = list(re.finditer(r"\S+", line))
        place = Place(self.file, number, words[0].start() + 1)
        if self.place_on_duty is None:
            raise StoryError(place, 'a step before "on duty:"', 'begin with "on duty: vera, bruno"')
        relative, after_s = self._time(place, words[0][0])
        if len(words) < 3:
            wanted = "a time, a person and what is done"
            raise StoryError(place, f"half a line: {line.strip()!r}", f'wanted: {wanted}, "+5  A  hangs up"')
        who = words[1][0]
        self._check_who(Place(self.file, number, words[1].start() + 1), who)
        verb, rest = self._verb(number, line, words[2].start(), who)
        argument, rest = self._argument(number, line, rest, verb, who)
        within_s = self._within(number, line, rest, verb)
        if verb.words.startswith("dials"):
            self.callers.add(who)
        return Step(
            Place(self.file, number, words[2].start() + 1), relative, after_s, who, verb, argument, within_s
        )

    def _time(self, place: Place, word: str) -> tuple[bool, float]:
        if word == "+":
            return self._not_first(place), 0.0
        found = _TIME.match(word)
        if found is None:
            raise StoryError(
                place, f"no time: {word!r}", 'seconds "12.5", or after the line before: "+3", "+"'
            )
        after_s = float(found[2])
        if found[1]:
            self._not_first(place)
            self.earliest_s = round(self.earliest_s + after_s, 3)
            return True, after_s
        if not self.steps and after_s:
            raise StoryError(place, f"the first line is at {after_s:g}", "times count from it: 0.0")
        if after_s < self.earliest_s:
            raise StoryError(
                place,
                f"time goes back: {after_s:g} after {self.earliest_s:g}",
                f"{self.earliest_s:g} or later, or +n",
            )
        self.earliest_s = after_s
        return False, after_s

    def _not_first(self, place: Place) -> bool:
        if not self.steps:
            raise StoryError(place, "no line comes before this one", "the first is at 0.0")
        return True

    def _people(self) -> set[str]:
        return {name for names in self.duty.values() for name in names}

    def _check_who(self, place: Place, who: str) -> None:
        if not _CALLER.match(who) and who not in PARTS and who not in self._people():
            known = sorted(self._people())
            wrong = f"nobody is called {who!r} here"
            raise StoryError(
                place, wrong, _meant(who, known) or f"callers are A to Z, others: {', '.join(known)}"
            )

    def _verb(self, number: int, line: str, start: int, who: str) -> tuple[Verb, int]:
        place = Place(self.file, number, start + 1)
        verbs = self._verbs_of(who)
        for verb in verbs:
            found = re.compile(r"\s+".join(verb.words.split()) + r"(?!\S)").match(line, start)
            if found:
                self._check_verb(place, who, verb)
                return verb, found.end()
        said = " ".join(line[start:].split()[:2])
        known = [verb.words for verb in verbs]
        kinds = {OF_A_PART: "a part", OF_A_CALLER: "a caller", OF_A_STRUCTURE: "a structure"}
        kind = kinds.get(verbs, "a psychologist")
        meant = _meant(said, known) or _meant(said.split()[0], known)
        raise StoryError(place, f"{kind} cannot: {said!r}", meant or f"one of: {', '.join(known)}")

    def _verbs_of(self, who: str) -> tuple[Verb, ...]:
        if who in PARTS:
            return OF_A_PART
        if _CALLER.match(who):
            return OF_A_CALLER
        return OF_A_STRUCTURE if who in self.duty.get("structures", ()) else OF_A_PSYCHOLOGIST

    def _check_verb(self, place: Place, who: str, verb: Verb) -> None:
        if self.real and verb.stepped_only:
            raise StoryError(place, f'"{verb.words}" works stepped only', verb.stepped_only)
        dials = verb.words.startswith("dials")
        if _CALLER.match(who) and not dials and who not in self.callers:
            raise StoryError(place, f"{who} has not dialled", f'before: "{who}  dials 0800288038"')
        if dials and who in self.callers:
            raise StoryError(place, f"{who} has dialled already", "a caller dials once; take the next letter")

    def _argument(self, number: int, line: str, start: int, verb: Verb, who: str) -> tuple[str, int]:
        if verb.takes is Takes.NOTHING:
            return "", start
        found = re.compile(rf"\s+({ARGUMENT[verb.takes]})(?!\S)").match(line, start)
        if found is None:
            place = Place(self.file, number, min(start + 2, len(line) + 1))
            raise StoryError(place, f'"{verb.words}" wants {verb.takes.value}')
        argument = found[1]
        if verb.takes is Takes.TEXT:
            argument = re.sub(r"\\(.)", r"\1", argument[1:-1])
        if verb.takes is Takes.THIRD and (_CALLER.match(argument) or argument not in self._people()):
            place = Place(self.file, number, found.start(1) + 1)
            known = ", ".join(sorted(self._people() - {who}))
            raise StoryError(place, f"{argument!r} is nobody to call", f"one of: {known}")
        if verb.takes is Takes.PERSON:
            self._check_other(Place(self.file, number, found.start(1) + 1), who, argument)
        return argument, found.end()

    def _check_other(self, place: Place, who: str, other: str) -> None:
        self._check_who(place, other)
        if other in PARTS:
            raise StoryError(place, f"{other} is no person")
        if _CALLER.match(other) and _CALLER.match(who):
            raise StoryError(place, f"{who} cannot talk with {other}", "callers never meet")
        if _CALLER.match(other) and other not in self.callers:
            raise StoryError(place, f"{other} has not dialled")

    def _within(self, number: int, line: str, start: int, verb: Verb) -> float:
        rest = line[start:]
        if not rest.strip():
            return WITHIN_S
        place = Place(self.file, number, start + len(rest) - len(rest.lstrip()) + 1)
        found = re.fullmatch(r"\s+within\s+([0-9]+(?:\.[0-9]+)?)", rest)
        if found is None:
            meant = (
                "n seconds: within 5" if rest.split()[0] == "within" else _meant(rest.split()[0], ["within"])
            )
            raise StoryError(place, f"unknown words: {rest.strip()!r}", meant)
        if not verb.waits:
            raise StoryError(place, f'"{verb.words}" does not wait', "leave out the within")
        return float(found[1])


def _meant(word: str, known: Collection[str]) -> str:
    """ "did you mean …?", or nothing."""
    close = get_close_matches(word, known, 1, 0.6)
    return f'did you mean "{close[0]}"?' if close else ""
