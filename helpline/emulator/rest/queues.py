"""Queues and who waits in them. A queue is addressed by sid only, never by its name."""

from __future__ import annotations

from functools import partial

from helpline.emulator.carrier import Carrier
from helpline.emulator.queues import Member
from helpline.emulator.rest import fields, resources
from helpline.emulator.rest.errors import bad, not_found
from helpline.emulator.rest.pages import Row, page
from helpline.emulator.rest.request import Reply, RestRequest
from helpline.emulator.state import Queue

MAX_SIZE = 5_000


def create(carrier: Carrier, request: RestRequest) -> Reply:
    """A queue; its name must be free."""
    name = request.form.get("FriendlyName", "")
    size = _size(request) if "MaxSize" in request.form else None
    if not 1 <= len(name) <= 64:
        raise bad(22004, "FriendlyName is required, 64 characters at most")
    if carrier.queues.find(name) is not None:
        raise bad(22003, f"A queue with the name {name} already exists")
    queue = carrier.queues.create(name, size)
    return 201, resources.queue(carrier.world, queue)


def _size(request: RestRequest) -> int:
    size = fields.whole(request, "MaxSize", 0, 20001)
    if size > MAX_SIZE:
        raise bad(20001, f"MaxSize is at most {MAX_SIZE}")
    return size


def list_(carrier: Carrier, request: RestRequest) -> Reply:
    """All queues; they stay when empty."""
    world = carrier.world
    rows = [
        Row(world.ordinals[q.sid], q.sid, partial(resources.queue, world, q)) for q in world.queues.values()
    ]
    return 200, page("queues", rows, request.path, request.query)


def find(carrier: Carrier, request: RestRequest, sid: str) -> Queue:
    """A queue by sid."""
    queue = carrier.world.queues.get(sid)
    if queue is None:
        raise not_found(request.path)
    return queue


def fetch(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """One queue."""
    return 200, resources.queue(carrier.world, find(carrier, request, sid))


def update(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """Rename or resize a queue."""
    queue = find(carrier, request, sid)
    name = request.form.get("FriendlyName", queue.name)
    size = _size(request) if "MaxSize" in request.form else queue.max_size
    if not 1 <= len(name) <= 64:
        raise bad(22004, "FriendlyName is required, 64 characters at most")
    if name != queue.name and carrier.queues.find(name) is not None:
        raise bad(22003, f"A queue with the name {name} already exists")
    queue.name, queue.max_size = name, size
    return 200, resources.queue(carrier.world, queue)


def delete(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """Delete an empty queue."""
    queue = find(carrier, request, sid)
    if queue.members:
        raise bad(22002, "Queue is not empty")
    del carrier.world.queues[queue.sid]
    return 204, None


def members(carrier: Carrier, request: RestRequest, sid: str) -> Reply:
    """Who waits, the head first."""
    world, queue = carrier.world, find(carrier, request, sid)
    rows = [Row(-m.ordinal, m.leg.sid, partial(resources.member, world, m)) for m in queue.members]
    return 200, page("queue_members", rows, request.path, request.query)


def _member(carrier: Carrier, request: RestRequest, sid: str, who: str) -> Member:
    """By call sid; nobody there is not found. Front is refused."""
    if who == "Front":
        carrier.world.alert(20404, "Members/Front is not modelled by this carrier", url=request.path)
    for member in find(carrier, request, sid).members:
        if who == member.leg.sid:
            assert isinstance(member, Member)
            return member
    raise not_found(request.path)


def member(carrier: Carrier, request: RestRequest, sid: str, who: str) -> Reply:
    """One of those who wait."""
    return 200, resources.member(carrier.world, _member(carrier, request, sid, who))


def dequeue(carrier: Carrier, request: RestRequest, sid: str, who: str) -> Reply:
    """Take somebody out and give them another document; their Enqueue's action hears `redirected`."""
    member = _member(carrier, request, sid, who)
    document = fields.document(request, "redirect", "Url", "Method")
    if document is None:
        raise bad(21205, "Url parameter is required")
    carrier.redirect(member.leg, document)
    return 200, resources.member(carrier.world, member)
