"""What we can ask a carrier to do with one leg: the only words of the call path.

A document is a tuple of verbs, executed top to bottom. Verbs know paths of ours
("/voice/left"), never hosts, tokens or carrier syntax: an adapter in
`adapters/carriers/` turns them into what its carrier speaks.

There is deliberately nothing here that could record, transcribe, listen in or
mute (promise P3): what is not in this union cannot be emitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Say:
    """Speak `text` (plain words, no markup) in `language` ("fr", "en")."""

    text: str
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class Play:
    """Play the sound file at `path` (one of our own paths), `loop` times."""

    path: str
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    """Stay silent for `length_s` whole seconds (≥ 1)."""

    length_s: int


Prompt: TypeAlias = Say | Play | Pause


@dataclass(frozen=True, slots=True)
class Gather:
    """Wait for keys while speaking `prompts`; keys go to `action_path`.

    `num_digits` keys end the wait at once; `timeout_s` counts after the prompts.
    With `answer_silence` the action is requested even when no key came;
    otherwise the document goes on with the next verb.
    """

    action_path: str
    prompts: tuple[Prompt, ...] = ()
    num_digits: int = 1
    timeout_s: int = 5
    answer_silence: bool = False


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Park the caller in the carrier's queue `queue`.

    `wait_path` is asked for what the caller hears, again each time it has run
    out; `action_path` is asked when the caller leaves the queue, whatever the reason.
    """

    queue: str
    wait_path: str
    action_path: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the carrier's queue; only meaningful inside a wait document."""


@dataclass(frozen=True, slots=True)
class Conference:
    """Join the room `room` (a random attempt id), without beep, sound or moderator.

    Everybody's entry starts the room and nobody's exit ends it. News of the room
    goes to `news_path`; `action_path` is asked when this leg has left it.
    """

    room: str
    news_path: str
    action_path: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring one verified ten-digit `number_e164` for `ring_s`, showing `shown_line`.

    With `screened` the answering side must press a key to be bridged (a mailbox cannot).
    The partner line is not: an institution's welcome presses none. Used only for the
    partner line and by the fallback chain.
    `shown_line` is the id of one of our lines, never the caller's number.
    """

    number_e164: str
    shown_line: str
    screened: bool = True
    ring_s: int = 20


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with the document at `path`."""

    path: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """End this leg."""


Verb: TypeAlias = Say | Play | Pause | Gather | Enqueue | Leave | Conference | Dial | Redirect | Hangup
Document: TypeAlias = tuple[Verb, ...]
