"""Telephones at the far end of legs going out: people, mailboxes, busy lines, phones that are off."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from helpline.emulator.legs import Legs
from helpline.emulator.settings import E164, e164
from helpline.emulator.state import EndedBy, Leg, Status
from helpline.emulator.world import World


class Kind(enum.Enum):
    """What a handset is."""

    PERSON = "person"
    MAILBOX = "mailbox"
    BUSY = "busy"
    OFF = "off"


class Refused(Exception):
    """Something that cannot be done now. status: 4xx; where: which part of the wish, `""` for one without a name."""

    def __init__(self, status: int, error: str, where: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.where = where or '""'


@dataclass(eq=False)
class Handset:
    """A telephone: E.164 number, what it is, the leg it has now and the last one it had."""

    number: str
    kind: Kind = Kind.PERSON
    leg: Leg | None = None
    last: Leg | None = None

    @property
    def state(self) -> str:
        """idle | ringing | talking."""
        if self.leg is None:
            return "idle"
        return "talking" if self.leg.is_answered else "ringing"


class Handsets:
    """All telephones. One never declared is a person who lets it ring."""

    def __init__(self, world: World, legs: Legs) -> None:
        self._world = world
        self._legs = legs
        self.known: dict[str, Handset] = {}

    def get(self, number: str) -> Handset:
        """The telephone of a number in either form."""
        number = e164(number)
        return self.known.setdefault(number, Handset(number))

    def invite(self, leg: Leg) -> None:
        """A call arrives for `leg.to`."""
        if not E164.fullmatch(leg.to):
            self._world.alert(13224, f"{leg.to} cannot be dialled", leg=leg)
            self._legs.end(leg, Status.FAILED, EndedBy.CARRIER)
            return
        handset, kernel, knobs = self.get(leg.to), self._world.kernel, self._world.knobs
        if handset.kind is Kind.OFF:
            status = Status(knobs.off_status)
            kernel.after(knobs.off_after_ms, lambda: self._legs.end(leg, status, EndedBy.CARRIER))
        elif handset.kind is Kind.BUSY or handset.leg is not None:
            self._legs.end(leg, Status.BUSY, EndedBy.FAR_END)
        else:
            self._ring(handset, leg)

    def _ring(self, handset: Handset, leg: Leg) -> None:
        handset.leg = handset.last = leg
        leg.over.then(lambda: self._free(handset, leg))
        self._legs.ringing(leg)
        if handset.kind is Kind.MAILBOX:
            self._world.kernel.after(self._world.knobs.mailbox_answer_ms, lambda: self._greet(leg))

    def _free(self, handset: Handset, leg: Leg) -> None:
        if handset.leg is leg:
            handset.leg = None

    def _greet(self, leg: Leg) -> None:
        """A mailbox answers, speaks, records, hangs up. It presses no key."""
        if leg.status.final:
            return
        self._world.log.add("phone", number=leg.to, what="mailbox greeting", leg=leg.handle)
        self._legs.answer(leg)
        lasts_ms = self._world.knobs.mailbox_greeting_ms + self._world.knobs.mailbox_records_ms
        self._world.kernel.after(lasts_ms, lambda: self._legs.end(leg, Status.COMPLETED, EndedBy.FAR_END))

    def answer(self, number: str) -> None:
        """Pick up. Raises Refused when it does not ring."""
        self._legs.answer(self._ringing(number))

    def decline(self, number: str) -> None:
        """Refuse the call: busy. Raises Refused when it does not ring."""
        self._legs.end(self._ringing(number), Status.BUSY, EndedBy.FAR_END)

    def press(self, number: str, keys: str) -> None:
        """Press keys. Raises Refused when nobody is on the phone."""
        self._legs.press(self._talking(number), keys)

    def hang_up(self, number: str) -> None:
        """Put it down. Raises Refused when nobody is on the phone."""
        self._legs.end(self._talking(number), Status.COMPLETED, EndedBy.FAR_END)

    def _ringing(self, number: str) -> Leg:
        leg = self.get(number).leg
        if leg is None or leg.is_answered:
            raise Refused(409, "this telephone does not ring", "number")
        return leg

    def _talking(self, number: str) -> Leg:
        leg = self.get(number).leg
        if leg is None or not leg.is_answered:
            raise Refused(409, "nobody is on this telephone", "number")
        return leg
