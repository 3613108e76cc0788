"""Stories on the stepped line: what `helpline.cli.story_player` needs, by the test telephone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import redis

from helpline.cli.control_client import ControlRefused
from helpline.emulator.control import Control
from helpline.emulator.handsets import Refused
from helpline.services.await_recall import await_recall
from helpline.services.call_third import bring_together, call_third, let_third_go
from helpline.services.conclude_talk import conclude_talk
from helpline.services.hand_over import hand_over
from helpline.services.hold_caller import hold_caller, resume_caller
from helpline.services.switch_attack_mode import begin_attack_mode
from helpline.services.switchboard import Switchboard
from tests.builders import PARTNER_E164
from tests.phone import Line

BUTTONS: Mapping[str, Callable[[Switchboard, str], bool]] = {
    "holds": hold_caller,
    "resumes": resume_caller,
    "brings together": bring_together,
    "hands over": hand_over,
    "lets go": let_third_go,
    "awaits a recall": await_recall,
}

AWAY_MS = 2_000
"""How long a killed web takes to come back: what the supervisor takes on a quiet machine."""


class SteppedTelephones:
    """The stepped control API under the names of the one over HTTP."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self.dial, self.call, self.phone = control.dial, control.call, control.phone
        self.log, self.set_faults = control.log, control.set_faults

    def press(self, handle: str, keys: str) -> None:
        _asked(self.control.press, handle, keys)

    def hang_up(self, handle: str) -> None:
        _asked(self.control.hang_up, handle)

    def phone_does(self, number: str, what: str, **body: str) -> None:
        deeds: dict[str, Callable[..., None]] = {
            "answer": self.control.answer,
            "decline": self.control.decline,
            "hangup": self.control.phone_hang_up,
            "press": self.control.phone_press,
        }
        _asked(deeds[what], number, *body.values())


def _asked(deed: Callable[..., None], *wish: Any) -> None:
    try:
        deed(*wish)
    except Refused as error:
        raise ControlRefused(str(error)) from None


def press_desk(line: Line, handle: str, words: str, third: str) -> bool:
    """The button of her desk that a story calls `words`; False when it is refused."""
    who = line.psychologists[handle].person.id
    if words == "calls":
        other = line.psychologists.get(third)
        return call_third(line.sw, who, f"p:{other.person.id}" if other else f"s:{third}")
    return BUTTONS[words](line.sw, who)


class SteppedLine:
    """A stepped line for a story: time passes only in `wait`."""

    def __init__(self, line: Line, admin: redis.Redis | None = None, partner: str = "") -> None:
        """admin: empties Redis when the story kills it. partner: what the story calls the partner line."""
        self.line = line
        self.redis = admin
        self._back_ms = 0
        people = {name: who.number for name, who in line.psychologists.items()}
        self.people: Mapping[str, str] = people | ({partner: PARTNER_E164} if partner else {})
        self.structures: Mapping[str, str] = {name: place.number for name, place in line.places.items()}
        self.telephones = SteppedTelephones(line.control)

    def now_ms(self) -> int:
        return self.line.stepper.now_ms

    def wait(self, what: Callable[[], bool], seconds: float) -> bool:
        return self.line.stepper.run(round(seconds * 1000), until=what)

    def set_duty(self, off_duty: Collection[str]) -> bool:
        for name in off_duty:
            self.line.psychologists[name].goes_off_duty()
        return True

    def conclude(self, handle: str) -> bool:
        return conclude_talk(self.line.sw, self.line.psychologists[handle].person.id)

    def press_desk(self, handle: str, words: str, third: str) -> bool:
        return press_desk(self.line, handle, words, third)

    def kill(self, part: str) -> None:
        """The web is not reached for `AWAY_MS`; Redis comes back empty, which is what it is after a kill."""
        if part == "redis":
            assert self.redis is not None
            self.redis.flushall()
            self.redis.script_flush()
            return
        self.line.control.set_faults({"web": {"path": "/voice/*", "fault": "refuse"}})
        self._back_ms = self.now_ms() + AWAY_MS
        self.line.stepper.carrier.world.kernel.at(self._back_ms, lambda: self.line.control.set_faults({}))

    def is_back(self, part: str) -> bool:
        return self.now_ms() >= self._back_ms

    def on_screen(self, handle: str, what: str) -> bool:
        who = self.line.psychologists[handle]
        match what:
            case "throws attack mode":
                begin_attack_mode(self.line.sw)
            case "goes on duty":
                who.goes_on_duty()
            case _:
                who.goes_off_duty()
        self.line.after(0.1)
        return True

    def alarms(self) -> Collection[str]:
        return [alarm.kind.value for alarm in self.line.sw.alarms.standing()]

    def counted(self) -> Mapping[str, int]:
        return self.line.until_counted()
