"""The pictures of `docs/images/`: `python -m tests.browser.pictures [NAME…]` starts a demo and takes them anew.

A scene is a function that brings a window to what is worth seeing and yields the picture's name each time; it is
played in both themes and both sizes. Look at what comes out: that is what it is for.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from helpline.cli.demo_parts import DemoParts
from tests.browser.chromium import arguments, find_chromium
from tests.browser.tab import SIZES, THEMES, Tab
from tests.demo import plain_environ

Scene = Callable[[Tab, DemoParts], Iterator[str]]


def sign_in(tab: Tab, demo: DemoParts) -> Iterator[str]:
    tab.goes_to("/sign-in")
    yield "sign-in"


def account(tab: Tab, demo: DemoParts) -> Iterator[str]:
    tab.goes_to("/account")
    tab.signs_in("alix")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Mon compte")
    yield "account"


SCENES: tuple[Scene, ...] = (sign_in, account)


def main(names: list[str]) -> None:
    wanted = [scene for scene in SCENES if not names or scene.__name__ in names]
    folder = Path(tempfile.mkdtemp(prefix="hl-pictures-"))
    with DemoParts(plain_environ(folder), folder) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments())
        for scene in wanted:
            for theme in THEMES:
                for size in SIZES:
                    play(browser, demo, scene, theme, size)
        browser.close()


def play(browser: Browser, demo: DemoParts, scene: Scene, theme: str, size: str) -> None:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        locale="fr-FR",
        reduced_motion="reduce",
    )
    passwords = {account["handle"]: account["password"] for account in demo.accounts}
    carrier = f"http://127.0.0.1:{demo.settings.emulator_port}"
    tab = Tab(context, f"http://127.0.0.1:{demo.settings.dashboard_port}", passwords, (carrier,))
    for name in scene(tab, demo):
        print(tab.picture(name))
    context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
