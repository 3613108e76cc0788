"""The checks of `check.py` that follow a caller through the flows: ends, circles, seconds.

A document is the chain of nodes one step of the interpreter runs through. Inside it each
node has one successor, so it is followed, not searched; only where it stops does the way
branch. Each walk visits a finite set of states once: a flow of any shape is checked in
time linear in its size. All of them need flows whose targets exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from helpline.domain.ivr.findings import FlowFinding, at_node
from helpline.domain.ivr.flow import Flow, FlowKind
from helpline.domain.ivr.interpreter import MOST_NODES_A_STEP
from helpline.domain.ivr.nodes import (
    EnqueueNode,
    GatherNode,
    GotoNode,
    HangupNode,
    Node,
    PartnerText,
    Prompt,
    Silence,
    Sound,
    SpokenText,
    prompts_of,
    targets_of,
)

CHARACTERS_A_SECOND: Final = 15
LONGEST_WELCOME_S: Final = 8
LONGEST_DOCUMENT_S: Final = 20
LONGEST_SILENCE_S: Final = 5
_SAFE: Final = re.compile(r"(?<![0-9])(15|31 ?14)(?![0-9])")
_DANGER: Final = re.compile(r"(?<![0-9])15(?![0-9])")

Place: TypeAlias = "tuple[Flow, str]"


@dataclass(frozen=True, slots=True)
class _Chain:
    """The nodes of one document, in order; `ends` is false when they go round or are too many."""

    places: tuple[Place, ...]
    ends: bool

    @property
    def last(self) -> Node:
        flow, name = self.places[-1]
        return flow.nodes[name]

    def exits(self) -> tuple[Place, ...]:
        """Where the next document can begin."""
        flow, _ = self.places[-1]
        return tuple((flow, target) for target in targets_of(self.last)) if self.ends else ()


def faults(flow: Flow, flows: Mapping[str, Flow]) -> Iterator[FlowFinding]:
    """Every fault of the ways that begin in `flow`."""
    yield from _welcomes(flow)
    yield from _said_before_the_line(flow, flows)
    endless = [name for name in flow.nodes if not _document(flow, name, flows).ends]
    if endless:
        reason = "on peut tourner en rond ici sans jamais attendre"
        yield at_node(flow.id, endless[0], reason, "terminer par enqueue, hangup ou gather")
        return
    yield from _documents(flow, flows)
    yield from _never_ending(flow, flows)
    yield from _unsafe_ends(flow)


def seconds(flow: Flow, prompts: Iterable[Prompt]) -> float:
    """How long `prompts` last, in the slowest language; speech is characters ÷ 15."""
    return sum(_length_s(flow, prompt) for prompt in prompts)


def _length_s(flow: Flow, prompt: Prompt) -> float:
    match prompt:
        case SpokenText() | PartnerText():
            wordings = flow.texts[prompt.text].values()
            return max((len(wording) for wording in wordings), default=0) / CHARACTERS_A_SECOND
        case Sound():
            return prompt.lasts_s
        case Silence():
            return prompt.length_s


def names_safety(flow: Flow, prompts: Iterable[Prompt], number: re.Pattern[str] = _SAFE) -> bool:
    """Whether one of the prompts names 15 or 3114, in every language it is spoken in."""
    return any(
        isinstance(prompt, SpokenText)
        and all(number.search(wording) for wording in flow.texts[prompt.text].values())
        for prompt in prompts
    )


def _document(flow: Flow, name: str, flows: Mapping[str, Flow]) -> _Chain:
    """Follow one document from the node `name` to where the interpreter would stop."""
    places = [(flow, name)]
    while len(places) <= MOST_NODES_A_STEP:
        flow, name = places[-1]
        node = flow.nodes[name]
        if _stops(node):
            return _Chain(tuple(places), ends=True)
        if isinstance(node, GotoNode) and node.flow is not None:
            places.append((flows[node.flow], flows[node.flow].start))
        else:
            places.append((flow, targets_of(node)[0]))
    return _Chain(tuple(places), ends=False)


def _stops(node: Node) -> bool:
    return isinstance(node, GatherNode) or not (targets_of(node) or isinstance(node, GotoNode))


def _welcomes(flow: Flow) -> Iterator[FlowFinding]:
    for name, node in flow.nodes.items():
        if not isinstance(node, EnqueueNode):
            continue
        lasts_s = seconds(flow, node.welcome)
        if lasts_s > LONGEST_WELCOME_S:
            most = LONGEST_WELCOME_S * CHARACTERS_A_SECOND
            reason = f"l'accueil dure {lasts_s:.1f} s ; au plus {LONGEST_WELCOME_S} s"
            yield at_node(flow.id, name, reason, f"au plus {most} caractères")
        if not names_safety(flow, node.welcome):
            yield at_node(flow.id, name, "l'accueil ne nomme ni le 15 ni le 3114")


def _said_before_the_line(flow: Flow, flows: Mapping[str, Flow]) -> Iterator[FlowFinding]:
    chain = _document(flow, flow.start, flows)
    if not isinstance(chain.last, EnqueueNode):
        return
    for at, name in chain.places[:-1]:
        if at.id == flow.id and prompts_of(at.nodes[name]):
            reason = "dit quelque chose avant la mise en attente, sans qu'une touche soit demandée"
            yield at_node(flow.id, name, reason, "le mettre dans « welcome » : on sonne déjà pendant")


def _documents(flow: Flow, flows: Mapping[str, Flow]) -> Iterator[FlowFinding]:
    """Documents of a wait flow that are too long, and silences, across documents and flows too."""
    seen: set[tuple[str, str, int]] = set()
    to_see: list[tuple[Flow, str, int]] = [(flow, flow.start, 0)]
    while to_see:
        at, name, quiet_s = to_see.pop()
        if (at.id, name, quiet_s) in seen:
            continue
        seen.add((at.id, name, quiet_s))
        chain = _document(at, name, flows)
        if chain.ends:
            quiet_s, too_quiet = _quiet(chain, quiet_s)
            yield from (*too_quiet, *_too_long(chain), *_unheard_keys(chain, flows))
            to_see += [(*place, quiet_s) for place in chain.exits()]


def _too_long(chain: _Chain) -> Iterator[FlowFinding]:
    flow, name = chain.places[0]
    if flow.kind is not FlowKind.WAIT:
        return
    lasts_s = sum(seconds(at, prompts_of(at.nodes[node])) for at, node in chain.places)
    if isinstance(chain.last, GatherNode):
        lasts_s += chain.last.timeout_s
    if lasts_s > LONGEST_DOCUMENT_S:
        reason = f"le document qui commence ici dure {lasts_s:.1f} s ; au plus {LONGEST_DOCUMENT_S} s"
        yield at_node(flow.id, name, reason, "le couper en deux questions")


def _unheard_keys(chain: _Chain, flows: Mapping[str, Flow]) -> Iterator[FlowFinding]:
    """In line a key is heard at any moment, and one of them says what to do in danger."""
    flow, name = chain.places[-1]
    if flow.kind is not FlowKind.WAIT:
        return
    for at, said in chain.places[:-1]:
        if prompts_of(at.nodes[said]):
            reason = "se fait entendre hors d'une question : aucune touche n'y serait entendue"
            yield at_node(at.id, said, reason, "en faire un « gather »")
    asked = chain.last
    if not isinstance(asked, GatherNode):
        return
    if asked.tries != 1:
        reason = "dans l'attente une question n'est posée qu'une fois : elle revient au tour suivant"
        yield at_node(flow.id, name, reason, "écrire « tries: 1 »")
    if not any(_says_danger(flow, target, flows) for target in asked.keys.values()):
        reason = "aucune touche n'y dit ce qu'il faut faire en cas de danger"
        yield at_node(flow.id, name, reason, "une touche qui mène à un texte nommant le 15")


def _says_danger(flow: Flow, name: str, flows: Mapping[str, Flow]) -> bool:
    """Whether the document that begins here names 15."""
    chain = _document(flow, name, flows)
    return chain.ends and any(
        names_safety(at, _own_prompts(at.nodes[node]), _DANGER) for at, node in chain.places
    )


def _quiet(chain: _Chain, quiet_s: int) -> tuple[int, list[FlowFinding]]:
    """The seconds of silence the document ends with, and where there were too many."""
    found = []
    for flow, name in chain.places:
        node = flow.nodes[name]
        # What is only said where there is a partner line breaks no silence.
        heard = [prompt for prompt in _own_prompts(node) if not isinstance(prompt, PartnerText)]
        lengths = [prompt.length_s if isinstance(prompt, Silence) else None for prompt in heard]
        if isinstance(node, GatherNode):
            lengths.append(node.timeout_s)
        for length_s in lengths:
            quiet_s = 0 if length_s is None else quiet_s + length_s
            if quiet_s > LONGEST_SILENCE_S:
                reason = f"{quiet_s} s de silence ; au plus {LONGEST_SILENCE_S} s"
                found.append(at_node(flow.id, name, reason))
                quiet_s = 0
    return quiet_s, found


def _own_prompts(node: Node) -> tuple[Prompt, ...]:
    """Prompts that stand in the document itself: a welcome is a document of its own."""
    return () if isinstance(node, EnqueueNode) else prompts_of(node)


def _never_ending(flow: Flow, flows: Mapping[str, Flow]) -> Iterator[FlowFinding]:
    """Ways on which somebody who presses nothing is asked for ever."""
    if flow.kind is FlowKind.WAIT:
        return  # waiting in line has no end of its own: somebody answers
    for start in flow.nodes:
        at, name = flow, start
        passed: set[tuple[str, str]] = set()
        while (at.id, name) not in passed:
            passed.add((at.id, name))
            chain = _document(at, name, flows)
            if not isinstance(chain.last, GatherNode):
                break
            at, name = chain.places[-1][0], chain.last.otherwise
        else:
            reason = "qui n'appuie sur rien n'arrive jamais à une fin"
            yield at_node(flow.id, start, reason, "faire mener « otherwise » à une personne")
            return


def _unsafe_ends(flow: Flow) -> Iterator[FlowFinding]:
    """Hangups a caller can reach without having heard of 15 or 3114."""
    if flow.kind is FlowKind.OFFER:
        return
    unsafe = {flow.start}
    to_see = [flow.start]
    while to_see:
        name = to_see.pop()
        node = flow.nodes[name]
        if isinstance(node, HangupNode):
            reason = "raccroche sans avoir dit le 15 ou le 3114"
            yield at_node(flow.id, name, reason, "dire d'abord un texte qui les nomme")
        if names_safety(flow, _own_prompts(node)):
            continue
        for target in targets_of(node):
            if target not in unsafe:
                unsafe.add(target)
                to_see.append(target)
