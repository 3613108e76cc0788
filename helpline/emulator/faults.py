"""What is made to go wrong: rules matched against webhook paths, callbacks and REST operations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from helpline.emulator.chance import Chance
from helpline.emulator.knobs import MOST

WEB = frozenset("hang reset refuse tls slow lost unsigned forged garbled duplicate replay".split())
REST = frozenset({"hang", "lost_reply", "latency", "reset", "21220", "ended", "answered"})


class BadFault(ValueError):
    """A rule that cannot be understood; the text is the place in the request."""


@dataclass
class WebFault:
    """A fault of document and callback requests whose path matches `path` (shell pattern).

    fault: a status ("500": answered in the server's stead), `hang` (never answered, server not reached), `reset`
    (cut after sending, server not reached), `refuse` (no connection), `tls` (a certificate that is not good), `slow` (server reached, reply `ms` later),
    `lost` (server reached, its reply lost), `unsigned`, `forged` and `garbled` (signature missing, wrong, or no
    signature at all), `duplicate` (the same request twice, the first reply counts), `replay` (the same once
    more after `ms`, token and signature as they were). after: let so many pass first; times: then so many (0 = all);
    chance: of each.
    """

    path: str = "*"
    fault: str = "500"
    ms: int = 0
    times: int = 0
    after: int = 0
    chance: float = 1.0
    seen: int = 0
    hits: int = 0

    def strikes(self, name: str, rng: Chance) -> bool:
        """True when this rule takes the request `name`; counts it."""
        if not fnmatchcase(name, self.path):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times and self.hits >= self.times):
            return False
        if self.chance < 1.0 and rng.random() >= self.chance:
            return False
        self.hits += 1
        return True


@dataclass
class RestFault(WebFault):
    """A fault of REST requests; `path` is matched against the operation, `calls.create` for example.

    fault: a status (429, 503: not executed), `21220` ("not in-progress", whatever the leg's state), `hang` and
    `reset` (not executed, no answer), `lost_reply` (executed, no answer), `latency` (executed and answered after `ms`; in
    stepped mode no time can pass), `ended` and `answered` (the far end of the leg it is about hangs up, or picks up, just
    before it is executed).
    """


@dataclass
class CallbackFault:
    """What may happen to callbacks whose path matches: lost, sent twice, or held back for a time drawn in `delay_ms`.

    `reorder` is the chance of a delay long enough to be overtaken (up to 2 s).
    """

    path: str = "*"
    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay_ms: tuple[int, int] = (0, 0)


@dataclass
class Faults:
    """All rules in force; none by default."""

    web: list[WebFault] = field(default_factory=list)
    rest: list[RestFault] = field(default_factory=list)
    callbacks: list[CallbackFault] = field(default_factory=list)
    media: list[str] = field(default_factory=list)  # shell patterns of recordings that cannot be had
    queues: list[str] = field(default_factory=list)  # of names of queues in which nobody can stand

    def media_missing(self, url: str) -> bool:
        """True when a recording is to be missing."""
        return any(fnmatchcase(url, pattern) for pattern in self.media)

    def queue_broken(self, name: str) -> bool:
        """True when the carrier's queue of that name is out of order (system-error)."""
        return any(fnmatchcase(name, pattern) for pattern in self.queues)

    def web_fault(self, path: str, rng: Chance) -> WebFault | None:
        """The first web rule that takes this request."""
        return next((rule for rule in self.web if rule.strikes(path, rng)), None)

    def rest_fault(self, operation: str, rng: Chance) -> RestFault | None:
        """The first REST rule that takes this operation."""
        return next((rule for rule in self.rest if rule.strikes(operation, rng)), None)

    def callback_delays(self, path: str, rng: Chance) -> list[int]:
        """When to send a callback: one delay in ms for each copy; empty when it is lost."""
        rule = next((rule for rule in self.callbacks if fnmatchcase(path, rule.path)), None)
        if rule is None:
            return [0]
        if rng.random() < rule.drop:
            return []
        copies = 2 if rng.random() < rule.duplicate else 1
        return [_delay(rule, rng) for _ in range(copies)]


def _delay(rule: CallbackFault, rng: Chance) -> int:
    delay = rng.randint(*rule.delay_ms)
    return delay + (rng.randint(100, 2_000) if rng.random() < rule.reorder else 0)


def parse_faults(values: Mapping[str, Any]) -> Faults:
    """Rules from JSON: `{"web": [...], "rest": [...], "callbacks": [...], "media": [...], "queues": [...]}`, one object
    standing for a list of one.

    Raises BadFault naming the place, `web[0].fault` for example.
    """
    faults = Faults()
    for group, given in values.items():
        rules = given if isinstance(given, list) else [given]
        if group in ("media", "queues"):
            if not all(isinstance(pattern, str) for pattern in rules):
                raise BadFault(group)
            setattr(faults, group, list(rules))
        elif group in ("web", "rest", "callbacks"):
            kept = getattr(faults, group)
            kept += [_made(group, rule, f"{group}[{index}]") for index, rule in enumerate(rules)]
        else:
            raise BadFault(group)
    return faults


def _made(group: str, rule: Any, where: str) -> WebFault | RestFault | CallbackFault:
    if not isinstance(rule, Mapping):
        raise BadFault(where)
    made: WebFault | RestFault | CallbackFault
    if group == "callbacks":
        made = _rule(CallbackFault(), rule, where, frozenset())
    elif group == "web":
        made = _rule(WebFault(), rule, where, WEB)
    else:
        made = _rule(RestFault(), _renamed(rule), where, REST)
    return made


def _renamed(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {("path" if key == "operation" else key): value for key, value in rule.items()}


def _rule(made: Any, rule: Mapping[str, Any], where: str, words: frozenset[str]) -> Any:
    for key, value in rule.items():
        if key not in {entry.name for entry in fields(made)} - {"seen", "hits"}:
            raise BadFault(f"{where}.{key}")
        old = getattr(made, key)
        if key == "fault":
            value = str(value)
            if value not in words and not re.fullmatch("[1-5][0-9][0-9]", value):
                raise BadFault(f"{where}.fault")
        elif isinstance(old, tuple):
            low, high = value if isinstance(value, list | tuple) and len(value) == 2 else (value, value)
            if not (type(low) is int and type(high) is int and 0 <= low <= high <= MOST):
                raise BadFault(f"{where}.{key}")
            value = (low, high)
        elif isinstance(old, float):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
                raise BadFault(f"{where}.{key}")
            value = float(value)
        elif type(value) is not type(old) or (type(value) is int and not 0 <= value <= MOST):
            raise BadFault(f"{where}.{key}")
        setattr(made, key, value)
    return made
