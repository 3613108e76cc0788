"""What a person can read on a page, found in the sources: `python -m tests.dashboard.strings` lists what has no English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from dashboard.pages.desk import fields
from helpline.domain.orientation import ONE_OF, SEVERAL_OF, Choice, OrientationType

FOLDER = Path(__file__).parents[2] / "dashboard"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
# Attributes whose value is read out or shown.
SPOKEN = re.compile(
    r"""\b(?:title|alt|placeholder|aria-label|aria-description|aria-roledescription)\s*=\s*["']([^"'{]*)"""
)
TAGS = re.compile(r"<(script|style|kbd)\b.*?</\1>|<!--.*?-->|<[^>]*>?|[^<]*>|&\w+;", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


def folders() -> Iterator[Path]:
    """Where a catalogue may lie: the dashboard itself, and each page."""
    yield FOLDER
    yield from sorted(path.parent for path in FOLDER.glob("pages/*/__init__.py"))


def owner(file: Path) -> Path:
    """The folder whose catalogue has a file's strings."""
    inside = file.relative_to(FOLDER).parts
    return FOLDER / "pages" / inside[1] if inside[0] == "pages" and len(inside) > 2 else FOLDER


def messages() -> dict[Path, dict[str, str]]:
    """Every French string by the folder whose catalogue has it, with a place where it stands."""
    found: dict[Path, dict[str, str]] = {folder: {} for folder in folders()}
    for name, line, text, _, _ in extract_from_dir(FOLDER, METHODS, OPTIONS, KEYWORDS):
        one = text[0] if isinstance(text, tuple) else text
        found.setdefault(owner(FOLDER / name), {})[one] = f"{name}:{line}"
    found[FOLDER / "pages" / "desk"] |= dict.fromkeys(tiles(), "a tile of the fiche")
    return found


def tiles() -> Iterator[str]:
    """What stands on the desk but in no `_()`: the words of the nomenclature."""
    for row in fields._ROWS:
        for member in {**ONE_OF, **SEVERAL_OF}[row.name]:
            yield from (member.label, fields._SHORT.get(row.name, {}).get(member.value, member.label))
    yield from (member.label for kind in (Choice, OrientationType) for member in kind)
    yield "Mise en relation"


def english(folder: Path) -> dict[str, str | tuple[str, ...]]:
    """The catalogue of a folder: French (the singular) to English; empty when there is none."""
    file = folder / "locale" / "en.po"
    if not file.exists():
        return {}
    with file.open("rb") as opened:
        catalogue = read_po(opened, locale="en")
    return {
        message.id[0] if isinstance(message.id, tuple) else message.id: message.string
        for message in catalogue
        if message.id and not message.fuzzy
    }


def loose_text(template: Path) -> list[str]:
    """Words in a template that stand outside `_()`: a reader of English would still see them in French."""
    # The extension that knows {% trans %}; what it holds is in the catalogue.
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(template.read_text("utf-8"))
    # The block `width` of the frame is a class of <main>, not text.
    classes = [block for block in tree.find_all(nodes.Block) if block.name == "width"]
    unseen = {id(output) for block in classes for output in block.find_all(nodes.Output)}
    raw = "".join(
        part.data if isinstance(part, nodes.TemplateData) else "{}"
        for output in tree.find_all(nodes.Output)
        if id(output) not in unseen
        for part in output.nodes
    )
    shown = [*SPOKEN.findall(raw), TAGS.sub(" ", raw)]
    return [" ".join(text.split()) for text in shown if WORD.search(text)]


def main() -> None:
    for folder, wanted in messages().items():
        there = english(folder)
        for text, place in sorted(wanted.items(), key=lambda item: item[1]):
            if not there.get(text):
                print(f"{folder.relative_to(FOLDER.parent)}\t{place}\t{text}")


if __name__ == "__main__":
    main()
