"""Runs a flow to its next wait: (flows, session, input) → (session, document).

It knows no carrier, no clock and no call. One step starts where the session stands, takes
what happened (a start, keys, silence, the carrier asking for more to play), walks from
node to node collecting verbs, and stops at the first node that must wait for something.
The same session and input give the same step, so a repeated request is harmless.

Where a step stops:

    gather                     always; the answer comes as Keys, Silence, or in the line as WaitAgain
    route, enqueue, hangup     the flow is over (the session of an enqueue stays, for its welcome)
    partner                    the same, where a partner line was verified; else it is passed by

What is pressed is compared with the keys of the node and with nothing else; whatever is
not among them, of any length and script, counts as one wrong answer and is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from helpline.domain import paths, verbs
from helpline.domain.accept_code import accept_code, spelled
from helpline.domain.errors import EndlessStep, UnknownPlace, WrongKind
from helpline.domain.ivr.flow import MOST_KEYS_KEPT, Flow, FlowKind, FlowSession, heard
from helpline.domain.ivr.nodes import (
    CODE_KEY,
    CODE_PLACE,
    EnqueueNode,
    GatherNode,
    GotoNode,
    HangupNode,
    Outcome,
    PartnerNode,
    PartnerText,
    PauseNode,
    PlayNode,
    RouteNode,
    SayNode,
    prompts_of,
)

MOST_NODES_A_STEP: Final = 50


@dataclass(frozen=True, slots=True)
class Start:
    """Begin `flow`, in `language` or in the flow's first one."""

    flow: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """Digits as the carrier sent them: anything can stand in them."""

    digits: str


@dataclass(frozen=True, slots=True)
class Silence:
    """The wait for keys ended without one."""


@dataclass(frozen=True, slots=True)
class WaitAgain:
    """The carrier has played a wait document to its end and asks for the next."""


Input: TypeAlias = Start | Keys | Silence | WaitAgain


@dataclass(frozen=True, slots=True)
class Step:
    """What one step came to.

    `session` is None after a hangup. `document` is to be rendered in any case; with an
    `outcome` it has no ending of its own, since the service adds what the outcome means
    (the session still has the keys). `enqueue` is the node when the call now stands in
    line: make its offers, keep the session for the welcome.
    """

    session: FlowSession | None
    document: verbs.Document
    outcome: Outcome | None = None
    enqueue: EnqueueNode | None = None


def step(
    flows: Mapping[str, Flow],
    session: FlowSession | None,
    given: Input,
    kind: FlowKind,
    *,
    attempt: str = "",
    partner: bool = False,
) -> Step:
    """One step, from what is `given` to the next wait or the end.

    `session` is None only with Start, which begins anew whatever the session was. `kind`
    is what the request can render; a flow of another kind raises WrongKind. `attempt`
    is the offer that a psychologist is asked about: keys go to its path, and its digits are
    what it may ask for. `partner`: a partner line was verified; without one nothing of it is
    said and its key means nothing.

    Raises UnknownPlace (also for an input without session), WrongKind, and EndlessStep
    after 50 nodes: nothing of it with flows that passed `check`. The caller of this
    function answers each with the human route.
    """
    run = _Run(flows, kind, attempt, partner=partner)
    return run.to_the_next_wait(run.place(session, given))


def welcome_document(flow: Flow, node: EnqueueNode, language: str) -> verbs.Document:
    """The first wait document: the welcome of the line, and nothing else."""
    return tuple(heard(flow, prompt, language) for prompt in node.welcome)


