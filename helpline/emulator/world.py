"""Everything the parts of the carrier share: time, chance, evidence, and what exists."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING

from helpline.emulator.chance import Chance
from helpline.emulator.faults import Faults
from helpline.emulator.kernel import Kernel
from helpline.emulator.knobs import Knobs
from helpline.emulator.log import Log
from helpline.emulator.settings import CarrierSettings, OwnNumber
from helpline.emulator.state import Alert, Leg, NumberConfig, Queue

if TYPE_CHECKING:
    from helpline.emulator.rooms import Room


def rfc2822(at_ms: int) -> str:
    """An instant as the carrier writes it: `Tue, 01 Nov 2016 01:59:13 +0000`."""
    return formatdate(at_ms // 1000, localtime=False, usegmt=False).replace("-0000", "+0000")


@dataclass
class World:
    """The account and all that lives in it. Finished legs stay until deleted by REST."""

    settings: CarrierSettings
    kernel: Kernel
    log: Log
    rng: Chance
    knobs: Knobs = field(default_factory=Knobs)
    faults: Faults = field(default_factory=Faults)
    numbers: dict[str, NumberConfig] = field(default_factory=dict)  # by sid
    legs: dict[str, Leg] = field(default_factory=dict)  # by sid
    handles: dict[str, Leg] = field(default_factory=dict)  # by handle, deleted ones too
    ordinals: dict[str, int] = field(
        default_factory=dict
    )  # of queues, rooms and numbers, by sid: their places in lists
    queues: dict[str, Queue] = field(default_factory=dict)  # by sid
    rooms: dict[str, Room] = field(default_factory=dict)  # by sid, ended ones too
    open_rooms: dict[str, Room] = field(default_factory=dict)  # by name
    ended: deque[Leg | Room] = field(
        default_factory=deque
    )  # oldest end first, only when some are to be forgotten
    alerts: list[Alert] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    region_host: str = ""  # the regional REST host that was asked first, the only one since
    counters: dict[str, int] = field(default_factory=dict)

    @property
    def now_ms(self) -> int:
        """The present instant, epoch ms."""
        return self.kernel.now_ms

    def sid(self, prefix: str) -> str:
        """A new identifier: prefix and 32 hexadecimal digits, from the seed."""
        return f"{prefix}{self.rng.getrandbits(128):032x}"

    def count(self, name: str) -> int:
        """The next whole number of a series, from 1."""
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]

    def alert(self, code: int, message: str, *, leg: Leg | None = None, level: str = "error", url: str = "",
              variables: tuple[tuple[str, str], ...] = ()) -> None:  # fmt: skip
        """Write a line in the account's debugger and in the evidence."""
        sid = leg.sid if leg else ""
        sort = self.sid("NO"), self.count("alert")
        self.alerts.append(Alert(*sort, code, level, self.now_ms, sid, url, message, variables))
        keeps = self.settings.ended_keeps
        if keeps and len(self.alerts) >= 2 * keeps:
            del self.alerts[:keeps]
        handle = leg.handle if leg else None
        self.log.add("warning", leg=handle, code=code, level=level, text=message, url=url)

    def has_ended(self, what: Leg | Room) -> None:
        """A leg or room is over: the oldest of those beyond what is kept is forgotten as if it had been deleted."""
        if not self.settings.ended_keeps:
            return
        self.ended.append(what)
        if len(self.ended) <= self.settings.ended_keeps:
            return
        old = self.ended.popleft()
        self.ordinals.pop(old.sid, None)
        if isinstance(old, Leg):
            self.legs.pop(old.sid, None)
            self.handles.pop(old.handle, None)
        else:
            self.rooms.pop(old.sid, None)

    def own_number(self, number: str) -> OwnNumber | None:
        """The number of the account that a dialled number arrives at."""
        return next((own for own in self.settings.numbers if own.answers_to(number)), None)

    def is_own(self, number: str) -> bool:
        """True for a number of the account in its carrier form, the only one accepted as caller id."""
        return any(own.e164 == number for own in self.settings.numbers)

    def live_legs(self) -> list[Leg]:
        """Legs that are not over, oldest first."""
        return [leg for leg in self.legs.values() if not leg.status.final]
