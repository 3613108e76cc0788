"""The offline carrier's control API, as commands and the demo use it: over HTTP, on loopback.

Nothing of the emulator is imported: whatever answers the control API will do.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any, cast

import requests

WITHIN_S = 5.0
Answer = Mapping[str, Any]
"""A JSON object of the control API; its fields are in docs/emulator.md."""


class ControlDown(Exception):
    """Nobody answers the control API; the text is one line naming the part."""


class ControlRefused(Exception):
    """A wish was not granted; `str()` is the reason and what of the wish was wrong."""


class ControlClient:
    """Telephones, evidence and knobs of the carrier at `origin`. Safe to share between threads."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._session = requests.Session()
        self._session.trust_env = False  # loopback: no proxy
        self._lock = threading.Lock()

    def dial(self, number: str | None, to: str) -> str:
        """Somebody calls `to`; None withholds the number. The call's handle, "c1"."""
        return str(self._ask("POST", "/calls", {"from": number, "to": to})["call"])

    def call(self, handle: str) -> Answer:
        return self._ask("GET", f"/calls/{handle}")

    def calls(self) -> list[dict[str, Any]]:
        """Every caller so far, oldest first."""
        return cast("list[dict[str, Any]]", self._ask("GET", "/calls")["calls"])

    def press(self, handle: str, keys: str) -> None:
        self._ask("POST", f"/calls/{handle}/press", {"keys": keys})

    def hang_up(self, handle: str) -> None:
        self._ask("POST", f"/calls/{handle}/hangup", {})

    def lose(self, leg: str) -> None:
        """The network drops a leg, "c1" or "l3"."""
        self._ask("POST", f"/legs/{leg}/lose", {})

    def phone(self, number: str) -> Answer:
        return self._ask("GET", f"/phones/{number}")

    def phone_does(self, number: str, what: str, **body: str) -> None:
        """what: answer, decline, hangup, or press with `keys`."""
        self._ask("POST", f"/phones/{number}/{what}", body)

    def set_phone(self, number: str, kind: str) -> None:
        self._ask("PUT", f"/phones/{number}", {"is": kind})

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """The evidence after record number `after`."""
        return cast("list[dict[str, Any]]", self._ask("GET", f"/log?after={after}")["log"])

    def broken(self) -> list[str]:
        """Promises that the carrier itself saw broken, as sentences."""
        return cast("list[str]", self._ask("GET", "/alerts")["broken"])

    def alerts(self) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self._ask("GET", "/alerts")["alerts"])

    def set_knobs(self, values: Mapping[str, object]) -> None:
        self._ask("PUT", "/knobs", values)

    def set_faults(self, values: Mapping[str, object]) -> None:
        self._ask("PUT", "/faults", values)

    def is_up(self) -> bool:
        try:
            self._ask("GET", "/phones")
        except (ControlDown, ControlRefused):
            return False
        return True

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Answer:
        """Raises ControlDown or ControlRefused, outside the except block: a traceback would show the URL."""
        answer = None
        try:
            with self._lock:
                answer = self._session.request(
                    method, f"{self._origin}/control{path}", data=json.dumps(body or {}), timeout=WITHIN_S
                )
            found: Answer = answer.json()
        except (requests.RequestException, ValueError):
            found = {}
        if answer is None:
            raise ControlDown("carrier: the emulator's control API does not answer")
        if answer.status_code >= 400:
            raise ControlRefused(f"{found.get('error', 'refused')} ({found.get('where', '?')})")
        return found
