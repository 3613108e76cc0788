"""What the voice application was built with, reachable from a request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from flask import current_app

from helpline.ports import Renderer
from helpline.services.switchboard import Switchboard

KEY = "helpline"


@dataclass(slots=True)
class Parts:
    switchboard: Switchboard
    twiml: Renderer
    owes_a_look: bool = False
    """A webhook has failed and the reconciler does not know yet: Redis could not be told."""
    _last: Switchboard | None = None

    def current(self) -> Switchboard:
        """With the rules, flows and roster of this moment: a webhook is answered by one version of them."""
        last, book = self._last, self.switchboard.book.current()
        if last is None or last.book is not book:
            last = self._last = replace(self.switchboard, book=book)
        return last


def parts() -> Parts:
    return cast("Parts", current_app.extensions[KEY])


def switchboard() -> Switchboard:
    return parts().current()
