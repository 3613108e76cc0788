"""Live effects: ring, move, drop. Two of these run; either may die at any instant.

`run_due` and `next_due` are the whole of it; `run` is the process around them, the only
place that blocks. An effect that fails unforeseen is due again when its lease ends.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from helpline.domain.errors import HelplineError, LiveStateDown, place_of
from helpline.ports import Carrier
from helpline.services.carry_out import carry_out
from helpline.services.switchboard import Switchboard

LEASE_MS = 400
"""A dead or stopped process's effect is taken over after this; an order past it is found ambiguous."""

KEEP_EVERY_S = 0.1
"""How often a living process renews the leases of what it is at: an order that takes seconds is not taken over."""

LONGEST_WAIT_S = 0.5
_log = logging.getLogger("helpline.effects")


class Effects:
    """The loop of one effects process."""

    def __init__(self, switchboard: Switchboard, carrier: Carrier) -> None:
        self._sw = switchboard
        self._carrier = carrier
        self._held: dict[str, int] = {}
        self._lock = threading.Lock()

    def run_due(self, now_ms: int) -> int:
        """Carry out everything due. Raises LiveStateDown.

        Time is taken anew for each effect: an order may take seconds, and a lease must
        not be over when it begins.
        """
        done = 0
        while (taken := self._sw.due.take(LEASE_MS, now_ms)) is not None:
            member, held = taken
            self._one(member, held, now_ms)
            done += 1
            now_ms = self._sw.clock.now_ms()
        return done

    def next_due(self) -> int | None:
        return self._sw.due.next_due()

    def keep(self, now_ms: int) -> None:
        """Renew the leases of everything this process is at. Raises LiveStateDown."""
        with self._lock:
            for member, held in list(self._held.items()):
                self._held[member] = self._sw.due.keep(member, held, now_ms + LEASE_MS, now_ms)

    def _one(self, member: str, held: int, now_ms: int) -> None:
        with self._lock:
            self._held[member] = held
        try:
            again = carry_out(self._sw, self._carrier, member, now_ms)
        except LiveStateDown:
            raise
        except Exception as error:  # one bad effect must not stop the others
            _log.error("effect %s failed: %s", member.partition(":")[0], place_of(error))
        else:
            self._give_back(member, again)
        finally:
            with self._lock:
                self._held.pop(member, None)

    def _give_back(self, member: str, again: int | None) -> None:
        after_ms = self._sw.clock.now_ms()
        with self._lock:
            held = self._held.pop(member, 0)
            if again is None:
                self._sw.due.done(member, held, after_ms)
            else:
                self._sw.due.later(member, held, max(again, after_ms + 1), after_ms)


def keep_leases(effects: Effects, switchboard: Switchboard, stopping: Callable[[], bool]) -> None:
    """Until `stopping`: renew what the other threads of this process are at. It dies and stops with them."""
    while not stopping():
        with contextlib.suppress(HelplineError):  # Redis is away: so is whoever could take it over
            effects.keep(switchboard.clock.now_ms())
        time.sleep(KEEP_EVERY_S)


def run(effects: Effects, switchboard: Switchboard, stopping: Callable[[], bool]) -> None:
    """Until `stopping`: do what is due, then sleep until woken or the next is due."""
    while not stopping():
        try:
            effects.run_due(switchboard.clock.now_ms())
            due_ms = effects.next_due()
            left_s = LONGEST_WAIT_S
            if due_ms is not None:
                left_s = min(left_s, (due_ms - switchboard.clock.now_ms()) / 1000)
            if left_s > 0:
                # Never zero: zero would block for ever.
                switchboard.due.wait(max(0.01, left_s))
        except HelplineError as error:
            _log.warning("effects wait: %s", type(error).__name__)
            time.sleep(0.2)
