"""Options of the domain's ring: `--update-golden` rewrites the recorded plays instead of comparing them."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite recorded plays, then read the diff"
    )
