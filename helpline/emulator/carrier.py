"""The carrier: one account, put together, and what REST and telephones may do to it.

Every method changes the state at once and calls no webhook from inside; requests and reports are events of the
heap. The only thing that moves time is `run_due`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from helpline.emulator.callbacks import Callbacks
from helpline.emulator.chance import Chance
from helpline.emulator.clients import Clients
from helpline.emulator.delivery import Delivery
from helpline.emulator.documents import DocumentRequest, Documents
from helpline.emulator.faults import Faults
from helpline.emulator.handsets import Handsets
from helpline.emulator.kernel import Kernel
from helpline.emulator.knobs import WITHHELD_FORMS, Knobs
from helpline.emulator.legs import Legs
from helpline.emulator.log import Log
from helpline.emulator.outbound import Outbound
from helpline.emulator.player import Player, Redirected
from helpline.emulator.queues import Queues
from helpline.emulator.room_orders import RoomOrders
from helpline.emulator.rooms import Rooms
from helpline.emulator.settings import CarrierSettings, OwnNumber, e164
from helpline.emulator.state import Callback, Direction, EndedBy, Leg, NumberConfig, Status, Why
from helpline.emulator.verbs import registry
from helpline.emulator.web import Transport
from helpline.emulator.world import World

START_MS = 1_767_225_600_000  # 1 Jan 2026, UTC


@dataclass(frozen=True)
class NewLeg:
    """What REST asks for. limits: ringing and talking, ms (0 = the account's)."""

    from_: str
    to: str
    request: DocumentRequest
    callback: Callback | None = None
    fallback: tuple[str, str] | None = None
    ring_limit_ms: int = 60_000
    talk_limit_ms: int = 0


class Carrier:
    """One account of the offline carrier.

    `broken` lists broken promises ("P3 broken: …"); a run in which it is not empty has failed.
    """

    def __init__(self, settings: CarrierSettings, transport: Transport, start_ms: int = START_MS) -> None:
        kernel = Kernel(start_ms)
        self.world = World(
            settings, kernel, Log(lambda: kernel.now_ms, settings.log_keeps), Chance(settings.seed)
        )
        self._transport = transport
        self._wire()
        for own in settings.numbers:
            self._own(own)

    def _wire(self) -> None:
        world = self.world
        delivery = Delivery(world, self._transport)
        callbacks = Callbacks(world, delivery)
        self.legs = Legs(world, callbacks)
        self.rooms = Rooms(world, callbacks, self.legs)
        self.queues = Queues(world)
        self.handsets = Handsets(world, self.legs)
        self.clients = Clients(world, self.legs)
        self.outbound = Outbound(world, self.legs, self.handsets, self.clients)
        verbs = registry(self.outbound, self.rooms)
        self._player = Player(world, self.legs, Documents(world, delivery), verbs)
        self.room_orders = RoomOrders(self._player, self.rooms)

    def _own(self, own: OwnNumber) -> None:
        world = self.world
        config = NumberConfig(world.sid("PN"), own, world.now_ms, world.now_ms, friendly_name=own.e164)
        world.numbers[config.sid] = config
        world.ordinals[config.sid] = world.count("number")

    @property
    def now_ms(self) -> int:
        """The present instant, epoch ms UTC."""
        return self.world.now_ms

    @property
    def broken(self) -> list[str]:
        """Broken promises, as sentences."""
        return self.world.broken

    def run_due(self, now_ms: int) -> int:
        """Run everything due at or before `now_ms`, in time order; returns how many events ran."""
        return self.world.kernel.run_due(now_ms)

    def next_due(self) -> int | None:
        """When the next event is due, None when there is none."""
        return self.world.kernel.next_due()

    def arrive(self, from_: str | None, to: str) -> Leg | None:
        """Somebody dials a number of the account, in either form; None when it is not ours.

        from_: None for a withheld number, which arrives in the form the knob says.
        """
        world = self.world
        own = world.own_number(to)
        config = next((config for config in world.numbers.values() if config.own is own), None)
        if own is None or config is None:
            return None
        shown = self._withheld() if from_ is None else e164(from_)
        leg = self.legs.create(Direction.INBOUND, shown, own.e164)
        if e164(to) != own.e164 and world.knobs.forwarded_from:
            leg.forwarded_from = e164(to)
        leg.number, leg.dialled_ms, leg.status = config, world.now_ms, Status.RINGING
        urls = config.urls
        if urls.get("status_callback"):
            leg.callback = Callback(urls["status_callback"], urls.get("status_callback_method") or "POST")
        if urls.get("voice_fallback_url"):
            leg.fallback = (urls["voice_fallback_url"], urls.get("voice_fallback_method") or "POST")
        self.legs.note(leg, "ringing")
        self.legs.hear(leg, "ring")
        url, method = urls.get("voice_url", ""), urls.get("voice_method") or "POST"
        leg.task = world.kernel.spawn(lambda: self._welcome(leg, url, method))
        return leg

    def _withheld(self) -> str:
        form = self.world.knobs.withheld_form
        return self.world.rng.choice(WITHHELD_FORMS) if form == "random" else form

    async def _welcome(self, leg: Leg, url: str, method: str) -> None:
        await self.world.kernel.sleep(self.world.knobs.setup_ms)
        if not url:
            self.legs.hear(leg, "tone", "not in service")
            self.legs.end(leg, Status.FAILED, EndedBy.CARRIER)
            return
        await self._player.run(leg, DocumentRequest("voice", url, method))

    def far_end_hangs_up(self, leg: Leg) -> None:
        """The phone is put down; unanswered, a caller's leg ends as no-answer, that of who was called as busy."""
        gives_up = Status.NO_ANSWER if leg.direction is Direction.INBOUND else Status.BUSY
        self.legs.end(leg, Status.COMPLETED if leg.is_answered else gives_up, EndedBy.FAR_END)

    def lose(self, leg: Leg) -> None:
        """The network drops a leg: it fails, and nobody is said to have hung up."""
        self.world.log.add("fault", what="leg lost", leg=leg.handle)
        self.legs.end(leg, Status.FAILED, EndedBy.CARRIER, Why.LOST)

    def place_call(self, new: NewLeg) -> Leg:
        """Create a REST leg; it leaves when the account's rate lets it."""
        to, _, custom = new.to.partition("?") if new.to.startswith("client:") else (new.to, "", "")
        leg = self.legs.create(Direction.API, new.from_, to)
        leg.custom = dict(parse_qsl(custom, keep_blank_values=True))
        leg.callback, leg.fallback = new.callback, new.fallback
        leg.ring_limit_ms, leg.talk_limit_ms = new.ring_limit_ms, new.talk_limit_ms
        leg.task = self.world.kernel.spawn(lambda: self._outgoing(leg, new.request))
        self.outbound.submit(leg)
        return leg

    async def _outgoing(self, leg: Leg, request: DocumentRequest) -> None:
        gap_ms = 0
        try:
            await leg.answered
        except Redirected as redirect:
            request, gap_ms = redirect.request, redirect.gap_ms
        await self._player.run(leg, request, gap_ms)

    def redirect(self, leg: Leg, request: DocumentRequest) -> bool:
        """Give a leg another document by REST; False when it is not in progress.

        It leaves its queue, room or bridge at once; an interrupted verb's action is asked for, then the document.
        """
        if leg.status is not Status.IN_PROGRESS or leg.task is None:
            return False
        self.legs.note(leg, "redirected", url=request.url)
        self.legs.vacate(leg, Why.REDIRECTED)
        leg.with_, leg.listener = (), None
        self.legs.hear(leg, "silence")
        leg.task.interrupt(Redirected(request, self.world.knobs.redirect_plain_ms))
        return True

    def complete(self, leg: Leg) -> None:
        """End a leg by REST, whatever its state. One that has not left yet ends as canceled, without a report."""
        status = Status.COMPLETED
        if leg.dialled_ms is None:
            status = Status.CANCELED
        elif not leg.is_answered:
            status = Status(self.world.knobs.completed_while_ringing)
        self.legs.end(leg, status, EndedBy.SERVICE)

    def cancel(self, leg: Leg) -> None:
        """End a leg by REST unless it was answered."""
        if not leg.is_answered:
            self.legs.end(leg, Status.CANCELED, EndedBy.SERVICE)

    def erase(self, leg: Leg) -> bool:
        """Delete the record of a finished leg; False when that is refused (not over, or not long enough)."""
        refused = self.world.knobs.erase_refused_forever or self.now_ms < leg.erasable_ms
        if not leg.status.final or refused:
            return False
        del self.world.legs[leg.sid]
        self.legs.note(leg, "erased")
        return True

    def set_faults(self, faults: Faults) -> None:
        """Replace all fault rules."""
        self.world.faults = faults
        self.world.log.add("fault", what="rules set")

    def set_knobs(self, change: Callable[[Knobs], Knobs]) -> dict[str, Any]:
        """Turn knobs; returns all their values."""
        self.world.knobs = change(self.world.knobs)
        return dict(vars(self.world.knobs))

    def reset(self) -> None:
        """Forget calls, queues, rooms, evidence, faults and knobs; numbers keep their URLs, time goes on."""
        old = self.world
        old.kernel.clear()
        old.log.clear()
        # Chance goes on too: a sid of an earlier call must never come again.
        self.world = World(old.settings, old.kernel, old.log, old.rng, numbers=old.numbers)
        self.world.ordinals |= {sid: order for order, sid in enumerate(old.numbers, start=1)}
        self._wire()
