"""Conferences and their participants."""

from __future__ import annotations

from functools import partial

from helpline.emulator.carrier import Carrier
from helpline.emulator.rest import fields, resources
from helpline.emulator.rest.errors import bad, not_found
from helpline.emulator.rest.pages import Row, page
from helpline.emulator.rest.request import Reply, RestRequest
from helpline.emulator.rooms import Participant, Room
from helpline.emulator.state import EndedBy, Status, Why


def list_(carrier: Carrier, request: RestRequest) -> Reply:
    """Conferences, ended ones too. One just created may still be missing: lists lag."""
    world = carrier.world
    wanted = dict(request.query)
    rows = [
        Row(world.ordinals[room.sid], room.sid, partial(resources.room, world, room))
        for room in world.rooms.values()
        if room.created_ms + world.knobs.room_list_lag_ms <= world.now_ms
        and wanted.get("FriendlyName", room.name) == room.name
        and wanted.get("Status") in (None, resources.room_status(room))
    ]
    return 200, page("conferences", rows, request.path, request.query)


def find(carrier: Carrier, request: RestRequest, sid: str) -> Room:
    """A room by sid."""
    room = carrier.world.rooms.get(sid)
    if room is None:
        raise not_found(request.path)
    return room


def fetch(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """One conference."""
    return 200, resources.room(carrier.world, find(carrier, request, sid))


def update(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """End a conference (Status=completed: its legs go on with their documents) or announce something to all."""
    room, status = find(carrier, request, sid), request.form.get("Status", "")
    announced = fields.document(request, "announce", "AnnounceUrl", "AnnounceMethod")
    if (status and status != "completed") or not (status or announced):
        raise bad(20001, "Status is completed, or AnnounceUrl is given")
    if room.ended_reason and announced is not None:
        raise not_found(request.path)
    if announced is not None:
        carrier.room_orders.announce(room, tuple(room.participants), announced)
    if status and not room.ended_reason:
        carrier.rooms.complete(room)
    return 200, resources.room(carrier.world, room)


def participants(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """Who is in the room now; nobody once it has ended."""
    world, hold = carrier.world, dict(request.query).get("Hold", "").lower()
    rows = [
        Row(member.leg.ordinal, member.leg.sid, partial(resources.participant, world, member))
        for member in find(carrier, request, sid).participants
        if hold in ("", str(member.held).lower())
    ]
    return 200, page("participants", rows, request.path, request.query)


def _participant(carrier: Carrier, request: RestRequest, sid: str, who: str) -> Participant:
    """By call sid or label; who has left is not found."""
    for member in find(carrier, request, sid).participants:
        if who in (member.leg.sid, member.options.label):
            return member
    raise not_found(request.path)


def participant(carrier: Carrier, request: RestRequest, sid: str, who: str) -> Reply:
    """One participant."""
    return 200, resources.participant(carrier.world, _participant(carrier, request, sid, who))


def change(carrier: Carrier, request: RestRequest, sid: str, who: str) -> Reply:
    """Hold or take back, announce something, or change whether the room ends with this participant."""
    member, orders = _participant(carrier, request, sid, who), carrier.room_orders
    held = fields.flag(request, "Hold")
    ends = fields.flag(request, "EndConferenceOnExit")
    music = fields.document(request, "hold", "HoldUrl", "HoldMethod", "GET")
    announced = fields.document(request, "announce", "AnnounceUrl", "AnnounceMethod")
    if held is not None:
        orders.hold(member, held, music)
    if ends is not None:
        orders.end_on_exit(member, ends)
    if announced is not None:
        orders.announce(member.room, (member,), announced)
    return 200, resources.participant(carrier.world, member)


def kick(carrier: Carrier, request: RestRequest, sid: str, who: str) -> Reply:
    """Take a participant out. One that joined by a document goes on with it."""
    member = _participant(carrier, request, sid, who)
    carrier.legs.vacate(member.leg, Why.KICKED)
    if member.leg.task is None:
        carrier.legs.end(member.leg, Status.COMPLETED, EndedBy.SERVICE)
    return 204, None
