"""The checker: what each kind of fault is told as, and that what passes never fails."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpline.domain.errors import FlowError
from helpline.domain.ivr.check import check
from helpline.domain.ivr.flow import SERVICE_TEXTS, Flow, FlowKind
from helpline.domain.ivr.interpreter import Input, Keys, Silence, Start, WaitAgain, step
from helpline.domain.ivr.nodes import (
    CODE_KEY,
    EnqueueNode,
    GatherNode,
    GotoNode,
    HangupNode,
    Node,
    Outcome,
    PartnerNode,
    PartnerText,
    PauseNode,
    PlayNode,
    Prompt,
    RouteNode,
    SayNode,
    SpokenText,
)
from helpline.domain.ivr.nodes import (
    Silence as SilencePrompt,
)
from tests.domain.flows_of_tests import ALL, WAIT, flow

SUR = (SpokenText("sur"),)
LONG = {"long": {"fr": "Danger : le 15. " * 20}}
ONLY_3114 = {"seul": {"fr": "Le 3114 répond jour et nuit."}}
END = SayNode("sur", "fin")
LINE = EnqueueNode("entraide", SUR, "patience")


def held(prompts: tuple[Prompt, ...], keys: dict[str, str], otherwise: str, timeout_s: int = 1) -> GatherNode:
    """A document of the wait."""
    return GatherNode(prompts, keys, otherwise, timeout_s=timeout_s, tries=1)


def test_the_flows_of_the_tests_have_no_fault() -> None:
    assert check(ALL) == ()


def asking(keys: dict[str, str], *, said: str = "dit", otherwise: str = "c", num_digits: int = 3) -> Flow:
    """An offer that asks for its code; `b` takes the call, `c` ends it."""
    return flow(
        FlowKind.OFFER,
        texts={"dit": {"fr": "Composez {code}."}},
        a=GatherNode((SpokenText(said),), keys, otherwise, num_digits),
        b=RouteNode(Outcome.CLAIM),
        c=HangupNode(),
    )


FAULTS: list[tuple[Flow, str, str]] = [
    (flow(a=SayNode("sur", "z")), "a", "« z », qui n'existe pas"),
    (flow(a=SayNode("zut", "fin"), fin=HangupNode()), "a", "le texte « zut », qui n'existe pas"),
    (flow(a=EnqueueNode("entraide", SUR, "parti")), "a", "flux « parti », qui n'existe pas"),
    (flow(a=EnqueueNode("entraide", SUR, "offre")), "a", "pas de nature wait"),
    (flow(a=GotoNode(flow="patience")), "a", "pas de nature call"),
    (flow(a=GotoNode(node="b"), b=GotoNode(node="a")), "a", "tourner en rond"),
    (flow(a=GotoNode(node="a")), "a", "tourner en rond"),
    (flow(FlowKind.WAIT, a=SayNode("sur", "b"), b=GotoNode(node="a")), "a", "tourner en rond"),
    (flow(a=GatherNode(SUR, {"1": "b"}, "a"), b=LINE), "a", "n'arrive jamais à une fin"),
    (flow(a=SayNode("mot", "fin"), fin=HangupNode()), "fin", "sans avoir dit le 15 ou le 3114"),
    (
        flow(a=GatherNode((SpokenText("mot"),), {"1": "b"}, "fin"), b=LINE, fin=HangupNode()),
        "fin",
        "sans avoir dit",
    ),
    (flow(texts=LONG, a=EnqueueNode("entraide", (SpokenText("long"),), "patience")), "a", "dure 21.3 s"),
    (flow(a=EnqueueNode("entraide", (SpokenText("mot"),), "patience")), "a", "ne nomme ni le 15 ni le 3114"),
    (flow(a=SayNode("sur", "b"), b=LINE), "a", "avant la mise en attente"),
    (flow(a=LINE, b=HangupNode()), "b", "rien ne mène"),
    (flow(FlowKind.WAIT, texts=LONG, a=held((SpokenText("long"),), {"1": "a"}, "a")), "a", "dure 22.3 s"),
    (
        flow(
            FlowKind.WAIT,
            a=held((*SUR, SilencePrompt(3)), {"1": "a"}, "b", timeout_s=3),
            b=held(SUR, {"1": "a"}, "a"),
        ),
        "a",
        "6 s de silence",
    ),
    (
        flow(FlowKind.WAIT, a=held(SUR, {"1": "a"}, "b"), b=SayNode("sur", "a")),
        "b",
        "aucune touche n'y serait entendue",
    ),
    (
        flow(FlowKind.WAIT, a=held(SUR, {"1": "b"}, "a"), b=held((SpokenText("mot"),), {"1": "a"}, "a")),
        "a",
        "ce qu'il faut faire en cas de danger",
    ),
    (
        flow(FlowKind.WAIT, texts=ONLY_3114, a=held((SpokenText("seul"),), {"1": "a"}, "a")),
        "a",
        "ce qu'il faut faire en cas de danger",
    ),
    (flow(FlowKind.WAIT, a=GatherNode(SUR, {"1": "a"}, "a", timeout_s=1)), "a", "n'est posée qu'une fois"),
    (
        flow(FlowKind.WAIT, a=held(SUR, {"1": "a", "4": "b"}, "a"), b=PartnerNode("a")),
        "a",
        "rien ne le dit",
    ),
    (
        flow(FlowKind.WAIT, a=held((*SUR, PartnerText("mot")), {"1": "a"}, "a")),
        "a",
        "rien n'y mène",
    ),
    (flow(FlowKind.OFFER, a=PartnerNode("b"), b=HangupNode()), "a", "seul un appelant"),
    (flow(a=SayNode("sur", "b"), b=PauseNode(6, "c"), c=HangupNode()), "b", "silence de 6 s"),
    (
        flow(a=SayNode("sur", "b"), b=PauseNode(4, "c"), c=PauseNode(2, "d"), d=HangupNode()),
        "c",
        "6 s de silence",
    ),
    (flow(a=GatherNode((*SUR, SilencePrompt(1)), {"1": "b"}, "b"), b=LINE), "a", "6 s de silence"),
    (flow(a=GatherNode(SUR, {"1": "b"}, "b", timeout_s=9), b=LINE), "a", "permis : 1 à 5"),
    (flow(a=GatherNode(SUR, {"1": "b"}, "b", num_digits=30), b=LINE), "a", "permis : 1 à 4"),
    (flow(a=GatherNode(SUR, {"1": "b"}, "b", tries=10**6), b=LINE), "a", "permis : 1 à 2"),
    (flow(a=GatherNode(SUR, {"12": "b"}, "b"), b=LINE), "a", "ne peut pas être composée"),
    (flow(a=GatherNode(SUR, {"é": "b"}, "b"), b=LINE), "a", "ne peut pas être composée"),
    (flow(a=GatherNode((), {"1": "b"}, "b"), b=LINE), "a", "sans avoir rien dit"),
    (flow(a=GatherNode(SUR, {}, "b"), b=LINE), "a", "aucune touche"),
    (flow(FlowKind.WAIT, a=LINE), "a", "seul un flux d'appel"),
    (flow(a=RouteNode(Outcome.CLAIM)), "a", "n'a pas de sens"),
    (flow(FlowKind.OFFER, a=RouteNode(Outcome.DECIDE)), "a", "n'a pas de sens"),
    (flow(FlowKind.OFFER, a=RouteNode(Outcome.CLAIM)), "a", "prendrait l'appel sans le code"),
    (
        flow(FlowKind.OFFER, a=GatherNode(SUR, {"1": "b"}, "c"), b=RouteNode(Outcome.CLAIM), c=HangupNode()),
        "a",
        "prendrait l'appel sans le code",
    ),
    (
        flow(FlowKind.OFFER, a=SayNode("sur", "b"), b=RouteNode(Outcome.CLAIM)),
        "a",
        "prendrait l'appel sans le code",
    ),
    (asking({CODE_KEY: "b", "9": "b"}), "a", "prendrait l'appel sans le code"),
    (asking({CODE_KEY: "b"}, otherwise="b"), "a", "prendrait l'appel sans le code"),
    (asking({CODE_KEY: "b"}, num_digits=4), "a", "le code en a 3"),
    (asking({CODE_KEY: "b", "1": "c"}), "a", "le début d'un code"),
    (asking({CODE_KEY: "b"}, said="mot"), "a", "ne dit pas le code"),
    (flow(a=GatherNode(SUR, {CODE_KEY: "b"}, "b", num_digits=3), b=LINE), "a", "seul un flux de proposition"),
    (flow(a=SayNode("sur", "b"), b=PlayNode("x", 99, "c"), c=HangupNode()), "b", "permis : 1 à 20"),
]


@pytest.mark.parametrize(("made", "node", "reason"), FAULTS)
def test_a_fault_is_found_at_its_node(made: Flow, node: str, reason: str) -> None:
    found = [(finding.node, finding.reason) for finding in check({**ALL, made.id: made})]

    assert any(at == node and reason in told for at, told in found), found


def test_a_question_with_its_code_and_another_key_has_no_fault() -> None:
    made = asking({CODE_KEY: "b", "9": "c", "0": "c", "*": "c"})
    assert check({made.id: made}) == ()


def test_the_place_of_the_code_is_for_the_question_alone() -> None:
    made = flow(texts={"ailleurs": {"fr": "{code}"}}, a=LINE)
    assert any(f.where == ("texts", "ailleurs") for f in check({**ALL, made.id: made}))


def test_faults_of_texts_are_found() -> None:
    made = flow(
        languages=("fr", "en"),
        texts={
            "sur": {"fr": "Le 15.", "en": "Dial 15.", "de": "Die 15."},
            "vide": {"fr": " ", "en": "x"},
            "cloche": {"fr": "a\x07", "en": "x"},
            "roman": {"fr": "a" * 10_000, "en": "x"},
        },
        a=LINE,
    )

    told = [(finding.where, finding.reason) for finding in check({**ALL, made.id: made})]

    assert (("texts", "mot"), "le texte « mot » manque en « en »") in told
    assert any(where == ("texts", "sur", "de") for where, _ in told)
    assert any(where == ("texts", "vide", "fr") and "vide" in reason for where, reason in told)
    assert any(where == ("texts", "cloche", "fr") and "contrôle" in reason for where, reason in told)
    assert any(where == ("texts", "roman", "fr") and "10000" in reason for where, reason in told)


@pytest.mark.parametrize("wording", ["Le 115.", "Faites le 3115.", "Dans 150 secondes.", "Le 31 15."])
def test_a_number_that_only_looks_like_fifteen_is_not_safe(wording: str) -> None:
    made = flow(texts={"presque": {"fr": wording}}, a=SayNode("presque", "fin"), fin=HangupNode())

    assert any("sans avoir dit" in finding.reason for finding in check({made.id: made})) == (
        wording != "Le 31 15."
    )


def test_texts_the_services_speak_must_be_there() -> None:
    told = [
        finding.reason for finding in check({"accueil": flow(flow_id="accueil", a=LINE), "patience": WAIT})
    ]

    assert len([reason for reason in told if "que le service dit" in reason]) == len(SERVICE_TEXTS["accueil"])


NAMES = ["a", "b", "c", "d", "e", "f"]
targets = st.sampled_from(NAMES)
nodes = st.one_of(
    st.builds(SayNode, st.sampled_from(["sur", "mot"]), targets),
    st.builds(PlayNode, st.just("attente"), st.integers(1, 15), targets),
    st.builds(PauseNode, st.integers(1, 3), targets),
    st.builds(
        GatherNode,
        st.just(SUR),
        st.dictionaries(st.sampled_from(["1", "2", "9"]), targets, min_size=1),
        targets,
    ),
    st.builds(GotoNode, targets),
    st.just(LINE),
    st.just(HangupNode()),
    st.builds(PartnerNode, targets),
    st.builds(RouteNode, st.sampled_from(Outcome)),
)
inputs = st.one_of(
    st.builds(Keys, st.sampled_from(["1", "2", "9", "x"])), st.just(Silence()), st.just(WaitAgain())
)


@st.composite
def likely(draw: st.DrawFn) -> Flow:
    """A flow that leads forward node by node, so that many pass: nothing but chance keeps them from it."""
    kind = draw(st.sampled_from(FlowKind))
    names = NAMES[: draw(st.integers(2, 6))]
    made: dict[str, Node] = {}
    for place, name in enumerate(names[:-1]):
        following, later = names[place + 1], st.sampled_from(names[place + 1 :])
        keys = st.dictionaries(st.sampled_from(["1", "2", "9"]), later, min_size=1, max_size=2)
        if kind is FlowKind.WAIT:
            asked = st.builds(held, st.just(SUR), keys, st.just(following), st.integers(1, 4))
            made[name] = draw(st.one_of(asked, st.builds(GotoNode, st.just(following))))
            continue
        made[name] = draw(
            st.one_of(
                st.builds(SayNode, st.sampled_from(["sur", "mot"]), st.just(following)),
                st.builds(PlayNode, st.just("attente"), st.integers(1, 15), st.just(following)),
                st.builds(PauseNode, st.integers(1, 2), st.just(following)),
                st.builds(GatherNode, st.just(SUR), keys, st.just(following)),
                st.builds(GotoNode, st.just(following)),
            )
        )
    ends: dict[FlowKind, list[Node]] = {
        FlowKind.CALL: [HangupNode(), LINE, RouteNode(Outcome.DECIDE)],
        FlowKind.WAIT: [held(SUR, {"1": "a"}, "a"), PartnerNode("a")],
        FlowKind.OFFER: [HangupNode(), RouteNode(Outcome.CLAIM), RouteNode(Outcome.DECLINE)],
    }
    made[names[-1]] = draw(st.sampled_from(ends[kind]))
    return flow(kind, **made)


wild = st.builds(
    lambda kind, made: flow(kind, **dict(zip(NAMES, made, strict=False))),
    st.sampled_from(FlowKind),
    st.lists(nodes, min_size=1, max_size=6),
)


@given(st.one_of(likely(), wild), st.lists(inputs, max_size=10))
def test_what_the_checker_accepts_the_interpreter_can_run(tried: Flow, given_: list[Input]) -> None:
    flows = {**ALL, tried.id: tried}
    accepted = not check(flows)

    try:
        taken = step(flows, None, Start(tried.id), tried.kind)
        for one in given_:
            if taken.session is None or taken.outcome is not None or taken.enqueue is not None:
                break
            taken = step(flows, taken.session, one, tried.kind)
    except FlowError:
        assert not accepted


def test_the_property_above_meets_enough_flows_that_pass() -> None:
    seen: list[bool] = []

    @settings(max_examples=200, database=None, derandomize=True, deadline=None)
    @given(likely())
    def look(tried: Flow) -> None:
        seen.append(not check({**ALL, tried.id: tried}))

    look()

    assert sum(seen) > len(seen) / 4
