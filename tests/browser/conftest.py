"""Chromium on a whole line in real processes: the demo's parts, one line for all tests of this folder.

    def test_…(open_tab: OpenTab) -> None:
        vera = open_tab(theme="dark", size="phone")
        vera.signs_in("vera")

Tests of this folder are `real` by themselves. A test that changes the line for others must put it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, sync_playwright

from helpline.cli.demo_parts import DemoParts
from tests.browser.chromium import arguments, find_chromium
from tests.browser.tab import SIZES, Tab
from tests.demo import plain_environ

HERE = Path(__file__).parent
CHARS_PER_S = 45
"""Three times as fast as people speak: less of our time goes by while a caller is welcomed."""


class OpenTab(Protocol):
    """Opens a window of a browser of its own (cookies are not shared)."""

    def __call__(
        self, *, theme: str = "light", size: str = "desktop", allowed: tuple[str, ...] = ()
    ) -> Tab: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoParts]:
    """The line: `demo.accounts`, `demo.control` (the telephones), `demo.parts` (the processes)."""
    folder = tmp_path_factory.mktemp("demo")
    with DemoParts(plain_environ(folder), folder) as running:
        running.control.set_knobs({"say_chars_per_s": CHARS_PER_S})
        yield running


@pytest.fixture(scope="session")
def origin(demo: DemoParts) -> str:
    return f"http://127.0.0.1:{demo.settings.dashboard_port}"


@pytest.fixture(scope="session")
def passwords(demo: DemoParts) -> dict[str, str]:
    return {account["handle"]: account["password"] for account in demo.accounts}


@pytest.fixture
def open_tab(chromium: Browser, origin: str, passwords: dict[str, str]) -> Iterator[OpenTab]:
    """Opens windows; each is closed, and must have been sound, at the end of the test."""
    tabs: list[Tab] = []

    def open_one(*, theme: str = "light", size: str = "desktop", allowed: tuple[str, ...] = ()) -> Tab:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            locale="fr-FR",
            reduced_motion="reduce",
        )
        tabs.append(Tab(context, origin, passwords, allowed))
        return tabs[-1]

    yield open_one
    for tab in tabs:
        tab.context.close()
    for tab in tabs:
        tab.is_sound()
