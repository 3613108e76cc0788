"""`before.json` kept true while people dial on the telephone page, which knows nothing of our stores.

Whenever the line has come to rest (nobody on it, nothing of a call left in the working copy) every store is read;
that reading is written down once somebody dials. So what `show-last-call` tells is what has come since the last
moment at rest: of one call, or of those that overlapped.
"""

from __future__ import annotations

import threading
from typing import Final

from helpline.cli import show_last_call
from helpline.cli.control_client import ControlClient, ControlDown
from helpline.cli.outcome import Refused
from helpline.config import Settings
from helpline.services.show_stores import Before, read_stores

LOOK_S: Final = 0.5


class BeforeEachCall:
    """`look()` again and again; `stay()` does that until it is interrupted."""

    def __init__(self, settings: Settings, control: ControlClient) -> None:
        """Reads every store at once and writes it down: before the first call. Raises Refused when one is down."""
        self._settings = settings
        self._control = control
        self._readers = show_last_call.readers(settings)
        self._dialled = len(control.calls())
        self._before: Before | None = show_last_call.read_before(settings)
        show_last_call.write_before(settings, self._before)

    def stay(self) -> None:
        """Never returns; a store or the carrier that is down is looked at again."""
        never = threading.Event()
        while not never.wait(LOOK_S):
            try:
                self.look()
            except (Refused, ControlDown):
                continue

    def look(self) -> None:
        """Write the reading down if somebody has dialled since; take a new one if the line is at rest."""
        calls = self._control.calls()
        if len(calls) != self._dialled and self._before is not None:
            show_last_call.write_before(self._settings, self._before)
            self._before = None
        self._dialled = len(calls)
        if self._before is None and all(call["state"] == "ended" for call in calls) and self._is_at_rest():
            before = show_last_call.read_before(self._settings)
            # Somebody who dialled while the stores were read may be half in it.
            self._before = before if len(self._control.calls()) == self._dialled else None

    def _is_at_rest(self) -> bool:
        live = read_stores({"Redis": self._readers["Redis"]})
        return not live.down and show_last_call.at_rest(live.held)
