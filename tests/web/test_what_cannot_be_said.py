"""Promise P3 in the source, and the doors of the web application: only POST, only what is listed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import Web
from tests.web.test_refused import ROUTES

ROOT = Path(__file__).parents[2]
CARRIERS = ROOT / "helpline" / "adapters" / "carriers"
THE_ONE_FILE = ROOT / "helpline" / "emulator" / "forbidden.py"
ANYWHERE = re.compile(
    r"transcri|coach|muted|siprec|machine_?detection|async_?amd|<\s*(Record|Stream)|Recording(Url|Sid)|call_?token",
    re.I,
)
AT_THE_CARRIER = re.compile(ANYWHERE.pattern + r"|record|stream\b|mute|whisper|monitor|\bamd", re.I)
MAY_BE_SAID = {"VoiceResponse", "TwiML", "Dial", "Gather", "TwimlDial", "TwimlGather"}


def said(source: str) -> Iterator[str]:
    """Names, attributes, arguments and texts of a program: what it can emit. Not its comments and docstrings."""
    tree = ast.parse(source)
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.keyword, ast.arg)):
            yield node.arg or ""
        elif isinstance(node, ast.alias):
            yield node.name


def found_in(source: str, words: re.Pattern[str]) -> list[str]:
    return [text for text in said(source) if words.search(text)]


PROGRAMS = sorted(
    path
    for folder in ("helpline", "dashboard")
    for path in (ROOT / folder).rglob("*.py")
    if path != THE_ONE_FILE and CARRIERS not in path.parents and "emulator" not in path.parts
)


def test_no_program_can_say_a_word_of_recording_or_listening_in() -> None:
    assert len(PROGRAMS) > 100
    found = {str(path): words for path in PROGRAMS if (words := found_in(path.read_text("utf-8"), ANYWHERE))}
    assert found == {}


def test_the_carriers_adapter_says_even_less() -> None:
    paths = sorted(CARRIERS.rglob("*.py"))
    assert {"twiml.py", "rest.py", "strip.py", "inbox.py"} <= {path.name for path in paths}
    found = {
        str(path): words for path in paths if (words := found_in(path.read_text("utf-8"), AT_THE_CARRIER))
    }
    assert found == {}


def test_the_emulator_names_them_in_one_file_only() -> None:
    paths = [path for path in THE_ONE_FILE.parent.rglob("*.py") if path != THE_ONE_FILE]
    found = {path.name: words for path in paths if (words := found_in(path.read_text("utf-8"), EMULATED))}
    assert found == {}
    assert found_in(THE_ONE_FILE.read_text("utf-8"), EMULATED)


EMULATED = re.compile(r"transcri|coach|muted|siprec|machine_?detection|<\s*(Record|Stream)", re.I)
"""The carrier's double also speaks of the caller's token, since the real one sends it."""


def test_flows_and_rules_name_none_of_them() -> None:
    texts = [*(ROOT / "ivr_flows").glob("*.yaml"), ROOT / "routing_rules.yaml"]
    assert len(texts) > 4
    assert [path.name for path in texts if ANYWHERE.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "source",
    [
        "response.record(max_length=60)",
        "dial.conference('x', muted=True)",
        "dial.conference('x', coach=sid)",
        "client.calls.create(record=True)",
        "client.calls.create(machine_detection='Enable')",
        "start.transcription()",
        "x = '<Record/>'",
        "setattr(dial, 'record', 'record-from-answer')",
        "client.conferences(c).participants(p).update(muted=True)",
        "client.calls(sid).recordings.create()",
        "response.start().stream(url='wss://x')",
    ],
)
def test_the_search_of_the_source_finds_each_of_them(source: str) -> None:
    assert found_in(source, AT_THE_CARRIER)


def test_a_comment_or_docstring_that_names_them_is_no_emission() -> None:
    assert (
        found_in('"""Nothing here could record, transcribe or coach."""\nx = 1  # muted\n', AT_THE_CARRIER)
        == []
    )


def test_the_sdks_documents_are_written_in_one_folder_and_with_few_of_its_classes() -> None:
    names: dict[str, set[str]] = {}
    for path in sorted((ROOT / "helpline").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("twilio.twiml"):
                names.setdefault(str(path.parent), set()).update(alias.name for alias in node.names)
    assert names == {str(CARRIERS / "twilio"): names[str(CARRIERS / "twilio")]}
    assert names[str(CARRIERS / "twilio")] <= MAY_BE_SAID


# ---- the doors


def rules(web: Web) -> list[Any]:
    return list(web.carrier.app._app.url_map.iter_rules())


def test_every_webhook_takes_post_alone_and_is_tried_by_the_tests_of_refusal(web: Web) -> None:
    voice = [rule for rule in rules(web) if rule.rule.startswith("/voice")]

    assert {rule.rule.replace("<attempt>", "a1") for rule in voice} == set(ROUTES)
    assert all(rule.methods == {"POST", "OPTIONS"} for rule in voice)


def test_nothing_else_takes_more_than_get(web: Web) -> None:
    others = [rule for rule in rules(web) if not rule.rule.startswith("/voice")]

    assert others
    assert all(rule.methods <= {"GET", "HEAD", "OPTIONS"} for rule in others)
    assert not any("static" in rule.endpoint for rule in others)


@pytest.mark.parametrize(
    "path", ["/", "/health/live", "/health/ready", "/sound/attente", "/sound/..%2f..%2fetc", "/x"]
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_elsewhere_are_refused_with_nothing_in_the_answer(
    path: str, method: str, web: Web
) -> None:
    before = web.stored()

    answer = web.carrier.send(path, b"From=%2B33639980123", REQUEST_METHOD=method)

    assert answer.status in (404, 405)
    assert answer.body == b""
    assert web.stored() == before
