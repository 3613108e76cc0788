"""What a psychologist is doing, as one table.

Same three rules as `call.py`. `ringing` and `talking` always belong to one attempt;
the store clears it with the state. Duty lives here, on the server: no browser is
needed for it, and closing one changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from helpline.domain.people import Tier


class State(StrEnum):
    OFFLINE = "offline"
    AVAILABLE = "available"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    BREAK = "break"


class Event(StrEnum):
    ON_DUTY = "on_duty"
    OFF_DUTY = "off_duty"
    BREAK_BEGUN = "break_begun"
    BREAK_OVER = "break_over"
    OFFERED = "offered"
    NOT_TAKEN = "not_taken"  # declined, missed, unreachable or withdrawn
    WRAP_UP_AGAIN = "wrap_up_again"  # not taken, and her wrap-up is not over yet
    CLAIMED = "claimed"
    TALK_OVER = "talk_over"  # her leg ended after a talk
    CLAIM_LOST = "claim_lost"  # her leg ended, or the caller left, before the bridge
    WRAP_UP_OVER = "wrap_up_over"
    FOUND_TALKING = "found_talking"  # the reconciler saw a live leg of hers in a room


TRANSITIONS: Mapping[State, Mapping[Event, State]] = MappingProxyType(
    {
        State.OFFLINE: {
            Event.ON_DUTY: State.AVAILABLE,
            Event.FOUND_TALKING: State.TALKING,
        },
        State.AVAILABLE: {
            Event.OFF_DUTY: State.OFFLINE,
            Event.BREAK_BEGUN: State.BREAK,
            Event.OFFERED: State.RINGING,
            Event.FOUND_TALKING: State.TALKING,
        },
        State.RINGING: {
            Event.NOT_TAKEN: State.AVAILABLE,
            Event.WRAP_UP_AGAIN: State.WRAP_UP,
            Event.CLAIMED: State.TALKING,
            Event.OFF_DUTY: State.OFFLINE,
            Event.BREAK_BEGUN: State.BREAK,
            Event.FOUND_TALKING: State.TALKING,
        },
        State.TALKING: {
            Event.TALK_OVER: State.WRAP_UP,
            Event.CLAIM_LOST: State.AVAILABLE,
        },
        State.WRAP_UP: {
            Event.WRAP_UP_OVER: State.AVAILABLE,
            Event.OFF_DUTY: State.OFFLINE,
            Event.BREAK_BEGUN: State.BREAK,
            Event.OFFERED: State.RINGING,  # by a caller she had just lost, or from the plan's step on
            Event.FOUND_TALKING: State.TALKING,
        },
        State.BREAK: {
            Event.BREAK_OVER: State.AVAILABLE,
            Event.OFF_DUTY: State.OFFLINE,
            Event.FOUND_TALKING: State.TALKING,
        },
    }
)


def advance(state: State, event: Event) -> State | None:
    """The state after `event`, or None when it does not apply and nothing changes."""
    return TRANSITIONS[state].get(event)


class Wish(StrEnum):
    """What she may ask for on her desk that is no change of state."""

    RING_AGAIN = "ring_again"
    LET_NEXT_GO_BY = "let_next_go_by"
    TAKE_NEXT = "take_next"
    MORE_WRAP_UP = "more"


MORE_WRAP_UP_MS: Final = 120_000
"""By how much one press makes a wrap-up longer."""

MOST_MORE_WRAP_UP_MS: Final = 600_000
"""By how much it can be made longer in all: nobody is away from the line unseen."""


@dataclass(frozen=True, slots=True)
class Presence:
    """One psychologist as the working copy knows her. Instants are ms since 1970 UTC.

    `shift_ms` is the start of the shift that put her on duty (0: by hand), so that an
    early sign-off is not undone by the same shift. `leaving` is set when she signs off
    in mid-call: she goes offline when the call is over. Until `browser_until_ms` her desk
    is open in a browser that can be rung. `suspended` are endpoints of hers that missed
    twice in a row. `lets_next_go_by`: one call is not offered to her, if another can be rung.
    Until `recall_until_ms` she is first in the order:
    a caller of hers was cut off and may dial again. `apart`: the carrier shows her on a leg
    of ours that the working copy has lost, so she is in a talk, whatever `state` says.
    """

    psychologist: str
    state: State
    tier: Tier
    since_ms: int = 0
    idle_since_ms: int = 0
    attempt: str | None = None
    shift_ms: int = 0
    wrap_up_until_ms: int | None = None
    missed_in_row: int = 0
    leaving: bool = False
    browser_until_ms: int = 0
    suspended: frozenset[str] = frozenset()
    lets_next_go_by: bool = False
    wrap_up_more_ms: int = 0
    """By how much she has made this wrap-up longer."""
    recall_until_ms: int = 0
    apart: bool = False
