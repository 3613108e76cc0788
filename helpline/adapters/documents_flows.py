"""How a flow is written, and the domain's flow made of it. One form for each node type.

A node is a block with exactly one of the words of `nodes.NODE_TYPES` as a key (`say:
texte`, `gather: […]`); the other keys are that type's own. What each means is told to
administrators in `ivr_flows/README.md`, which must be changed with the forms here.

Like a rule set, a flow's version is a digest of its text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, PlainValidator

from helpline.adapters.documents_forms import Form, Name, fault, fill, nearest, one_of
from helpline.adapters.documents_source import Document, Where
from helpline.domain.ivr.flow import Flow, FlowKind
from helpline.domain.ivr.nodes import (
    NODE_TYPES,
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
    Silence,
    Sound,
    SpokenText,
)


def _prompt(value: object) -> Prompt:
    match value:
        case str():
            return SpokenText(value)
        case {"play": str(sound), "lasts_s": int(lasts_s), **rest} if not (rest or isinstance(lasts_s, bool)):
            return Sound(sound, lasts_s)
        case {"partner": str(text), **rest} if not rest:
            return PartnerText(text)
        case {"pause": int(length_s), **rest} if not (rest or isinstance(length_s, bool)):
            return Silence(length_s)
    raise fault(
        "message irrecevable", "un nom de texte, {play: son, lasts_s: 3}, {pause: 1} ou {partner: texte}"
    )


def _goto(value: object) -> GotoNode:
    match value:
        case str():
            return GotoNode(node=value)
        case {"flow": str(flow), **rest} if not rest:
            return GotoNode(flow=flow)
    raise fault("destination irrecevable", "« goto: nœud » ou « goto: {flow: flux} »")


def _outcome(value: object) -> Outcome:
    if value == Outcome.PARTNER:
        raise fault("la ligne partenaire a son propre nœud", "écrire « partner: nœud »")
    return one_of(value, Outcome)


def _kind(value: object) -> FlowKind:
    return one_of(value, FlowKind)


Prompts = list[Annotated[Prompt, PlainValidator(_prompt)]]


class SayForm(Form):
    say: Name
    next: Name

    def node(self) -> Node:
        return SayNode(self.say, self.next)


class PlayForm(Form):
    play: Name
    lasts_s: int
    next: Name

    def node(self) -> Node:
        return PlayNode(self.play, self.lasts_s, self.next)


class PauseForm(Form):
    pause: int
    next: Name

    def node(self) -> Node:
        return PauseNode(self.pause, self.next)


class GatherForm(Form):
    gather: Prompts
    keys: dict[str, Name]
    otherwise: Name
    num_digits: int = 1
    timeout_s: int = 5
    tries: int = 2

    def node(self) -> Node:
        return GatherNode(
            tuple(self.gather), self.keys, self.otherwise, self.num_digits, self.timeout_s, self.tries
        )


class RouteForm(Form):
    route: Annotated[Outcome, BeforeValidator(_outcome)]

    def node(self) -> Node:
        return RouteNode(self.route)


class EnqueueForm(Form):
    enqueue: Name
    welcome: Annotated[Prompts, Field(min_length=1)]
    wait: Name

    def node(self) -> Node:
        return EnqueueNode(self.enqueue, tuple(self.welcome), self.wait)


class GotoForm(Form):
    goto: Annotated[GotoNode, PlainValidator(_goto)]

    def node(self) -> Node:
        return self.goto


class PartnerForm(Form):
    partner: Name

    def node(self) -> Node:
        return PartnerNode(self.partner)


class HangupForm(Form):
    hangup: Literal[True]

    def node(self) -> Node:
        return HangupNode()


NodeForm = (
    SayForm
    | PlayForm
    | PauseForm
    | GatherForm
    | RouteForm
    | EnqueueForm
    | GotoForm
    | PartnerForm
    | HangupForm
)

NODE_FORMS: Final[Mapping[str, type[NodeForm]]] = {
    "say": SayForm,
    "play": PlayForm,
    "pause": PauseForm,
    "gather": GatherForm,
    "route": RouteForm,
    "enqueue": EnqueueForm,
    "goto": GotoForm,
    "partner": PartnerForm,
    "hangup": HangupForm,
}


class FlowForm(Form):
    """The frame of a flow; its nodes are filled in one by one afterwards."""

    kind: Annotated[FlowKind, BeforeValidator(_kind)]
    languages: Annotated[list[Literal["fr", "en"]], Field(min_length=1)]
    start: Name
    nodes: Annotated[dict[Name, object], Field(min_length=1)]
    texts: dict[Name, dict[Literal["fr", "en"], str]] = Field(default_factory=dict)


def flow_of(flow_id: str, document: Document) -> Flow | None:
    """The flow a document describes, or None with its faults noted in the document."""
    form = fill(FlowForm, document.value, document)
    raw = document.value.get("nodes") if isinstance(document.value, dict) else None
    nodes = {}
    for name, value in (raw if isinstance(raw, dict) else {}).items():
        node = _node(value, document, ("nodes", name))
        if node is not None:
            nodes[name] = node
    if form is None or document.findings:
        return None
    return Flow(
        id=flow_id,
        version=hashlib.sha256(document.text.encode()).hexdigest()[:12],
        kind=form.kind,
        languages=tuple(form.languages),
        start=form.start,
        nodes=nodes,
        texts={
            name: {str(lang): said for lang, said in said_in.items()} for name, said_in in form.texts.items()
        },
    )


def _node(value: object, document: Document, where: Where) -> Node | None:
    if document.is_faulty(where):
        return None
    if not isinstance(value, dict):
        document.fault(where, "un nœud est un bloc de clés", "par exemple {say: texte, next: nœud}")
        return None
    words = [word for word in NODE_FORMS if word in value]
    # A sound's prompt and a node share the word "play"; in a node exactly one word is its type.
    if len(words) == 1:
        form = fill(NODE_FORMS[words[0]], value, document, where)
        return None if form is None else form.node()
    if words:
        document.fault(
            where, f"un nœud ne fait qu'une chose, pas {' et '.join(words)}", "en faire deux nœuds"
        )
    else:
        first = next((str(key) for key in value if key not in ("next", "otherwise", "keys")), "")
        document.fault(where, f"« {first} » n'est pas un type de nœud", nearest(first, NODE_TYPES))
    return None
