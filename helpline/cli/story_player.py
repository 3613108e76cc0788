"""Plays a story on a line, stepped or real, and writes down how it went.

The player knows time and telephones only through `Line`; tests give it the stepped one, `call play` the demo's.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from helpline.cli.control_client import ControlRefused
from helpline.cli.story import Place, Step, Story, StoryError
from helpline.cli.story_line import Answer, Line
from helpline.cli.story_record import Row, heard, row, top_of
from helpline.cli.story_words import PARTS

CALLERS: Final = "06399859{:02d}"
"""Of fiction; apart from the psychologists' and from those of `call dial`."""
DESK: Final = ("holds", "resumes", "calls", "brings together", "hands over", "lets go", "awaits a recall")
"""The buttons of her desk for a talk, and after one that was cut."""
ASKS_FOR_KEYS: Final = re.compile(r"(?:composez|appuyez sur|tapez) ((?:\d, )*\d)\b")
"""« composez 4, 7, 2 » on her telephone, « tapez 1 » of the fallback chain."""


def keys_asked_for(said: str) -> str:
    """The keys that a sentence on her telephone asks for first, `472`; empty when it asks for none."""
    found = ASKS_FOR_KEYS.search(said)
    return found[1].replace(", ", "") if found else ""


@dataclass(eq=False)
class StoryFailed(Exception):
    """The first line that did not come true."""

    place: Place
    step: str
    why: str

    def __str__(self) -> str:
        return f"{self.place.file}:{self.place.line}: {self.step}: {self.why}"


