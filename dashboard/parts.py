"""What the pages' code works with: the service, the assets, the pages there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, cast

from flask import current_app

from dashboard.assets import Assets
from dashboard.registry import Page
from helpline.bootstrap import Service

KEY: Final = "helpline"


@dataclass(frozen=True)
class Parts:
    """One application's, shared by its threads."""

    service: Service
    assets: Assets = field(repr=False)
    pages: tuple[Page, ...]


def parts() -> Parts:
    """The current application's."""
    return cast("Parts", current_app.extensions[KEY])
