"""Load, decide, save — and again, when somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable

from helpline.domain.call import LiveCall
from helpline.ports import Change, Saved
from helpline.services.switchboard import Switchboard

TRIES = 8
"""Rounds before giving up: each lost round means that somebody else has succeeded."""


def change_call(
    sw: Switchboard, call: LiveCall, decide: Callable[[LiveCall], Change | None]
) -> LiveCall | None:
    """Apply what `decide` makes of the call as it is now.

    `decide` sees the newest version in each round and may answer None: nothing to do
    any more. Returns the version that was changed (as it was before), None when nothing
    was: late news, nothing to do, or the call is gone. Raises LiveStateDown.
    """
    current: LiveCall | None = call
    for _ in range(TRIES):
        change = decide(current) if current is not None else None
        if current is None or change is None:
            return None
        saved = sw.calls.save(current, change, sw.clock.now_ms())
        if saved is not Saved.CHANGED:
            return current if saved is Saved.DONE else None
        current = sw.calls.get(call.id)
    return None
