"""What REST may do to who is in a conference: hold and take back, announce, change whose exit ends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from helpline.emulator.documents import DocumentFailed, DocumentRequest
from helpline.emulator.kernel import Cancelled, Outcome
from helpline.emulator.player import Context, Player, Scene
from helpline.emulator.rooms import Participant, Room, Rooms
from helpline.emulator.twiml import Verb
from helpline.emulator.verbs.basic import sound_of


class RoomOrders:
    """Orders about one participant, or about all of a room."""

    def __init__(self, player: Player, rooms: Rooms) -> None:
        self._player = player
        self._rooms = rooms

    def hold(self, member: Participant, on: bool, request: DocumentRequest | None) -> None:
        """Put somebody on hold, with a document run once or the carrier's music, or take them back. Twice is once."""
        if member.held is on:
            return
        member.held = on
        self._rooms.report_hold(member)
        if not on:
            member.freed.set(None)
            self._rooms.sound(member.room)
            return
        member.freed = Outcome()
        self._rooms.sound(member.room)
        task = self._player.world.kernel.spawn(lambda: self._entertain(member, request))
        for news in (member.freed, member.left):
            news.then(lambda: task.interrupt(Cancelled()))

    async def _entertain(self, member: Participant, request: DocumentRequest | None) -> None:
        if request is None:
            self._player.legs.hear(member.leg, "music", "hold music")
            return
        try:
            await self._player.perform(member.leg, request, Context.ROOM_WAIT)
        except DocumentFailed:
            return  # the debugger has the line; who is on hold hears nothing
        self._player.quiet(member.leg)

    def end_on_exit(self, member: Participant, ends: bool) -> None:
        """From now on the room ends, or not, when this participant leaves."""
        member.options = replace(member.options, end_on_exit=ends)
        self._rooms.report_modified(member)

    def announce(self, room: Room, members: Sequence[Participant], request: DocumentRequest) -> None:
        """Say or play something to these participants over what they hear."""
        self._player.world.kernel.spawn(lambda: self._announce(room, members, request))

    async def _announce(self, room: Room, members: Sequence[Participant], request: DocumentRequest) -> None:
        player, leg = self._player, members[0].leg
        try:
            document = await player.documents.fetch(leg, request)
            for verb in document.verbs:
                kind, text, ms = self._sound(Scene(player, leg, document, Context.ROOM_WAIT), verb)
                for member in members:
                    if not member.left.done:
                        player.legs.hear(member.leg, kind, text)
                await player.world.kernel.sleep(ms)
            failure = ""
        except DocumentFailed as failed:
            failure = str(failed.code)
        self._rooms.report_announcement(room, members if len(members) == 1 else (), request.url, failure)
        self._rooms.sound(room)

    def _sound(self, scene: Scene, verb: Verb) -> tuple[str, str, int]:
        """Kind, text and length of one verb of an announcement; other verbs fail it (13238)."""
        if verb.name in ("Say", "Play", "Pause"):
            return sound_of(scene, verb)
        message = f"<{verb.name}> may not stand in an announcement"
        self._player.world.alert(13238, message, leg=scene.leg, url=scene.document.url)
        raise DocumentFailed(13238, scene.document.url, message)
