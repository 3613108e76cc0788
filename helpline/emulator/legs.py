"""The life of a leg: queued → ringing → in-progress → one final status.

Every change is made at once and reported by event. Who waits for a leg awaits `leg.answered` or `leg.over`.
"""

from __future__ import annotations

from helpline.emulator.callbacks import Callbacks
from helpline.emulator.kernel import Interruption
from helpline.emulator.state import Direction, EndedBy, Leg, Place, Status, Why
from helpline.emulator.world import World

SIP_CODES = {
    Status.COMPLETED: 200,
    Status.BUSY: 486,
    Status.NO_ANSWER: 487,
    Status.CANCELED: 487,
    Status.FAILED: 404,
}


class LegEnded(Interruption):
    """The leg is over; nothing of its documents may run any more, but an interrupted action is still requested."""

    final = True


class Legs:
    """Creates, answers and ends legs."""

    def __init__(self, world: World, callbacks: Callbacks) -> None:
        self._world = world
        self._callbacks = callbacks

    def create(self, direction: Direction, from_: str, to: str) -> Leg:
        """A new leg, queued. Handles: `c1`, `c2`… for callers, `l1`… for legs going out."""
        world = self._world
        series = "c" if direction is Direction.INBOUND else "l"
        leg = Leg(
            sid=world.sid("CA"),
            handle=f"{series}{world.count(series)}",
            ordinal=world.count("leg"),
            direction=direction,
            from_=from_,
            to=to,
            created_ms=world.now_ms,
            updated_ms=world.now_ms,
        )
        world.legs[leg.sid] = world.handles[leg.handle] = leg
        return leg

    def note(self, leg: Leg, what: str, **more: object) -> None:
        """One line of evidence about a leg."""
        parent = leg.parent.handle if leg.parent else None
        self._world.log.add(
            "leg", leg=leg.handle, what=what, sid=leg.sid, direction=leg.direction.value,
            **{"from": leg.from_, "to": leg.to}, parent=parent, status=leg.status.value, **more,
        )  # fmt: skip

    def dialled(self, leg: Leg) -> None:
        """The leg leaves the carrier."""
        leg.dialled_ms = self._world.now_ms
        self.note(leg, "initiated")
        self._callbacks.leg_event(leg, "initiated")

    def ringing(self, leg: Leg) -> None:
        """The far end rings."""
        self._turn(leg, Status.RINGING)
        self._callbacks.leg_event(leg, "ringing")

    def answer(self, leg: Leg) -> None:
        """The leg is up; its time limit starts. Answering twice, or after the end, changes nothing."""
        if leg.status.final or leg.is_answered:
            return
        leg.answered_ms = self._world.now_ms
        self._turn(leg, Status.IN_PROGRESS)
        self.hear(leg, "silence")
        limit_ms = leg.talk_limit_ms or self._world.knobs.call_limit_ms
        timer = self._world.kernel.after(limit_ms, lambda: self.end(leg, Status.COMPLETED, EndedBy.CARRIER))
        leg.over.then(timer.cancel)
        self._callbacks.leg_event(leg, "answered")
        leg.answered.set(None)

    def _turn(self, leg: Leg, status: Status) -> None:
        leg.status, leg.updated_ms = status, self._world.now_ms
        self.note(leg, status.value)

    def end(self, leg: Leg, status: Status, by: EndedBy, why: Why | None = None) -> None:
        """The leg is over, whoever ended it. Ending twice changes nothing.

        Steps: 1. the state; 2. its place in a queue, room or bridge; 3. its documents are stopped; 4. the report,
        unless it was cancelled before it ever left (the carrier reports nothing then).
        """
        if leg.status.final:
            return
        world = self._world
        leg.ended_ms = leg.updated_ms = world.now_ms
        leg.status, leg.ended_by = status, by
        leg.envelopes.clear()
        world.has_ended(leg)
        leg.sip_code = SIP_CODES[status]
        leg.erasable_ms = world.now_ms + world.rng.randint(*world.knobs.erase_refused_ms)
        self._hear_end(leg)
        self.note(leg, status.value, ended_by=by.value, answered=leg.is_answered)
        reasons = {EndedBy.FAR_END: Why.HUNG_UP, EndedBy.SERVICE: Why.ENDED, EndedBy.CARRIER: Why.LOST}
        self.vacate(leg, why or reasons[by])
        if leg.task is not None:
            leg.task.interrupt(LegEnded())
        if leg.dialled_ms is not None:
            world.kernel.after(0, lambda: self._callbacks.leg_event(leg, "completed"))
        leg.over.set(None)

    def _hear_end(self, leg: Leg) -> None:
        if leg.status is Status.BUSY:
            self.hear(leg, "tone", "busy")
        leg.with_ = ()
        leg.listener = None

    def vacate(self, leg: Leg, why: Why) -> None:
        """Take the leg out of the queue, room or bridge it is in."""
        place, leg.place = leg.place, None
        if place is not None:
            place.vacate(why)

    def occupy(self, leg: Leg, place: Place) -> None:
        """Put the leg somewhere."""
        leg.place = place

    def hear(self, leg: Leg, kind: str, text: str = "") -> None:
        """What the far end hears from now on: say, play, ring, tone, silence, music, talk. The same again is no news."""
        if (kind, text) == leg.sound and kind not in ("say", "play"):
            return
        leg.sound = (kind, text)
        leg.heard.append({"at_ms": self._world.now_ms, "kind": kind, "text": text})
        self._world.log.add("sound", leg=leg.handle, sound=kind, text=text)

    def press(self, leg: Leg, keys: str) -> None:
        """Keys pressed at the far end, one after the other; those nobody listens to are lost."""
        for key in keys:
            self._world.log.add("key", leg=leg.handle, key=key, taken=leg.listener is not None)
            if leg.listener is not None:
                leg.listener(key)
