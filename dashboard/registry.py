"""The pages there are: each folder of `dashboard/pages/` is one. Adding a page is adding a folder.

A folder's `__init__.py` exports `bp`, its blueprint (with `template_folder="templates"`), and, to stand in the
navigation, `nav`. Its templates lie in `templates/<folder>/`, its assets in `static/` (as `<folder>/<file>`), its
English strings in `locale/en.po`.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Blueprint

import dashboard.pages

FOLDER: Final = Path(dashboard.pages.__file__).parent


@dataclass(frozen=True, slots=True)
class Nav:
    """A place in the navigation, shown to whoever may open it. `label` is a French string of the catalogue (`N_`)."""

    endpoint: str
    label: str
    icon: str
    order: int


@dataclass(frozen=True, slots=True)
class Page:
    """One folder of pages. Raises AttributeError, in `find`, for a folder without `bp`."""

    name: str
    bp: Blueprint
    nav: Nav | None


def find() -> tuple[Page, ...]:
    """Every page, in the order of the navigation."""
    pages = []
    for found in pkgutil.iter_modules(dashboard.pages.__path__):
        if found.ispkg:
            module = importlib.import_module(f"dashboard.pages.{found.name}")
            pages.append(Page(found.name, module.bp, getattr(module, "nav", None)))
    return tuple(sorted(pages, key=lambda page: (page.nav.order if page.nav else 0, page.name)))
