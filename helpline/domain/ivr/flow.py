"""A flow, the place a call has reached in it, and the texts it speaks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from helpline.domain import paths, verbs
from helpline.domain.errors import SessionUnreadable, UnknownPlace
from helpline.domain.ivr.nodes import Node, PartnerText, Prompt, Silence, Sound, SpokenText

MOST_KEYS_KEPT: Final = 8
"""Older keypresses of a call are forgotten: the session must stay small."""

SERVICE_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "accueil": (
        "talk_over",
        "talk_over_ended",
        "closing",
        "talk_cut",
        "still_here",
        "to_partner",
        "after_partner",
    ),
    "proposition": ("already_taken", "one_moment", "caller_gone"),
}
"""Texts the services speak outside any node, by the flow that must have them (design §5.4, §5.7)."""


class FlowKind(StrEnum):
    """Who hears a flow, and when."""

    CALL = "call"  # a caller, not in the line
    WAIT = "wait"  # a caller in the line, one document at a time
    OFFER = "offer"  # a psychologist who is being asked


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow as it was published. `languages` in order of preference, the first is complete.

    `texts` maps a text's name to its wording by language. Whatever passed `check` makes
    the interpreter neither fail nor run in circles.
    """

    id: str
    version: str
    kind: FlowKind
    languages: tuple[str, ...]
    start: str
    nodes: Mapping[str, Node]
    texts: Mapping[str, Mapping[str, str]]

    def node(self, name: str) -> Node:
        """Raises UnknownPlace."""
        try:
            return self.nodes[name]
        except KeyError:
            raise UnknownPlace(self.id, name) from None


@dataclass(frozen=True, slots=True)
class FlowSession:
    """Where one call stands: it lives on the live call as a short text.

    `tries` counts how often the gather node `node` has been spoken, 0 when the node was
    not yet reached; `keys` are the presses that meant something, oldest first. What was
    pressed and meant nothing is nowhere kept.
    """

    flow: str
    version: str
    node: str
    tries: int
    language: str
    keys: tuple[str, ...] = ()

    def to_text(self) -> str:
        parts = [self.flow, self.version, self.node, self.tries, self.language, *self.keys]
        return json.dumps(parts, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> FlowSession:
        """Read what `to_text` wrote. Raises SessionUnreadable, without repeating the text."""
        try:
            parts: object = json.loads(text)
        except ValueError:
            raise SessionUnreadable("not JSON") from None
        match parts:
            case [str(flow), str(version), str(node), int(tries), str(language), *keys]:
                return cls(flow, version, node, tries, language, tuple(_as_key(key) for key in keys))
            case _:
                raise SessionUnreadable("not a flow session")


def _as_key(value: object) -> str:
    if isinstance(value, str):
        return value
    raise SessionUnreadable("a key is not a text")


def spoken(flow: Flow, text: str, language: str) -> verbs.Say:
    """The named text as a verb, in `language` or, where it is missing, the flow's first one.

    Services use it for SERVICE_TEXTS. Raises UnknownPlace when the flow has no such text.
    """
    wordings = flow.texts.get(text, {})
    for candidate in (language, *flow.languages):
        if candidate in wordings:
            return verbs.Say(wordings[candidate], candidate)
    raise UnknownPlace(flow.id, text)


def heard(flow: Flow, prompt: Prompt, language: str) -> verbs.Prompt:
    """A prompt of a node as the verb that makes it heard."""
    match prompt:
        case SpokenText() | PartnerText():
            return spoken(flow, prompt.text, language)
        case Sound():
            return verbs.Play(paths.sound(prompt.sound))
        case Silence():
            return verbs.Pause(prompt.length_s)
