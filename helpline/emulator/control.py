"""What a person at a telephone can do, and what a test may ask: the control API in Python values.

`control_http.py` is the same over HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from helpline.emulator.access_token import BadToken, valid_until_s
from helpline.emulator.carrier import Carrier
from helpline.emulator.chance import Chance
from helpline.emulator.faults import BadFault, parse_faults
from helpline.emulator.handsets import Kind, Refused
from helpline.emulator.knobs import MOST
from helpline.emulator.lateness import Lateness
from helpline.emulator.load import Load, plan_from
from helpline.emulator.settings import E164, e164
from helpline.emulator.state import Direction, EndedBy, Leg, Status

STATES = {Status.QUEUED: "ringing", Status.RINGING: "ringing", Status.IN_PROGRESS: "in_progress"}
KEYS = frozenset("0123456789*#ABCDwW")


class ControlError(Refused):
    """A wish that cannot be granted: `status` (4xx), `error` (a sentence), `where` (which part of it)."""


class Control:
    """Telephones, evidence, faults and time of one carrier."""

    def __init__(self, carrier: Carrier, stepped: bool = True, lateness: Lateness | None = None) -> None:
        self._carrier = carrier
        self._stepped = stepped
        self._lateness = lateness
        self._load: Load | None = None

    def dial(self, from_: str | None, to: str) -> str:
        """Somebody dials `to` (either form); `from_` None withholds the number. Gives the call's handle, "c1"."""
        leg = self._carrier.arrive(from_, to)
        if leg is None:
            raise ControlError(404, "no such number in this account", "to")
        return leg.handle

    def call(self, handle: str) -> dict[str, Any]:
        """The caller's side: state (ringing, in_progress, ended), with, heard, ended_by (caller, service, carrier)."""
        return describe(self._leg(handle))

    def calls(self) -> list[dict[str, Any]]:
        """Every caller so far, oldest first."""
        legs = self._carrier.world.handles.values()
        return [describe(leg) for leg in legs if leg.direction is Direction.INBOUND]

    def press(self, handle: str, keys: object) -> None:
        """The caller presses keys."""
        leg = self._leg(handle)
        if not leg.is_answered or leg.status.final:
            raise ControlError(409, "this call is not in progress", "call")
        self._carrier.legs.press(leg, _keys(keys))

    def hang_up(self, handle: str) -> None:
        """The caller hangs up."""
        leg = self._leg(handle)
        if leg.status.final:
            raise ControlError(409, "this call is over", "call")
        self._carrier.far_end_hangs_up(leg)

    def lose(self, handle: str) -> None:
        """The network drops a leg, a caller's ("c1") or one going out ("l3")."""
        leg = self._leg(handle)
        if leg.status.final:
            raise ControlError(409, "this leg is over", "leg")
        self._carrier.lose(leg)

    def _leg(self, handle: str) -> Leg:
        leg = self._carrier.world.handles.get(handle)
        if leg is None:
            raise ControlError(404, "no such call", "call")
        return leg

    def phones(self) -> list[dict[str, Any]]:
        """Every telephone declared or rung so far."""
        return [self.phone(number) for number in self._carrier.handsets.known]

    def phone(self, number: str) -> dict[str, Any]:
        """A telephone: number, is, state (idle, ringing, talking), leg, with, heard of its present or last call."""
        handset = self._carrier.handsets.get(_number(number))
        return {
            "number": handset.number,
            "is": handset.kind.value,
            "state": handset.state,
            **_side(handset.last),
        }

    def set_phone(self, number: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Declare a telephone: `{"is": "person" | "mailbox" | "busy" | "off"}`."""
        words = {kind.value for kind in Kind}
        if set(values) != {"is"} or values["is"] not in words:
            raise ControlError(400, f"is: one of {', '.join(sorted(words))}", "is")
        self._carrier.handsets.get(_number(number)).kind = Kind(values["is"])
        return self.phone(number)

    def answer(self, number: str) -> None:
        """Pick up a ringing telephone."""
        self._carrier.handsets.answer(_number(number))

    def decline(self, number: str) -> None:
        """Refuse the call a telephone rings for."""
        self._carrier.handsets.decline(_number(number))

    def phone_press(self, number: str, keys: object) -> None:
        """Press keys on a telephone."""
        self._carrier.handsets.press(_number(number), _keys(keys))

    def phone_hang_up(self, number: str) -> None:
        """Put a telephone down."""
        self._carrier.handsets.hang_up(_number(number))

    def clients(self) -> list[dict[str, Any]]:
        """Every client heard of."""
        return [self.client(name) for name in self._carrier.clients.known]

    def client(self, name: str) -> dict[str, Any]:
        """A client: name, registered, devices, state, parameters, events, and leg, with, heard as for a telephone."""
        client = self._carrier.clients.get(name)
        custom = dict(client.last.custom) if client.last else {}
        return {
            "name": name, "registered": client.registered, "devices": client.devices, "state": client.state,
            "parameters": custom, "events": list(client.events), **_side(client.last),
        }  # fmt: skip

    def set_client(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Register or not: `{"registered": true, "devices": 2, "token": "…"}`. A token that is given is checked."""
        registered, devices = values.get("registered"), values.get("devices", 1)
        if not isinstance(registered, bool) or set(values) - {"registered", "devices", "token"}:
            raise ControlError(400, "registered: true or false", "registered")
        if not isinstance(devices, int) or isinstance(devices, bool) or not 1 <= devices <= 10:
            raise ControlError(400, "devices: a whole number from 1 to 10", "devices")
        until_s = self._checked(values["token"], name) if "token" in values else None
        self._carrier.clients.set(name, registered, devices, until_s)
        return self.client(name)

    def _checked(self, token: object, name: str) -> int:
        """Until when an access token is good, epoch seconds."""
        if not isinstance(token, str):
            raise ControlError(400, "token: an access token", "token")
        try:
            return valid_until_s(token, name, self._carrier.world.settings, self._carrier.now_ms / 1000)
        except BadToken as error:
            self._carrier.world.alert(error.code, f"client:{name}: access token {error.reason}")
            raise ControlError(403, f"{error.code} {error.reason}", "token") from None

    def accept(self, name: str) -> None:
        """Take the call a client rings for."""
        self._carrier.clients.accept(name)

    def reject(self, name: str) -> None:
        """Refuse the call a client rings for."""
        self._carrier.clients.reject(name)

    def client_press(self, name: str, keys: object) -> None:
        """Press keys on a client's page."""
        self._carrier.clients.press(name, _keys(keys))

    def client_hang_up(self, name: str) -> None:
        """End a client's call."""
        self._carrier.clients.hang_up(name)

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """The evidence after record number `after`."""
        return self._carrier.world.log.after(after)

    def alerts(self) -> list[dict[str, Any]]:
        """The carrier's debugger: errors and warnings with the variables of the request that met them."""
        return [{**asdict(alert), "variables": dict(alert.variables)} for alert in self._carrier.world.alerts]

    def broken(self) -> list[str]:
        """Broken promises, as sentences ("P3 broken: …")."""
        return list(self._carrier.broken)

    def set_faults(self, values: Mapping[str, Any]) -> None:
        """Replace all fault rules (docs/emulator.md); `{"legs": ["l3"]}` loses those legs now."""
        rest = dict(values)
        lost = [self._leg(handle) for handle in rest.pop("legs", [])]
        try:
            faults = parse_faults(rest)
        except BadFault as error:
            raise ControlError(400, "not a fault", str(error)) from None
        if rest or not values:
            self._carrier.set_faults(faults)
        for leg in lost:
            self._carrier.lose(leg)

    def set_knobs(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Turn knobs; `{"seed": 7}` answers every open question at random first. Gives all values."""
        turned = dict(values)
        seed = turned.pop("seed", None)
        if seed is not None and type(seed) is not int:
            raise ControlError(400, "seed: a whole number", "seed")
        drawn = Chance(seed) if seed is not None else None
        try:
            return self._carrier.set_knobs(
                lambda knobs: (knobs.drawn(drawn) if drawn else knobs).with_values(turned)
            )
        except (KeyError, TypeError) as error:
            raise ControlError(400, "not a knob or not a value of it", str(error.args[0])) from None

    def advance(self, advance_ms: object) -> dict[str, int]:
        """Let time pass; only in stepped mode. Gives now_ms and how many events ran."""
        if not self._stepped:
            raise ControlError(409, "time passes by itself in real mode", "clock")
        if type(advance_ms) is not int or not 0 <= advance_ms <= MOST:
            raise ControlError(400, f"advance_ms: a whole number from 0 to {MOST}", "advance_ms")
        count = self._carrier.run_due(self._carrier.now_ms + advance_ms)
        return {"now_ms": self._carrier.now_ms, "events": count}

    def start_load(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Let many callers dial (load.py): `{"to", "live", "new_per_s", "for_s"}`, all optional. One load at a time."""
        if self._load is not None and not self._load.report()["over"]:
            raise ControlError(409, "a load is under way", "load")
        try:
            plan = plan_from(values, self._carrier.world.settings.numbers)
        except ValueError as error:
            raise ControlError(400, "not a load", str(error)) from None
        if self._lateness is not None:
            self._lateness.clear()
        self._load = Load(self._carrier, plan, self._lateness)
        return self._load.report()

    def load(self) -> dict[str, Any]:
        """How the load stands."""
        if self._load is None:
            raise ControlError(404, "no load was started", "load")
        return self._load.report()

    def stop_load(self) -> dict[str, Any]:
        """Nobody dials any more; who is there stays as planned."""
        if self._load is not None:
            self._load.stop()
        return self.load()

    def reset(self) -> None:
        """Forget everything but the numbers' URLs."""
        self._load = None
        self._carrier.reset()


def describe(leg: Leg) -> dict[str, Any]:
    """The far end's view of an inbound leg."""
    ended_by = {EndedBy.FAR_END: "caller", EndedBy.SERVICE: "service", EndedBy.CARRIER: "carrier", None: None}
    return {
        "call": leg.handle,
        "state": STATES.get(leg.status, "ended"),
        "status": leg.status.value,
        "from": leg.from_,
        "to": leg.to,
        "with": [_name(other) for other in leg.with_],
        "heard": [dict(sound) for sound in leg.heard],
        "ended_by": ended_by[leg.ended_by],
    }


def _name(leg: Leg) -> str:
    """A caller by handle, a leg going out by what it was dialled as."""
    return leg.handle if leg.direction is Direction.INBOUND else leg.to


def _side(leg: Leg | None) -> dict[str, Any]:
    if leg is None:
        return {"leg": None, "with": [], "heard": []}
    return {
        "leg": leg.handle,
        "with": [_name(o) for o in leg.with_],
        "heard": [dict(sound) for sound in leg.heard],
    }


def _number(number: str) -> str:
    text = e164(number)
    if not E164.fullmatch(text):
        raise ControlError(400, "not a telephone number", "number")
    return text


def _keys(keys: object) -> str:
    if not isinstance(keys, str) or not keys or set(keys) - KEYS:
        raise ControlError(400, "keys: 0 to 9, * and #", "keys")
    return keys
