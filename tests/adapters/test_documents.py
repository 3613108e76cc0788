"""Strict loading: every fault file is refused with its own message, and hostile ones at once.

The first line of a file in `faults/` is what it must be refused with, `# attendu :` and
then one finding after the other, separated by ` | `. `HELPLINE_SHOW_FAULTS=1 pytest -s`
prints what is said today.
"""

from __future__ import annotations

import os
import time
import wave
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpline.adapters.documents import SOUNDS, load_flows, load_rules, sound_lengths
from helpline.adapters.documents_flows import NODE_FORMS
from helpline.adapters.documents_rules import WhenForm
from helpline.adapters.documents_yaml import read_text
from helpline.domain.errors import DocumentError
from helpline.domain.ivr.flow import Flow
from helpline.domain.ivr.nodes import NODE_TYPES
from helpline.domain.routing.conditions import CONDITIONS

ROOT = Path(__file__).parents[2]
FAULTS = Path(__file__).with_name("faults")
FLOW_TEXTS = {path.stem: path.read_text() for path in (ROOT / "ivr_flows").glob("*.yaml")}
RULES_TEXT = (ROOT / "routing_rules.yaml").read_text()


@pytest.fixture(scope="module")
def flows() -> Mapping[str, Flow]:
    return load_flows(ROOT / "ivr_flows")


def said(refused: DocumentError) -> str:
    """The findings without the name of the file, on one line."""
    return " | ".join(str(finding).split(":", 1)[1] for finding in refused.findings)


def expected(path: Path) -> str:
    return path.read_text().splitlines()[0].removeprefix("# attendu : ")


def show(path: Path, refused: DocumentError) -> None:
    if os.environ.get("HELPLINE_SHOW_FAULTS"):
        print(f"{path.parent.name}/{path.stem}: {said(refused)}")


@pytest.mark.parametrize("path", sorted(FAULTS.glob("rules/*.yaml")), ids=lambda path: path.stem)
def test_a_faulty_rule_set_is_refused_with_its_message(path: Path, flows: Mapping[str, Flow]) -> None:
    with pytest.raises(DocumentError) as refused:
        load_rules(path, flows=flows)

    show(path, refused.value)
    assert said(refused.value) == expected(path)


@pytest.mark.parametrize("path", sorted(FAULTS.glob("flows/*.yaml")), ids=lambda path: path.stem)
def test_a_faulty_flow_is_refused_with_its_message(path: Path) -> None:
    with pytest.raises(DocumentError) as refused:
        load_flows({**FLOW_TEXTS, "essai": path.read_text()})

    show(path, refused.value)
    assert said(refused.value) == expected(path)
    assert {finding.file for finding in refused.value.findings} == {"essai.yaml"}


@pytest.mark.parametrize("folder", ["rules", "flows"])
def test_no_two_fault_files_are_refused_with_the_same_words(folder: str) -> None:
    words = [expected(path) for path in FAULTS.glob(f"{folder}/*.yaml")]

    assert len(set(words)) == len(words)


