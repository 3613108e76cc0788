"""Signing in and out and one's own account, as a person with a browser does it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from dashboard.session import SESSION
from tests.browser.conftest import OpenTab
from tests.browser.tab import SIZES, THEMES

PAGE_MAX = 150_000
"""Bytes over the wire of a first visit, with nothing in the browser's store."""


def test_signing_in_and_out_by_keyboard_alone(open_tab: OpenTab, passwords: dict[str, str]) -> None:
    alix = open_tab()
    alix.goes_to("/account")
    assert alix.path == "/sign-in"
    assert alix.focused == "Identifiant"

    alix.types("alix")
    alix.presses("Tab")
    assert alix.focused == "Mot de passe"
    alix.types(passwords["alix"])
    alix.presses("Enter")
    expect(alix.page.get_by_role("heading", level=1)).to_have_text("Mon compte")
    assert alix.path == "/account"

    alix.presses("Tab")
    assert alix.focused == "Aller au contenu"
    while alix.focused != "Se déconnecter":
        alix.presses("Tab")
    alix.presses("Enter")
    expect(alix.page.get_by_role("heading", level=1)).to_have_text("Se connecter")


def test_the_cookie_is_a_host_cookie_and_scripts_cannot_read_it(open_tab: OpenTab) -> None:
    """On http://127.0.0.1 too: this Chromium holds loopback for trustworthy."""
    alix = open_tab()
    alix.signs_in("alix")
    alix.page.wait_for_url(lambda url: "/sign-in" not in url)

    cookie = next(c for c in alix.context.cookies() if c["name"] == SESSION)
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (
        True,
        True,
        "Strict",
        "/",
    )
    assert alix.page.evaluate("document.cookie") == ""


def test_a_wrong_password_is_said_and_nothing_typed_comes_back(open_tab: OpenTab) -> None:
    somebody = open_tab()
    somebody.expects(401)
    somebody.signs_in("vera", "pas-celui-la")

    expect(somebody.page.get_by_role("alert")).to_contain_text("Identifiant ou mot de passe incorrect.")
    expect(somebody.page.get_by_label("Identifiant")).to_have_value("")
    expect(somebody.page.get_by_label("Mot de passe")).to_have_value("")
    assert somebody.axe() == []


def test_too_many_tries_are_refused_for_a_while(open_tab: OpenTab) -> None:
    somebody = open_tab()
    somebody.expects(401, 429)
    for _ in range(5):
        somebody.signs_in("personne", "au-hasard")
        expect(somebody.page.get_by_role("alert")).to_contain_text("incorrect")
    somebody.signs_in("personne", "au-hasard")

    expect(somebody.page.get_by_role("alert")).to_contain_text("Trop d’essais")


def test_after_signing_out_the_back_button_shows_nothing(open_tab: OpenTab) -> None:
    alix = open_tab()
    alix.goes_to("/account")
    alix.signs_in("alix")
    expect(alix.page.get_by_role("heading", level=1)).to_have_text("Mon compte")
    alix.signs_out()
    expect(alix.page.get_by_role("heading", level=1)).to_have_text("Se connecter")

    alix.page.go_back()
    expect(alix.page.get_by_role("heading", level=1)).to_have_text("Se connecter")
    assert "Dumas" not in alix.page.content()


def test_signed_out_everywhere_the_other_browser_is_out_at_its_next_step(open_tab: OpenTab) -> None:
    here, there = open_tab(), open_tab()
    for tab in (here, there):
        tab.goes_to("/account")
        tab.signs_in("alix")
        expect(tab.page.get_by_role("heading", level=1)).to_have_text("Mon compte")

    here.page.get_by_role("button", name="Me déconnecter partout").click()
    expect(here.page.get_by_role("heading", level=1)).to_have_text("Se connecter")
    there.page.get_by_role("button", name="Nuit").click()

    expect(there.page.get_by_role("heading", level=1)).to_have_text("Se connecter")


def test_night_and_language_follow_the_account_not_the_browser(open_tab: OpenTab) -> None:
    alix = open_tab(theme="light")
    alix.goes_to("/account")
    alix.signs_in("alix")
    alix.page.get_by_role("button", name="Nuit").click()
    alix.page.get_by_role("button", name="English").click()
    expect(alix.page.get_by_role("heading", level=1)).to_have_text("My account")

    elsewhere = open_tab(theme="light")
    elsewhere.goes_to("/account")
    elsewhere.signs_in("alix")
    expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("My account")
    assert elsewhere.page.evaluate("getComputedStyle(document.body).colorScheme") != ""
    dark = elsewhere.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--page')")
    assert dark == "#11181b"
    assert elsewhere.axe() == []

    elsewhere.page.get_by_role("button", name="As the device").click()
    elsewhere.page.get_by_role("button", name="Français").click()
    expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("Mon compte")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_and_nothing_overflows(open_tab: OpenTab, theme: str, size: str) -> None:
    alix = open_tab(theme=theme, size=size)
    alix.expects(404)
    alix.goes_to("/account")
    assert alix.axe() == []
    assert alix.overflows(320) == 0

    alix.signs_in("alix")
    expect(alix.page.get_by_role("heading", level=1)).to_have_text("Mon compte")
    assert alix.axe() == []
    assert alix.overflows(320) == 0

    alix.goes_to("/nulle-part")
    assert alix.axe() == []


@pytest.mark.parametrize("path", ["/sign-in", "/account"])
def test_a_first_visit_is_light(open_tab: OpenTab, path: str) -> None:
    alix = open_tab()
    if path != "/sign-in":
        alix.signs_in("alix")
        alix.page.wait_for_load_state("networkidle")
        alix.context.new_cdp_session(alix.page).send("Network.clearBrowserCache")
        alix.loaded_bytes = 0
    alix.goes_to(path)
    alix.page.wait_for_load_state("networkidle")

    assert 0 < alix.loaded_bytes <= PAGE_MAX
