"""Small flows that tests are made of."""

from __future__ import annotations

from helpline.domain.ivr.flow import Flow, FlowKind
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
    RouteNode,
    SayNode,
    Silence,
    Sound,
    SpokenText,
)

SAFE = "Danger immédiat : faites le 15."


def flow(
    kind: FlowKind = FlowKind.CALL,
    *,
    flow_id: str = "essai",
    texts: dict[str, dict[str, str]] | None = None,
    languages: tuple[str, ...] = ("fr",),
    **nodes: Node,
) -> Flow:
    """A flow that begins with its first node; the texts `sur` (names 15) and `mot` are always there."""
    known = {"sur": {"fr": SAFE}, "mot": {"fr": "Bonjour."}, **(texts or {})}
    return Flow(flow_id, "v1", kind, languages, next(iter(nodes), "rien"), nodes, known)


WAIT = flow(
    FlowKind.WAIT,
    flow_id="patience",
    dire=GatherNode((SpokenText("sur"),), {"1": "dire"}, "son", timeout_s=1, tries=1),
    son=GatherNode((Sound("attente", 15),), {"1": "dire", "4": "ailleurs"}, "choix", timeout_s=1, tries=1),
    choix=GatherNode(
        (SpokenText("mot"), PartnerText("mot")),
        {"1": "dire", "4": "ailleurs"},
        "encore",
        timeout_s=4,
        tries=1,
    ),
    ailleurs=PartnerNode("encore"),
    encore=GotoNode(node="dire"),
)

MENU = flow(
    flow_id="menu",
    choix=GatherNode(
        (SpokenText("sur"), Silence(1), Sound("attente", 3)), {"1": "file", "2": "regles"}, "file"
    ),
    file=EnqueueNode("entraide", (SpokenText("sur"),), "patience"),
    regles=RouteNode(Outcome.DECIDE),
)

GOODBYE = flow(
    flow_id="adieu",
    dire=SayNode("sur", "son"),
    son=PlayNode("attente", 3, "silence"),
    silence=PauseNode(2, "fin"),
    fin=HangupNode(),
)

OFFER = flow(
    FlowKind.OFFER,
    flow_id="offre",
    texts={"code": {"fr": "Le code : {code}."}},
    question=GatherNode((SpokenText("code"),), {CODE_KEY: "oui", "9": "non"}, "fin", num_digits=3),
    oui=RouteNode(Outcome.CLAIM),
    non=RouteNode(Outcome.DECLINE),
    fin=HangupNode(),
)

ALL = {made.id: made for made in (WAIT, MENU, GOODBYE, OFFER)}
