"""Assets are ours, as they were vendored, and reach nothing else."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import render_template_string

from dashboard.assets import FOLDER, Assets
from tests.dashboard.conftest import Pages
from tests.dashboard.manifest import MANIFEST, VENDOR, made

OURS = [file for file in FOLDER.rglob("*") if file.suffix in (".css", ".js") and VENDOR not in file.parents]


def test_every_vendored_file_is_the_one_of_the_manifest() -> None:
    assert json.loads(MANIFEST.read_text()) == made()
    assert all("LICENSE" in entry["sha256"] for entry in made().values())


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.name)
def test_our_style_sheets_and_scripts_name_no_other_host(file: Path) -> None:
    text = file.read_text("utf-8")

    assert not re.search(r"https?://|//[a-z0-9-]+\.[a-z]", text)
    assert "eval(" not in text
    assert "data:" not in text


def test_an_asset_is_kept_for_a_year_under_the_address_of_this_build(pages: Pages) -> None:
    with pages.app.test_request_context():
        url = render_template_string("{{ asset('css/theme.css') }}")
    answer = pages.nobody().get(url, headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert gzip.decompress(answer.data) == (FOLDER / "css" / "theme.css").read_bytes()
    assert pages.nobody().get(url, headers={"Accept-Encoding": "identity"}).data == gzip.decompress(
        answer.data
    )


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "css/../../app.py",
        "%2e%2e/app.py",
        "..%2fapp.py",
        "/etc/passwd",
        "css/",
        "",
        "css/none.css",
    ],
)
def test_nothing_but_the_assets_is_served(pages: Pages, make_pages: Callable[..., Pages], name: str) -> None:
    build = Assets(Path("/nowhere")).build
    for prefix in (f"/static/{build}/", "/static/0/", "/static/"):
        assert pages.nobody().get(prefix + name).status_code == 404


def test_a_template_that_asks_for_an_asset_or_icon_that_is_not_there_fails(pages: Pages) -> None:
    for source in ("{{ asset('css/none.css') }}", "{{ icon('none') }}"):
        with pages.app.test_request_context(), pytest.raises(KeyError):
            render_template_string(source)
