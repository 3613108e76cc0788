"""Conferences: who is in, when talk starts, how it ends, and the reports about it.

The first participant's callback settings are the room's; later ones are ignored. Events are numbered from 1 and
travel as separate requests. Two orders nobody promises are knobs: the second join against the start, the last
leave against the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from helpline.emulator import forbidden
from helpline.emulator.callbacks import Callbacks
from helpline.emulator.kernel import Outcome
from helpline.emulator.legs import Legs
from helpline.emulator.state import Callback, Leg, Why
from helpline.emulator.world import World, rfc2822

LEAVE_REASONS = {
    Why.HUNG_UP: "participant_hung_up",
    Why.OVER: "participant_hung_up",
    Why.REDIRECTED: "participant_updated_via_api",
    Why.KICKED: "participant_updated_via_api",
    Why.ENDED: "participant_updated_via_api",
    Why.MODERATOR: "moderator_ended_conference",
    Why.ROOM_ENDED: "conference_ended_via_api",
}  # a leg lost on the way gives no reason at all


@dataclass(frozen=True)
class RoomOptions:
    """How one participant joins. wait_url: None = the carrier's music, "" = silence."""

    name: str
    start_on_enter: bool = True
    end_on_exit: bool = False
    label: str = ""
    wait_url: str | None = None
    wait_method: str = "POST"
    max_participants: int = 250
    beep: str = "true"
    region: str = "us1"
    callback: Callback | None = None


@dataclass(eq=False)
class Participant:
    """A leg in a room. `left` gives the reason; `talking` is set when the room starts."""

    rooms: Rooms
    room: Room
    leg: Leg
    options: RoomOptions
    joined_ms: int
    held: bool = False
    freed: Outcome[None] = field(default_factory=Outcome)  # of the present or last hold
    left: Outcome[Why] = field(default_factory=Outcome)
    talking: Outcome[None] = field(default_factory=Outcome)

    def vacate(self, why: Why) -> None:
        """Leave the room. The first reason counts."""
        self.rooms.leave(self, why)


@dataclass(eq=False)
class Room:
    """A conference. `ended_reason` is "" while it lives."""

    sid: str
    name: str
    region: str
    callback: Callback | None
    created_ms: int
    updated_ms: int
    participants: list[Participant] = field(default_factory=list)
    started: bool = False
    sequence: int = 0
    ended_reason: str = ""
    ended_by: Leg | None = None


