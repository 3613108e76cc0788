"""The text of a document before anything is read in it, and where its faults are noted.

Windows line ends, tabs, byte-order marks and control characters are refused: each is
invisible in an editor and changes what a line means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from helpline.domain.errors import DocumentError, DocumentFinding

MOST_BYTES: Final = 256 * 1024

Where: TypeAlias = "tuple[str | int, ...]"
Mark: TypeAlias = "tuple[int, int]"

CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(slots=True)
class Document:
    """What a file says, and where it says it.

    `value` holds str, int, bool, list and dict only. `places` are lines and columns,
    counted from 1, of values and (`keys`) of the keys before them, by path. `findings`
    are the faults so far; at the paths of `faulty` the value is only a stand-in.
    """

    file: str
    text: str
    value: object = None
    places: dict[Where, Mark] = field(default_factory=dict)
    keys: dict[Where, Mark] = field(default_factory=dict)
    findings: list[DocumentFinding] = field(default_factory=list)
    faulty: set[Where] = field(default_factory=set)

    def fault(self, where: Where, reason: str, suggestion: str = "", *, at: Mark | None = None) -> None:
        """Note a fault at a path; `at` when the place is known better than by the path."""
        line, column = at or self.mark(where)
        self.findings.append(DocumentFinding(self.file, line, column, reason, suggestion))
        self.faulty.add(where)

    def mark(self, where: Where) -> Mark:
        """Where the value of a path stands, or the nearest thing around it that stands anywhere.

        A block that begins below its key is pointed at by the key: that is its name.
        """
        for length in range(len(where), 0, -1):
            key, value = self.keys.get(where[:length]), self.places.get(where[:length])
            if key is not None and (value is None or value[0] > key[0]):
                return key
            if value is not None:
                return value
        return (1, 1)

    def is_faulty(self, where: Where) -> bool:
        """Whether a fault was already told at this path or around it."""
        return any(where[:length] in self.faulty for length in range(len(where) + 1))

    def refuse_if_faulty(self) -> None:
        if self.findings:
            raise DocumentError(in_order(self.findings))


def in_order(findings: list[DocumentFinding]) -> tuple[DocumentFinding, ...]:
    """Each finding once, by file, line and column."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda found: (found.file, found.line, found.column)))


def refused(file: str, reason: str, suggestion: str = "", at: Mark = (1, 1)) -> DocumentError:
    """The error that ends the reading: one fault after which nothing else can be told."""
    line, column = at
    return DocumentError((DocumentFinding(file, line, column, reason, suggestion),))


def decoded(data: bytes, file: str) -> str:
    """The text of `data`. Raises DocumentError for what is not clean UTF-8 of at most 256 kB."""
    if len(data) > MOST_BYTES:
        raise refused(file, f"fichier de plus de {MOST_BYTES // 1024} ko")
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) or data[1:2] == b"\x00":
        reason = "fichier en UTF-16, ou avec une marque d'ordre"
        raise refused(file, reason, "enregistrer en UTF-8 sans marque")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        at = _mark_of(data[: problem.start].decode("utf-8"))
        raise refused(file, "octets qui ne sont pas de l'UTF-8", "enregistrer en UTF-8", at) from None
    for character, reason, suggestion in (
        ("\t", "tabulation", "écrire des espaces"),
        ("\r", "fins de ligne Windows (CRLF)", "enregistrer avec des fins de ligne Unix (LF)"),
    ):
        if character in text:
            raise refused(file, reason, suggestion, _mark_of(text[: text.index(character)]))
    control = CONTROL.search(text)
    if control is not None:
        raise refused(file, "caractère de contrôle", "l'effacer", _mark_of(text[: control.start()]))
    return text


def _mark_of(before: str) -> Mark:
    return before.count("\n") + 1, len(before) - before.rfind("\n")
