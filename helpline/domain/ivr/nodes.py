"""The node types of a flow: what it can say, ask and decide. One place to add one.

A node is plain data; what it does is in `interpreter.py`, what can be wrong with it in
`check.py`, how it is written in YAML in `adapters/documents_flows.py`. NODE_TYPES is the
registry, by the word the YAML uses; `tests/domain/test_ivr_registry.py` walks it and
demands a recorded play of each. `set` and `dial` will stand here too (issue 07).

A target is the name of a node of the same flow; only `goto` leaves a flow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

LONGEST_GATHER_S: Final = 5
"""Waiting for a key is silence, and five seconds of silence are the most anyone meets."""

MOST_TRIES: Final = 2
MOST_DIGITS: Final = 4

CODE_KEY: Final = "code"
"""In an offer flow, instead of a key: the digits drawn for this offer (`accept_code.py`)."""

CODE_PLACE: Final = "{code}"
"""Where a text of such a question says them."""


@dataclass(frozen=True, slots=True)
class SpokenText:
    """A prompt that speaks the flow's text of this name."""

    text: str


@dataclass(frozen=True, slots=True)
class Sound:
    """A prompt that plays one of our sound files, which lasts `lasts_s` whole seconds."""

    sound: str
    lasts_s: int


@dataclass(frozen=True, slots=True)
class Silence:
    """A prompt of `length_s` whole seconds of silence."""

    length_s: int


@dataclass(frozen=True, slots=True)
class PartnerText:
    """A prompt that speaks the flow's text of this name only where a partner line was verified."""

    text: str


Prompt: TypeAlias = SpokenText | Sound | Silence | PartnerText


@dataclass(frozen=True, slots=True)
class SayNode:
    """Speak the text named `text`, then go on."""

    text: str
    next: str


@dataclass(frozen=True, slots=True)
class PlayNode:
    """Play a sound of `lasts_s` seconds, then go on."""

    sound: str
    lasts_s: int
    next: str


@dataclass(frozen=True, slots=True)
class PauseNode:
    """Stay silent for `length_s` seconds, then go on."""

    length_s: int
    next: str


@dataclass(frozen=True, slots=True)
class GatherNode:
    """Ask for keys: `keys` maps what is pressed to a target.

    The prompts are spoken at most `tries` times (1 or 2); after that, and after anything
    that is not one of `keys`, silence included, the call goes to `otherwise`. In a wait
    flow it is the document: what it makes heard can be cut short by a key at any moment.
    Among `keys` of an offer may be `code`, the digits of this very offer.
    """

    prompts: tuple[Prompt, ...]
    keys: Mapping[str, str]
    otherwise: str
    num_digits: int = 1
    timeout_s: int = 5
    tries: int = 2


class Outcome(StrEnum):
    """How a flow can end by a decision instead of a verb."""

    CLAIM = "claim"  # a psychologist takes the call she was offered
    DECLINE = "decline"  # she does not
    DECIDE = "decide"  # ask the rules again, with the keys pressed so far
    STAY = "stay"  # the caller wants to stay in line although nobody is there
    PARTNER = "partner"  # to the partner line; a node of its own leads there


@dataclass(frozen=True, slots=True)
class RouteNode:
    """End the flow with an outcome; the service does what it means."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class EnqueueNode:
    """Stand in line in the carrier's `queue`.

    `welcome` is the first thing heard there, at most eight seconds; then the wait flow
    `wait` begins. Nothing is said before this node unless a key is asked for, because
    ringing a psychologist begins here (design §5.1).
    """

    queue: str
    welcome: tuple[Prompt, ...]
    wait: str


@dataclass(frozen=True, slots=True)
class GotoNode:
    """Go on at `node` of this flow, or at the start of `flow`: exactly one of the two."""

    node: str | None = None
    flow: str | None = None

    def __post_init__(self) -> None:
        if (self.node is None) == (self.flow is None):
            raise ValueError("goto names either a node or a flow")


@dataclass(frozen=True, slots=True)
class PartnerNode:
    """Lead to the partner line; where none was verified, go on at `next` as if this node were not there."""

    next: str


@dataclass(frozen=True, slots=True)
class HangupNode:
    """End the call. For a caller only after a text that names 15 or 3114."""


Node: TypeAlias = (
    SayNode
    | PlayNode
    | PauseNode
    | GatherNode
    | RouteNode
    | EnqueueNode
    | GotoNode
    | PartnerNode
    | HangupNode
)

NODE_TYPES: Final[Mapping[str, type[Node]]] = {
    "say": SayNode,
    "play": PlayNode,
    "pause": PauseNode,
    "gather": GatherNode,
    "route": RouteNode,
    "enqueue": EnqueueNode,
    "goto": GotoNode,
    "partner": PartnerNode,
    "hangup": HangupNode,
}


def prompts_of(node: Node) -> tuple[Prompt, ...]:
    """What a node itself makes heard, in order; for an enqueue node its welcome."""
    match node:
        case SayNode():
            return (SpokenText(node.text),)
        case PlayNode():
            return (Sound(node.sound, node.lasts_s),)
        case PauseNode():
            return (Silence(node.length_s),)
        case GatherNode():
            return node.prompts
        case EnqueueNode():
            return node.welcome
        case RouteNode() | GotoNode() | PartnerNode() | HangupNode():
            return ()


def targets_of(node: Node) -> tuple[str, ...]:
    """The nodes of the same flow that can come after this one."""
    match node:
        case SayNode() | PlayNode() | PauseNode() | PartnerNode():
            return (node.next,)
        case GatherNode():
            return (*node.keys.values(), node.otherwise)
        case GotoNode():
            return () if node.node is None else (node.node,)
        case RouteNode() | EnqueueNode() | HangupNode():
            return ()
