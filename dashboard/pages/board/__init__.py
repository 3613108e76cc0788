"""The board: how the line stands. For both roles; staff by name, of callers only how many and how long."""

from __future__ import annotations

from dashboard.i18n import N_
from dashboard.pages.board.views import bp
from dashboard.registry import Nav

__all__ = ["bp", "nav"]

nav = Nav("board.show", N_("Tableau de bord"), "users", order=20)
