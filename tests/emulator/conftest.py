from __future__ import annotations

import pytest

from tests.emulator.line import Line


@pytest.fixture
def line() -> Line:
    return Line()
