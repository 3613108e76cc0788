"""Loads rules and flows from YAML: strictly, all faults at once, or not at all.

    bytes ─ documents_source ─ documents_yaml ─ documents_forms ─ documents_rules ┐
            (clean text)       (values, lines)  (keys, types)     documents_flows ┴─ domain checks

Nothing of a document is ever evaluated. Each stage speaks only when the one before it
found nothing that makes its answer a guess; what is refused leaves the running version as
it was, because a load gives a whole new value or raises DocumentError.
"""

from __future__ import annotations

import re
import wave
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from helpline.adapters.documents_flows import flow_of
from helpline.adapters.documents_rules import rule_set_of
from helpline.adapters.documents_source import Document, Where, in_order
from helpline.adapters.documents_yaml import read_file, read_text
from helpline.domain.errors import DocumentError, DocumentFinding
from helpline.domain.ivr import check as flow_check
from helpline.domain.ivr.flow import Flow
from helpline.domain.ivr.nodes import Sound, prompts_of
from helpline.domain.people import Roster
from helpline.domain.routing import check as rule_check
from helpline.domain.routing.rules import RuleSet

__all__ = ["SOUNDS", "DocumentError", "DocumentFinding", "load_flows", "load_rules", "sound_lengths"]

SOUNDS: Final = Path(__file__).parents[1] / "data" / "sounds"
_FLOW_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


def load_rules(
    source: Path | str,
    *,
    flows: Mapping[str, Flow] | None = None,
    people: Roster | None = None,
    file: str = "routing_rules.yaml",
) -> RuleSet:
    """The rule set of a file (a Path) or of a text (a str, called `file` in findings).

    With `flows` and `people`, its references to them are checked too: both where rules are
    written, and not the people where they are in force, since somebody who has left must
    not stop the line. Raises DocumentError.
    """
    document = read_file(source) if isinstance(source, Path) else read_text(source, file)
    rule_set = rule_set_of(document)
    if rule_set is not None:
        for found in rule_check.check(rule_set, flows, people):
            document.fault(_written_at(found.where, document), found.reason, found.suggestion)
    document.refuse_if_faulty()
    assert rule_set is not None, "a document without findings gave a rule set"  # noqa: S101
    return rule_set


def _written_at(where: Where, document: Document) -> Where:
    """Where a part of a rule is written: in the rule itself, or in the defaults it was filled from."""
    if where[:1] == ("rules",) and where[2:3] == ("then",) and where not in document.keys:
        return ("defaults", *where[3:])
    return where


def load_flows(
    source: Path | Mapping[str, str], *, sounds: Mapping[str, float] | None = None
) -> Mapping[str, Flow]:
    """The flows of a folder (`<id>.yaml` each) or of texts by id, checked together.

    `sounds` are the sound files there are, name to seconds; those shipped when not given.
    Raises DocumentError with the findings of all files.
    """
    documents, findings = _documents(source)
    flows = {}
    for flow_id, document in documents.items():
        flow = flow_of(flow_id, document)
        if flow is not None:
            flows[flow_id] = flow
    if len(flows) == len(documents) and not findings:
        for found in flow_check.check(flows):
            documents[found.flow].fault(found.where, found.reason, found.suggestion)
        for flow in flows.values():
            _check_sounds(flow, documents[flow.id], sound_lengths() if sounds is None else sounds)
    findings += [finding for document in documents.values() for finding in document.findings]
    if findings:
        raise DocumentError(in_order(findings))
    return flows


def _documents(source: Path | Mapping[str, str]) -> tuple[dict[str, Document], list[DocumentFinding]]:
    """Every document that can be read, and what is wrong with those that cannot."""
    documents: dict[str, Document] = {}
    findings: list[DocumentFinding] = []
    found: Mapping[str, Path | str] = (
        {path.stem: path for path in source.glob("*.yaml")} if isinstance(source, Path) else source
    )
    for flow_id, content in sorted(found.items()):
        try:
            if isinstance(content, Path):
                documents[flow_id] = read_file(content)
            else:
                documents[flow_id] = read_text(content, f"{flow_id}.yaml")
        except DocumentError as refused:
            findings += refused.findings
        if _FLOW_ID.fullmatch(flow_id) is None:
            reason = "ce nom de fichier ne peut pas être celui d'un flux"
            findings.append(DocumentFinding(f"{flow_id}.yaml", 1, 1, reason, "minuscules, chiffres et _"))
    if not found:
        findings.append(DocumentFinding(str(source), 1, 1, "aucun flux (fichier .yaml) ici"))
    return documents, findings


@cache
def sound_lengths() -> Mapping[str, float]:
    """The sound files we ship, name to seconds."""
    lengths = {}
    for path in sorted(SOUNDS.glob("*.wav")):
        with wave.open(str(path), "rb") as sound:
            lengths[path.stem] = sound.getnframes() / sound.getframerate()
    return lengths


def _check_sounds(flow: Flow, document: Document, sounds: Mapping[str, float]) -> None:
    for name, node in flow.nodes.items():
        for prompt in prompts_of(node):
            if not isinstance(prompt, Sound):
                continue
            if prompt.sound not in sounds:
                known = ", ".join(sounds) or "aucun"
                document.fault(("nodes", name), f"le son « {prompt.sound} » n'existe pas", f"sons : {known}")
            elif abs(sounds[prompt.sound] - prompt.lasts_s) > 1:
                reason = f"le son « {prompt.sound} » dure {sounds[prompt.sound]:.0f} s, pas {prompt.lasts_s}"
                document.fault(("nodes", name), reason)
