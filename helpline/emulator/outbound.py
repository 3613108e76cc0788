"""Legs going out: the rate at which REST legs leave, the signalling, and the end of ringing."""

from __future__ import annotations

from collections import deque

from helpline.emulator.clients import Clients
from helpline.emulator.handsets import Handsets
from helpline.emulator.kernel import Timer
from helpline.emulator.legs import Legs
from helpline.emulator.state import EndedBy, Leg, Status
from helpline.emulator.world import World


class Outbound:
    """Sends legs to handsets and clients. Legs of a Dial leave at once; those of REST at the account's rate."""

    def __init__(self, world: World, legs: Legs, handsets: Handsets, clients: Clients) -> None:
        self._world = world
        self._legs = legs
        self._handsets = handsets
        self._clients = clients
        self._waiting: deque[Leg] = deque()
        self._next_ms = 0  # when the next REST leg may leave
        self._timer: Timer | None = None

    @property
    def _gap_ms(self) -> int:
        return round(1000 / self._world.settings.leg_rate_per_s)

    def submit(self, leg: Leg) -> None:
        """Queue a REST leg; excess is queued, never refused. Sets its estimated wait, `queue_time_ms`."""
        self._waiting = deque(other for other in self._waiting if not other.status.final)
        start_ms = max(self._next_ms, self._world.now_ms)
        leg.queue_time_ms = start_ms + len(self._waiting) * self._gap_ms - self._world.now_ms
        self._waiting.append(leg)
        self._legs.note(leg, "queued", queue_time_ms=leg.queue_time_ms)
        if self._timer is None:
            self._timer = self._world.kernel.at(start_ms, self._leave)

    def _leave(self) -> None:
        """Send the oldest waiting leg; those withdrawn meanwhile cost nothing."""
        self._timer = None
        while self._waiting and self._waiting[0].status.final:
            self._waiting.popleft()
        if not self._waiting:
            return
        self.dispatch(self._waiting.popleft())
        self._next_ms = self._world.now_ms + self._gap_ms
        if self._waiting:
            self._timer = self._world.kernel.at(self._next_ms, self._leave)

    def dispatch(self, leg: Leg) -> None:
        """Send a leg out: it rings a little later, and stops ringing at its limit plus the carrier's margin."""
        kernel, knobs = self._world.kernel, self._world.knobs
        self._legs.dialled(leg)
        kernel.after(knobs.ringing_ms, lambda: self._invite(leg))
        timer = kernel.after(leg.ring_limit_ms + knobs.ring_buffer_ms, lambda: self._give_up(leg))
        leg.answered.then(timer.cancel)
        leg.over.then(timer.cancel)

    def _invite(self, leg: Leg) -> None:
        if leg.status.final:
            return
        if leg.to.startswith("client:"):
            self._clients.invite(leg)
        else:
            self._handsets.invite(leg)

    def _give_up(self, leg: Leg) -> None:
        if not leg.is_answered:
            self._legs.end(leg, Status.NO_ANSWER, EndedBy.CARRIER)
