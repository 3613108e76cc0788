"""The other edge: answers of the carrier's REST API lose every number before the SDK sees them.

Rebuilt from an allow-list, as requests are: a field we do not use is not there, and a field
we do use is kept only if it is written like what it should hold. A number that is ours
becomes `line:<id>`, an endpoint of a psychologist `endpoint:<id>`, anything else null. Who calls is not read at all.
Error bodies keep code and status, nothing of their text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, urlsplit

Json: TypeAlias = "str | int | float | bool | None | list[Json] | dict[str, Json]"
NameOf: TypeAlias = "Callable[[str], str | None]"

_SID: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}\Z")
_DATE: Final = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}\Z")
_WORD: Final = re.compile(r"[a-z-]{1,20}\Z")
# Our queue, and our rooms, which are called by their attempt.
_NAME: Final = re.compile(r"([a-z]{1,20}|[0-9a-f]{32})\Z")
_TOKEN: Final = re.compile(r"[A-Z]{2,4}[0-9a-f]{32}\Z")

_KEPT: Final[Mapping[str, re.Pattern[str]]] = {
    "sid": _SID,
    "call_sid": _SID,
    "parent_call_sid": _SID,
    "status": _WORD,
    "direction": _WORD,
    "start_time": _DATE,
    "end_time": _DATE,
    "date_created": _DATE,
    "date_enqueued": _DATE,
    "friendly_name": _NAME,
}
_LISTS: Final = frozenset(
    "calls queues queue_members conferences participants incoming_phone_numbers notifications".split()
)
_PAGE_PATH: Final = re.compile(
    r"/2010-04-01/Accounts/[A-Za-z0-9]{34}/[A-Za-z]+(/[A-Z]{2}[0-9a-f]{32}/[A-Za-z]+)?\.json\Z"
)
_PAGE_QUERY: Final[Mapping[str, re.Pattern[str]]] = {
    "Page": re.compile(r"\d{1,5}\Z"),
    "PageSize": re.compile(r"\d{1,4}\Z"),
    "PageToken": _TOKEN,
    "Status": _WORD,
}
_MOST_POSITION: Final = 100_000


def strip(text: str, name_of: NameOf) -> dict[str, Json]:
    """The same JSON document without numbers. Not JSON, or no object: an empty object."""
    try:
        document: Json = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        document = {}
    return _page(document, name_of) if isinstance(document, dict) else {}


def strip_error(text: str, status: int) -> dict[str, Json]:
    """An error body reduced to what can be acted on."""
    try:
        body: Json = json.loads(text)
    except (ValueError, RecursionError):
        body = {}
    code = body.get("code") if isinstance(body, dict) else None
    kept = code if type(code) is int and 10_000 <= code <= 99_999 else None
    return {"code": kept, "status": status, "message": "", "more_info": ""}


def _page(document: dict[str, Json], name_of: NameOf) -> dict[str, Json]:
    """One thing, or a page of a list of things with the way to the next."""
    for key in _LISTS & document.keys():
        items = document[key]
        # Most of a page went to the same line of ours.
        named = cache(name_of)
        if not isinstance(items, list):
            return {key: None}
        things = [_thing(item, named) for item in items if isinstance(item, dict)]
        return {key: [*things], "next_page_uri": _next_page(document.get("next_page_uri"))}
    return _thing(document, name_of)


def _thing(item: dict[str, Json], name_of: NameOf) -> dict[str, Json]:
    out: dict[str, Json] = {}
    for key, pattern in _KEPT.items():
        if key in item:
            value = item[key]
            out[key] = value if isinstance(value, str) and pattern.match(value) else None
    if "to" in item:
        to = item["to"]
        out["to"] = name_of(to) if isinstance(to, str) else None
    if "position" in item:
        position = item["position"]
        known = type(position) is int and 0 <= position <= _MOST_POSITION
        out["position"] = position if known else None
    return out


def _next_page(uri: Json) -> str | None:
    """The way to the next page, unless it quotes what was searched for.

    Such a list (the legs to one address) is only ever read to the end of its first page.
    """
    if not isinstance(uri, str):
        return None
    parts = urlsplit(uri)
    query = parse_qsl(parts.query, keep_blank_values=True)
    known = all(name in _PAGE_QUERY and _PAGE_QUERY[name].match(value) for name, value in query)
    return uri if known and not parts.netloc and not parts.fragment and _PAGE_PATH.match(parts.path) else None
