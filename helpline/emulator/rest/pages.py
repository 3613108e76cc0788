"""Lists in pages, newest first. A token names the place of the last record seen, so
records deleted meanwhile move nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from helpline.emulator.rest.errors import bad

DEFAULT_SIZE = 50
MAX_SIZE = 1000
MIDDLE = 2**64  # of the places a token can name


@dataclass(frozen=True)
class Row:
    """A record of a list: its place in time (larger is newer), its sid, and how to make its JSON when it is shown."""

    ordinal: int
    sid: str
    fields: Callable[[], Mapping[str, Any]]


def page(key: str, rows: Sequence[Row], path: str, query: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """One page of `rows` as the carrier sends it: exactly one key besides the page's own."""
    given = dict(query)
    size = _size(given.get("PageSize", ""))
    number = _whole(given.get("Page", ""), 0)
    before = _place(given.get("PageToken", ""))
    older = sorted(
        (row for row in rows if before is None or row.ordinal < before), key=lambda row: -row.ordinal
    )
    shown = older[:size]
    kept = [(name, value) for name, value in query if name not in ("Page", "PageToken", "PageSize")]

    def uri(index: int, token: str) -> str:
        extra = [("PageToken", token)] if token else []
        return f"{path}?{urlencode([*kept, ('PageSize', str(size)), ('Page', str(index)), *extra])}"

    more = len(older) > size
    return {
        key: [dict(row.fields()) for row in shown],
        "first_page_uri": uri(0, ""),
        "next_page_uri": uri(number + 1, _token(shown[-1])) if more else None,
        "previous_page_uri": uri(number - 1, "") if number == 1 else None,
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(len(shown) - 1, 0),
        "uri": uri(number, given.get("PageToken", "")),
    }


def _size(text: str) -> int:
    return min(MAX_SIZE, max(1, _whole(text, DEFAULT_SIZE)))


def _token(row: Row) -> str:
    """`PACA` and 32 hexadecimal digits, as the carrier's look."""
    return f"PA{row.sid[:2]}{row.ordinal + MIDDLE:032x}"


def _place(token: str) -> int | None:
    """Where the page before ended; None for the first page."""
    if not token:
        return None
    found = re.fullmatch(r"PA[A-Z]{2}([0-9a-f]{32})", token)
    if found is None or not 0 < int(found[1], 16) < 2 * MIDDLE:
        raise bad(20001, "PageToken is not valid")
    return int(found[1], 16) - MIDDLE


def _whole(text: str, default: int) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else default