NESTED = "rules: " + "[" * 2_000
HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "le fichier est vide"),
    "only a comment": (b"# rien\n", "le fichier est vide"),
    "byte-order mark": (b"\xef\xbb\xbf" + RULES_TEXT.encode(), "marque d'ordre"),
    "UTF-16": (RULES_TEXT.encode("utf-16"), "marque d'ordre"),
    "UTF-16 without mark": (RULES_TEXT.encode("utf-16-le"), "marque d'ordre"),
    "latin-1": (RULES_TEXT.replace("# ", "# é", 1).encode("latin-1"), "UTF-8"),
    "NUL": (RULES_TEXT.replace("Nuit", "Nu\x00it").encode(), "caractère de contrôle"),
    "tab": (RULES_TEXT.replace("  flow:", "\tflow:").encode(), "tabulation"),
    "CRLF": (RULES_TEXT.replace("\n", "\r\n").encode(), "CRLF"),
    "line separator": (RULES_TEXT.replace("Nuit", "Nu\u2028it").encode(), "caractère de contrôle"),
    "ten megabytes": (b"a: b\n" * 2_000_000, "plus de 256 ko"),
    "a hundred thousand rules": (b"rules:\n" + b"  - {name: a}\n" * 100_000, "plus de 256 ko"),
    "many small values": (b"rules:\n" + b" - a\n" * 50_000, "trop de lignes"),
    "nested lists": (NESTED.encode(), "niveaux d'imbrication"),
    "nested blocks": (b"{a: " * 20_000, "niveaux d'imbrication"),
    "nested by indentation": (
        "\n".join(" " * d + "a:" for d in range(600)).encode(),
        "niveaux d'imbrication",
    ),
    "alias bomb": (b"a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\n", "ancre"),
    "a list": (b"- a\n", "bloc de clés attendu"),
    "a word": (b"bonjour\n", "bloc de clés attendu"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_clearly_and_within_a_second(name: str, tmp_path: Path) -> None:
    content, reason = HOSTILE[name]
    path = tmp_path / "routing_rules.yaml"
    path.write_bytes(content)
    started = time.process_time()

    with pytest.raises(DocumentError) as refused:
        load_rules(path)

    assert time.process_time() - started < 1
    assert any(reason in finding.reason for finding in refused.value.findings), said(refused.value)


def test_all_faults_of_a_file_are_told_at_once() -> None:
    text = RULES_TEXT.replace("bonus_s: 0", "bonus_s: 1e1").replace("holiday: true", "holiday: NO")
    text = text.replace("wait: attente", "wiat: attente").replace("days: [sat, sun]", "days: [sat, sunday]")

    with pytest.raises(DocumentError) as refused:
        load_rules(text)

    assert [finding.reason for finding in refused.value.findings] == [
        "« wiat » n'est pas connu ici",
        "nombre qui peut se lire de deux façons",
        "« sunday » n'est pas connu ici",
        "« NO » peut se lire oui ou non",
    ]


def test_the_faults_of_two_flows_are_told_together() -> None:
    broken = {**FLOW_TEXTS, "accueil": "kind: call\n", "attente": "a: b: c\n"}

    with pytest.raises(DocumentError) as refused:
        load_flows(broken)

    assert {finding.file for finding in refused.value.findings} == {"accueil.yaml", "attente.yaml"}


def test_clock_times_with_and_without_quotes_mean_the_same() -> None:
    plain = load_rules(RULES_TEXT.replace('"20:00"', "20:00").replace('"08:00"', "08:00"))

    assert plain.rules == load_rules(RULES_TEXT).rules


def test_the_same_text_is_the_same_version_and_another_is_not() -> None:
    assert load_rules(RULES_TEXT).version == load_rules(ROOT / "routing_rules.yaml").version
    assert load_rules(RULES_TEXT + "# un mot\n").version != load_rules(RULES_TEXT).version


def test_a_file_that_is_not_there_is_refused_like_any_other(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="ne peut pas être lu"):
        load_rules(tmp_path / "parti.yaml")
    with pytest.raises(DocumentError, match="aucun flux"):
        load_flows(tmp_path)


def test_a_flow_file_is_named_like_a_flow(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="nom de fichier"):
        load_flows({**FLOW_TEXTS, "Éssai 2": FLOW_TEXTS["proposition"]})


def test_a_refused_value_is_not_repeated_at_length() -> None:
    with pytest.raises(DocumentError) as refused:
        load_rules(RULES_TEXT.replace("days: [sat, sun]", f"days: [{'s' * 5_000}]"))

    assert len(str(refused.value)) < 300


@given(st.text(st.characters(codec="utf-8"), max_size=60))
@example("a: &a [*a]")
@example("? {a: b}\n: c")
@example("--- >\n x\n...\n--- y")
@example('"\\ud800"')
@example("a: !<tag:yaml.org,2002:str> b")
@example("[a: b, ? ]")
def test_any_text_is_read_as_plain_values_or_refused(text: str) -> None:
    try:
        document = read_text(text, "essai.yaml")
    except DocumentError:
        return

    to_see = [document.value]
    while to_see:
        value = to_see.pop()
        assert type(value) in (str, int, bool, list, dict) or document.findings
        to_see += (
            value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
        )


def test_every_node_type_and_every_condition_can_be_written() -> None:
    assert set(NODE_FORMS) == set(NODE_TYPES)
    assert set(WhenForm.model_fields) == set(CONDITIONS)


@pytest.mark.parametrize("word", NODE_TYPES)
def test_every_node_type_is_explained_to_who_writes_flows(word: str) -> None:
    assert f"| `{word}: " in (ROOT / "ivr_flows" / "README.md").read_text()


def test_the_hold_sound_is_short_soft_and_never_silent_for_long() -> None:
    path = SOUNDS / "attente.wav"
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8_000)
        frames = sound.readframes(sound.getnframes())
    samples = memoryview(frames).cast("h")
    half_seconds = [max(map(abs, samples[at : at + 4_000])) for at in range(0, len(samples), 4_000)]

    assert path.stat().st_size < 260_000
    assert sound_lengths() == {"attente": 15.0}
    assert max(half_seconds) < 10_000
    assert min(half_seconds) > 500
