"""One person's browser window on the pages, which notices whatever a person would not forgive.

Every `Tab` listens from its first moment: console errors, errors in scripts, requests outside the origins it was
allowed. `is_sound()` fails with all of them; the fixture `open_tab` calls it at the end of each test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZES = {"desktop": (1366, 768), "phone": (390, 844)}
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


class Tab:
    """`page` is Playwright's; `origin` the pages'. Answers of an expected status are no fault: `expects(401)`."""

    def __init__(
        self, context: BrowserContext, origin: str, people: dict[str, str], allowed: Iterable[str] = ()
    ) -> None:
        self.context = context
        self.origin = origin
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.faults: list[str] = []
        self.loaded_bytes = 0
        self._people = people
        self._allowed = {origin, *allowed}
        self._expected: set[int] = set()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._request)
        self.page.on("requestfinished", self._finished)

    # ---- what a person does

    def goes_to(self, path: str) -> None:
        self.page.goto(self.origin + path)

    def signs_in(self, handle: str, password: str | None = None) -> None:
        """Through the form, as a person: leaves on whatever page follows."""
        if not urlsplit(self.page.url).path.startswith("/sign-in"):
            self.goes_to("/sign-in")
        self.page.get_by_label("Identifiant").fill(handle)
        self.page.get_by_label("Mot de passe").fill(password or self._people[handle])
        self.page.get_by_role("button", name="Se connecter").click()

    def signs_out(self) -> None:
        self.page.get_by_role("button", name="Se déconnecter").click()

    def presses(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def types(self, text: str) -> None:
        self.page.keyboard.type(text)

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def focused(self) -> str:
        """The visible words, or the label, of what has the focus."""
        return str(
            self.page.evaluate(
                "() => { const e = document.activeElement;"
                " return (e.labels?.[0]?.innerText || e.getAttribute('aria-label') || e.innerText || e.tagName).trim() }"
            )
        )

    # ---- looking

    def axe(self) -> list[str]:
        """Violations of WCAG 2.2 A and AA and of good practice, one sentence each; empty when there is none."""
        found: dict[str, Any] = Axe().run(self.page).response
        return [
            f"{rule['id']}: {rule['help']}: {node['html'][:160]}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def axe_in_every_look(self) -> list[str]:
        """The same by day and night, on a laptop and on a telephone; the window ends as it was."""
        before = self.page.viewport_size
        found: list[str] = []
        for theme in THEMES:
            self.page.emulate_media(color_scheme=theme)
            for size, (width, height) in SIZES.items():
                self.page.set_viewport_size({"width": width, "height": height})
                found += [f"{theme}, {size}: {fault}" for fault in self.axe()]
        self.page.emulate_media(color_scheme="null")
        if before is not None:
            self.page.set_viewport_size(before)
        return found

    def overflows(self, width: int) -> int:
        """By how many pixels the page is wider than a window of this width."""
        self.page.set_viewport_size({"width": width, "height": 844})
        return int(
            self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        )

    def picture(self, name: str, folder: Path = IMAGES) -> Path:
        """A picture of what the window shows, named after the page, the window and the theme."""
        size = self.page.viewport_size or {"width": 0, "height": 0}
        theme = (
            "dark" if self.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
        )
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}-{size['width']}x{size['height']}-{theme}.png"
        self.page.screenshot(path=file)
        return file

    # ---- faults

    def expects(self, *statuses: int) -> None:
        """Answers of these statuses are what the test is about."""
        self._expected |= set(statuses)

    def is_sound(self) -> None:
        assert not self.faults, "\n".join(self.faults)

    def _console(self, message: ConsoleMessage) -> None:
        refused = _REFUSED.match(message.text)
        if message.type == "error" and not (refused and int(refused[1]) in self._expected):
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" not in self._allowed and parts.scheme not in ("data", "blob"):
            self.faults.append(f"request outside the allowed origins: {request.url}")

    def _finished(self, request: Request) -> None:
        sizes = request.sizes()
        self.loaded_bytes += sizes["responseBodySize"] + sizes["responseHeadersSize"]
