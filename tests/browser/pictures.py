"""The pictures of `docs/images/`: `python -m tests.browser.pictures [NAME…]` starts a demo and takes them anew.

A scene is a function that brings a window to what is worth seeing and yields the picture's name each time; it is
played in both themes and both sizes. Look at what comes out: that is what it is for.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from helpline.cli.demo_parts import DemoParts
from helpline.cli.story_player import keys_asked_for
from helpline.domain.presence import State
from helpline.services.close_fiche import close_fiche
from helpline.services.keep_duty import end_break, end_wrap_up, go_on_duty
from helpline.services.switchboard import Switchboard
from tests.browser.chromium import arguments, find_chromium
from tests.browser.tab import SIZES, THEMES, Tab
from tests.demo import plain_environ
from tests.live import live

Scene = Callable[[Tab, DemoParts], Iterator[str]]
LINE = "0800288038"
CLINIC = "0199004001"


def sign_in(tab: Tab, demo: DemoParts) -> Iterator[str]:
    tab.goes_to("/sign-in")
    yield "sign-in"


def account(tab: Tab, demo: DemoParts) -> Iterator[str]:
    tab.goes_to("/account")
    tab.signs_in("alix")
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Mon compte")
    yield "account"


def telephone(tab: Tab, demo: DemoParts) -> Iterator[str]:
    """The telephones, idle and while two people talk."""
    page = tab.page
    quiet(demo)
    page.goto(f"http://127.0.0.1:{demo.settings.emulator_port}/")
    expect(page.get_by_text("Opérateur en marche")).to_be_visible()
    yield "telephone-idle"
    page.get_by_role("button", name="Appeler").click()
    hers = page.get_by_role("region", name="Téléphone d’un psychologue")
    hers.get_by_role("button", name="Répondre").click(timeout=15_000)
    said = hers.get_by_role("log")
    expect(said).to_contain_text("composez")
    for digit in keys_asked_for(said.inner_text()):
        hers.get_by_role("button", name=digit, exact=True).click()
    expect(page.get_by_text(re.compile("En conversation : téléphone de"))).to_be_visible(timeout=15_000)
    page.evaluate("scrollTo(0, 0)")
    yield "telephone-talk"


def desk(tab: Tab, demo: DemoParts) -> Iterator[str]:
    """Waiting, an offer, a talk with a fiche half coded, the board meanwhile, coding after the talk."""
    page = tab.page
    quiet(demo)
    tab.goes_to("/desk")
    tab.signs_in("vera")
    expect(page.get_by_text("Vous êtes joignable.")).to_be_visible()
    page.wait_for_timeout(1_500)  # her browser can be rung
    yield "desk-idle"
    demo.control.dial(None, LINE)
    expect(page.get_by_role("button", name="Accepter")).to_be_visible()
    yield "desk-offer"
    page.get_by_role("button", name="Accepter").click()
    expect(page.get_by_role("button", name="Terminer")).to_be_visible(timeout=15_000)
    expect(page.locator("#fields")).to_be_visible(
        timeout=15_000
    )  # the fiche opens a moment after the talk begins
    tab.presses(
        "F1", "q", "1", "m", "1", "x", "1", "g", "2", "v", "1", "8", "Shift+1", "n", "3", "h", "1", "2"
    )
    for place, choice in (("Réseau d’écoute", "Retenue"), ("Conseil départemental de Paris", "Refusée")):
        page.get_by_role("button", name=f"Proposer {place}").click()
        page.get_by_role("radiogroup", name=f"Choix de l’appelant : {place}").get_by_label(choice).check()
    page.evaluate("scrollTo(0, 0); document.getElementById('fields').scrollTo(0, 0)")
    yield "desk-talk"
    page.get_by_text("Appeler un tiers").click()
    page.get_by_role("button", name="Clinique du Lac (démo)", exact=True).scroll_into_view_if_needed()
    yield "desk-third"
    page.get_by_role("button", name="Clinique du Lac (démo)", exact=True).click()
    expect(page.get_by_text("Sonnerie en cours")).to_be_visible()
    while demo.control.phone(CLINIC)["state"] != "ringing":
        time.sleep(0.1)
    demo.control.phone_does(CLINIC, "answer")
    page.get_by_role("button", name="Mettre en relation à trois").click(timeout=10_000)
    expect(page.get_by_role("button", name="Transférer et raccrocher")).to_be_visible(timeout=20_000)
    yield "desk-three"
    page.get_by_role("button", name="Libérer le tiers").click()
    expect(page.get_by_text("Vous êtes en ligne avec l’appelant")).to_be_visible(timeout=10_000)
    demo.control.dial(None, LINE)
    tab.goes_to("/board")
    expect(page.locator("#in-talk")).to_have_text("1")
    yield "board"
    tab.goes_to("/desk")
    page.get_by_role("button", name="Terminer").click()
    expect(page.locator("#her-state")).to_contain_text("En codage", timeout=15_000)

    yield "desk-coding"


def quiet(demo: DemoParts) -> None:
    """Nobody on the line, no fiche open, everybody available."""
    switchboard = demo.service.switchboard
    for call in demo.control.calls():
        if call["state"] != "ended":
            demo.control.hang_up(call["call"])
    people = [person.id for person in switchboard.book.roster.psychologists]
    while live(switchboard.calls) or not all(is_free(switchboard, who) for who in people):
        time.sleep(0.2)
    for who in people:
        for fiche in switchboard.fiches.of_psychologist(who):
            close_fiche(switchboard.fiches, fiche.fiche_id, who, switchboard.clock.now_ms())


def is_free(switchboard: Switchboard, who: str) -> bool:
    """Available, or made so where only her coding time or a break is in the way."""
    end_wrap_up(switchboard, who)
    _ = end_break(switchboard, who) or go_on_duty(switchboard, who)
    presence = switchboard.offers.presence(who)
    return presence is not None and presence.state is State.AVAILABLE


SCENES: tuple[Scene, ...] = (sign_in, account, telephone, desk)
ONLY_LIGHT = ("desk-third", "telephone", "board", "desk-idle", "desk-coding")
"""Pictures whose night adds nothing to see."""


def main(names: list[str]) -> None:
    by_name = {scene.__name__: scene for scene in SCENES}
    if not set(names) <= set(by_name):
        sys.exit(f"usage: python -m tests.browser.pictures [NAME…]; names: {', '.join(by_name)}")
    wanted = [by_name[name] for name in names or by_name]
    with (
        tempfile.TemporaryDirectory(prefix="hl-pictures-") as name,
        DemoParts(plain_environ(Path(name)), Path(name)) as demo,
        sync_playwright() as playwright,
    ):
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
        if theme == "light" or not name.startswith(ONLY_LIGHT):
            print(tab.picture(name))
    context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
