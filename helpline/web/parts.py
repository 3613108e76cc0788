"""What the voice application was built with, reachable from a request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from flask import current_app

from helpline.ports import Renderer
from helpline.services.switchboard import Switchboard

KEY = "helpline"


@dataclass(frozen=True, slots=True)
class Parts:
    switchboard: Switchboard
    twiml: Renderer


def parts() -> Parts:
    return cast("Parts", current_app.extensions[KEY])


def switchboard() -> Switchboard:
    """With the rules, flows and roster of this moment: a webhook is answered by one version of them."""
    live = parts().switchboard
    return replace(live, book=live.book.current())
