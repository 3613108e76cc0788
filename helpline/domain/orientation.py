"""The fiche: what was discussed in one call and what the caller chose, in codes only.

It must not be able to name anybody. So there is no free text, no date, no place finer
than six zones, no exact age, and every value is one of the codes of `nomenclature.py`.
Whether the psychologist wishes to debrief is not here either: that would join a person
to a call.

Everything is optional, nothing is preselected, and refusing is a normal end: the fiche
of a caller who wanted no orientation is as complete as any other. The one field that
says the coding is finished is `issue`.

`as_codes` gives the shape that is stored and sent: field name to a code, a list of
codes, `true`, or for proposals a list of [type, structure id or null, choice or null].
What is not coded is left out; lists stand in the order of the nomenclature. So equal
fiches have equal codes. Canonical JSON and padding are done where the sealing is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from helpline.domain.coded import Coded
from helpline.domain.directory import STRUCTURE_ID, OrientationType
from helpline.domain.errors import FicheRefused
from helpline.domain.nomenclature import (
    Age,
    Caller,
    Choice,
    Difficulty,
    Discipline,
    FirstCall,
    HelpAsked,
    HelpGiven,
    Issue,
    KnownBy,
    Level,
    Nature,
    Persistence,
    Practice,
    Reconversion,
    Sex,
    Zone,
)

__all__ = [
    "Age",
    "Caller",
    "Choice",
    "CodeValue",
    "Difficulty",
    "Discipline",
    "FIELDS",
    "Fiche",
    "FirstCall",
    "HelpAsked",
    "HelpGiven",
    "Issue",
    "KnownBy",
    "Level",
    "MAX_PROPOSALS",
    "Nature",
    "ONE_OF",
    "OrientationType",
    "Persistence",
    "Practice",
    "Proposal",
    "Reconversion",
    "SEVERAL_OF",
    "Sex",
    "Zone",
    "as_codes",
    "from_codes",
    "note",
]

MAX_PROPOSALS: Final = 20
_FIELD_NAME: Final = re.compile(r"[a-z_]{1,30}")

CodeValue: TypeAlias = "str | bool | list[str] | list[list[str | None]]"
C = TypeVar("C", bound=Coded)

ONE_OF: Final[Mapping[str, type[Coded]]] = {
    "nature": Nature,
    "caller": Caller,
    "practice": Practice,
    "discipline": Discipline,
    "sex": Sex,
    "age": Age,
    "zone": Zone,
    "main_difficulty": Difficulty,
    "reconversion": Reconversion,
    "persistence": Persistence,
    "level": Level,
    "first_call": FirstCall,
    "known_by": KnownBy,
    "issue": Issue,
}
"""Fields that hold at most one code."""

SEVERAL_OF: Final[Mapping[str, type[Coded]]] = {
    "difficulties": Difficulty,
    "help_asked": HelpAsked,
    "help_given": HelpGiven,
}
"""Fields that hold any number of codes."""

FIELDS: Final = frozenset(ONE_OF) | frozenset(SEVERAL_OF) | {"proposals", "no_orientation"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One place or kind of place that was proposed, and what the caller made of it, if said.

    Raises FicheRefused when `structure_id` is not the slug of a structure.
    """

    type: OrientationType
    structure_id: str | None = None
    choice: Choice | None = None

    def __post_init__(self) -> None:
        if self.structure_id is not None and STRUCTURE_ID.fullmatch(self.structure_id) is None:
            raise FicheRefused("proposals", "identifiant de structure irrecevable")


@dataclass(frozen=True, slots=True)
class Fiche:
    """The coded sheet of one call; None or empty means "not coded".

    Raises FicheRefused when it contradicts itself: a main difficulty that is not among
    the difficulties, a way of reconversion without REC, more than 20 proposals, or "no
    orientation wished" beside a proposal that was taken up.
    """

    nature: Nature | None = None
    caller: Caller | None = None
    practice: Practice | None = None
    discipline: Discipline | None = None
    sex: Sex | None = None
    age: Age | None = None
    zone: Zone | None = None
    difficulties: frozenset[Difficulty] = frozenset()
    main_difficulty: Difficulty | None = None
    reconversion: Reconversion | None = None
    persistence: Persistence | None = None
    level: Level | None = None
    help_asked: frozenset[HelpAsked] = frozenset()
    help_given: frozenset[HelpGiven] = frozenset()
    proposals: tuple[Proposal, ...] = ()
    no_orientation: bool = False
    first_call: FirstCall | None = None
    known_by: KnownBy | None = None
    issue: Issue | None = None

    def __post_init__(self) -> None:
        if self.main_difficulty is not None and self.main_difficulty not in self.difficulties:
            raise FicheRefused("main_difficulty", "n'est pas parmi les difficultés évoquées")
        if self.reconversion is not None and Difficulty.REC not in self.difficulties:
            raise FicheRefused("reconversion", "demande la difficulté REC")
        if len(self.proposals) > MAX_PROPOSALS:
            raise FicheRefused("proposals", f"au plus {MAX_PROPOSALS} pistes")
        taken_up = {Choice.KEPT, Choice.PUT_THROUGH}
        if self.no_orientation and any(proposal.choice in taken_up for proposal in self.proposals):
            raise FicheRefused("no_orientation", "une piste est retenue ou mise en relation")

    @property
    def is_coded(self) -> bool:
        """Whether the coding was finished: sealed as it is, otherwise as *non codé*."""
        return self.issue is not None


