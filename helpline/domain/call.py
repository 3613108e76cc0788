"""The life of one call, as one table.

What this file holds: the stages of a call, what can happen to it, and which stage
follows. Everything that decides a stage is here; what a stage *means* for the
carrier (documents, orders) is not, and neither is any clock or store.

Three rules:
- News that has no row is late, doubled or impossible news: nothing changes (invariant I4).
- `ended` has no rows: nothing brings a call back.
- The Lua scripts read this very table (`adapters/redis/scripts.py` renders it into
  them), so Redis and Python cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from helpline.domain.traffic import CallOutcome, EndState, duration_class, wait_class


class Stage(StrEnum):
    """Where a call stands."""

    MENU = "menu"  # a flow asks for a key before the line
    WAITING = "waiting"  # in the carrier's queue, being offered
    CLAIMED = "claimed"  # a psychologist accepted; the two are being joined
    TALKING = "talking"  # both in one room, confirmed by the carrier
    HANDED_OVER = "handed_over"  # transferred: the caller and a structure talk, no psychologist is in
    ALONE = "alone"  # the psychologist hung up first; the caller hears what happens next
    LED_ON = "led_on"  # a document that leads elsewhere was served, or the line was full
    CLOSING = "closing"  # the psychologist ended the talk; the caller hears the closing
    ENDED = "ended"


class Event(StrEnum):
    """What can happen to a call."""

    ENQUEUED = "enqueued"
    CLAIMED = "claimed"
    RELEASED = "released"  # the psychologist who had accepted is gone before the bridge
    BRIDGED = "bridged"
    PSYCHOLOGIST_LEFT = "psychologist_left"  # she hung up
    PSYCHOLOGIST_LOST = "psychologist_lost"  # her leg failed: the caller is offered at once
    BACK_IN_LINE = "back_in_line"
    HANDED_OVER = "handed_over"  # she left a talk of three to the caller and a structure
    CONCLUDED = "concluded"  # she pressed *Terminer*
    LED_ON = "led_on"
    GONE = "gone"  # the caller's leg has ended


TRANSITIONS: Mapping[Stage, Mapping[Event, Stage]] = MappingProxyType(
    {
        Stage.MENU: {
            Event.ENQUEUED: Stage.WAITING,
            Event.LED_ON: Stage.LED_ON,
            Event.GONE: Stage.ENDED,
        },
        Stage.WAITING: {
            Event.CLAIMED: Stage.CLAIMED,
            Event.BRIDGED: Stage.TALKING,  # found so by the reconciler
            Event.LED_ON: Stage.LED_ON,
            Event.GONE: Stage.ENDED,
        },
        Stage.CLAIMED: {
            Event.BRIDGED: Stage.TALKING,
            Event.RELEASED: Stage.WAITING,
            Event.LED_ON: Stage.LED_ON,
            Event.GONE: Stage.ENDED,
        },
        Stage.TALKING: {
            Event.PSYCHOLOGIST_LEFT: Stage.ALONE,
            Event.PSYCHOLOGIST_LOST: Stage.WAITING,
            Event.CONCLUDED: Stage.CLOSING,
            Event.HANDED_OVER: Stage.HANDED_OVER,
            Event.GONE: Stage.ENDED,
        },
        Stage.HANDED_OVER: {
            # The structure is now the other side: what its leaving means is what hers meant.
            Event.PSYCHOLOGIST_LEFT: Stage.ALONE,
            Event.PSYCHOLOGIST_LOST: Stage.WAITING,
            Event.GONE: Stage.ENDED,
        },
        Stage.ALONE: {
            Event.BACK_IN_LINE: Stage.WAITING,
            Event.BRIDGED: Stage.TALKING,  # found so by the reconciler
            Event.GONE: Stage.ENDED,
        },
        Stage.LED_ON: {
            Event.ENQUEUED: Stage.WAITING,  # what led elsewhere ended and they are still there
            Event.GONE: Stage.ENDED,
        },
        Stage.CLOSING: {
            Event.BACK_IN_LINE: Stage.WAITING,  # they stayed on: someone answers again
            Event.GONE: Stage.ENDED,
        },
        Stage.ENDED: {},
    }
)


def advance(stage: Stage, event: Event) -> Stage | None:
    """The stage after `event`, or None when the news is late and nothing changes."""
    return TRANSITIONS[stage].get(event)


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One call as the working copy (Redis) knows it. Instants are ms since 1970 UTC.

    `leg_id` is the carrier's id of the caller's leg; `attempt` the offer that holds or
    last held the call; it also names the room, unless the call was handed to a colleague
    (`room_of`). `rev` counts changes and is what compare-and-set compares. `session` is the flow session as text; `keys` is what the
    caller chose by key, oldest first, for her who answers. `caller_in`: in the room (or,
    her side gone, still on hold): where only we can fetch them from.

    The conversation: `held` is what she wants (the caller hears the hold document); where
    they are is `caller_in`. `third` is the attempt of the third party's leg, `third_in`
    that it has picked up, `third_psychologist` who it is if a colleague. `third_out` is a
    third party being ended: nobody is brought into the room before it is gone.
    `third_gone` is the last one that ended by itself, for her desk.
    """

    id: str
    leg_id: str
    line: str
    stage: Stage
    arrived_ms: int
    rev: int = 0
    confirmed: bool = False
    bonus_s: int = 0
    rule: str = ""
    wait_flow: str = ""
    nobody_flow: str = ""
    offer_flow: str = ""
    plan: str = ""
    skills: tuple[str, ...] = ()
    session: str = ""
    keys: tuple[str, ...] = ()
    plain: bool = False
    first_wait_ms: int | None = None
    attempt: str | None = None
    psychologist: str | None = None
    first_choice: str | None = None
    claimed_ms: int | None = None
    moved_ms: int | None = None
    moves: int = 0
    caller_in: bool = False
    psychologist_in: bool = False
    held: bool = False
    third: str | None = None
    third_in: bool = False
    third_psychologist: str | None = None
    third_out: str | None = None
    third_gone: str | None = None
    room_of: str | None = None
    news_ms: int | None = None
    spoke_ms: int | None = None
    talked_ms: int = 0
    talking_since_ms: int | None = None
    led_on: bool = False
    rough: bool = False
    """Adopted at a request, which tells the time in the queue in whole seconds: the carrier's list knows the order."""
    refused: bool = False
    """Not admitted, after the spoken alternative: the line was full, or no key came in attack mode."""
    stays: bool = False
    """Told that nobody is there, and chose to stay in line."""
    told_unanswered: bool = False
    """Told that nobody has answered yet; said once."""
    to_partner: bool = False
    """Let out of the queue to be put through to the partner line."""
    partner_rung: bool = False
    """The partner line was rung for them: from here on only when they ask for it by a key."""
    end_state: EndState | None = None
    ended_ms: int | None = None

    @property
    def line_key_ms(self) -> int:
        """Order in the line: arrival at the carrier less the bonus, fixed for life."""
        return self.arrived_ms - 1000 * self.bonus_s

    @property
    def room(self) -> str | None:
        """The name of the room they talk, or last talked, in."""
        return self.room_of or self.attempt

    @property
    def is_of_three(self) -> bool:
        """The caller, she and a third party talk, or are just being joined."""
        return self.stage is Stage.TALKING and self.third_in and not self.held

    @property
    def is_out(self) -> bool:
        """On hold and out of the room for certain: not there, and not told to come back since."""
        return self.held and not self.caller_in and self.moved_ms is None

    def moved_on(self, event: Event) -> LiveCall | None:
        """This call after `event`; None when late. Fields beside the stage are the caller's."""
        stage = advance(self.stage, event)
        return None if stage is None else replace(self, stage=stage)


