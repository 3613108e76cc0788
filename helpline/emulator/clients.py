"""Browser telephones (softphones), known by identity. There is no presence to ask for: an invitation tells."""

from __future__ import annotations

from dataclasses import dataclass, field

from helpline.emulator.handsets import Refused
from helpline.emulator.legs import Legs
from helpline.emulator.state import EndedBy, Leg, Status
from helpline.emulator.world import World

EVENTS_KEPT = 100


@dataclass(eq=False)
class Client:
    """An identity, how many devices are registered under it, the leg it has and the last one it had.

    events: what its pages were told, the last hundred: `incoming`, `cancel` (another device took it, or the caller gave up), `disconnect`.
    until_s: when its token ends (epoch seconds), None when it registered without one.
    """

    name: str
    registered: bool = False
    devices: int = 1
    leg: Leg | None = None
    last: Leg | None = None
    events: list[dict[str, object]] = field(default_factory=list)
    until_s: int | None = None

    @property
    def state(self) -> str:
        """idle | ringing | talking."""
        if self.leg is None:
            return "idle"
        return "talking" if self.leg.is_answered else "ringing"


class Clients:
    """All identities."""

    def __init__(self, world: World, legs: Legs) -> None:
        self._world = world
        self._legs = legs
        self.known: dict[str, Client] = {}

    def get(self, name: str) -> Client:
        """The client of that identity, unregistered when it was never heard of."""
        return self.known.setdefault(name, Client(name))

    def invite(self, leg: Leg) -> None:
        """A call arrives for `client:name`."""
        client, knobs = self.get(leg.to.removeprefix("client:")), self._world.knobs
        if not client.registered:
            if knobs.client_unregistered_ringing:
                self._legs.ringing(leg)
            self._legs.end(leg, Status.NO_ANSWER, EndedBy.CARRIER)
        elif client.leg is not None:
            self._invite_busy(leg)
        else:
            client.leg = client.last = leg
            self._tell(client, "incoming", leg, client.devices)
            leg.over.then(lambda: self._free(client, leg))
            self._legs.ringing(leg)

    def _invite_busy(self, leg: Leg) -> None:
        """A page in a call ignores a second one: it rings on unheard, unless the carrier itself says busy."""
        self._legs.ringing(leg)
        if self._world.knobs.client_busy_status == "busy":
            self._legs.end(leg, Status.BUSY, EndedBy.FAR_END)

    def _tell(self, client: Client, event: str, leg: Leg, devices: int) -> None:
        client.events.append({"at_ms": self._world.now_ms, "event": event, "devices": devices})
        del client.events[:-EVENTS_KEPT]
        self._world.log.add(
            "phone", number=f"client:{client.name}", what=event, leg=leg.handle, devices=devices
        )

    def _free(self, client: Client, leg: Leg) -> None:
        if client.leg is leg:
            client.leg = None
            self._tell(client, "disconnect" if leg.is_answered else "cancel", leg, client.devices)

    def set(self, name: str, registered: bool, devices: int = 1, until_s: int | None = None) -> None:
        """Register or not. A page that goes away while it rings stops ringing; a call in progress goes on.

        until_s: when the page's token ends; it is registered no longer then, unless it came with a new one.
        """
        client = self.get(name)
        client.registered, client.devices, client.until_s = registered, devices, until_s
        if until_s is not None:
            self._world.kernel.at(1000 * until_s, lambda: self._expire(client, until_s))
        if not registered and client.leg is not None and not client.leg.is_answered:
            self._legs.end(client.leg, Status.NO_ANSWER, EndedBy.CARRIER)

    def _expire(self, client: Client, until_s: int) -> None:
        """A token's end cuts no call; it only ends the registration (20104)."""
        if client.registered and client.until_s == until_s:
            client.registered = False
            self._world.alert(20104, f"client:{client.name}: its access token has expired", level="warning")

    def accept(self, name: str) -> None:
        """Take the call on one device; the others are told. Raises Refused when it does not ring."""
        client, leg = self.get(name), self._ringing(name)
        self._legs.answer(leg)
        if client.devices > 1:
            self._tell(client, "cancel", leg, client.devices - 1)

    def reject(self, name: str) -> None:
        """Refuse the call. Raises Refused when it does not ring."""
        status = Status(self._world.knobs.client_reject_status)
        self._legs.end(self._ringing(name), status, EndedBy.FAR_END)

    def press(self, name: str, keys: str) -> None:
        """Press keys on the page. Raises Refused when it is not in a call."""
        self._legs.press(self._talking(name), keys)

    def hang_up(self, name: str) -> None:
        """End the call on the page. Raises Refused when it is not in one."""
        self._legs.end(self._talking(name), Status.COMPLETED, EndedBy.FAR_END)

    def _ringing(self, name: str) -> Leg:
        leg = self.get(name).leg
        if leg is None or leg.is_answered:
            raise Refused(409, "this client does not ring", "name")
        return leg

    def _talking(self, name: str) -> Leg:
        leg = self.get(name).leg
        if leg is None or not leg.is_answered:
            raise Refused(409, "this client is not in a call", "name")
        return leg
