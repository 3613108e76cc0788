"""Attack mode, thrown by hand: machines call, so one key is asked for before anybody is rung.

It always ends by itself. It is kept in the working copy: web processes come and go, a loss
of Redis ends it, and then callers are served as always.
"""

from __future__ import annotations

from typing import Final

from helpline.services.switchboard import Switchboard

LONGEST_MIN: Final = 240
USUAL_MIN: Final = 60


def begin_attack_mode(sw: Switchboard, minutes: int = USUAL_MIN, *, by: str = "") -> int:
    """On from now for `minutes` (1 to LONGEST_MIN, else ValueError); the moment it ends, ms. Raises LiveStateDown.

    `by` is who throws it, as everybody sees it on the board; empty for the command line.
    """
    if not 1 <= minutes <= LONGEST_MIN:
        raise ValueError(f"attack mode lasts 1 to {LONGEST_MIN} minutes")
    now_ms = sw.clock.now_ms()
    until_ms = now_ms + 60_000 * minutes
    sw.calls.set_attack(until_ms, by, now_ms)
    return until_ms


def end_attack_mode(sw: Switchboard) -> None:
    """Off at once; who was asked for the key is still let in by it. Raises LiveStateDown."""
    sw.calls.set_attack(None, "", sw.clock.now_ms())


def attack_mode_until(sw: Switchboard) -> int | None:
    """When it ends, ms; None when it is off. Raises LiveStateDown."""
    return sw.calls.gate(sw.clock.now_ms()).attack_until_ms
