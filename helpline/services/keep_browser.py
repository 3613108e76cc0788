"""A psychologist's desk is open in a browser that can be rung: said again and again while it is."""

from __future__ import annotations

from typing import Final

from helpline.services.switchboard import Switchboard

HOLDS_MS: Final = 25_000
"""The page says so every ten seconds: two may be lost."""


def keep_browser(sw: Switchboard, psychologist: str) -> None:
    """Ring her browser before her telephone for a while. Raises LiveStateDown."""
    now_ms = sw.clock.now_ms()
    sw.offers.browser_is_there(psychologist, now_ms + HOLDS_MS, now_ms)
