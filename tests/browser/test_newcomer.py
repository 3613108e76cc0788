"""A person who has never seen the project: `helpline demo`, what it prints, and the words on the pages. Nothing else.

The demo is the command itself, not its parts; addresses and passwords are read from its output; whatever is used on a
page is found by the words or the role a person meets there.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from helpline.cli.story_player import keys_asked_for
from tests.browser.tab import SIZES, Tab
from tests.demo import plain_environ

HELPLINE = (sys.executable, "-m", "helpline.cli.main")
STARTS_WITHIN_S = 40.0
ENDS_WITHIN_S = 20.0
TIDY_WITHIN_S = 40.0
MEASURES = ["duration", "end_state", "presented", "wait_spoke"]
RINGS_S = 15.0
RINGS_MS = RINGS_S * 1000
WELCOME = "Entraide médecins et internes. Appel anonyme, non enregistré. Danger immédiat : faites le 15."
MAY_TALK = "(vous pouvez vous parler)"
FREE = "Vous êtes joignable. Le prochain appel sonne ici ou sur votre téléphone."


@dataclass
class Printed:
    """What the demo printed, and the shell it was started in."""

    text: str
    environ: dict[str, str]

    def address(self, what: str) -> str:
        found = re.search(rf"^ +the {what} +(http://\S+)/", self.text, re.MULTILINE)
        assert found, self.text
        return found[1]

    @property
    def passwords(self) -> dict[str, str]:
        return dict(re.findall(r"^  (\w+) +(\S+-\S+-\S+) +\w", self.text, re.MULTILINE))

    def last_call(self) -> list[str]:
        """What `helpline show-last-call` prints in another terminal."""
        done = subprocess.run(
            [*HELPLINE, "show-last-call"], env=self.environ, capture_output=True, text=True, timeout=20
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printed]:
    """The demo, started and ended as a person does; nothing of it is left at the end."""
    folder = tmp_path_factory.mktemp("newcomer")
    environ = plain_environ(folder) | {"PYTHONUNBUFFERED": "1"}
    output = folder / "output"
    with output.open("w") as out:
        demo = subprocess.Popen(
            [*HELPLINE, "demo"], env=environ, stdout=out, stderr=subprocess.STDOUT, process_group=0
        )
    try:
        within(STARTS_WITHIN_S, lambda: "Ctrl-C" in output.read_text() or demo.poll() is not None)
        assert demo.poll() is None, output.read_text()
        yield Printed(output.read_text(), environ)
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(ENDS_WITHIN_S)
    assert output.read_text().splitlines()[-1] == "ended: nothing runs any more"
    base = int(environ["HELPLINE_PORT_BASE"])
    for port in range(base, base + 5):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    with pytest.raises(ProcessLookupError):
        os.killpg(demo.pid, 0)


class Newcomer:
    """Two windows: the telephones, and the pages once signed in."""

    def __init__(self, chromium: Browser, printed: Printed) -> None:
        self.chromium = chromium
        self.printed = printed
        self.tabs: list[Tab] = []

    def window(self, what: str, *, theme: str = "light", size: str = "desktop") -> Tab:
        width, height = SIZES[size]
        context = self.chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            locale="fr-FR",
            reduced_motion="reduce",
        )
        # The desk's softphone, and nothing else, may ask at the carrier.
        also = (self.printed.address("telephone"),) if what == "desk" else ()
        tab = Tab(context, self.printed.address(what), self.printed.passwords, also)
        self.tabs.append(tab)
        tab.goes_to("/")
        return tab

    def desk(self, handle: str) -> Page:
        tab = self.window("desk")
        tab.signs_in(handle)
        expect(tab.page.get_by_role("heading", name="Poste d’écoute")).to_be_visible()
        return tab.page

    def telephones(self, *, theme: str = "light", size: str = "desktop") -> Telephones:
        tab = self.window("telephone", theme=theme, size=size)
        expect(tab.page.get_by_text("Opérateur en marche")).to_be_visible()
        return Telephones(tab)

    def is_free_again(self, handle: str) -> None:
        """She ends the time after a talk, and leaves her desk."""
        page = self.desk(handle)
        again = page.get_by_role("button", name="Reprendre maintenant")
        expect(again.or_(page.get_by_text(FREE))).to_be_visible()
        if again.is_visible():
            again.click()
        expect(page.get_by_text(FREE)).to_be_visible()
        leaves(page)


class Telephones:
    """The telephone page by its words."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.caller = tab.page.get_by_role("region", name="Téléphone de l’appelant")
        self.hers = tab.page.get_by_role("region", name="Téléphone d’un psychologue")
        self.caller_hears = self.caller.get_by_role("log", name="Ce que l’appelant entend")
        self.she_hears = self.hers.get_by_role("log", name="Ce que le psychologue entend")

    def calls(self) -> None:
        self.caller.get_by_label("Numéro à composer").select_option("0 800 288 038")
        self.caller.get_by_role("button", name="Appeler").click()

    def hangs_up(self) -> None:
        self.caller.get_by_role("button", name="Raccrocher").click()
        expect(self.caller.get_by_text("Vous avez raccroché")).to_be_visible()

    def takes(self, whose: str) -> None:
        """Takes this telephone into the hand, which rings then or soon."""
        mine = self.hers.get_by_role("radio", name=f"téléphone de {whose}")
        mine.click()  # also where it is in the hand already: from now on it stays
        expect(self.hers.get_by_text("Le téléphone sonne")).to_be_visible(timeout=RINGS_MS)
        expect(mine).to_be_checked()

    def are(self, *states: str) -> None:
        """What stands beside the names of telephones: « sonne », « en ligne »."""
        all_of_them = self.hers.get_by_role("group", name="Quel téléphone ?")
        for state in ("sonne", "en ligne"):
            expect(all_of_them.get_by_text(state, exact=True)).to_have_count(states.count(state))

    def accepts(self) -> None:
        """Presses what the words ask for."""
        asked = self.she_hears.get_by_text(re.compile(r"composez \d"))
        expect(asked).to_be_visible()
        for digit in keys_asked_for(asked.inner_text()):
            self.hers.get_by_role("button", name=digit, exact=True).click()
        expect(self.she_hears.get_by_text(MAY_TALK)).to_be_visible(timeout=RINGS_MS)

    def act(self, name: str) -> Locator:
        return self.hers.get_by_role("button", name=name, exact=True)


