"""Dial with a Conference: join a room, hear its wait document until talk starts, leave."""

from __future__ import annotations

from dataclasses import dataclass

from helpline.emulator.documents import DocumentFailed, DocumentRequest
from helpline.emulator.kernel import Cancelled, Outcome
from helpline.emulator.legs import LegEnded
from helpline.emulator.player import Context, Flow, Goto, Next, Redirected, Scene
from helpline.emulator.rooms import Participant, RoomOptions, Rooms
from helpline.emulator.state import Why
from helpline.emulator.twiml import Verb
from helpline.emulator.verbs.attributes import callback, flag, method, number, warn

ROOM_EVENTS = frozenset(
    {"start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"}
)
REGIONS = frozenset({"us1", "us2", "ie1", "de1", "sg1", "br1", "au1", "jp1"})


def options_of(scene: Scene, noun: Verb) -> RoomOptions:
    """How the noun asks to join. Raises DocumentFailed for an endConferenceOnExit that is no flag (13231)."""
    if noun.get("endConferenceOnExit", "false").lower() not in ("true", "false"):
        raise DocumentFailed(13231, scene.document.url, "endConferenceOnExit")
    region = noun.get("region", "us1")
    if region not in REGIONS:
        warn(scene, 12200, f"region {region}")
    url = noun.attributes.get("waitUrl")
    return RoomOptions(
        name=noun.text,
        start_on_enter=flag(scene, noun, "startConferenceOnEnter", True, 13232),
        end_on_exit=flag(scene, noun, "endConferenceOnExit", False),
        label=noun.get("participantLabel"),
        wait_url=scene.document.resolve("room_wait", url).url if url else url,
        wait_method=method(noun, "waitMethod"),
        max_participants=number(scene, noun, "maxParticipants", 250),
        beep=noun.get("beep", "true"),
        region=region,
        callback=callback(scene, noun, frozenset(), ROOM_EVENTS),
    )


@dataclass(frozen=True)
class RoomDial:
    """The Dial verb: its rooms are the carrier's, handed in when the registry is made."""

    rooms: Rooms

    async def __call__(self, scene: Scene, dial: Verb, noun: Verb) -> Next:
        """Join, stay, leave. The action is told `answered` for who was in the room."""
        if not 1 <= len(noun.text) <= 128:
            warn(scene, 13237, "conference name")
            return after(scene, dial, "failed")
        joined = self.rooms.join(scene.leg, options_of(scene, noun))
        if isinstance(joined, int):
            scene.player.world.alert(joined, "cannot join the room", leg=scene.leg, url=scene.document.url)
            return after(scene, dial, "failed")
        if flag(scene, dial, "hangupOnStar", False, 13213):
            scene.leg.listener = lambda key: joined.vacate(Why.OVER) if key == "*" else None
        limit_ms = 1000 * number(scene, dial, "timeLimit", 0, 13216)
        if limit_ms:
            scene.player.world.kernel.after(limit_ms, lambda: joined.vacate(Why.OVER))
        return await self._stay(scene, dial, joined)

    async def _stay(self, scene: Scene, dial: Verb, joined: Participant) -> Next:
        """Until the room is left. A leg that ends or is redirected has left it before it is told here."""
        player, leg = scene.player, scene.leg
        waiting = player.world.kernel.spawn(lambda: self._wait(scene, joined))
        for news in (joined.talking, joined.left):
            news.then(lambda: waiting.interrupt(Cancelled()))
        try:
            await joined.left
        except LegEnded:
            player.tell_action(leg, action(scene, dial, "answered"))
            raise
        except Redirected as redirect:
            await player.tell_old_action(leg, action(scene, dial, "answered"), redirect)
            raise
        leg.listener = None
        player.quiet(leg)
        return after(scene, dial, "answered")

    async def _wait(self, scene: Scene, joined: Participant) -> None:
        """What is heard before talk starts. A wait document is run once; if it fails the room is left again."""
        player, leg, url = scene.player, scene.leg, joined.options.wait_url
        if joined.talking.done:
            return
        if not url:
            player.legs.hear(leg, "silence" if url == "" else "music", "" if url == "" else "hold music")
            await Outcome[None]()
            return
        request = DocumentRequest("room_wait", url, joined.options.wait_method)
        try:
            await player.perform(leg, request, Context.ROOM_WAIT)
        except DocumentFailed:
            joined.vacate(Why.OVER)
        player.quiet(leg)


def action(
    scene: Scene, dial: Verb, status: str, params: tuple[tuple[str, str], ...] = ()
) -> DocumentRequest | None:
    """The action request of a Dial; None when it has none."""
    url = dial.get("action")
    if not url:
        return None
    return scene.document.resolve("action", url, method(dial), (("DialCallStatus", status), *params))


def after(scene: Scene, dial: Verb, status: str, params: tuple[tuple[str, str], ...] = ()) -> Next:
    """What follows a Dial: its action, else the next verb."""
    request = action(scene, dial, status, params)
    return Goto(request) if request is not None else Flow.ON
