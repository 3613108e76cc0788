"""The list of cases that the carrier's documents give: each has a test, or is refused by name."""

from __future__ import annotations

import re
from pathlib import Path

NOT_MODELLED = {14, 15, 16, 35, 36, 37, 38, 47, 59}
"""Redirects, cookies, plain text, Dial with Queue and Front, answerOnBridge, creating participants: test_refused.py."""


def test_each_case_has_a_test_that_carries_its_number() -> None:
    texts = [file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py")]
    told = {int(number) for text in texts for number in re.findall(r"^def test_t(\d\d)_", text, re.MULTILINE)}

    assert told == set(range(1, 65)) - NOT_MODELLED
