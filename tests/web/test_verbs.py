"""Every verb as the carrier reads it: one golden file each, and what must hold for all of them."""

from __future__ import annotations

import typing
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.adapters.carriers.twilio.twiml import FRAGMENT, MOST_KEPT, Twiml
from helpline.domain import paths
from helpline.domain.verbs import (
    Conference,
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Pause,
    Play,
    Redirect,
    Say,
    Verb,
)
from helpline.emulator import forbidden, twiml
from tests import builders
from tests.web.documents import faults_of

GOLDEN = Path(__file__).parents[1] / "golden" / "twiml"
SHOWN = {"entraide": "+33199000001"}
TWIML = Twiml(builders.ORIGIN, "ie1", SHOWN, f"{builders.FALLBACK}/screen.xml")
ATTEMPT = "4f90382cf2db097aa329ed63c5ba114f"

EXAMPLES: dict[type, Verb] = {
    Say: Say("Danger immédiat : faites le 15."),
    Play: Play(paths.sound("attente"), loop=2),
    Pause: Pause(4),
    Gather: Gather(
        paths.claim(ATTEMPT),
        (Say("Pour prendre l'appel, tapez 1."), Pause(1), Play(paths.sound("attente"))),
        num_digits=1,
        timeout_s=5,
        answer_silence=True,
    ),
    Enqueue: Enqueue("entraide", paths.WAIT, paths.LEFT),
    Leave: Leave(),
    Conference: Conference(ATTEMPT, paths.room(ATTEMPT), paths.done(ATTEMPT)),
    Dial: Dial("+33639985001", "entraide", ring_s=20),
    Redirect: Redirect(paths.offer(ATTEMPT)),
    Hangup: Hangup(),
}


def test_every_verb_there_is_has_an_example_and_a_golden_file_and_no_file_is_left_over() -> None:
    verbs = set(typing.get_args(Verb))

    assert verbs == set(EXAMPLES)
    assert {path.stem for path in GOLDEN.glob("*")} == {verb.__name__.lower() for verb in verbs}


@pytest.mark.parametrize("verb", EXAMPLES.values(), ids=lambda verb: type(verb).__name__)
def test_a_verb_is_written_as_its_golden_file_says(verb: Verb) -> None:
    golden = GOLDEN / f"{type(verb).__name__.lower()}.xml"

    assert TWIML.render((verb,)) == golden.read_text("utf-8").rstrip("\n")


@pytest.mark.parametrize("verb", EXAMPLES.values(), ids=lambda verb: type(verb).__name__)
def test_a_verb_keeps_to_the_schema_and_its_addresses_carry_the_settings_and_no_query(verb: Verb) -> None:
    xml = TWIML.render((verb,))

    assert faults_of(xml) == []
    assert twiml.checked(twiml.parse(xml.encode()))[1] == []
    assert forbidden.in_document(twiml.parse(xml.encode())) == []
    addresses = addresses_in(xml)
    assert all(address.endswith(FRAGMENT) and "?" not in address for address in addresses)


def addresses_in(xml: str) -> list[str]:
    elements = list(ET.fromstring(xml).iter())  # noqa: S314  # rendered a line above
    values = [value for element in elements for value in (element.text or "", *element.attrib.values())]
    return [value for value in values if value.startswith("http")]


def test_the_examples_together_hold_addresses_of_every_kind() -> None:
    """The control of the test above: it did look at something."""
    found = addresses_in(TWIML.render(tuple(EXAMPLES.values())))
    assert len(found) == 9


def test_only_a_line_of_ours_is_shown_never_an_unknown_one() -> None:
    with pytest.raises(KeyError):
        TWIML.render((Dial("+33639985001", "line of nobody"),))


def test_what_was_rendered_before_is_said_again_but_what_a_line_shows_is_looked_up_each_time() -> None:
    shown = {"entraide": "+33199000001"}
    twiml = Twiml("https://voix.example", "ie1", shown)
    said, dialled = (Say("Bonjour."), Hangup()), (Dial("+33639985001", "entraide"),)

    first = [twiml.render(said), twiml.render(dialled)]
    shown["entraide"] = "+33199000002"

    assert twiml.render(said) is first[0]
    assert first[0] == Twiml("https://voix.example", "ie1", shown).render(said)
    assert "+33199000002" in twiml.render(dialled)
    assert "+33199000001" in first[1]


def test_only_so_many_documents_are_kept() -> None:
    twiml = Twiml("https://voix.example", "ie1", {})
    texts = [twiml.render((Say(f"Numéro {n}."),)) for n in range(3 * MOST_KEPT)]

    assert len(set(texts)) == 3 * MOST_KEPT
    assert twiml.render((Say("Numéro 0."),)) == texts[0]
    assert 0 < len(twiml._rendered) <= MOST_KEPT


def test_english_is_spoken_in_english_and_an_unknown_language_in_french() -> None:
    assert 'language="en-GB"' in TWIML.render((Say("Stay on the line.", "en"),))
    assert 'language="fr-FR"' in TWIML.render((Say("Restez en ligne.", "xx"),))


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))
)
def test_words_are_only_ever_words(text: str) -> None:
    """Whatever a flow's text holds, it is spoken and never read as a verb."""
    xml = TWIML.render((Say(text), Hangup()))

    root = ET.fromstring(xml)  # noqa: S314  # rendered a line above
    assert [element.tag for element in root.iter()] == ["Response", "Say", "Hangup"]
    assert (root[0].text or "") == text
