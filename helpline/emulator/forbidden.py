"""The words of recording, transcription, secret listening and answering-machine guesses.

The promise is that no code of the service can emit them: meeting one breaks the run. They stand in this file
only, so that a search of the tree for any of them is itself a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from helpline.emulator.twiml import TwimlError, Verb, parse

VERBS = frozenset(
    {
        "Record",
        "Stream",
        "Siprec",
        "Transcription",
        "ConversationRelay",
        "Connect",
        "Start",
        "Stop",
        "AiSession",
    }
)
WORDS = ("record", "transcri", "coach", "muted", "machinedetection", "amd", "siprec", "eventcallbackurl")
RESOURCES = ("Recordings", "Transcriptions", "Streams", "Siprec", "RecordingSettings")


def _forbidden(name: str) -> bool:
    lowered = name.lower()
    return any(lowered.startswith(word) or word in lowered for word in WORDS)


def in_document(verbs: Iterable[Verb]) -> list[str]:
    """Every forbidden verb or attribute, nested ones included, as `<Verb>` or `<Verb attribute="value">`."""
    found: list[str] = []
    for verb in verbs:
        if verb.name in VERBS:
            found.append(f"<{verb.name}>")
        found += [
            f'<{verb.name} {key}="{value}">' for key, value in verb.attributes.items() if _forbidden(key)
        ]
        found += in_document(verb.children)
    return found


def in_text(document: str) -> list[str]:
    """The same of a document handed over in a request; nothing when it is none."""
    try:
        return in_document(parse(document.encode("utf-8", "replace")))
    except TwimlError:
        return []


def in_rest(path: str, names: Iterable[str]) -> list[str]:
    """Every forbidden parameter or resource of a REST request."""
    found = [name for name in names if _forbidden(name)]
    return found + [part for part in path.split("/") if part.removesuffix(".json") in RESOURCES]


def participant_flags() -> dict[str, str]:
    """What room callbacks carry about these features, which nobody can have turned on."""
    return {"Muted": "false", "Coaching": "false"}


def participant_fields() -> dict[str, bool | None]:
    """The same in the REST resource of a participant."""
    return {"muted": False, "coaching": False, "call_sid_to_coach": None}


def call_subresources(uri: str) -> Mapping[str, str]:
    """Links that a call resource carries to resources refused here, as the real one does."""
    names = ("recordings", "streams", "siprec", "transcriptions")
    return {name: f"{uri}/{name.capitalize()}.json" for name in names}