@pytest.fixture
def newcomer(chromium: Browser, printed: Printed) -> Iterator[Newcomer]:
    person = Newcomer(chromium, printed)
    yield person
    for tab in person.tabs:
        tab.context.close()
    for tab in person.tabs:
        tab.is_sound()


def leaves(page: Page) -> None:
    """Goes elsewhere: a browser whose window is torn away has not signed off, and would still be rung."""
    page.goto("about:blank")


def within(seconds: float, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


def chooses(page: Page, field: str, kind: Literal["radio", "checkbox"], *words: str) -> None:
    """By the words on the tile, with which its whole wording begins."""
    group = page.get_by_role("region", name="Fiche").get_by_label(field)
    for word in words:
        tile = group.get_by_role(kind, name=re.compile(f"^{word}([ ,]|$)"))
        tile.check()
        expect(tile).to_be_checked()


def test_a_call_through_coded_and_closed_and_what_is_left_of_it(newcomer: Newcomer) -> None:
    vera, phones = newcomer.desk("vera"), newcomer.telephones()
    expect(vera.get_by_text(FREE)).to_be_visible()
    phones.calls()
    expect(phones.caller_hears.get_by_text(WELCOME)).to_be_visible()
    expect(vera.get_by_text("Un appel vous attend")).to_be_visible()
    vera.get_by_role("button", name="Accepter").click()
    expect(phones.caller_hears.get_by_text(MAY_TALK)).to_be_visible(timeout=RINGS_MS)
    expect(vera.get_by_role("button", name="Terminer")).to_be_visible()

    chooses(vera, "Nature de l’appel", "radio", "Entretien")
    chooses(vera, "Qui appelle ?", "radio", "Médecin")
    chooses(vera, "Difficultés évoquées", "checkbox", "Épuisement", "Financière")
    chooses(vera, "Aide apportée", "checkbox", "Écoute", "Orientation")
    for place, choice in (("Réseau d’écoute entre confrères", "Retenue"), ("Caisse de retraite", "Refusée")):
        vera.get_by_role("button", name=f"Proposer {place}").click()
        chooses(vera, f"Choix de l’appelant : {place}", "radio", choice)
    chooses(vera, "Issue", "radio", "Terminé")
    vera.get_by_role("button", name="Clore la fiche").click()
    expect(vera.get_by_text("Close. Elle est scellée à la fin de l’appel.")).to_be_visible()
    phones.hangs_up()
    expect(vera.get_by_text("La fiche s’ouvre d’elle-même")).to_be_visible(timeout=RINGS_MS)
    leaves(vera)

    assert_a_sealed_row_counters_a_receipt_and_nothing_else(newcomer.printed)


def assert_a_sealed_row_counters_a_receipt_and_nothing_else(printed: Printed) -> None:
    """Of the last call, once the fiche is sealed and the carrier has deleted its records; and nothing of it before."""
    told: dict[str, list[str]] = {}

    def is_tidy() -> bool:
        told.clear()
        for line in printed.last_call():
            store, what = line[2:10].strip(), line[11:]
            told.setdefault(store, []).append(what)
        return told["Redis"] == ["nothing"] and told["carrier"] == ["nothing"]

    within(TIDY_WITHIN_S, is_tidy)
    assert told["jobs"] == told["files"] == ["nothing"], told
    (sealed,) = (what for what in told["SQL"] if "sealed_fiches" in what)
    assert sealed == "new: sealed_fiches: id=<random id>, batch_id=<random id>, ciphertext=<2109 bytes>"
    (receipt,) = (what for what in told["SQL"] if "receipts" in what)
    assert re.fullmatch(r"new: receipts: receipt=<random id>, kept_until=\S+ \S+", receipt)
    counters = sorted(set(told["SQL"]) - {sealed, receipt})
    assert [c.split("measure=")[1].split(",")[0] for c in counters] == MEASURES
    assert all(re.fullmatch(r"(new|changed): traffic: hour_utc=.*, n=\d+, \+1", c) for c in counters)
    people = next(line for line in told[""] if "psy: who is free" in line)
    assert people.startswith("not of the call: of who works here (")


def test_her_own_telephone_asks_and_the_code_it_says_takes_the_call(newcomer: Newcomer) -> None:
    newcomer.is_free_again("vera")
    phones = newcomer.telephones()
    phones.calls()
    phones.takes("vera")
    phones.act("Répondre").click()
    phones.accepts()
    expect(phones.caller.get_by_text("En conversation : téléphone de vera")).to_be_visible()
    assert phones.tab.axe() == []
    phones.hangs_up()

    assert_a_sealed_row_counters_a_receipt_and_nothing_else(newcomer.printed)


def test_who_declines_on_the_telephone_is_free_and_the_colleague_takes_the_call(newcomer: Newcomer) -> None:
    newcomer.is_free_again("vera")
    newcomer.is_free_again("bruno")
    phones = newcomer.telephones()
    phones.calls()
    phones.takes("vera")
    phones.are("sonne", "sonne")
    phones.act("Refuser").click()
    expect(phones.hers.get_by_text("Vous avez raccroché")).to_be_visible()

    phones.are("sonne")
    phones.takes("bruno")
    phones.act("Répondre").click()
    phones.accepts()
    expect(phones.caller.get_by_text("En conversation : téléphone de bruno")).to_be_visible()
    phones.are("en ligne")
    board = newcomer.desk("vera")
    board.get_by_role("link", name="Tableau de bord").click()
    expect(board.get_by_role("listitem").filter(has_text="Véra Morel")).to_contain_text("Disponible")
    expect(board.get_by_role("listitem").filter(has_text="Bruno Lantier")).to_contain_text("En entretien")
    phones.hangs_up()


def test_axe_finds_nothing_on_the_telephones_by_day_and_night_large_and_small(newcomer: Newcomer) -> None:
    phones = newcomer.telephones()
    assert phones.tab.axe_in_every_look() == []
    phones.calls()
    expect(phones.caller_hears.get_by_text(WELCOME)).to_be_visible()
    assert phones.tab.axe_in_every_look() == []
    phones.hangs_up()
    assert phones.tab.overflows(390) == 0
