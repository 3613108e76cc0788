"""Documents as data: parsed XML, nothing run."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

MAX_BYTES = 64 * 1024


class TwimlError(Exception):
    """A document that cannot be executed. `code` is the carrier's error number."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Verb:
    """One element: names as written (case counts), `text` stripped, children in order."""

    name: str
    attributes: Mapping[str, str]
    text: str
    children: tuple[Verb, ...] = ()

    def get(self, attribute: str, default: str = "") -> str:
        """An attribute's text, or the default when it is absent."""
        return self.attributes.get(attribute, default)


def parse(body: bytes) -> tuple[Verb, ...]:
    """The verbs of a document.

    Raises TwimlError: 11770 empty, 11750 over 64 kB, 12100 not XML, 12102 root is not Response.
    """
    if not body.strip():
        raise TwimlError(11770, "empty document")
    if len(body) > MAX_BYTES:
        raise TwimlError(11750, "document over 64 kB")
    if b"<!DOCTYPE" in body:  # an entity could grow without limit
        raise TwimlError(12100, "document type declarations are refused")
    try:
        root = ET.fromstring(body)
    except (ET.ParseError, ValueError, LookupError) as error:
        raise TwimlError(12100, f"document parse failure: {error}") from None
    if root.tag != "Response":
        raise TwimlError(12102, f"root element is {root.tag}")
    return tuple(_verb(element) for element in root)


def _verb(element: ET.Element) -> Verb:
    children = tuple(_verb(child) for child in element)
    own = (element.text or "") + "".join(child.tail or "" for child in element)
    return Verb(element.tag, dict(element.attrib), " ".join(own.split()), children)


CALLBACK = frozenset({"statusCallback", "statusCallbackEvent", "statusCallbackMethod"})
SCREEN = frozenset({"url", "method"})
ATTRIBUTES: dict[str, frozenset[str]] = {
    "Say": frozenset({"voice", "language", "loop"}),
    "Play": frozenset({"loop", "digits"}),
    "Pause": frozenset({"length"}),
    "Redirect": frozenset({"method"}),
    "Reject": frozenset({"reason"}),
    "Hangup": frozenset(),
    "Leave": frozenset(),
    "Gather": frozenset(
        "input action method timeout finishOnKey numDigits actionOnEmptyResult language".split()
    ),
    "Enqueue": frozenset("action method waitUrl waitUrlMethod maxQueueSize".split()),
    "Dial": frozenset(
        "action method timeout timeLimit callerId answerOnBridge hangupOnStar ringTone sequential".split()
    ),
    "Number": CALLBACK | SCREEN,
    "Client": CALLBACK | SCREEN,
    "Identity": frozenset(),
    "Parameter": frozenset({"name", "value"}),
    "Conference": CALLBACK
    | frozenset(
        "beep startConferenceOnEnter endConferenceOnExit participantLabel waitUrl waitMethod maxParticipants "
        "region jitterBufferSize".split()
    ),
}
NESTED: dict[str, frozenset[str]] = {
    "Gather": frozenset({"Say", "Play", "Pause"}),
    "Dial": frozenset({"Number", "Client", "Conference"}),
    "Client": frozenset({"Identity", "Parameter"}),
}
SPEECH_MARKS = frozenset("break emphasis lang p phoneme prosody s say-as sub w".split())


def checked(verbs: tuple[Verb, ...]) -> tuple[tuple[Verb, ...], list[str]]:
    """Drop what the schema does not know, as the carrier does, and say what was dropped (warning 12200).

    Names are case-sensitive: `Timeout` on a Dial is unknown, so the default applies.
    """
    kept: list[Verb] = []
    warnings: list[str] = []
    for verb in verbs:
        allowed = ATTRIBUTES.get(verb.name)
        if allowed is None:
            warnings.append(f"<{verb.name}> is not a known verb")
            continue
        warnings += [
            f"<{verb.name}> has no attribute {name}" for name in verb.attributes if name not in allowed
        ]
        attributes = {name: value for name, value in verb.attributes.items() if name in allowed}
        children, inner = _children(verb)
        warnings += inner
        kept.append(Verb(verb.name, attributes, verb.text, children))
    return tuple(kept), warnings


def _children(verb: Verb) -> tuple[tuple[Verb, ...], list[str]]:
    if verb.name == "Say":  # marks of speech synthesis: only their words are heard
        return verb.children, [f"<Say> holds <{c.name}>" for c in verb.children if c.name not in SPEECH_MARKS]
    allowed = NESTED.get(verb.name, frozenset())
    strangers = [
        f"<{verb.name}> cannot hold <{child.name}>" for child in verb.children if child.name not in allowed
    ]
    kept, warnings = checked(tuple(child for child in verb.children if child.name in allowed))
    return kept, strangers + warnings


def spoken(verb: Verb) -> str:
    """The words of a Say, those inside marks included."""
    return " ".join([verb.text, *(spoken(child) for child in verb.children)]).strip()
