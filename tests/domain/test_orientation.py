"""The fiche: codes only, free choice, lossless, and never larger than its envelope."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.domain import nomenclature
from helpline.domain.coded import Coded
from helpline.domain.directory import OrientationType, Structure
from helpline.domain.errors import FicheRefused
from helpline.domain.orientation import (
    FIELDS,
    MAX_PROPOSALS,
    ONE_OF,
    SEVERAL_OF,
    Caller,
    Choice,
    Difficulty,
    Fiche,
    HelpAsked,
    Issue,
    Level,
    Proposal,
    Zone,
    as_codes,
    from_codes,
    note,
)

ENVELOPE_BYTES = 2_048 - 64
LONGEST_ID = "a" * 32
ALL_ENUMS = [
    kind for kind in vars(nomenclature).values() if isinstance(kind, type) and issubclass(kind, Coded)
]


def canonical(fiche: Fiche) -> bytes:
    return json.dumps(as_codes(fiche), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def codes_of(kind: type[Coded]) -> st.SearchStrategy[str]:
    return st.sampled_from([member.value for member in kind])


@st.composite
def changes(draw: st.DrawFn) -> dict[str, object]:
    one = {name: codes_of(kind) | st.none() for name, kind in ONE_OF.items()}
    several = {name: st.lists(codes_of(kind), unique=True) for name, kind in SEVERAL_OF.items()}
    slugs = st.none() | st.from_regex(r"[a-z][a-z-]{0,31}", fullmatch=True)
    proposal = st.tuples(codes_of(OrientationType), slugs, st.none() | codes_of(Choice)).map(list)
    rest = {"proposals": st.lists(proposal, max_size=MAX_PROPOSALS), "no_orientation": st.booleans()}
    return draw(st.fixed_dictionaries({}, optional={**one, **several, **rest}))


def noted(made: dict[str, object]) -> Fiche | None:
    try:
        return note(Fiche(), made)
    except FicheRefused:
        return None


@given(changes())
def test_codes_are_lossless_and_equal_fiches_have_equal_codes(made: dict[str, object]) -> None:
    fiche = noted(made)
    if fiche is None:
        return

    assert from_codes(as_codes(fiche)) == fiche
    assert from_codes(json.loads(canonical(fiche))) == fiche
    assert note(fiche, made) == fiche


@given(changes(), changes())
def test_a_refused_change_leaves_the_fiche_and_a_taken_one_changes_what_it_names(
    before: dict[str, object], made: dict[str, object]
) -> None:
    fiche = noted(before) or Fiche()
    kept = as_codes(fiche)
    try:
        after = as_codes(note(fiche, made))
    except FicheRefused:
        assert as_codes(fiche) == kept
        return

    went_with_it = {"main_difficulty", "reconversion"} if "difficulties" in made else set()
    for name in FIELDS - set(made) - went_with_it:
        assert after.get(name) == kept.get(name)


def longest(kind: type[Coded]) -> Coded:
    return max(kind, key=lambda member: len(member.value.encode()))


def test_the_largest_fiche_fits_its_envelope() -> None:
    one: dict[str, object] = {name: longest(kind).value for name, kind in ONE_OF.items()}
    several = {name: [member.value for member in kind] for name, kind in SEVERAL_OF.items()}
    made = [longest(OrientationType).value, LONGEST_ID, longest(Choice).value]
    fiche = from_codes({**one, **several, "proposals": [made] * MAX_PROPOSALS})
    # "No orientation wished" cannot stand beside a choice that was taken up: it is added by hand.
    size = len(canonical(fiche)) + len(',"no_orientation":true')

    assert size <= ENVELOPE_BYTES


def test_nothing_is_preselected() -> None:
    assert as_codes(Fiche()) == {}
    assert not Fiche().is_coded


@pytest.mark.parametrize("issue", Issue)
def test_refusing_is_a_normal_end(issue: Issue) -> None:
    fiche = note(Fiche(), {"no_orientation": True, "issue": issue.value})

    assert fiche.is_coded
    assert fiche.proposals == ()


def test_every_proposal_may_be_refused_or_left_open() -> None:
    made = [["cdom", None, "refusee"], ["asso", "mots", "reflexion"], ["autre", None, None]]

    fiche = note(Fiche(), {"proposals": made, "no_orientation": True, "issue": "termine"})

    assert [proposal.choice for proposal in fiche.proposals] == [Choice.REFUSED, Choice.THINKING, None]


@pytest.mark.parametrize("choice", ["retenue", "relation"])
def test_no_orientation_wished_cannot_stand_beside_one_taken_up(choice: str) -> None:
    with pytest.raises(FicheRefused) as refused:
        note(Fiche(), {"proposals": [["cdom", None, choice]], "no_orientation": True})

    assert refused.value.field == "no_orientation"


@pytest.mark.parametrize(
    ("made", "field"),
    [
        ({"caller": "docteur"}, "caller"),
        ({"caller": 7}, "caller"),
        ({"caller": ["medecin"]}, "caller"),
        ({"level": 3}, "level"),
        ({"difficulties": "EPU"}, "difficulties"),
        ({"difficulties": ["EPU", "NIX"]}, "difficulties"),
        ({"main_difficulty": "EPU"}, "main_difficulty"),
        ({"reconversion": "en_sante"}, "reconversion"),
        ({"no_orientation": "oui"}, "no_orientation"),
        ({"proposals": [["cdom", None]]}, "proposals"),
        ({"proposals": [["clinique", None, None]]}, "proposals"),
        ({"proposals": [["cdom", 48, None]]}, "proposals"),
        ({"proposals": [["cdom", "Dr Martin", None]]}, "proposals"),
        ({"proposals": [["cdom", "a0639980001", None]]}, "proposals"),
        ({"proposals": [["cdom", None, "oui"]]}, "proposals"),
        ({"proposals": [["cdom", None, None]] * 21}, "proposals"),
        ({"proposals": {"cdom": None}}, "proposals"),
        ({"commentaire": "x"}, "commentaire"),
        ({"zone": "48"}, "zone"),
    ],
)
def test_what_is_not_a_code_is_refused_and_the_field_is_named(made: dict[str, object], field: str) -> None:
    with pytest.raises(FicheRefused) as refused:
        note(Fiche(), made)

    assert refused.value.field == field


@pytest.mark.parametrize(
    "made",
    [{"caller": "Dr Martin 0639980001"}, {"0639980001": "x"}, {"proposals": [["cdom", "0639980001", None]]}],
)
def test_a_refusal_does_not_repeat_what_somebody_typed(made: dict[str, object]) -> None:
    with pytest.raises(FicheRefused) as refused:
        note(Fiche(), made)

    assert "0639980001" not in f"{refused.value} {refused.value.field} {refused.value.reason}"
    assert "Martin" not in str(refused.value)


def test_unticking_a_difficulty_takes_with_it_what_hung_on_it() -> None:
    fiche = note(
        Fiche(), {"difficulties": ["REC", "EPU"], "main_difficulty": "REC", "reconversion": "hors_sante"}
    )

    left = note(fiche, {"difficulties": ["EPU"]})

    assert as_codes(left) == {"difficulties": ["EPU"]}
    assert as_codes(note(fiche, {"difficulties": None})) == {}


def test_none_takes_a_code_back() -> None:
    fiche = note(Fiche(), {"caller": "interne", "issue": "termine"})

    assert as_codes(note(fiche, {"issue": None})) == {"caller": "interne"}


@pytest.mark.parametrize("kind", [*ALL_ENUMS, OrientationType])
def test_every_value_has_a_short_code_and_a_label(kind: type[Coded]) -> None:
    for member in kind:
        assert re.fullmatch(r"[A-Za-z0-9_]{1,15}", member.value)
        assert member.label.strip() == member.label != ""
        assert kind(member.value) is member


def test_the_nomenclature_has_the_counts_of_the_study() -> None:
    assert (len(Caller), len(Difficulty), len(Level), len(Zone), len(HelpAsked), len(Choice), len(Issue)) == (
        9, 15, 5, 6, 6, 4, 4,
    )  # fmt: skip
    assert {difficulty.family for difficulty in Difficulty if difficulty is not Difficulty.AUT} >= {
        "financière",
        "sociale",
        "professionnelle",
        "personnelle",
        "santé",
        "juridique",
    }


def test_the_five_orientation_types_are_worded_as_the_partners_worded_them() -> None:
    assert [kind.label for kind in OrientationType] == [
        "Le Conseil départemental de l’Ordre des médecins où est inscrit le médecin",
        "Une des associations d’entraide qui a signé la Charte d’entraide",
        "Le service Entraide du Conseil national de l’Ordre des médecins",
        "Un établissement de soins signataire de la Charte d’entraide",
        "Toute autre structure utile",
    ]


def test_a_fiche_has_no_field_that_could_hold_a_free_text() -> None:
    """Adding such a field must meet this test: every field is coded, a flag, or the proposals."""
    fields = {field.name for field in dataclasses.fields(Fiche)}

    assert fields == FIELDS == set(ONE_OF) | set(SEVERAL_OF) | {"proposals", "no_orientation"}
    assert {field.name for field in dataclasses.fields(Proposal)} == {"type", "structure_id", "choice"}


@pytest.mark.parametrize("wrong", ["", "Mots", "9lives", "a" * 33, "a b", "a123456", "é"])
def test_a_structure_is_named_by_a_slug_no_number_fits_in(wrong: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        Structure(wrong, OrientationType.OTHER, "Une structure")


def test_a_fiche_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Fiche().issue = Issue.DONE  # type: ignore[misc]  # the point of the test
