"""The fiche as tiles: order, letters and keys of domain.md §5.2.

A field is reached by its letter, a tile of it by its key; both stand on the screen. The
letters leave out A to F, which are keys of tiles where ten digits are not enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from dashboard.i18n import N_
from helpline.domain.coded import Coded
from helpline.domain.orientation import ONE_OF, SEVERAL_OF, Choice, Fiche

NOT_SAID: Final = "np"
KEYS: Final = "1234567890ABCDEF"


@dataclass(frozen=True, slots=True)
class Tile:
    """`words` stand on the tile; `label` is the whole wording and begins with or contains them."""

    code: str
    key: str
    words: str
    label: str
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One row. `several`: any number of tiles; else one, taken back by choosing it again."""

    name: str
    letter: str
    words: str
    tiles: tuple[Tile, ...]
    several: bool = False
    needed: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    letter: str
    words: str
    keys: tuple[str, ...] | None = None


_ROWS: Final = (
    _Row("nature", "", N_("Nature de l’appel"), ("F1", "F2", "F3", "F4", "F5", "F6")),
    _Row("caller", "Q", N_("Qui appelle ?")),
    _Row("practice", "M", N_("Mode d’exercice")),
    _Row("discipline", "L", N_("Discipline")),
    _Row("sex", "X", N_("Sexe")),
    _Row("age", "G", N_("Âge estimé")),
    _Row("zone", "T", N_("Zone du tableau")),
    _Row("difficulties", "V", N_("Difficultés évoquées")),
    _Row("reconversion", "W", N_("Reconversion")),
    _Row("persistence", "P", N_("Temporalité")),
    _Row("level", "N", N_("Niveau")),
    _Row("help_given", "H", N_("Aide apportée")),
    _Row("first_call", "R", N_("Premier appel ?")),
    _Row("known_by", "U", N_("Connu par")),
    _Row("issue", "I", N_("Issue")),
)

_ELSEWHERE: Final[Mapping[str, str]] = {
    "main_difficulty": N_("Difficulté principale"),
    "help_asked": N_("Aide demandée"),
    "proposals": N_("Pistes proposées"),
    "no_orientation": N_("Ne souhaite pas d’orientation"),
    "fiche": N_("Fiche"),
    "to": N_("Ma disponibilité"),
}
"""What else a refusal may name."""

_SHORT: Final[Mapping[str, Mapping[str, str]]] = {
    "caller": {
        "interne": "Interne",
        "etudiant": "Étudiant",
        "famille": "Famille",
        "ayant_droit": "Ayant droit",
        "confrere": "Confrère",
        "employeur": "Employeur",
        "autre_soignant": "Autre soignant",
    },
    "practice": {
        "hospitalier": "Hospitalier",
        "salarie": "Salarié",
        "remplacant": "Remplaçant",
        "retraite": "Retraité",
        "arret": "En arrêt",
    },
    "discipline": {
        "mg": "Générale",
        "specialite": "Spécialité",
        "plateau": "Chirurgie, plateau",
        "autre": "Autre",
    },
    "sex": {"np": "n. p."},
    "age": {"lt35": "< 35", "35_49": "35–49", "ge50": "50 et +", "np": "n. p."},
    "difficulties": {
        "EPU": "Épuisement",
        "CON": "Conflit",
        "VIO": "Violence",
        "ORG": "Organisation",
        "REC": "Reconversion",
        "ORD": "Plainte, Ordre",
        "JUR": "Juridique",
        "FIN": "Financière",
        "SOC": "Sociale",
        "FAM": "Famille, deuil",
        "PSY": "Souffrance psy.",
        "SUI": "Suicide",
        "ADD": "Addiction",
        "SOM": "Somatique",
        "AUT": "Autre",
    },
    "level": {"1": "Information", "2": "Légère", "3": "Suivi", "4": "Idées suic.", "5": "Imminent"},
    "help_given": {
        "ecoute": "Écoute",
        "soutien": "Soutien",
        "urgence": "Urgence",
    },
    "known_by": {"ordre": "Ordre", "association": "Asso", "np": "n. p."},
    "issue": {"a_rappeler": "À rappeler"},
}


def fields_of(fiche: Fiche) -> tuple[Field, ...]:
    """All rows with their tiles; the way of a reconversion only where it is one."""
    return tuple(
        _field(row, fiche) for row in _ROWS if row.name != "reconversion" or "REC" in fiche.difficulties
    )


def words_of(field: str) -> str:
    """What a field is called on the screen; "" for one that is not there."""
    return next((row.words for row in _ROWS if row.name == field), _ELSEWHERE.get(field, ""))


def choices_of(choice: Choice | None) -> tuple[Tile, ...]:
    """The caller's choice for one proposal. None is chosen until the caller does."""
    short = {"relation": "Mise en relation"}
    return tuple(_tile(member, key, short, {choice}) for member, key in zip(Choice, KEYS, strict=False))


def _field(row: _Row, fiche: Fiche) -> Field:
    several = row.name in SEVERAL_OF
    kind = SEVERAL_OF[row.name] if several else ONE_OF[row.name]
    value: object = getattr(fiche, row.name)
    chosen: Iterable[object] = value if isinstance(value, frozenset) else {value}
    short = _SHORT.get(row.name, {})
    tiles = tuple(
        _tile(member, key, short, chosen) for member, key in zip(kind, row.keys or KEYS, strict=False)
    )
    if not several and value is None:
        tiles = tuple(_by_default(tile) for tile in tiles)
    return Field(row.name, row.letter, row.words, tiles, several, needed=row.name == "issue")


def _tile(member: Coded, key: str, short: Mapping[str, str], chosen: Iterable[object]) -> Tile:
    words = short.get(member.value, member.label)
    return Tile(member.value, key, words, member.label, member in chosen)


def _by_default(tile: Tile) -> Tile:
    """« Non précisé » is what holds until something else is said: it needs no key."""
    return Tile(tile.code, tile.key, tile.words, tile.label, checked=tile.code == NOT_SAID)
