"""Connection overrides: what a URL's fragment says about limits, retries and edges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

RANGES = {"ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000), "rc": (0, 5)}
RETRY_REASONS = frozenset({"4xx", "5xx", "ct", "rt", "all"})


class BadOverride(ValueError):
    """A fragment the carrier refuses (11243)."""


@dataclass(frozen=True)
class Overrides:
    """How a URL is to be asked. Limits in milliseconds; `total_ms` covers all attempts and cannot pass 15 s.

    The defaults are the carrier's: only a failed connection is tried again, once; a 5xx never is.
    """

    connect_ms: int = 5_000
    read_ms: int = 15_000
    total_ms: int = 15_000
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})
    edges: tuple[str, ...] = ("ashburn",)
    sni: bool = True

    def retries_on(self, reason: str) -> bool:
        """reason: `ct` `rt` `4xx` `5xx`."""
        return reason in self.retry_on or "all" in self.retry_on


def parse_overrides(url: str) -> tuple[str, Overrides]:
    """Split a URL into the part that is transmitted and signed, and its overrides.

    Raises BadOverride for an unknown key, a number out of range or an unknown reason.
    """
    sent, mark, fragment = url.partition("#")
    overrides = Overrides()
    if not mark or not fragment:
        return sent, overrides
    for key, value in parse_qsl(fragment, keep_blank_values=True):
        overrides = _with(overrides, key, value)
    return sent, overrides


def _with(overrides: Overrides, key: str, value: str) -> Overrides:
    if key in RANGES:
        low, high = RANGES[key]
        if not value.isdigit() or not low <= int(value) <= high:
            raise BadOverride(f"{key}={value}")
        name = {"ct": "connect_ms", "rt": "read_ms", "tt": "total_ms", "rc": "retries"}[key]
        return replace(overrides, **{name: int(value)})  # type: ignore[arg-type]  # all four are whole numbers
    if key == "rp" and set(value.split(",")) <= RETRY_REASONS:
        return replace(overrides, retry_on=frozenset(value.split(",")))
    if key == "e" and value:
        return replace(overrides, edges=tuple(value.split(",")))
    if key == "sni" and value in ("y", "n"):
        return replace(overrides, sni=value == "y")
    raise BadOverride(f"{key}={value}")
