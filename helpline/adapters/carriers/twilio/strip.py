"""The other edge: answers of the carrier's REST API lose every number before the SDK sees them.

A number that is ours becomes `line:<id>`, an endpoint of a psychologist `endpoint:<id>`,
anything else null. Error bodies keep code and status, nothing of their text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | None | list[Json] | dict[str, Json]"

NAMED = frozenset({"to", "from"})
"""Fields that are replaced by what they mean to us."""

WIPED = frozenset(
    {
        "to_formatted",
        "from_formatted",
        "forwarded_from",
        "caller_name",
        "phone_number",
        "friendly_name_formatted",
        "request_variables",
        "response_body",
        "message_text",
        "annotation",
    }
)


def strip(text: str, name_of: Callable[[str], str | None]) -> str:
    """The same JSON document without numbers. Not JSON: an empty object."""
    try:
        document: Json = json.loads(text) if text else {}
    except ValueError:
        document = {}
    return json.dumps(_strip(document, name_of))


def strip_error(text: str, status: int) -> str:
    """An error body reduced to what can be acted on."""
    try:
        body: Json = json.loads(text)
    except ValueError:
        body = {}
    code = body.get("code") if isinstance(body, dict) else None
    kept = code if isinstance(code, int) else None
    return json.dumps({"code": kept, "status": status, "message": "", "more_info": ""})


def _strip(value: Json, name_of: Callable[[str], str | None]) -> Json:
    if isinstance(value, list):
        return [_strip(item, name_of) for item in value]
    if not isinstance(value, dict):
        return value
    out: dict[str, Json] = {}
    for key, item in value.items():
        if key in NAMED:
            out[key] = name_of(item) if isinstance(item, str) else None
        elif key in WIPED:
            out[key] = None
        else:
            out[key] = _strip(item, name_of)
    return out
