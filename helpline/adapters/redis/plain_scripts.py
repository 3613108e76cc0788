"""Lua scripts that need no transition table: plain arguments.

The scripts of the live state go through `scripts.py`; these share its loader and its error rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpline.adapters.redis.scripts import ByDigest, Client, guarded, plain_source


class PlainScripts:
    """The loaded scripts of one client, by file name; `run` passes `now_ms` first."""

    def __init__(self, client: Client, names: Sequence[str]) -> None:
        self._scripts = ByDigest(client, {name: plain_source(name) for name in names})

    def run(self, name: str, now_ms: int, *args: str | int) -> object:
        """Run one script; the raw reply (str, int or list). Raises LiveStateDown."""
        return guarded(lambda: self._scripts.ask(name, now_ms, *args))


def as_list(reply: object) -> list[object]:
    """A reply that is a list; anything else is an answer of nothing."""
    return reply if isinstance(reply, list) else []
