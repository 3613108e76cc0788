"""A REST request as the resources see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

Reply = tuple[int, dict[str, Any] | None]


@dataclass(frozen=True)
class RestRequest:
    """path: with `.json`, as asked; query: decoded pairs in order; form: a repeated name keeps every value.

    origin: scheme and host that were asked, for links that are whole URLs.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    form: MultiDict[str, str]
    origin: str = ""
