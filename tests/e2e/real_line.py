"""The line in real processes: the demo's parts under the supervisor, the test telephone over the control API.

    with RealLine(folder) as line:
        caller = line.caller().dials()
        line.parts.kill("web")
        line.until_reached(caller)

The same telephone as in stepped stories (`tests/phone.py`); here waiting is real and every wait has an end.
Speech is three times as fast as people speak, so documents are asked for three times as often: more of them
fall into an outage, and a story takes less of our time. Carrier deadlines and our time-outs stay as they are.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from helpline.cli.control_client import ControlClient, ControlRefused
from helpline.cli.demo_parts import DemoParts
from helpline.cli.story_player import keys_asked_for
from helpline.domain.errors import LiveStateDown
from helpline.domain.presence import State
from helpline.emulator.verdict import Allowed, promises_broken
from helpline.services.keep_duty import end_wrap_up
from tests.demo import free_base
from tests.phone import Caller, Handset, Line

CHARS_PER_S = 45
LOOK_S = 0.04


class RemoteControl(ControlClient):
    """The control API with the names that the stepped one has."""

    def answer(self, number: str) -> None:
        self.phone_does(number, "answer")

    def decline(self, number: str) -> None:
        self.phone_does(number, "decline")

    def phone_press(self, number: str, keys: str) -> None:
        self.phone_does(number, "press", keys=keys)

    def phone_hang_up(self, number: str) -> None:
        self.phone_does(number, "hangup")


class RealLine(Line):
    """A whole line of real processes. `environ` adds settings that the demo takes over, `HELPLINE_LEGS_PER_S`."""

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str] | None = None,
        parts: type[DemoParts] = DemoParts,
    ) -> None:
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("HELPLINE_", "TWILIO_"))}
        places = {"HELPLINE_VAR_DIR": str(folder), "HELPLINE_PORT_BASE": str(free_base())}
        self.demo = parts(plain | places | dict(environ or {}), folder)
        self.parts = self.demo.parts
        self.started = 0
        self._callers = 0
        self._pressed: set[tuple[str, int]] = set()
        self._earlier: set[str] = set()

    def __enter__(self) -> Self:
        self.demo.__enter__()
        self.service = self.demo.service
        self.sw = self.service.switchboard
        self.control = RemoteControl(f"http://127.0.0.1:{self.demo.settings.emulator_port}")
        people = self.sw.book.roster.psychologists
        self.psychologists = {person.handle: Handset(self, person) for person in people}
        self.ours = {line.number_e164 for line in self.sw.book.rules.lines.values()}
        self.control.set_knobs({"say_chars_per_s": CHARS_PER_S})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.demo.__exit__(kind, error, trace)

    # ---- time

    def after(self, seconds: float) -> None:
        time.sleep(min(seconds, 60))

    def until(self, what: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until `what` holds; fails with the story after `seconds`."""
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, f"not within {seconds} s:\n{self.story()}"
            time.sleep(LOOK_S)

    def until_reconciled(self) -> None:
        """Until the working copy has been compared with the carrier once more."""
        before = self._lists()
        self.until(lambda: self._lists() > before, 12)
        self.after(0.5)

    def _lists(self) -> int:
        return sum(record.get("operation") == "queues.list" for record in self.records())

    # ---- people

    def everybody_picks_up(self) -> None:
        """Whoever's telephone rings picks up, and whoever is asked for a key presses what it says. Each question once."""
        for who in self.psychologists.values():
            phone = who.phone
            try:
                if phone["state"] == "ringing":
                    self.control.answer(who.number)
                elif phone["state"] == "talking" and (keys := self._asked(phone)):
                    self.control.phone_press(who.number, keys)
            except ControlRefused:
                continue  # it stopped ringing, or the leg ended, in between

    def _asked(self, phone: Mapping[str, Any]) -> str:
        """The keys that the last words on this telephone ask for, and that were not pressed yet."""
        said = [sound["text"] for sound in phone["heard"] if sound["kind"] == "say"]
        question = (str(phone["leg"]), len(said))
        keys = keys_asked_for(said[-1]) if said else ""
        if phone["with"] or question in self._pressed:
            return ""
        self._pressed.add(question)
        return keys

    def until_reached(self, caller: Caller, seconds: float = 30) -> None:
        """Psychologists answer whatever rings, until one talks with this caller."""

        def reached() -> bool:
            self.everybody_picks_up()
            return bool(caller.talks_to())

        self.until(reached, seconds)

    def everybody_hangs_up(self) -> None:
        """Every call ends and every psychologist is free for the next story."""
        for call in self.control.calls():
            if call["state"] != "ended":
                self.control.hang_up(call["call"])
        self.until(self._is_quiet, 30)

    def _is_quiet(self) -> bool:
        people = self.psychologists.values()
        try:
            for who in people:
                if who.state is State.WRAP_UP:
                    end_wrap_up(self.sw, who.person.id)
            free = all(who.state is State.AVAILABLE for who in people)
        except LiveStateDown:
            return False
        return free and all(who.phone["state"] == "idle" for who in people)

    # ---- evidence

    def begins(self) -> None:
        """What happened so far is another story."""
        records = self.control.log()
        self.started = records[-1]["n"] if records else 0
        self._earlier = {record.get("leg") for record in records} - {None}

    def records(self) -> list[dict[str, Any]]:
        """The carrier's log since then; the erasing of earlier calls goes on meanwhile and is left out."""
        return [r for r in self.control.log(self.started) if r.get("leg") not in self._earlier]

    def wrong(self, *, third_party: bool = False) -> list[str]:
        """Promises broken since `begins`, from the carrier's log alone, as sentences.

        One thing is not held against the line: the static chain, which plays when nothing of ours answers,
        cannot know who is busy, and tries a telephone that then says so itself.
        """
        log = self.records()
        chain = {record["leg"] for record in log if record["kind"] == "leg" and record.get("parent")}
        busy = tuple(f"was rung by {leg} while talking" for leg in chain)
        people = {e.address: w.person.handle for w in self.psychologists.values() for e in w.person.endpoints}
        shown = {
            record["from"] for record in log if record["kind"] == "leg" and record["leg"].startswith("l")
        }
        foreign = len(shown - self.ours)
        return [
            *(
                text
                for text in promises_broken(log, Allowed(people=people, third_party=third_party))
                if not _any_in(busy, text)
            ),
            *(f"P2 broken: {foreign} numbers that are not ours were shown" for _ in range(bool(foreign))),
            *(f"emulator: {r['text']}" for r in log if r.get("what") == "emulator error"),
        ]

    def is_sound(self, *, third_party: bool = False) -> None:
        """No promise was broken. third_party: somebody was announced and joined the talk."""
        broken = self.wrong(third_party=third_party)
        assert not broken, f"{broken}\n{self.story()}"

    def story(self, last: int = 80) -> str:
        records = self.records()[-last:]
        start = records[0]["at_ms"] if records else 0
        left_out = ("n", "at_ms", "kind", "params", "sid", "url", "token")
        lines = [
            f"{(r['at_ms'] - start) / 1000:9.3f} {r['kind']:9} { {k: v for k, v in r.items() if k not in left_out} }"
            for r in records
        ]
        return "\n".join(lines)


def _any_in(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)


@contextmanager
def held_down(line: RealLine, *parts: str) -> Iterator[None]:
    """These parts are killed and stay down inside the block."""
    for part in parts:
        line.parts.hold_down(part)
    try:
        yield
    finally:
        for part in parts:
            line.parts.let_up(part)
