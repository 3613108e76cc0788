"""Event callbacks: reports whose answer means nothing, each its own request, in no promised order."""

from __future__ import annotations

from urllib.parse import urlsplit

from helpline.emulator.delivery import Delivery, Order
from helpline.emulator.envelope import leg_params
from helpline.emulator.state import Callback, Direction, Leg, Status
from helpline.emulator.web import Pairs, WebReply
from helpline.emulator.world import World, rfc2822

STATUS_OF_EVENT = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}


class Callbacks:
    """Sends reports about legs and rooms."""

    def __init__(self, world: World, delivery: Delivery) -> None:
        self._world = world
        self._delivery = delivery

    def leg_event(self, leg: Leg, event: str) -> None:
        """Report `initiated`, `ringing`, `answered` or `completed` of a leg, if that was asked for.

        Sequence numbers count the events asked for, from 0.
        """
        callback = leg.callback
        if callback is None or event not in callback.events:
            return
        params = dict(leg_params(leg, self._world.settings.account_sid, STATUS_OF_EVENT.get(event, "")))
        params |= {
            "Timestamp": rfc2822(self._world.now_ms),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(leg.sequence),
        }
        leg.sequence += 1
        if event == "completed":
            params |= self._final(leg)
        role = "number_status" if leg.direction is Direction.INBOUND else "leg_status"
        self.send(callback, tuple(params.items()), role, leg)

    def _final(self, leg: Leg) -> dict[str, str]:
        talk_s = -(-leg.talk_ms(self._world.now_ms) // 1000)
        final = {"CallDuration": str(talk_s), "Duration": str(-(-talk_s // 60))}
        if leg.direction is not Direction.INBOUND or leg.status is not Status.COMPLETED:
            final["SipResponseCode"] = str(leg.sip_code)
        return final

    def send(
        self, callback: Callback, params: Pairs, role: str, leg: Leg | None = None, room: str = ""
    ) -> None:
        """Send a report: never from inside the code that caused it, and as often as the faults in force say."""
        world = self._world
        note = {"room": room} if room else {}
        order = Order("callback", role, callback.url, callback.method, params, leg, note=note)
        path = urlsplit(callback.url).path or "/"
        delays = world.faults.callback_delays(path, world.rng)
        if not delays:
            world.log.add("fault", what="callback lost", path=path, role=role)
        for delay_ms in delays:
            world.kernel.after(world.knobs.callback_latency_ms + delay_ms, lambda: self._spawn(order))

    def _spawn(self, order: Order) -> None:
        self._world.kernel.spawn(lambda: self._deliver(order))

    async def _deliver(self, order: Order) -> None:
        answer = await self._delivery.exchange(order)
        if not isinstance(answer, WebReply) or answer.status >= 300:
            text = (
                f"status callback got {answer.status if isinstance(answer, WebReply) else answer.kind.value}"
            )
            self._world.alert(
                15003, text, leg=order.leg, level="warning", url=order.url, variables=order.params
            )
