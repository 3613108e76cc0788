"""What a page that listens is told: first how things are, then each change. Called while the carrier is held still."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from helpline.emulator.carrier import Carrier
from helpline.emulator.page.options import Options
from helpline.emulator.page.views import (
    Names,
    declared,
    greeting,
    leg_view,
    mark,
    phone_view,
    row_view,
    sound_view,
)
from helpline.emulator.state import Direction

Message = tuple[str, Any]
ROWS_AT_FIRST = 50
CALLS = 50  # ended ones that a page still hears of
LOG_AT_FIRST = 2_000  # records looked through for these rows


class Feed(Protocol):
    """One listener's view of the carrier."""

    def news(self) -> list[Message]:
        """Event name and JSON value of everything that changed since the last time."""
        ...


class PageFeed:
    """For the telephone page: `hello`, `phone`, `call`, `rows`, and `reset` when the carrier has forgotten all."""

    def __init__(self, carrier: Carrier, options: Options) -> None:
        self._carrier = carrier
        self._options = options
        self._names = Names(carrier, options)
        self._sent: dict[str, object] = {}
        self._seen: int | None = None  # the last record looked at

    def news(self) -> list[Message]:
        """As for every feed."""
        messages: list[Message] = []
        log = self._carrier.world.log
        if self._seen is None:
            messages.append(("hello", greeting(self._carrier, self._options)))
        elif log.count < self._seen:
            self._sent.clear()
            self._seen = 0
            messages.append(("reset", {}))
        messages += [*self._phones(), *self._calls()]
        rows = self._rows()
        return [*messages, ("rows", rows)] if rows else messages

    def _phones(self) -> Iterator[Message]:
        for handset in declared(self._carrier, self._options):
            now = (handset.kind, handset.state, mark(handset.last))
            if self._is_new(handset.number, now):
                yield "phone", phone_view(handset, self._names)

    def _calls(self) -> Iterator[Message]:
        """Those in progress, and of the others the last ones."""
        calls = [leg for leg in self._carrier.world.handles.values() if leg.direction is Direction.INBOUND]
        late = len(calls) - CALLS
        for place, leg in enumerate(calls):
            if (place >= late or not leg.status.final or leg.handle in self._sent) and self._is_new(
                leg.handle, mark(leg)
            ):
                yield "call", leg_view(leg, self._names)

        for handle in [key for key in self._sent if key[0] == "c" and key not in self._carrier.world.handles]:
            del self._sent[handle]

    def _is_new(self, key: str, now: object) -> bool:
        if self._sent.get(key) == now:
            return False
        self._sent[key] = now
        return True

    def _rows(self) -> list[dict[str, Any]]:
        """The rows of new records, oldest first; at first the last ones, lookups apart from the rest."""
        log, first = self._carrier.world.log, self._seen is None
        after = max(0, log.count - LOG_AT_FIRST) if self._seen is None else self._seen
        found = [row for record in log.after(after) if (row := row_view(record, self._names))]
        self._seen = log.count
        if not first:
            return found
        reads = [row for row in found if row["reads"]][-ROWS_AT_FIRST:]
        others = [row for row in found if not row["reads"]][-ROWS_AT_FIRST:]
        return sorted([*reads, *others], key=lambda row: int(row["n"]))


class ClientFeed:
    """For the softphone of one client: `state` with each change, `heard` with each sound of the present call."""

    def __init__(self, carrier: Carrier, name: str) -> None:
        self._carrier = carrier
        self._name = name
        self._state: dict[str, Any] = {}
        self._leg: str | None = None
        self._heard = 0

    def news(self) -> list[Message]:
        """As for every feed."""
        client = self._carrier.clients.get(self._name)
        leg = client.leg
        state = {
            "name": client.name,
            "registered": client.registered,
            "devices": client.devices,
            "state": client.state,
            "leg": leg.handle if leg else None,
            "parameters": dict(leg.custom) if leg else {},
        }
        messages: list[Message] = []
        if state != self._state:
            self._state = state
            messages.append(("state", state))
        if leg is None:
            return messages
        if leg.handle != self._leg:
            self._leg, self._heard = leg.handle, 0
        fresh, self._heard = leg.heard[self._heard :], len(leg.heard)
        return [*messages, *(("heard", sound_view(sound)) for sound in fresh)]