class Rooms:
    """Joins, leaves, starts, ends."""

    def __init__(self, world: World, callbacks: Callbacks, legs: Legs) -> None:
        self._world = world
        self._callbacks = callbacks
        self._legs = legs

    def active(self, name: str) -> Room | None:
        """The living room of that name."""
        return self._world.open_rooms.get(name)

    def join(self, leg: Leg, options: RoomOptions) -> Participant | int:
        """Put a leg in a room, which is created when nobody is in it; an error number when it cannot be."""
        room = self.active(options.name) or self._create(options)
        if options.label and any(other.options.label == options.label for other in room.participants):
            return 16025
        if len(room.participants) >= options.max_participants:
            return 13258
        participant = Participant(self, room, leg, options, self._world.now_ms)
        room.participants.append(participant)
        room.updated_ms = self._world.now_ms
        self._legs.occupy(leg, participant)
        self._note(room, "join", leg, beep=options.beep)
        starts = not room.started and len(room.participants) > 1
        starts = starts and any(member.options.start_on_enter for member in room.participants)
        reports: list[Callable[[], None]] = [lambda: self._report_member(participant, "join")]
        if starts:
            room.started = True
            reports.append(lambda: self._report(room, "start", "conference-start", {}))
        for report in reports if self._drawn(self._world.knobs.join_before_start) else reversed(reports):
            report()
        self.sound(room)
        return participant

    def _create(self, options: RoomOptions) -> Room:
        world = self._world
        room = Room(
            world.sid("CF"), options.name, options.region, options.callback, world.now_ms, world.now_ms
        )
        world.rooms[room.sid] = world.open_rooms[room.name] = room
        world.ordinals[room.sid] = world.count("room")
        return room

    def leave(self, participant: Participant, why: Why) -> None:
        """Take a participant out; the room ends when its exit says so or nobody is left."""
        if participant.left.done:
            return
        room = participant.room
        ends = participant.options.end_on_exit or len(room.participants) == 1
        leaving = [participant, *(other for other in room.participants if ends and other is not participant)]
        reasons = [why, *(Why.MODERATOR for _ in leaving[1:])]
        verb = "kicked" if why is Why.KICKED else "left"
        cause = (
            "participant-with-end-conference-on-exit"
            if participant.options.end_on_exit
            else "last-participant"
        )
        self._take_out(room, leaving, reasons, f"{cause}-{verb}" if ends else "", participant)

    def complete(self, room: Room) -> None:
        """End a room by REST; its legs go on with what follows in their documents."""
        leaving = list(room.participants)
        self._take_out(room, leaving, [Why.ROOM_ENDED] * len(leaving), "conference-ended-via-api", None)

    def _take_out(self, room: Room, leaving: list[Participant], reasons: list[Why], ended: str,
                  ender: Participant | None) -> None:  # fmt: skip
        for participant, why in zip(leaving, reasons, strict=True):
            room.participants.remove(participant)
            if participant.leg.place is participant:
                participant.leg.place = None
            participant.leg.with_ = ()
            self._note(room, "leave", participant.leg, why=why.value)
        room.updated_ms = self._world.now_ms
        if ended:
            room.ended_reason, room.ended_by = ended, ender.leg if ender else None
            del self._world.open_rooms[room.name]
            self._world.has_ended(room)
            self._note(room, "end", ender.leg if ender else None, why=ended)
        if ended and not self._drawn(self._world.knobs.leave_before_end):
            self._report_end(room, ender)
        for participant, why in zip(leaving, reasons, strict=True):
            self._report_leave(participant, why)
        if ended and self._drawn(self._world.knobs.leave_before_end):
            self._report_end(room, ender)
        for participant, why in zip(leaving, reasons, strict=True):
            participant.left.set(why)
        self.sound(room)

    def _drawn(self, knob: bool | str) -> bool:
        return self._world.rng.random() < 0.5 if knob == "random" else bool(knob)

    def sound(self, room: Room) -> None:
        """Who hears whom now: everybody the others once the room has started; alone after that, silence.

        Who is on hold hears nobody and is heard by nobody.
        """
        legs = [participant.leg for participant in room.participants if not participant.held]
        if not room.started:
            return
        for participant in room.participants:
            leg = participant.leg
            participant.talking.set(None)
            if participant.held:
                leg.with_ = ()
                continue
            others = tuple(other for other in legs if other is not leg)
            if others != leg.with_ or leg.sound[0] != "talk":
                leg.with_ = others
                self._legs.hear(leg, "talk" if others else "silence", ",".join(o.handle for o in others))

    def _note(self, room: Room, what: str, leg: Leg | None, **more: object) -> None:
        size = len(room.participants)
        handle = leg.handle if leg else None
        self._world.log.add("room", what=what, room=room.name, sid=room.sid, leg=handle, size=size,
                            started=room.started, **more)  # fmt: skip

    def _report(
        self, room: Room, asked: str, event: str, extra: dict[str, str], leg: Leg | None = None
    ) -> None:
        if room.callback is None or asked not in room.callback.events:
            return
        room.sequence += 1
        params = {
            "ConferenceSid": room.sid,
            "FriendlyName": room.name,
            "AccountSid": self._world.settings.account_sid,
            "SequenceNumber": str(room.sequence),
            "Timestamp": rfc2822(self._world.now_ms),
            "StatusCallbackEvent": event,
            **extra,
        }
        self._callbacks.send(room.callback, tuple(params.items()), event, leg, room=room.name)

    def report_hold(self, member: Participant) -> None:
        """Tell that somebody was put on hold or taken back."""
        self._report_member(member, "hold", event="participant-hold" if member.held else "participant-unhold")

    def report_modified(self, member: Participant) -> None:
        """Tell that it changed whether the room ends with this participant."""
        self._report_member(member, "modify")

    def report_announcement(self, room: Room, to: Sequence[Participant], url: str, failure: str) -> None:
        """Tell that an announcement was heard, or not. to: who it was for, nobody when it was for all."""
        extra = {"AnnounceUrl": url} | ({"ReasonAnnouncementFailed": failure} if failure else {})
        event = "announcement-fail" if failure else "announcement-end"
        if to:
            self._report_member(to[0], "announcement", extra, event)
        else:
            self._report(room, "announcement", event, extra)

    def _report_member(
        self, member: Participant, asked: str, extra: dict[str, str] | None = None, event: str = ""
    ) -> None:
        held = str(member.held).lower()
        params = {"CallSid": member.leg.sid, **forbidden.participant_flags(), "Hold": held}
        if member.options.label:
            params["ParticipantLabel"] = member.options.label
        params["EndConferenceOnExit"] = str(member.options.end_on_exit).lower()
        params["StartConferenceOnEnter"] = str(member.options.start_on_enter).lower()
        self._report(member.room, asked, event or f"participant-{asked}", params | (extra or {}), member.leg)

    def _report_leave(self, member: Participant, why: Why) -> None:
        extra = {"ParticipantCallStatus": member.leg.status.value}
        if why in LEAVE_REASONS:
            extra["ReasonParticipantLeft"] = LEAVE_REASONS[why]
        self._report_member(member, "leave", extra)

    def _report_end(self, room: Room, ender: Participant | None) -> None:
        extra = {"ReasonConferenceEnded": room.ended_reason, "Reason": room.ended_reason.replace("-", " ")}
        if ender is not None:
            extra["CallSidEndingConference"] = ender.leg.sid
            if ender.options.label:
                extra["ParticipantLabelEndingConference"] = ender.options.label
        self._report(room, "end", "conference-end", extra, ender.leg if ender else None)