def note(fiche: Fiche, changes: Mapping[str, object]) -> Fiche:
    """The fiche with `changes` (field name to code or codes as in `as_codes`; None un-codes).

    A list replaces the list there was. Unticking the main difficulty, or REC, takes with
    it what hung on it, unless `changes` names that too. Raises FicheRefused naming the
    field for an unknown field or code, a wrong shape, or a fiche that contradicts itself;
    `fiche` is then unchanged. Noting the same twice changes nothing more.
    """
    merged: dict[str, object] = {**as_codes(fiche), **changes}
    if "difficulties" in changes:
        left = _texts("difficulties", changes["difficulties"])
        if "main_difficulty" not in changes and merged.get("main_difficulty") not in left:
            merged["main_difficulty"] = None
        if "reconversion" not in changes and Difficulty.REC.value not in left:
            merged["reconversion"] = None
    return from_codes(merged)


def as_codes(fiche: Fiche) -> dict[str, CodeValue]:
    """The codes of a fiche, without what is not coded; `from_codes` reads them back."""
    codes: dict[str, CodeValue] = {}
    for name in ONE_OF:
        value: object = getattr(fiche, name)
        if isinstance(value, Coded):
            codes[name] = value.value
    for name, kind in SEVERAL_OF.items():
        chosen: object = getattr(fiche, name)
        if isinstance(chosen, frozenset) and chosen:
            codes[name] = [member.value for member in kind if member in chosen]
    if fiche.proposals:
        codes["proposals"] = [
            [made.type.value, made.structure_id, made.choice.value if made.choice else None]
            for made in fiche.proposals
        ]
    if fiche.no_orientation:
        codes["no_orientation"] = True
    return codes


def from_codes(codes: Mapping[str, object]) -> Fiche:
    """The fiche of these codes; None stands for "not coded". Raises FicheRefused as `note` does."""
    for name in codes:
        if name not in FIELDS:
            # Only something that looks like a field is repeated: messages reach logs.
            raise FicheRefused(name if _FIELD_NAME.fullmatch(name) else "?", "champ inconnu")
    return Fiche(
        nature=_one(codes, "nature", Nature),
        caller=_one(codes, "caller", Caller),
        practice=_one(codes, "practice", Practice),
        discipline=_one(codes, "discipline", Discipline),
        sex=_one(codes, "sex", Sex),
        age=_one(codes, "age", Age),
        zone=_one(codes, "zone", Zone),
        difficulties=_several(codes, "difficulties", Difficulty),
        main_difficulty=_one(codes, "main_difficulty", Difficulty),
        reconversion=_one(codes, "reconversion", Reconversion),
        persistence=_one(codes, "persistence", Persistence),
        level=_one(codes, "level", Level),
        help_asked=_several(codes, "help_asked", HelpAsked),
        help_given=_several(codes, "help_given", HelpGiven),
        proposals=_proposals(codes.get("proposals")),
        no_orientation=_flag(codes, "no_orientation"),
        first_call=_one(codes, "first_call", FirstCall),
        known_by=_one(codes, "known_by", KnownBy),
        issue=_one(codes, "issue", Issue),
    )


def _code(field: str, value: object, kind: type[C]) -> C:
    # The refused value is not repeated: somebody may have typed a name into it.
    if isinstance(value, str):
        for member in kind:
            if member.value == value:
                return member
    known = ", ".join(member.value for member in kind)
    raise FicheRefused(field, f"code inconnu ; attendu : {known}")


def _one(codes: Mapping[str, object], field: str, kind: type[C]) -> C | None:
    value = codes.get(field)
    return None if value is None else _code(field, value, kind)


def _several(codes: Mapping[str, object], field: str, kind: type[C]) -> frozenset[C]:
    return frozenset(_code(field, value, kind) for value in _texts(field, codes.get(field)))


def _texts(field: str, value: object) -> list[object]:
    if value is None:
        return []
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise FicheRefused(field, "attendu : une liste de codes")
    return list(value)


def _flag(codes: Mapping[str, object], field: str) -> bool:
    value = codes.get(field)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise FicheRefused(field, "attendu : vrai ou faux")


def _proposals(value: object) -> tuple[Proposal, ...]:
    return tuple(_proposal(made) for made in _texts("proposals", value))


def _proposal(value: object) -> Proposal:
    parts = _texts("proposals", value)
    if len(parts) != 3:
        raise FicheRefused("proposals", "attendu : [type, structure ou null, choix ou null]")
    kind, structure, choice = parts
    if structure is not None and not isinstance(structure, str):
        raise FicheRefused("proposals", "identifiant de structure irrecevable")
    return Proposal(
        type=_code("proposals", kind, OrientationType),
        structure_id=structure,
        choice=None if choice is None else _code("proposals", choice, Choice),
    )
