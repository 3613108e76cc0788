"""Reads YAML as plain texts, whole numbers, true/false, lists and blocks, or says where it cannot.

YAML guesses: `NO` is false, `010` is eight, `1e3` a thousand, `2026-01-01` a date, and a
key written twice keeps its last value. A rule that was guessed wrong rings nobody. So the
loader of the library is not used at all: its parser's events are read one by one, nothing
is ever constructed, evaluated or looked up, and whatever two tools could read in two ways
is refused with the way to write it. Nesting is counted, not recursed into, and the number
of events is bounded, so that a hostile file is refused in well under a second
(`reliability.md` §7, 43 to 50).

Every value remembers its line and column: faults found later are told where they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from helpline.adapters.documents_source import (
    CONTROL,
    MOST_BYTES,
    Document,
    Mark,
    Where,
    decoded,
    in_order,
    refused,
)
from helpline.domain.errors import DocumentError, DocumentFinding

MOST_EVENTS: Final = 12_000
"""Some four hundred rules; the parser takes about 20 µs for each, on a machine with nothing else to do."""
DEEPEST: Final = 10

_CLOCK: Final = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?")
_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,8})")
_YES_NO: Final = re.compile(r"true|false|yes|no|on|off|y|n", re.IGNORECASE)
_NUMBERLIKE: Final = re.compile(r"[-+]?\.?[0-9][0-9_.]*([eE][-+]?[0-9]+)?|[-+]?\.(inf|nan)|0[xob].*", re.I)
_DATELIKE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*")

_PROBLEMS: Final = (
    ("mapping values are not allowed", "deux-points inattendus", "mettre le texte entre guillemets"),
    ("could not find expected ':'", "une clé sans deux-points", "écrire « clé: valeur »"),
    ("expected <block end>", "indentation ou guillemets inattendus", "aligner avec la ligne au-dessus"),
    ("unexpected end of stream", "guillemets qui ne sont pas refermés", "refermer les guillemets"),
    ("expected ',' or", "liste ou bloc qui n'est pas refermé", "refermer par ] ou }"),
    ("cannot start any token", "caractère inattendu", "mettre le texte entre guillemets"),
    ("unknown escape", "barre oblique inversée inconnue", "écrire avec des apostrophes : '…'"),
)


def read_file(path: Path) -> Document:
    """Read a file. Raises DocumentError when nothing of it can be read (see `read_text`)."""
    try:
        with path.open("rb") as file:
            # One byte more than allowed tells "too big" without reading ten megabytes.
            data = file.read(MOST_BYTES + 1)
    except OSError:
        raise refused(path.name, "le fichier ne peut pas être lu") from None
    return read_bytes(data, path.name)


def read_text(text: str, file: str) -> Document:
    """Read a text that is not in a file; `file` is what findings call it."""
    return read_bytes(text.encode("utf-8", "surrogatepass"), file)


def read_bytes(data: bytes, file: str) -> Document:
    """Read YAML. Raises DocumentError when it is not text or not YAML; other faults are noted."""
    document = Document(file, decoded(data, file))
    builder = _Builder(document)
    try:
        for event in YAML(typ="safe", pure=True).parse(document.text):
            builder.take(event)
    except MarkedYAMLError as problem:
        raise _unreadable(document, problem) from None
    except (YAMLError, ValueError, OverflowError):
        # An escape such as "\Uffffffff" fails outside the library's own errors.
        raise refused(file, "YAML illisible près d'ici", at=builder.at) from None
    if document.value is None and not document.findings:
        raise refused(file, "le fichier est vide")
    return document


def _unreadable(document: Document, problem: MarkedYAMLError) -> DocumentError:
    mark = problem.problem_mark or problem.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    said = f"{problem.context or ''} {problem.problem or ''}"
    told = ("YAML illisible ici", "vérifier guillemets, deux-points et indentation")
    reason, suggestion = next((known[1:] for known in _PROBLEMS if known[0] in said), told)
    finding = DocumentFinding(document.file, line, column, reason, suggestion)
    return DocumentError(in_order([*document.findings, finding]))


@dataclass(slots=True)
class _Open:
    """A list or block that is being read."""

    where: Where
    value: list[object] | dict[str, object]
    key: str | None = None
    key_where: Where = ()


class _Builder:
    """Builds the document's value from events, without recursion."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.open: list[_Open] = []
        self.events = 0
        self.at: Mark = (1, 1)
        self.documents = 0

    def take(self, event: Event) -> None:
        self.events += 1
        self.at = at = (event.start_mark.line + 1, event.start_mark.column + 1)
        if self.events > MOST_EVENTS:
            raise refused(self.document.file, "trop de lignes et de valeurs", at=at)
        match event:
            case DocumentStartEvent():
                self._begin(event, at)
            case AliasEvent():
                self._put(None, at)
                self.document.fault(self._last, "renvoi « * » refusé", "recopier la valeur", at=at)
            case ScalarEvent():
                self._scalar(event, at)
            case MappingStartEvent() | SequenceStartEvent():
                self._enter(event, at)
            case MappingEndEvent() | SequenceEndEvent():
                self.open.pop()

    def _begin(self, event: DocumentStartEvent, at: Mark) -> None:
        self.documents += 1
        if self.documents > 1:
            reason = "un second document commence (« --- »)"
            raise refused(self.document.file, reason, "un fichier pour chacun", at)
        if event.version or event.tags:
            raise refused(self.document.file, "directive « % » refusée", "effacer cette ligne", at)

    def _enter(self, event: MappingStartEvent | SequenceStartEvent, at: Mark) -> None:
        if len(self.open) >= DEEPEST:
            raise refused(self.document.file, f"plus de {DEEPEST} niveaux d'imbrication", at=at)
        if self._is_key():
            raise refused(self.document.file, "une clé ne peut être ni une liste ni un bloc", at=at)
        value: list[object] | dict[str, object] = {} if isinstance(event, MappingStartEvent) else []
        where = self._put(value, at)
        self._decorated(event.anchor, event.tag, where, at)
        self.open.append(_Open(where, value))

    def _scalar(self, event: ScalarEvent, at: Mark) -> None:
        plain = event.style is None
        value, fault = _meaning(event.value) if plain else (event.value, None)
        if isinstance(value, str) and CONTROL.search(value):
            fault = ("caractère de contrôle", "l'effacer")
        if self._is_key():
            where = self._name(event.value, at)
            if fault is None and not isinstance(value, str):
                fault = ("une clé est un texte", f'écrire "{event.value}":')
        else:
            where = self._put(value, at)
            if event.value == "":
                # The parser says an empty value stands where the next thing begins.
                at = self.document.keys.get(where, at)
        self._decorated(event.anchor, event.tag, where, at)
        if fault is not None and not self.document.is_faulty(where):
            self.document.fault(where, *fault, at=at)

    def _decorated(self, anchor: str | None, tag: str | None, where: Where, at: Mark) -> None:
        if tag is not None:
            word = tag.replace("tag:yaml.org,2002:", "!!")[:40]
            self.document.fault(where, f"étiquette « {word} » refusée", "l'effacer", at=at)
        elif anchor is not None:
            self.document.fault(where, "ancre « & » refusée", "l'effacer", at=at)

    def _is_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].value, dict) and self.open[-1].key is None

    def _name(self, key: str, at: Mark) -> Where:
        """Note the key whose value comes next; a second time it is a fault, and not kept."""
        block = self.open[-1]
        where = (*block.where, key)
        if where in self.document.keys:
            first = self.document.keys[where][0]
            reason = f"la clé « {key[:40]} » est écrite deux fois, lignes {first} et {at[0]}"
            self.document.fault(where, reason, "n'en garder qu'une", at=at)
        else:
            self.document.keys[where] = at
        block.key, block.key_where = key, where
        return where

    def _put(self, value: object, at: Mark) -> Where:
        """Put a value where it belongs, and say where that is."""
        if not self.open:
            self.document.value = value
            where: Where = ()
        elif isinstance(self.open[-1].value, list):
            where = (*self.open[-1].where, len(self.open[-1].value))
            self.open[-1].value.append(value)
        else:
            where = self.open[-1].key_where
            self.open[-1].value.setdefault(str(self.open[-1].key), value)
            self.open[-1].key = None
        self.document.places.setdefault(where, at)
        self._last = where
        return where


