"""Recorded plays of flows: a text of inputs and what is heard after each, readable in review.

    # a title                     begins a scene
    > start                       an input: start, keys 1, silence, again
    dit : « … »                   what is heard, one verb a line

`replay` reads only titles and inputs and writes the whole play anew, so that a play is
up to date when it equals its own replay.
"""

from __future__ import annotations

from collections.abc import Mapping

from helpline.domain import verbs
from helpline.domain.accept_code import accept_code
from helpline.domain.errors import FlowError
from helpline.domain.ivr.flow import Flow, FlowKind, FlowSession
from helpline.domain.ivr.interpreter import (
    Input,
    Keys,
    Silence,
    Start,
    Step,
    WaitAgain,
    step,
    welcome_document,
)

ATTEMPT = "a1"
"""The offer of recorded plays; `keys CODE` are its digits."""


def replay(flows: Mapping[str, Flow], flow: Flow, play: str) -> str:
    """The play with everything heard in it told again by the interpreter."""
    lines: list[str] = []
    session: FlowSession | None = None
    for line in play.splitlines():
        if line.startswith("#"):
            session = None
            lines += ["", line] if lines else [line]
        elif line.startswith("> "):
            lines.append(line)
            try:
                attempt = ATTEMPT if flow.kind is FlowKind.OFFER else ""
                taken = step(flows, session, _input(line[2:], flow), flow.kind, attempt=attempt)
            except FlowError as refused:
                lines.append(f"  ({type(refused).__name__})")
                continue
            session = taken.session
            lines += [f"  {told}" for told in _told(flows, taken)]
    return "\n".join(lines) + "\n"


def _input(words: str, flow: Flow) -> Input:
    word, _, rest = words.partition(" ")
    match word:
        case "start":
            return Start(flow.id)
        case "keys":
            return Keys(accept_code(ATTEMPT) if rest == "CODE" else rest)
        case "silence":
            return Silence()
        case "again":
            return WaitAgain()
    raise AssertionError(f"a play knows no input {word!r}")


def _told(flows: Mapping[str, Flow], taken: Step) -> list[str]:
    told = [line for verb in taken.document for line in _verb(verb)]
    if taken.enqueue is not None and taken.session is not None:
        flow = flows[taken.session.flow]
        welcome = welcome_document(flow, taken.enqueue, taken.session.language)
        told += [f"accueil {line}" for verb in welcome for line in _verb(verb)]
        told.append(f"puis le flux « {taken.enqueue.wait} »")
    if taken.outcome is not None:
        told.append(f"issue : {taken.outcome.value}")
    return told or ["(rien)"]


def _verb(verb: verbs.Verb) -> list[str]:
    match verb:
        case verbs.Say(text=text, language=language):
            return [f"dit [{language}] : « {text} »"]
        case verbs.Play(path=path):
            return [f"joue : {path}"]
        case verbs.Pause(length_s=length_s):
            return [f"silence : {length_s} s"]
        case verbs.Gather():
            asked = [f"demande {line}" for prompt in verb.prompts for line in _verb(prompt)]
            return [*asked, f"attend {verb.num_digits} touche(s), {verb.timeout_s} s → {verb.action_path}"]
        case verbs.Enqueue():
            return [f"met en attente : {verb.queue} ({verb.wait_path}, puis {verb.action_path})"]
        case verbs.Hangup():
            return ["raccroche"]
    raise AssertionError(f"a flow cannot say {verb!r}")
