"""The desk: the page a psychologist lives in. Everything it shows is on the server; nothing of the caller is."""

from __future__ import annotations

from dashboard.i18n import N_
from dashboard.pages.desk.views import bp
from dashboard.registry import Nav

__all__ = ["bp", "nav"]

nav = Nav("desk.show", N_("Poste d’écoute"), "headset", order=10)
