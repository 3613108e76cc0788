"""The Lua scripts of the live state, with the transition tables rendered into them.

Every script takes (now in ms, arguments as JSON) and touches keys by name; we run on
one instance, never on a cluster. EVALSHA only: after a restart of Redis the client
loads a missing script and repeats once. Errors of the driver become `LiveStateDown`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import partial
from importlib import resources
from typing import TypeAlias, TypeVar

import redis
from redis.exceptions import NoScriptError, RedisError

from helpline.adapters.redis.breaker import Breaker
from helpline.domain import call as call_table
from helpline.domain import presence as presence_table
from helpline.domain.errors import LiveStateDown

Json: TypeAlias = "str | int | float | bool | None | list[Json] | dict[str, Json]"
Client: TypeAlias = "redis.Redis"
T = TypeVar("T")

NAMES = (
    "arrive",
    "offer",
    "claim",
    "settle",
    "save",
    "offer_state",
    "picked_up",
    "presence",
    "due",
    "lease",
    "token",
    "read_line",
    "forget",
    "draft_epoch",
    "begin_epoch",
    "look",
    "restore",
    "call_third",
    "third_picks_up",
    "shift",
    "alarm",
    "gate",
    "attack",
    "wish",
    "apart",
    "reception",
    "call_of_leg",
    "in_line",
    "roll",
)
BARE = frozenset({"call_of_leg", "in_line", "roll"})
"""Scripts that need neither tables nor the shared part: both are run through at each call."""

WITH_FICHES = frozenset({"save", "fiche_open", "fiche_change"})

AT_ONCE = 200
"""Hashes asked for together: more would hold up whoever else asks Redis."""

_as_json = json.JSONEncoder(separators=(",", ":")).encode

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


def _lua_table(name: str, table: Mapping[S, Mapping[E, S]]) -> str:
    rows = [
        f"['{state.value}']={{"
        + ",".join(f"['{event.value}']='{to.value}'" for event, to in events.items())
        + "}"
        for state, events in table.items()
    ]
    return f"local {name} = {{" + ",".join(rows) + "}\n"


def source(name: str) -> str:
    """The whole text of one script: tables, shared part, its own part; of a bare one its own."""
    if name in BARE:
        return plain_source(name)
    tables = _lua_table("CALL", call_table.TRANSITIONS) + _lua_table("PSY", presence_table.TRANSITIONS)
    return tables + _text("lib") + plain_source(name)


def plain_source(name: str) -> str:
    """A script's own part, with that of fiches before it where it writes any."""
    return _text("fiche") + _text(name) if name in WITH_FICHES else _text(name)


def _text(name: str) -> str:
    return (resources.files("helpline.adapters.redis") / "lua" / f"{name}.lua").read_text("utf-8")


class ByDigest:
    """Scripts of one client, asked by their digest; one that Redis has forgotten is loaded, and the request repeated once.

    The library's own way to a script looks at more than it sends: a tenth of a webhook.
    """

    def __init__(self, client: Client, sources: Mapping[str, str]) -> None:
        self._load: Callable[[str], object] = client.script_load
        self._execute: Callable[..., object] = client.execute_command
        self._sources = dict(sources)
        self._hashes = {name: client.register_script(text).sha for name, text in sources.items()}

    def ask(self, name: str, *args: str | int) -> object:
        """The raw reply (str, int, list or None). Raises redis.exceptions.RedisError."""
        ask = ("EVALSHA", self._hashes[name], 0, *args)
        try:
            return self._execute(*ask)
        except NoScriptError:
            self._load(self._sources[name])
        return self._execute(*ask)


class Scripts:
    """The registered scripts of one client; `run` is the only way to call them."""

    def __init__(self, client: Client, breaker: Breaker | None = None) -> None:
        """`breaker` is for processes that answer callers; without one every call is tried."""
        self._client = client
        self._breaker = breaker
        self._scripts = ByDigest(client, {name: source(name) for name in NAMES})

    def text(self, key: str) -> str | None:
        """One string key. The client decodes: bytes never come back."""
        found = self._tried(lambda: self._client.get(key))
        return str(found) if found is not None else None

    def hash(self, key: str) -> dict[str, str]:
        """One hash, empty when there is none."""
        found = self._tried(lambda: self._client.hgetall(key))
        return {str(name): str(value) for name, value in found.items()}

    def hashes(self, keys: Sequence[str]) -> list[dict[str, str]]:
        """Many hashes, a few hundred on one way to Redis and back; an empty one for each that is not there."""
        found: list[dict[str, str]] = []
        for first in range(0, len(keys), AT_ONCE):
            found += self._tried(partial(self._some_hashes, keys[first : first + AT_ONCE]))
        return found

    def _some_hashes(self, keys: Sequence[str]) -> list[dict[str, str]]:
        with self._client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hgetall(key)
            return [{str(name): str(value) for name, value in h.items()} for h in pipe.execute()]

    def members(self, key: str) -> list[str]:
        """One set, sorted, so that nothing depends on Redis's order."""
        return sorted(str(member) for member in self._tried(lambda: self._client.smembers(key)))

    def run(self, name: str, now_ms: int, args: Mapping[str, Json]) -> object:
        """Run one script; the raw reply (str, int, list or None). Raises LiveStateDown."""
        text = _as_json(args)
        return self._tried(lambda: self._scripts.ask(name, now_ms, text))

    def _tried(self, do: Callable[[], T]) -> T:
        if self._breaker is None:
            return guarded(do)
        self._breaker.check()
        try:
            return guarded(do)
        except LiveStateDown:
            self._breaker.failed()
            raise


def guarded(do: Callable[[], T]) -> T:
    """Run one Redis operation; the driver's error becomes ours, without its text.

    Raised outside the except block: a chained traceback would carry the driver's
    message, and with it the key it was about.
    """
    kind: str
    try:
        return do()
    except (RedisError, OSError) as error:
        kind = type(error).__name__
    raise LiveStateDown(f"redis: {kind}")


def as_fields(values: Mapping[str, str | int | bool]) -> dict[str, Json]:
    """Hash fields as Redis keeps them: text only, booleans as 1 and 0."""
    return {k: str(int(v)) if isinstance(v, bool) else str(v) for k, v in values.items()}
