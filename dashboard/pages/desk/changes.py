"""What one press on the fiche changes: from a form of a few words to codes for `note_fiche`.

Each is a wish about one field ("this tile on"), never a whole fiche: two tabs disturb each
other in nothing but the same field, and doing the same twice changes nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dashboard.i18n import _
from dashboard.pages.desk.fields import NOT_SAID
from helpline.domain.coded import Coded
from helpline.domain.directory import OrientationType, Structure
from helpline.domain.errors import FicheRefused
from helpline.domain.orientation import ONE_OF, SEVERAL_OF, Choice, CodeValue, Fiche, as_codes


def tile_changes(fiche: Fiche, field: str, code: str, *, on: bool) -> dict[str, object]:
    """A tile was chosen or taken back. Raises FicheRefused for an unknown field; the rest is `note`'s to refuse."""
    if field == "no_orientation":
        return {field: on}
    if field in SEVERAL_OF:
        return {field: _with(_listed(as_codes(fiche), field), code, on=on)}
    if field not in ONE_OF:
        raise FicheRefused("?", "champ inconnu")
    if field == "main_difficulty" and on:
        difficulties = _with(_listed(as_codes(fiche), "difficulties"), code, on=True)
        return {"difficulties": difficulties, field: code}
    return {field: code if on and code != NOT_SAID else None}


def propose(fiche: Fiche, kind: str, structure: str, known: Iterable[Structure]) -> dict[str, object]:
    """Put a structure, or a type without one (""), among the proposals; once.

    Raises FicheRefused for one the directory does not have under that type.
    """
    _check(OrientationType, kind)
    if structure and not any(s.id == structure and s.type.value == kind for s in known):
        raise FicheRefused("proposals", "structure inconnue de l’annuaire")
    rows = _rows(fiche)
    wanted = [kind, structure or None]
    return {"proposals": rows if any(row[:2] == wanted for row in rows) else [*rows, [*wanted, None]]}


def choose(fiche: Fiche, kind: str, structure: str, choice: str | None) -> dict[str, object]:
    """What the caller made of one proposal; None takes it back."""
    if choice is not None:
        _check(Choice, choice)
    wanted = [kind, structure or None]
    if not any(row[:2] == wanted for row in _rows(fiche)):
        raise FicheRefused("proposals", "cette piste n’est pas sur la fiche")
    return {"proposals": [[*wanted, choice] if row[:2] == wanted else row for row in _rows(fiche)]}


def withdraw(fiche: Fiche, kind: str, structure: str) -> dict[str, object]:
    """Take a proposal off the fiche."""
    return {"proposals": [row for row in _rows(fiche) if row[:2] != [kind, structure or None]]}


def name_of(kind: OrientationType, structure: str | None, known: Mapping[str, Structure]) -> str:
    """How a proposal is called on the screen."""
    found = known.get(structure) if structure else None
    return found.name if found is not None else _(kind.label)


def _check(kind: type[Coded], code: str) -> None:
    """Raises FicheRefused; what was sent is not repeated: it may be a name."""
    if code not in set(kind):
        raise FicheRefused("proposals", "code inconnu ; attendu : " + ", ".join(m.value for m in kind))


def _rows(fiche: Fiche) -> list[list[str | None]]:
    return [
        [made.type.value, made.structure_id, made.choice.value if made.choice else None]
        for made in fiche.proposals
    ]


def _listed(codes: Mapping[str, CodeValue], field: str) -> list[str]:
    found = codes.get(field, [])
    return [code for code in found if isinstance(code, str)] if isinstance(found, list) else []


def _with(codes: list[str], code: str, *, on: bool) -> list[str]:
    left = [known for known in codes if known != code]
    return [*left, code] if on else left
