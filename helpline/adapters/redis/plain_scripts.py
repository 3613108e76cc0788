"""Lua scripts that need no transition table: plain arguments, one loader.

The scripts of the live state go through `scripts.py`; these share its error rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import cast

from helpline.adapters.redis.scripts import Client, guarded


class PlainScripts:
    """Registered scripts of one client, by file name; `run` passes `now_ms` first."""

    def __init__(self, client: Client, names: Sequence[str]) -> None:
        folder = resources.files("helpline.adapters.redis") / "lua"
        self._scripts = {
            name: client.register_script((folder / f"{name}.lua").read_text("utf-8")) for name in names
        }

    def run(self, name: str, now_ms: int, *args: str | int) -> object:
        """Run one script; the raw reply (str, int or list). Raises LiveStateDown."""
        script = self._scripts[name]
        return guarded(lambda: cast("object", script(keys=[], args=[now_ms, *args])))


def as_list(reply: object) -> list[object]:
    """A reply that is a list; anything else is an answer of nothing."""
    return reply if isinstance(reply, list) else []
