"""The words on the pages. French is the language they are written in; English comes from the catalogues.

`_("…")` in templates and code, `N_("…")` for a constant that is translated where it is shown, `ngettext` for
numbers. Catalogues: `dashboard/locale/en.po` and each page's `locale/en.po`, read at start. What a catalogue does
not have stays French.
"""

from __future__ import annotations

import functools
import gettext
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g

from helpline.domain.accounts import Language

FOLDER: Final = Path(__file__).parent
ZONE: Final = ZoneInfo("Europe/Paris")
_FRENCH: Final = gettext.NullTranslations()


def files() -> Iterator[Path]:
    """Every English catalogue."""
    yield FOLDER / "locale" / "en.po"
    yield from sorted(FOLDER.glob("pages/*/locale/en.po"))


def language() -> Language:
    """Of the page being made: French until somebody who chose otherwise has signed in."""
    known = g.get("visitor")
    return known.account.language if known is not None else Language.FR


def _(text: str, **values: object) -> str:
    """`text` in the page's language, `%(name)s` filled in."""
    translated = _translations().gettext(text)
    return translated % values if values else translated


def ngettext(one: str, many: str, n: int, **values: object) -> str:
    """The form for `n`, `%(num)s` and others filled in."""
    return _form(one, many, n) % {"num": n, **values}


def N_(text: str) -> str:  # noqa: N802  # gettext's own name
    """Marks a constant for the catalogue; translate it with `_` where it is shown."""
    return text


def moment(at: datetime, form: str = "d MMMM, HH:mm") -> str:
    """An instant on the service's own clock, in words of the page's language."""
    return format_datetime(at, form, tzinfo=ZONE, locale=language().value)


def install(app: Flask) -> None:
    """`_`, `ngettext`, `{% trans %}` and the filter `moment` in templates."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    install_callables = app.jinja_env.install_gettext_callables  # type: ignore[attr-defined]  # added by the extension
    install_callables(
        gettext=lambda text: _translations().gettext(text),
        ngettext=_form,
        newstyle=True,
    )
    # Not the extension's own `_`: that takes every text for safe HTML and for a format, a name of the directory too.
    app.jinja_env.globals["_"] = _
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.globals["language"] = language


def _form(one: str, many: str, n: int) -> str:
    """In French, zero takes the singular."""
    if language() is Language.FR:
        return one if n < 2 else many
    return _translations().ngettext(one, many, n)


def _translations() -> gettext.NullTranslations:
    if language() is Language.FR:
        return _FRENCH
    return _english()


@functools.cache
def _english() -> gettext.GNUTranslations:
    """All catalogues as one."""
    whole = Catalog(locale="en")
    for file in files():
        if file.exists():
            with file.open("rb") as opened:
                for message in read_po(opened, locale="en"):
                    if message.id and message.string:
                        whole.add(message.id, message.string)
    packed = BytesIO()
    write_mo(packed, whole)
    packed.seek(0)
    return gettext.GNUTranslations(packed)
