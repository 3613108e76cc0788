"""Reading attributes as the carrier does: a bad value is a warning and the default applies."""

from __future__ import annotations

import re

from helpline.emulator.player import Scene
from helpline.emulator.state import Callback
from helpline.emulator.twiml import Verb

EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})


def warn(scene: Scene, code: int, message: str) -> None:
    """A warning of the debugger about this document."""
    scene.player.world.alert(code, message, leg=scene.leg, level="warning", url=scene.document.url)


def number(scene: Scene, verb: Verb, attribute: str, default: int, code: int = 12200) -> int:
    """A whole number; `code` is the warning for anything else."""
    text = verb.get(attribute, str(default))
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    warn(scene, code, f'<{verb.name} {attribute}="{text}">')
    return default


def flag(scene: Scene, verb: Verb, attribute: str, default: bool, code: int = 12200) -> bool:
    """`true` or `false`; `code` is the warning for anything else."""
    text = verb.get(attribute, str(default).lower()).lower()
    if text in ("true", "false"):
        return text == "true"
    warn(scene, code, f'<{verb.name} {attribute}="{text}">')
    return default


def method(verb: Verb, attribute: str = "method") -> str:
    """GET or POST; anything else is POST."""
    return "GET" if verb.get(attribute).upper() == "GET" else "POST"


def callback(scene: Scene, verb: Verb, default: frozenset[str], known: frozenset[str]) -> Callback | None:
    """statusCallback of a noun. In TwiML the events are separated by spaces; unknown ones are a warning."""
    url = verb.get("statusCallback")
    if not url:
        return None
    asked = frozenset(verb.get("statusCallbackEvent").split())
    if asked - known:
        warn(scene, 21626, f"unknown events {' '.join(sorted(asked - known))}")
    events = asked & known or default
    resolved = scene.document.resolve("callback", url).url
    return Callback(resolved, method(verb, "statusCallbackMethod"), events)
