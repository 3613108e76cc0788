"""The line of a running demo, for stories."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from helpline.cli.control_client import ControlRefused
from helpline.cli.story_line import Telephones

LOOK_S: Final = 0.05


@dataclass
class DemoLine:
    """A running demo, by its control API and the wall clock."""

    people: Mapping[str, str]
    telephones: Telephones
    structures: Mapping[str, str] = field(default_factory=dict)

    def now_ms(self) -> int:
        return round(time.time() * 1000)

    def wait(self, what: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not what():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(LOOK_S, left))
        return True

    def set_duty(self, off_duty: Collection[str]) -> bool:
        return False

    def conclude(self, handle: str) -> bool:
        return False

    def press_desk(self, handle: str, words: str, third: str) -> bool:
        return False

    def kill(self, part: str) -> None:
        raise ControlRefused(f"{part}: not the player's to kill")

    def is_back(self, part: str) -> bool:
        return False

    def on_screen(self, handle: str, what: str) -> bool:
        return False

    def alarms(self) -> Collection[str]:
        return ()

    def counted(self) -> Mapping[str, int] | None:
        return None