class _Run:
    """One step under way: the flows, and the verbs collected so far."""

    def __init__(self, flows: Mapping[str, Flow], kind: FlowKind, attempt: str, *, partner: bool) -> None:
        self.flows = flows
        self.kind = kind
        self.keys_path = paths.claim(attempt) if attempt else paths.KEYS
        self.partner = partner
        self.code = accept_code(attempt) if attempt else ""
        self.document: list[verbs.Verb] = []

    def place(self, session: FlowSession | None, given: Input) -> FlowSession:
        """Where the step begins: the input applied to the session."""
        if isinstance(given, Start):
            return self._start_of(given.flow, given.language, ())
        if session is None:
            raise UnknownPlace("(none)")
        flow = self._flow(session.flow)
        node = flow.node(session.node)
        if isinstance(node, GatherNode) and session.tries > 0:
            return _answered(session, node, self._live_keys(flow, node), _key_of(given, self.code))
        return session

    def _live_keys(self, flow: Flow, node: GatherNode) -> Mapping[str, str]:
        """The keys that mean something now: without a partner line its key is any other key."""
        return {
            key: target
            for key, target in node.keys.items()
            if self.partner or not isinstance(flow.nodes.get(target), PartnerNode)
        }

    def to_the_next_wait(self, at: FlowSession) -> Step:
        for _ in range(MOST_NODES_A_STEP):
            moved = self._pass(at)
            if isinstance(moved, Step):
                return moved
            at = moved
        raise EndlessStep(f"more than {MOST_NODES_A_STEP} nodes in one step of {at.flow!r}")

    def _pass(self, at: FlowSession) -> FlowSession | Step:
        """Go through one node: to the next place, or to the end of the step."""
        flow = self._flow(at.flow)
        node = flow.node(at.node)
        match node:
            case SayNode() | PlayNode() | PauseNode():
                self.document += [heard(flow, prompt, at.language) for prompt in prompts_of(node)]
                return replace(at, node=node.next, tries=0)
            case GatherNode():
                self.document.append(self._gather(flow, node, at.language))
                return self._stop(replace(at, tries=at.tries + 1))
            case GotoNode(node=str(name)):
                return replace(at, node=name, tries=0)
            case GotoNode(flow=str(flow_id)):
                return self._start_of(flow_id, at.language, at.keys)
            case PartnerNode():
                after = replace(at, node=node.next, tries=0)
                if not self.partner:
                    return after
                return Step(after, tuple(self.document), outcome=Outcome.PARTNER)
            case RouteNode():
                return Step(at, tuple(self.document), outcome=node.outcome)
            case EnqueueNode():
                self.document.append(verbs.Enqueue(node.queue, paths.WAIT, paths.LEFT))
                return Step(at, tuple(self.document), enqueue=node)
            case HangupNode():
                return Step(None, (*self.document, verbs.Hangup()))
            case GotoNode():
                raise AssertionError("a goto without target cannot be built")

    def _gather(self, flow: Flow, node: GatherNode, language: str) -> verbs.Gather:
        in_line = self.kind is FlowKind.WAIT
        said = (p for p in node.prompts if self.partner or not isinstance(p, PartnerText))
        return verbs.Gather(
            # In line a key is one more question of what they hear, and silence lets the
            # document run out: the carrier then asks by itself, and says how long they wait.
            action_path=paths.WAIT if in_line else self.keys_path,
            prompts=tuple(self._with_code(heard(flow, prompt, language)) for prompt in said),
            num_digits=node.num_digits,
            timeout_s=node.timeout_s,
            answer_silence=not in_line,
        )

    def _with_code(self, prompt: verbs.Prompt) -> verbs.Prompt:
        if isinstance(prompt, verbs.Say):
            return replace(prompt, text=prompt.text.replace(CODE_PLACE, spelled(self.code)))
        return prompt

    def _start_of(self, flow_id: str, language: str | None, keys: tuple[str, ...]) -> FlowSession:
        flow = self._flow(flow_id)
        spoken_in = language if language in flow.languages else None
        return FlowSession(flow.id, flow.version, flow.start, 0, spoken_in or flow.languages[0], keys)

    def _flow(self, flow_id: str) -> Flow:
        flow = self.flows.get(flow_id)
        if flow is None:
            raise UnknownPlace(flow_id)
        if flow.kind is not self.kind:
            raise WrongKind(f"{flow_id!r} is a {flow.kind.value} flow, a {self.kind.value} flow is served")
        return flow

    def _stop(self, at: FlowSession) -> Step:
        return Step(at, tuple(self.document))


def _answered(session: FlowSession, node: GatherNode, live: Mapping[str, str], key: str) -> FlowSession:
    """Where an answer leads: its target, the same question again, or `otherwise`."""
    if key in live:
        kept = (*session.keys, key)[-MOST_KEYS_KEPT:]
        return replace(session, node=live[key], tries=0, keys=kept)
    if session.tries < node.tries:
        return session
    return replace(session, node=node.otherwise, tries=0)


def _key_of(given: Input, code: str) -> str:
    """What was pressed, in the words of `GatherNode.keys`; empty when it means nothing."""
    if not isinstance(given, Keys) or given.digits == CODE_KEY:
        return ""
    return CODE_KEY if code and given.digits == code else given.digits