CARRIER_ENDS_MS: Final = 4 * 3_600_000
"""The carrier ends every leg so long after it was answered, without a word (carrier study R20)."""

WARNED_MS: Final = 15 * 60_000
"""So long before it she is warned: time to come to an end, or to agree on calling again."""


def cut_at_ms(call: LiveCall, now_ms: int) -> int | None:
    """When the carrier ends this call (ms), once that is near; None before.

    The caller's leg is the oldest of those in a talk: it was answered when they arrived.
    """
    end_ms = call.arrived_ms + CARRIER_ENDS_MS
    return end_ms if now_ms >= end_ms - WARNED_MS else None


def outcome_of(call: LiveCall, ended_ms: int, welcome_ms: int) -> CallOutcome:
    """How an ended call is counted; the first that holds, in design §5.6's order.

    `welcome_ms` is how long the welcome lasts after the first wait request. The wait
    class of a call that spoke runs to its first bridge, of one that left to its end.
    """
    state = _end_state(call, ended_ms, welcome_ms)
    if state is EndState.SPOKE and call.spoke_ms is not None:
        last = ended_ms - call.talking_since_ms if call.talking_since_ms is not None else 0
        talked = call.talked_ms + max(0, last)
        return CallOutcome(state, wait_class(max(0, call.spoke_ms - call.arrived_ms)), duration_class(talked))
    if state in (EndState.LEFT_IN_WELCOME, EndState.LEFT_IN_LINE):
        return CallOutcome(state, wait_class(max(0, ended_ms - call.arrived_ms)), None)
    return CallOutcome(state, None, None)


def _end_state(call: LiveCall, ended_ms: int, welcome_ms: int) -> EndState:
    if call.spoke_ms is not None:
        return EndState.SPOKE
    if call.led_on:
        return EndState.DIVERTED
    if call.refused:
        return EndState.REFUSED
    if call.first_wait_ms is None or ended_ms < call.first_wait_ms + welcome_ms:
        return EndState.LEFT_IN_WELCOME
    return EndState.LEFT_IN_LINE
