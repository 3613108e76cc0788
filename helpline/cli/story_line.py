"""What a story needs of the line it is played on: time, telephones, and what stands on screens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

Answer = Mapping[str, Any]
"""A JSON object of the control API; its fields are in docs/emulator.md."""


class Telephones(Protocol):
    """The part of the control API a story uses; `ControlClient` as it is."""

    def dial(self, number: str | None, to: str) -> str: ...
    def call(self, handle: str) -> Answer: ...
    def press(self, handle: str, keys: str) -> None: ...
    def hang_up(self, handle: str) -> None: ...
    def phone(self, number: str) -> Answer: ...
    def phone_does(self, number: str, what: str, **body: str) -> None: ...
    def set_faults(self, values: Mapping[str, object]) -> None: ...
    def log(self, after: int = 0) -> list[dict[str, Any]]: ...


class Line(Protocol):
    """Where a story is played. Times are epoch milliseconds of the carrier's clock."""

    people: Mapping[str, str]
    """Handle to telephone number."""
    structures: Mapping[str, str]
    """The same of the directory: id to telephone number."""
    telephones: Telephones

    def now_ms(self) -> int: ...
    def wait(self, what: Callable[[], bool], seconds: float) -> bool:
        """Let time pass until `what` holds, at most so long; whether it did."""

    def set_duty(self, off_duty: Collection[str]) -> bool:
        """Take these off duty; False when this line cannot."""

    def conclude(self, handle: str) -> bool:
        """Press Terminer on her desk; False when she is in no talk."""

    def press_desk(self, handle: str, words: str, third: str) -> bool:
        """Press the button that a story calls `words`; False when it is refused. `third`: whom to call."""

    def kill(self, part: str) -> None:
        """Kill a part of the service; it is started again by itself."""

    def is_back(self, part: str) -> bool:
        """Whether it serves again."""

    def on_screen(self, handle: str, what: str) -> bool:
        """What a psychologist does on her pages, in the words of the story; False when it cannot be."""

    def alarms(self) -> Collection[str]:
        """The alarms that stand, by kind."""

    def counted(self) -> Mapping[str, int] | None:
        """End states counted, once everything is swept; None when this line does not wait for that."""
