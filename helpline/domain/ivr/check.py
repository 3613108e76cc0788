"""Finds what is wrong with flows before a caller does. Pure and static: nothing is run.

These are the first checks; the complete proof (every path under every input, bounded
seconds and keys to a human) comes with the editor of flows. What is found here:

    targets        unknown nodes, flows and texts; a goto into a flow of another kind
    kinds          a node where it means nothing: enqueue in a wait flow, claim for a caller
    silence        a document of a wait flow over 20 s, or more than 5 s without sound
    circles        a way round that never waits; a caller's way that never reaches an end
    ends           a caller hung up on without having been told of 15 or 3114
    welcome        over 8 s, or one that does not name 15 or 3114
    enqueue        something said before it although no key was asked
    languages      a text missing in a language the flow offers
    reach          nodes nothing leads to
    bounds         seconds, digits and tries outside what a telephone allows
    keys in line   something heard in a wait flow that no key can cut short, or without a key that
                   says what to dial in danger; a key of the partner line that is never spoken of
    code           a call that could be taken without the digits of the offer, or a text that
                   would say them where they are not asked for

Seconds of speech are characters ÷ 15 (design §1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from helpline.domain.accept_code import CODE_DIGITS
from helpline.domain.accept_code import KEYS as CODE_KEYS
from helpline.domain.ivr import walks
from helpline.domain.ivr.findings import FlowFinding, at_node
from helpline.domain.ivr.flow import SERVICE_TEXTS, Flow, FlowKind
from helpline.domain.ivr.nodes import (
    CODE_KEY,
    CODE_PLACE,
    LONGEST_GATHER_S,
    MOST_DIGITS,
    MOST_TRIES,
    EnqueueNode,
    GatherNode,
    GotoNode,
    Node,
    Outcome,
    PartnerNode,
    PartnerText,
    Prompt,
    RouteNode,
    Silence,
    Sound,
    SpokenText,
    prompts_of,
    targets_of,
)

__all__ = ["FlowFinding", "check"]

LONGEST_TEXT: Final = 600
MOST_NODES: Final = 200
_OUTCOMES: Final[Mapping[FlowKind, tuple[Outcome, ...]]] = {
    FlowKind.CALL: (Outcome.DECIDE, Outcome.STAY),
    FlowKind.WAIT: (),
    FlowKind.OFFER: (Outcome.CLAIM, Outcome.DECLINE),
}
_WITHOUT_CODE: Final = "« {} » prendrait l'appel sans le code : y mener par la touche « code » seule"
_KEYS: Final = re.compile(r"[0-9*#]{1,4}")
_UNSPEAKABLE: Final = re.compile(r"[^\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check(flows: Mapping[str, Flow]) -> tuple[FlowFinding, ...]:
    """Every fault of these flows, which refer to one another. Empty: they may be served."""
    targets = [finding for flow in flows.values() for finding in _targets(flow, flows)]
    found = [
        finding
        for flow in flows.values()
        for finding in (*_kinds(flow), *_bounds(flow), *_texts(flow), *_code_said(flow))
    ]
    if not targets and all(len(flow.nodes) <= MOST_NODES for flow in flows.values()):
        # Only a walk through flows whose targets exist arrives anywhere.
        for flow in flows.values():
            found += [*_reach(flow), *_partner(flow), *walks.faults(flow, flows)]
    return tuple(dict.fromkeys([*targets, *found]))


def _at(flow: Flow, node: str, reason: str, suggestion: str = "") -> FlowFinding:
    return at_node(flow.id, node, reason, suggestion)


def _targets(flow: Flow, flows: Mapping[str, Flow]) -> Iterator[FlowFinding]:
    if flow.start not in flow.nodes:
        yield FlowFinding(flow.id, ("start",), f"le nœud de départ « {flow.start} » n'existe pas")
    for name, node in flow.nodes.items():
        for target in targets_of(node):
            if target not in flow.nodes:
                yield _at(flow, name, f"mène au nœud « {target} », qui n'existe pas")
        for prompt in prompts_of(node):
            if isinstance(prompt, SpokenText | PartnerText) and prompt.text not in flow.texts:
                yield _at(flow, name, f"dit le texte « {prompt.text} », qui n'existe pas")
        if isinstance(node, GotoNode) and node.flow is not None:
            yield from _other_flow(flow, name, node.flow, flow.kind, flows)
        if isinstance(node, EnqueueNode):
            yield from _other_flow(flow, name, node.wait, FlowKind.WAIT, flows)


def _other_flow(
    flow: Flow, node: str, other: str, kind: FlowKind, flows: Mapping[str, Flow]
) -> Iterator[FlowFinding]:
    if other not in flows:
        yield _at(flow, node, f"mène au flux « {other} », qui n'existe pas")
    elif flows[other].kind is not kind:
        yield _at(flow, node, f"mène au flux « {other} », qui n'est pas de nature {kind.value}")


def _kinds(flow: Flow) -> Iterator[FlowFinding]:
    if flow.kind is FlowKind.OFFER and flow.nodes.get(flow.start) == RouteNode(Outcome.CLAIM):
        yield _at(flow, flow.start, _WITHOUT_CODE.format(flow.start))
    for name, node in flow.nodes.items():
        if isinstance(node, EnqueueNode) and flow.kind is not FlowKind.CALL:
            yield _at(flow, name, "seul un flux d'appel met en attente")
        if isinstance(node, PartnerNode) and flow.kind is FlowKind.OFFER:
            yield _at(flow, name, "seul un appelant est conduit à la ligne partenaire")
        yield from (_at(flow, name, reason) for reason in _taken_without_code(flow, node))
        if isinstance(node, RouteNode) and node.outcome not in _OUTCOMES[flow.kind]:
            reason = f"« route: {node.outcome.value} » n'a pas de sens dans un flux {flow.kind.value}"
            yield _at(flow, name, reason)


def _taken_without_code(flow: Flow, node: Node) -> Iterator[str]:
    """A mailbox picks up too: only the digits of the offer lead to taking a call."""
    by_code = node.keys.get(CODE_KEY) if isinstance(node, GatherNode) else None
    if by_code is not None and flow.kind is not FlowKind.OFFER:
        yield "seul un flux de proposition a un code"
    for target in targets_of(node):
        takes = flow.nodes.get(target) == RouteNode(Outcome.CLAIM)
        others = [way for way in targets_of(node) if way == target]
        if flow.kind is FlowKind.OFFER and takes and (by_code != target or len(others) > 1):
            yield _WITHOUT_CODE.format(target)
            return


def _bounds(flow: Flow) -> Iterator[FlowFinding]:
    if len(flow.nodes) > MOST_NODES:
        yield FlowFinding(flow.id, ("nodes",), f"{len(flow.nodes)} nœuds ; au plus {MOST_NODES}")
    for name, node in flow.nodes.items():
        yield from (_at(flow, name, reason) for reason in _node_bounds(node))
        for prompt in prompts_of(node):
            yield from (_at(flow, name, reason) for reason in _prompt_bounds(prompt))


def _node_bounds(node: Node) -> Iterator[str]:
    if not isinstance(node, GatherNode):
        return
    if not 1 <= node.timeout_s <= LONGEST_GATHER_S:
        yield f"attend une touche {node.timeout_s} s ; permis : 1 à {LONGEST_GATHER_S}"
    if not 1 <= node.num_digits <= MOST_DIGITS:
        yield f"demande {node.num_digits} chiffres ; permis : 1 à {MOST_DIGITS}"
    if not 1 <= node.tries <= MOST_TRIES:
        yield f"pose la question {node.tries} fois ; permis : 1 à {MOST_TRIES}"
    for key in node.keys:
        if CODE_KEY in node.keys:
            yield from _beside_code(key)
        elif _KEYS.fullmatch(key) is None or len(key) != node.num_digits:
            yield f"la touche « {key} » ne peut pas être composée avec {node.num_digits} chiffre(s)"
    if CODE_KEY in node.keys and node.num_digits != CODE_DIGITS:
        yield f"demande {node.num_digits} chiffres ; le code en a {CODE_DIGITS}"
    if not any(isinstance(prompt, SpokenText | Sound) for prompt in node.prompts):
        yield "attend une touche sans avoir rien dit"
    if not node.keys:
        yield "ne propose aucune touche"


def _beside_code(key: str) -> Iterator[str]:
    """Another key of the same question must not be the beginning of a code."""
    if key != CODE_KEY and (_KEYS.fullmatch(key) is None or key[0] in CODE_KEYS):
        yield f"la touche « {key} » peut être le début d'un code ; permis : 0, 9, * et #"


def _prompt_bounds(prompt: Prompt) -> Iterator[str]:
    if isinstance(prompt, Silence) and not 1 <= prompt.length_s <= walks.LONGEST_SILENCE_S:
        yield f"silence de {prompt.length_s} s ; permis : 1 à {walks.LONGEST_SILENCE_S}"
    if isinstance(prompt, Sound) and not 1 <= prompt.lasts_s <= walks.LONGEST_DOCUMENT_S:
        yield f"son de {prompt.lasts_s} s ; permis : 1 à {walks.LONGEST_DOCUMENT_S}"


def _texts(flow: Flow) -> Iterator[FlowFinding]:
    for name in SERVICE_TEXTS.get(flow.id, ()):
        if name not in flow.texts:
            reason = f"il manque le texte « {name} », que le service dit lui-même"
            yield FlowFinding(flow.id, ("texts",), reason)
    for name, wordings in flow.texts.items():
        where = ("texts", name)
        for language in flow.languages:
            if language not in wordings:
                yield FlowFinding(flow.id, where, f"le texte « {name} » manque en « {language} »")
        for language in wordings:
            if language not in flow.languages:
                reason = f"le texte « {name} » est en « {language} », langue que le flux n'offre pas"
                yield FlowFinding(flow.id, (*where, language), reason)
        for language, wording in wordings.items():
            yield from (FlowFinding(flow.id, (*where, language), reason) for reason in _wording(wording))


def _wording(wording: str) -> Iterator[str]:
    if not wording.strip():
        yield "texte vide : l'appelant entendrait un silence"
    if len(wording) > LONGEST_TEXT:
        yield f"texte de {len(wording)} caractères ; au plus {LONGEST_TEXT}"
    if _UNSPEAKABLE.search(wording):
        yield "le texte contient un caractère de contrôle"


def _partner(flow: Flow) -> Iterator[FlowFinding]:
    """What is said of the partner line and what leads there belong together."""
    gathers = [(name, node) for name, node in flow.nodes.items() if isinstance(node, GatherNode)]
    said = any(isinstance(prompt, PartnerText) for _, node in gathers for prompt in node.prompts)
    partners = {name for name, node in flow.nodes.items() if isinstance(node, PartnerNode)}
    for name, node in gathers:
        leads = {target for target in (*node.keys.values(), node.otherwise) if target in partners}
        if leads & set(node.keys.values()) and not said:
            yield _at(
                flow, name, "une touche mène à la ligne partenaire, et rien ne le dit", "{partner: texte}"
            )
        if not leads and any(isinstance(prompt, PartnerText) for prompt in node.prompts):
            yield _at(flow, name, "parle de la ligne partenaire, et rien n'y mène")


def _code_said(flow: Flow) -> Iterator[FlowFinding]:
    """The digits are said by the question that asks for them, in every language, and nowhere else."""
    asking: set[str] = set()
    for name, node in flow.nodes.items():
        spoken = {prompt.text for prompt in prompts_of(node) if isinstance(prompt, SpokenText)}
        if isinstance(node, GatherNode) and CODE_KEY in node.keys:
            asking |= spoken
            for language in flow.languages:
                if not any(CODE_PLACE in flow.texts.get(text, {}).get(language, "") for text in spoken):
                    yield _at(
                        flow,
                        name,
                        f"la question ne dit pas le code en « {language} »",
                        f"y mettre « {CODE_PLACE} »",
                    )
    for text, wordings in flow.texts.items():
        if text not in asking and any(CODE_PLACE in wording for wording in wordings.values()):
            yield FlowFinding(flow.id, ("texts", text), f"« {CODE_PLACE} » n'a pas de sens ici")


def _reach(flow: Flow) -> Iterator[FlowFinding]:
    reached = {flow.start}
    to_see = [flow.start]
    while to_see:
        for target in targets_of(flow.nodes[to_see.pop()]):
            if target not in reached:
                reached.add(target)
                to_see.append(target)
    for name in flow.nodes:
        if name not in reached:
            yield _at(flow, name, "rien ne mène à ce nœud", "le supprimer, ou y mener")
