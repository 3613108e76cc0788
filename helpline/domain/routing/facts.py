"""What a call is known by when the rules are asked. No number is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """`line` is a line id; `local_time` is aware, in Europe/Paris; `keys` what was pressed so far.

    `is_holiday` tells of the date of `local_time`; who builds the facts looks it up, since
    a calendar is not the domain's. Raises ValueError for a naive time.
    """

    line: str
    local_time: datetime
    is_holiday: bool
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.local_time.tzinfo is None:
            raise ValueError("the local time of a call needs its zone")
