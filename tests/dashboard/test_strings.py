"""Every word on a page is in a catalogue; French is what is written, English is complete where it is begun."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.dashboard import strings

TEMPLATES = sorted(strings.FOLDER.glob("**/templates/**/*.html"))
WANTED = strings.messages()
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
TILES = frozenset(strings.tiles())
"""The nomenclature's own words: as they were published, apostrophes too."""

BEGUN = [folder for folder in strings.folders() if (folder / "locale" / "en.po").exists()]


def of(folder: Path) -> str:
    return folder.relative_to(strings.FOLDER.parent).as_posix()


@pytest.mark.parametrize("template", TEMPLATES, ids=of)
def test_no_visible_words_stand_outside_the_catalogue(template: Path) -> None:
    assert strings.loose_text(template) == []


def test_words_outside_the_catalogue_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '<p class="card">{{ _("dit") }} Bonjour <b title="Un mot">{{ name }}</b><kbd>Ctrl</kbd></p>'
    )

    assert strings.loose_text(page) == ["Un mot", "{} Bonjour {}"]


@pytest.mark.parametrize("folder", BEGUN, ids=of)
def test_english_has_every_string_with_its_placeholders_and_no_string_that_is_gone(folder: Path) -> None:
    english = strings.english(folder)

    assert sorted(WANTED[folder].keys() - {text for text, said in english.items() if said}) == []
    assert sorted(english.keys() - WANTED[folder].keys()) == []
    for french, said in english.items():
        for form in said if isinstance(said, tuple) else (said,):
            assert sorted(PLACEHOLDER.findall(french)) == sorted(PLACEHOLDER.findall(form)), french


def test_every_folder_is_in_english() -> None:
    assert [of(folder) for folder in strings.folders() if folder not in BEGUN and WANTED[folder]] == []


def test_french_strings_are_french_typography() -> None:
    """Apostrophes are ’, and no-break spaces are left to the browser's rules only where none is needed."""
    faults = [text for found in WANTED.values() for text in found if re.search(r"[a-zà-ü]'[a-zà-ü]", text)]
    faults = [text for text in faults if text not in TILES]

    assert faults == []