def _meaning(text: str) -> tuple[str | int | bool, tuple[str, str] | None]:
    """What an unquoted word means, or the fault in it: (reason, suggestion)."""
    quoted = f'écrire "{text[:40]}", ou un nombre entier'
    if text in ("true", "false"):
        return text == "true", None
    if _CLOCK.fullmatch(text):
        return text, None
    if _WHOLE.fullmatch(text):
        return int(text), None
    if text.lower() in ("", "~", "null"):
        return text, ("valeur vide", "écrire une valeur, ou effacer la clé")
    if text in ("<<", "="):
        return text, (f"« {text} » refusé", "recopier les valeurs")
    if _YES_NO.fullmatch(text):
        return text, (f"« {text} » peut se lire oui ou non", f'écrire true ou false, ou "{text}"')
    if _DATELIKE.fullmatch(text):
        return text, ("date sans guillemets", f'écrire "{text[:40]}"')
    if re.fullmatch(r"[-+]?[1-9][0-9]{9,}", text):
        return text, ("nombre de plus de neuf chiffres", f'écrire "{text[:40]}" si c\'est un texte')
    if re.fullmatch(r"[-+]?0[0-9_]+", text):
        return text, ("nombre qui commence par zéro (se lirait en octal)", f'écrire "{text[:40]}"')
    if _NUMBERLIKE.fullmatch(text):
        return text, ("nombre qui peut se lire de deux façons", quoted)
    return text, None
