"""The interpreter: bounded, repeatable, deaf to anything that is not one of its keys."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.domain import verbs
from helpline.domain.errors import EndlessStep, SessionUnreadable, UnknownPlace, WrongKind
from helpline.domain.ivr.flow import MOST_KEYS_KEPT, Flow, FlowKind, FlowSession, spoken
from helpline.domain.ivr.interpreter import Input, Keys, Silence, Start, Step, WaitAgain, step
from helpline.domain.ivr.nodes import GatherNode, GotoNode, HangupNode, Outcome, SayNode, SpokenText
from tests.domain.flows_of_tests import ALL, MENU, OFFER, WAIT, flow

ODD_DIGITS = [
    "",
    "#",
    "*",
    "1" * 40,
    "-1",
    "1e1",
    "１",
    "abc",
    "</Say><Dial>0639980001</Dial>",
    "☎",
    "1 ",
    " 1",
    "11",
]
inputs = st.one_of(
    st.builds(Keys, st.text(max_size=5) | st.sampled_from(["1", "2", "9", *ODD_DIGITS])),
    st.just(Silence()),
    st.just(WaitAgain()),
)


def begin(made: Flow, flows: dict[str, Flow] | None = None) -> Step:
    return step({**ALL, **(flows or {}), made.id: made}, None, Start(made.id), made.kind)


@pytest.mark.parametrize("digits", ODD_DIGITS)
def test_odd_digits_are_asked_again_once_and_then_lead_to_the_human_route(digits: str) -> None:
    first = begin(MENU)
    again = step(ALL, first.session, Keys(digits), FlowKind.CALL)
    last = step(ALL, again.session, Keys(digits), FlowKind.CALL)

    assert again.document == first.document
    assert last.enqueue is not None


@given(st.text(max_size=50))
def test_what_was_pressed_and_meant_nothing_is_kept_nowhere(digits: str) -> None:
    first = begin(MENU)
    if digits in ("1", "2"):
        return

    again = step(ALL, first.session, Keys(digits), FlowKind.CALL)

    assert again.session is not None
    assert again.session.keys == ()
    assert again.document == first.document


@given(st.sampled_from(list(ALL.values())), st.lists(inputs, max_size=12))
def test_any_input_gives_the_same_step_twice_and_never_an_empty_end(made: Flow, given_: list[Input]) -> None:
    taken = begin(made)
    for one in given_:
        if taken.session is None or taken.outcome is not None or taken.enqueue is not None:
            break
        session = FlowSession.from_text(taken.session.to_text())
        assert session == taken.session
        taken = step(ALL, session, one, made.kind)
        assert taken == step(ALL, session, one, made.kind)
        assert taken.document or taken.outcome is not None


@given(st.lists(st.sampled_from(["1", "9"]), max_size=30))
def test_a_session_stays_small_whatever_is_pressed(pressed: list[str]) -> None:
    loop = flow(choix=GatherNode((SpokenText("sur"),), {"1": "choix", "9": "choix"}, "fin"), fin=HangupNode())
    taken = begin(loop)
    for key in pressed:
        taken = step({loop.id: loop}, taken.session, Keys(key), FlowKind.CALL)

    assert taken.session is not None
    assert taken.session.keys == tuple(pressed)[-MOST_KEYS_KEPT:]
    assert len(taken.session.to_text()) < 200


def test_keys_of_an_offer_go_to_the_claim_of_its_attempt() -> None:
    taken = step(ALL, None, Start("offre"), FlowKind.OFFER, attempt="a1")

    (asked,) = taken.document
    assert isinstance(asked, verbs.Gather)
    assert asked.action_path == "/voice/claim/a1"
    assert asked.answer_silence


def test_a_document_of_the_wait_is_a_question_whose_key_is_asked_of_the_wait() -> None:
    said = begin(WAIT)
    played = step(ALL, said.session, WaitAgain(), FlowKind.WAIT)
    pressed = step(ALL, played.session, Keys("1"), FlowKind.WAIT)

    (asked,) = said.document
    assert isinstance(asked, verbs.Gather)
    assert (asked.action_path, asked.answer_silence) == ("/voice/wait", False)
    (sound,) = played.document
    assert isinstance(sound, verbs.Gather)
    assert sound.prompts == (verbs.Play("/sound/attente"),)
    assert pressed.document == said.document


@pytest.mark.parametrize("partner", [True, False])
def test_the_partner_line_is_spoken_of_and_reached_only_where_there_is_one(partner: bool) -> None:
    said = step(ALL, begin(WAIT).session, WaitAgain(), FlowKind.WAIT, partner=partner)
    choice = step(ALL, said.session, WaitAgain(), FlowKind.WAIT, partner=partner)
    pressed = step(ALL, choice.session, Keys("4"), FlowKind.WAIT, partner=partner)

    (asked,) = choice.document
    assert isinstance(asked, verbs.Gather)
    assert len(asked.prompts) == (2 if partner else 1)
    assert pressed.outcome is (Outcome.PARTNER if partner else None)
    if not partner:
        assert pressed.document == begin(WAIT).document, "the key means nothing, so the wait goes on"


def test_outside_the_line_a_pause_does_not_end_the_document() -> None:
    assert [type(verb) for verb in begin(ALL["adieu"]).document] == [
        verbs.Say,
        verbs.Play,
        verbs.Pause,
        verbs.Hangup,
    ]


def test_an_answer_before_the_question_was_put_is_no_answer() -> None:
    """A wait that leads to a question comes back by WaitAgain: that must not count as silence."""
    asking = flow(
        FlowKind.WAIT,
        flow_id="w",
        dire=SayNode("sur", "choix"),
        choix=GatherNode((SpokenText("mot"),), {}, "dire"),
    )
    before = FlowSession("w", "v1", "choix", 0, "fr")

    taken = step({"w": asking}, before, WaitAgain(), FlowKind.WAIT)

    assert taken.session == replace(before, tries=1)


def test_going_on_in_another_flow_keeps_the_keys_and_takes_its_version() -> None:
    first = flow(choix=GatherNode((SpokenText("sur"),), {"1": "aller"}, "aller"), aller=GotoNode(flow="menu"))
    flows = {**ALL, first.id: first, "menu": replace(MENU, version="v7")}
    taken = step(flows, None, Start(first.id), FlowKind.CALL)

    taken = step(flows, taken.session, Keys("1"), FlowKind.CALL)

    assert taken.session == FlowSession("menu", "v7", "choix", 1, "fr", ("1",))


def test_a_start_forgets_where_the_session_stood() -> None:
    moved = step(ALL, begin(MENU).session, Keys("1"), FlowKind.CALL)

    assert step(ALL, moved.session, Start("menu"), FlowKind.CALL) == begin(MENU)


def test_a_language_that_is_not_offered_falls_back_to_the_first() -> None:
    two = flow(
        texts={"sur": {"fr": "Le 15.", "en": "Dial 15."}, "seul": {"fr": "Seul."}},
        languages=("fr", "en"),
        dire=SayNode("sur", "seul"),
        seul=SayNode("seul", "fin"),
        fin=HangupNode(),
    )
    flows = {two.id: two}

    english = step(flows, None, Start(two.id, "en"), FlowKind.CALL)
    german = step(flows, None, Start(two.id, "de"), FlowKind.CALL)

    assert english.document[:2] == (verbs.Say("Dial 15.", "en"), verbs.Say("Seul.", "fr"))
    assert german.document[0] == verbs.Say("Le 15.", "fr")


def test_nodes_that_go_round_are_an_error_and_not_a_hang() -> None:
    with pytest.raises(EndlessStep):
        begin(flow(a=SayNode("mot", "b"), b=GotoNode(node="a")))


@pytest.mark.parametrize(
    ("session", "given_"),
    [
        (FlowSession("menu", "v0", "parti", 0, "fr"), Keys("1")),
        (FlowSession("parti", "v0", "choix", 1, "fr"), Keys("1")),
        (None, Keys("1")),
        (None, Start("parti")),
    ],
)
def test_a_place_that_is_gone_is_a_typed_error(session: FlowSession | None, given_: Input) -> None:
    with pytest.raises(UnknownPlace):
        step(ALL, session, given_, FlowKind.CALL)


def test_a_flow_of_another_kind_is_a_typed_error() -> None:
    with pytest.raises(WrongKind):
        step(ALL, None, Start("patience"), FlowKind.CALL)
    with pytest.raises(UnknownPlace):
        spoken(OFFER, "already_taken", "fr")


@pytest.mark.parametrize(
    "text", ["", "nil", "[]", '["a","b","c","1","fr"]', '["a","b","c",1,"fr",9]', "{}", "[[[["]
)
def test_a_stored_session_that_is_none_is_a_typed_error(text: str) -> None:
    with pytest.raises(SessionUnreadable) as refused:
        FlowSession.from_text(text)

    assert not text or json.dumps(text) not in str(refused.value)
