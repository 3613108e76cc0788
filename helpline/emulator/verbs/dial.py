"""Dial: call numbers and clients and connect the first that answers."""

from __future__ import annotations

from dataclasses import dataclass

from helpline.emulator.documents import DocumentRequest
from helpline.emulator.knobs import WITHHELD_FORMS
from helpline.emulator.legs import LegEnded
from helpline.emulator.outbound import Outbound
from helpline.emulator.player import Next, Redirected, Scene
from helpline.emulator.settings import E164
from helpline.emulator.state import Direction, Leg, Why
from helpline.emulator.twiml import Verb
from helpline.emulator.verbs.attributes import EVENTS, callback, flag, number, warn
from helpline.emulator.verbs.conference import RoomDial, action, after
from helpline.emulator.verbs.ring import Ring

MAX_NOUNS = 10


@dataclass(frozen=True)
class Dial:
    """The verb. It needs the way out for legs, and rooms for its Conference noun."""

    outbound: Outbound
    room: RoomDial

    async def __call__(self, scene: Scene, dial: Verb) -> Next:
        """Choose what is dialled. A Conference cannot stand beside other nouns (13000)."""
        nouns = dial.children or ((Verb("Number", {}, dial.text),) if dial.text else ())
        room = next((noun for noun in nouns if noun.name == "Conference"), None)
        if room is not None and len(nouns) > 1:
            warn(scene, 13000, "<Conference> stands beside other nouns")
        if room is not None:
            return await self.room(scene, dial, room)
        caller_id = self._caller_id(scene, dial)
        if not nouns or caller_id is None:
            return after(scene, dial, "failed")
        nouns = nouns[:MAX_NOUNS]
        groups: list[tuple[Verb, ...]] = [nouns]
        if flag(scene, dial, "sequential", False, 13218):
            groups = [(noun,) for noun in nouns]
        return await self._in_turn(scene, dial, groups, caller_id)

    def _caller_id(self, scene: Scene, dial: Verb) -> str | None:
        """What the called party sees; without callerId the caller's own number. None when it is refused (13214)."""
        leg = scene.leg
        given = dial.attributes.get("callerId")
        shown = given if given is not None else (leg.from_ if leg.direction is Direction.INBOUND else leg.to)
        if scene.player.world.is_own(shown):
            return shown
        real = E164.fullmatch(shown) and shown not in WITHHELD_FORMS
        if given is None and leg.direction is Direction.INBOUND and real:
            warn(scene, 13214, "the caller's own number is shown to the called party")
            return shown
        warn(scene, 13214, f"callerId {shown!r} is not a number of this account")
        return None

    async def _in_turn(
        self, scene: Scene, dial: Verb, groups: list[tuple[Verb, ...]], caller_id: str
    ) -> Next:
        limit_ms = 1000 * number(scene, dial, "timeLimit", 0, 13216)
        ring = Ring(scene, limit_ms)
        for group in groups:
            ring = Ring(scene, limit_ms)
            for noun in group:
                ring.add(self._child(scene, dial, noun, caller_id), screen_of(scene, noun))
            await self._ring(scene, dial, ring)
            if ring.winner is not None:
                break
        scene.player.quiet(scene.leg)
        return after(scene, dial, ring.status(), ring.params())

    async def _ring(self, scene: Scene, dial: Verb, ring: Ring) -> None:
        """Ring one group until it is over; the parent leaving ends it, and the action is told all the same."""
        player, leg = scene.player, scene.leg
        player.legs.occupy(leg, ring)
        if flag(scene, dial, "hangupOnStar", False, 13213):
            leg.listener = lambda key: ring.vacate(Why.OVER) if key == "*" else None
        player.legs.hear(leg, "ring")
        for child in ring.children:
            self.outbound.dispatch(child)
        try:
            await ring.finished
        except LegEnded:
            player.tell_action(leg, action(scene, dial, ring.status_left(), ring.params()))
            raise
        except Redirected as redirect:
            await player.tell_old_action(
                leg, action(scene, dial, ring.status_left(), ring.params()), redirect
            )
            raise
        leg.listener = None
        if leg.place is ring:
            leg.place = None

    def _child(self, scene: Scene, dial: Verb, noun: Verb, caller_id: str) -> Leg:
        """A leg for a noun; it is not sent yet."""
        player = scene.player
        to = identity(noun) if noun.name == "Client" else "".join(noun.text.split())
        child = player.legs.create(Direction.DIAL, caller_id, to)
        child.parent = scene.leg
        child.ring_limit_ms = 1000 * min(600, max(5, number(scene, dial, "timeout", 30, 13212)))
        child.callback = callback(scene, noun, frozenset({"completed"}), EVENTS)
        child.custom = {
            item.get("name"): item.get("value") for item in noun.children if item.name == "Parameter"
        }
        return child


def identity(noun: Verb) -> str:
    """`client:name` of a Client noun, whose name is text or an Identity element."""
    name = next((item.text for item in noun.children if item.name == "Identity"), noun.text)
    return f"client:{name}"


def screen_of(scene: Scene, noun: Verb) -> DocumentRequest | None:
    """The document run for the called party before being connected; None when the noun has none."""
    url = noun.get("url")
    if not url:
        return None
    return scene.document.resolve("screen", url, noun.get("method", "POST"))
