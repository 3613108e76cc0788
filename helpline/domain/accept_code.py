"""The digits by which a psychologist takes a call on a telephone. Pure.

Drawn anew for each offer, so that what answers in her place cannot know them: a mailbox
greeting, a child on the keys. Three different digits of 1 to 8, no run like 1 2 3: one
guess in 324, two tries a call. 0, 9, * and # are never in one: they are free to decline.

They follow from the offer's attempt, which is random (`ports.Chance`) and known to nobody
on the telephone; so a question put twice asks for the same digits, and none are stored.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise, permutations
from typing import Final

CODE_DIGITS: Final = 3
KEYS: Final = "12345678"


def _is_run(digits: tuple[str, ...]) -> bool:
    steps = {int(later) - int(earlier) for earlier, later in pairwise(digits)}
    return steps in ({1}, {-1})


CODES: Final = tuple("".join(one) for one in permutations(KEYS, CODE_DIGITS) if not _is_run(one))


def accept_code(attempt: str) -> str:
    """Three digits, always the same for one attempt, all codes equally likely over attempts."""
    drawn = int.from_bytes(hashlib.blake2b(attempt.encode(), digest_size=16).digest(), "big")
    return CODES[drawn % len(CODES)]


def spelled(code: str) -> str:
    """As it is spoken and shown, digit by digit: `4, 7, 2`."""
    return ", ".join(code)