@dataclass
class Player:
    """One play. `say` gets each line when it has happened."""

    story: Story
    line: Line
    say: Callable[[str], None]
    _began_ms: int = 0
    _first_record: int = 0
    _calls: dict[str, str] = field(default_factory=dict)
    _done: list[Row] = field(default_factory=list)
    _last: list[str] = field(default_factory=list)

    @property
    def began(self) -> bool:
        """Whether anything has happened."""
        return bool(self._done)

    def play(self) -> None:
        """Play to the end, or raise StoryFailed at the first line that fails, with every caller's telephone down."""
        self._check_people()
        log = self.line.telephones.log()
        self._first_record = log[-1]["n"] if log else 0
        self._began_ms = previous_ms = self.line.now_ms()
        try:
            for step in self.story.steps:
                since_ms = previous_ms if step.relative else self._began_ms
                self._until(since_ms + round(step.after_s * 1000))
                self._play(step)
                previous_ms = self.line.now_ms()
            self._check_counts()
        except BaseException as error:
            told = str(error) if isinstance(error, StoryFailed) else type(error).__name__
            self._last.append(f"# stopped: {told}")
            self._everybody_hangs_up()
            raise

    def as_played(self) -> str:
        """The story with the times measured and what was heard, in the same format; only once it has begun.

        It ends where the play ended: with the counts if they were waited for, or with what failed.
        """
        first, *done = self._done
        rest = sorted([*self._heard(), *done], key=lambda one: one[0])
        table = [row(max(0, at_ms - self._began_ms), who, what) for at_ms, who, what in (first, *rest)]
        return "\n".join([f"# {self.story.title}", *top_of(self.story), *table, *self._last]) + "\n"

    # ---- time and people

    def _check_people(self) -> None:
        partner = (self.story.partner,) if self.story.partner else ()
        for name in (*self.story.on_duty, *self.story.off_duty, *self.story.standby, *partner):
            if name not in self.line.people:
                known = ", ".join(self.line.people)
                raise StoryError(self.story.place_on_duty, f"{name} is not on this line", f"here: {known}")
        for name in self.story.structures:
            if name not in self.line.structures:
                known = ", ".join(self.line.structures)
                raise StoryError(
                    self.story.place_on_duty, f"no structure {name} on this line", f"here: {known}"
                )
        off_duty = set(self.line.people) - {*self.story.on_duty, *self.story.standby, *partner}
        if off_duty and not self.line.set_duty(off_duty):
            names = ", ".join(sorted(off_duty))
            raise StoryError(
                self.story.place_on_duty,
                f"{names} off duty: works stepped only",
                "the demo decides who is on duty",
            )

    def _until(self, at_ms: int) -> None:
        left_ms = at_ms - self.line.now_ms()
        if left_ms > 0:
            self.line.wait(lambda: False, left_ms / 1000)

    def _everybody_hangs_up(self) -> None:
        for handle in self._calls.values():
            with contextlib.suppress(
                Exception
            ):  # over already, or the line is down: the failure itself is told
                self.line.telephones.hang_up(handle)

    # ---- steps

    def _play(self, step: Step) -> None:
        try:
            self._do(step)
        except ControlRefused as error:
            raise self._failed(step, str(error)) from None
        self._note(step.who, step.what)

    def _note(self, who: str, what: str) -> None:
        at_ms = self.line.now_ms()
        if not self._done:
            self._began_ms = at_ms
        self._done.append((at_ms, who, what))
        self.say(row(at_ms - self._began_ms, who, what))

    def _do(self, step: Step) -> None:
        if step.verb.words.startswith("dials"):
            withheld = step.verb.words == "dials withheld"
            number = None if withheld else CALLERS.format(len(self._calls))
            self._calls[step.who] = self.line.telephones.dial(number, step.argument)
            return
        of_a_caller: dict[str, Callable[[Step], None]] = {
            "hangs up": lambda s: self.line.telephones.hang_up(self._calls[s.who]),
            "presses": lambda s: self.line.telephones.press(self._calls[s.who], s.argument),
            "is over": lambda s: self._expect(s, lambda: self._side(s.who)["state"] == "ended"),
        }
        of_a_psychologist: dict[str, Callable[[Step], None]] = {
            "hangs up": lambda s: self._phone_does(s, "hangup"),
            "presses": lambda s: self._phone_does(s, "press", keys=s.argument),
            "rings": lambda s: self._expect(s, lambda: self._is(s, "ringing")),
            "is idle": lambda s: self._expect(s, lambda: self._is(s, "idle")),
            "answers": lambda s: self._on_ring(s, "answer"),
            "declines": lambda s: self._on_ring(s, "decline"),
            "accepts": self._accepts,
            "has rung": self._has_rung,
            "concludes": self._concludes,
            **dict.fromkeys(DESK, self._presses_desk),
            "sees alarm": lambda s: self._expect(s, lambda: s.argument in self.line.alarms()),
            "sees no alarm": lambda s: self._expect(s, lambda: not self.line.alarms()),
            "throws attack mode": self._on_screen,
            "goes on duty": self._on_screen,
            "goes off duty": self._on_screen,
        }
        of_both: dict[str, Callable[[Step], None]] = {
            "is cut off": self._is_cut_off,
            "hears": lambda s: self._expect(s, lambda: self._hears(s.who, s.argument)),
            "talks with": lambda s: self._expect(s, lambda: self._talks(s.who, s.argument)),
        }
        of_a_part: dict[str, Callable[[Step], None]] = {
            "is killed": lambda s: self.line.kill(s.who),
            "is back": lambda s: self._expect(s, lambda: self.line.is_back(s.who)),
        }
        own = of_a_caller if step.who in self._calls else of_a_psychologist
        if step.who in PARTS:
            own = of_a_part
        (own | of_both)[step.verb.words](step)

    def _expect(self, step: Step, what: Callable[[], bool]) -> None:
        if not self.line.wait(what, step.within_s):
            raise self._failed(step, f"not within {step.within_s:g} s; {self._last_words(step.who)}")

    def _on_ring(self, step: Step, what: str) -> None:
        self._expect(step, lambda: self._is(step, "ringing"))
        self._phone_does(step, what)

    def _accepts(self, step: Step) -> None:
        """Pick up if needed, and press the keys that the question names."""
        deadline_ms = self.line.now_ms() + round(step.within_s * 1000)
        if not self._is(step, "talking"):
            self._on_ring(step, "answer")
        left_s = max(0.0, (deadline_ms - self.line.now_ms()) / 1000)
        if not self.line.wait(lambda: bool(self._question(step.who)), left_s):
            raise self._failed(step, f"not asked within {step.within_s:g} s; {self._last_words(step.who)}")
        self._phone_does(step, "press", keys=self._question(step.who))

    def _has_rung(self, step: Step) -> None:
        me = self._number(step.who)
        legs = (r for r in self._records() if r["kind"] == "leg" and r["to"] == me)
        times = sum(leg["what"] == "ringing" for leg in legs)
        if times != int(step.argument):
            raise self._failed(step, f"has rung {times}")

    def _concludes(self, step: Step) -> None:
        if not self.line.conclude(step.who):
            raise self._failed(step, "she is in no talk")

    def _presses_desk(self, step: Step) -> None:
        if not self.line.press_desk(step.who, step.verb.words, step.argument):
            raise self._failed(step, "her desk refused it")

    def _on_screen(self, step: Step) -> None:
        if not self.line.on_screen(step.who, step.verb.words):
            raise self._failed(step, "not possible now")

    def _is_cut_off(self, step: Step) -> None:
        leg = self._calls.get(step.who) or self._side(step.who)["leg"]
        if leg is None:
            raise self._failed(step, "she has no call")
        self.line.telephones.set_faults({"legs": [leg]})

    def _check_counts(self) -> None:
        if self.story.counted is None or self.story.place_counted is None:
            return
        wanted = {word: n for word, n in self.story.counted.items() if n}
        found = self.line.counted()
        if found is None:
            self.say("counted: not waited for here (the stepped play does); later: helpline show-last-call")
        elif dict(found) != wanted:
            raise StoryFailed(self.story.place_counted, f"counted: {wanted}", f"counted were {dict(found)}")
        else:
            self._last.append(
                "counted: " + ", ".join(f"{word} {n}" for word, n in self.story.counted.items())
            )
            self.say(self._last[-1])

    # ---- looking

    def _side(self, who: str) -> Answer:
        telephones = self.line.telephones
        return (
            telephones.call(self._calls[who]) if who in self._calls else telephones.phone(self._number(who))
        )

    def _is(self, step: Step, state: str) -> bool:
        return bool(self._side(step.who)["state"] == state)

    def _hears(self, who: str, words: str) -> bool:
        return any(words in sound.get("text", "") for sound in self._side(who)["heard"])

    def _talks(self, who: str, other: str) -> bool:
        name = self._calls.get(other) or self._number(other)
        return name in self._side(who)["with"]

    def _question(self, who: str) -> str:
        """The keys that she is asked for; empty before the question."""
        said = (keys_asked_for(sound.get("text", "")) for sound in reversed(self._side(who)["heard"]))
        return next(filter(None, said), "")

    def _last_words(self, who: str) -> str:
        if who in PARTS:
            return "it does not serve"
        said = [sound["text"] for sound in self._side(who)["heard"] if sound["kind"] == "say"]
        return f"{who} last heard « {said[-1]} »" if said else f"{who} heard no words"

    def _phone_does(self, step: Step, what: str, **body: str) -> None:
        self.line.telephones.phone_does(self._number(step.who), what, **body)

    def _number(self, who: str) -> str:
        return self.line.people.get(who) or self.line.structures[who]

    def _failed(self, step: Step, why: str) -> StoryFailed:
        return StoryFailed(step.place, str(step), why)

    # ---- the record

    def _records(self) -> list[dict[str, Any]]:
        return self.line.telephones.log(self._first_record)

    def _heard(self) -> list[Row]:
        names = {handle: who for who, handle in self._calls.items()}
        return heard(self._records(), names, {**self.line.people, **self.line.structures})
