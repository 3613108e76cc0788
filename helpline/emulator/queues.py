"""Queues of callers."""

from __future__ import annotations

from dataclasses import dataclass

from helpline.emulator.state import Leg, Queue, Why
from helpline.emulator.web import Pairs
from helpline.emulator.world import World


@dataclass(eq=False)
class Member:
    """A caller's place in a queue; once left it remembers how."""

    world: World
    queue: Queue
    leg: Leg
    since_ms: int
    ordinal: int  # of all who ever stood in line
    left_ms: int | None = None
    why: Why | None = None

    def vacate(self, why: Why) -> None:
        """Leave the queue. The first reason counts."""
        if self.left_ms is not None:
            return
        self.left_ms, self.why = self.world.now_ms, why
        self.queue.members.remove(self)
        self.queue.since_ms -= self.since_ms
        self.queue.updated_ms = self.world.now_ms
        self.world.log.add("queue", what="left", leg=self.leg.handle, queue=self.queue.name, why=why.value,
                           waited_ms=self.left_ms - self.since_ms, size=len(self.queue.members))  # fmt: skip

    def waited_s(self) -> int:
        """Whole seconds in the queue, up to now or to when it was left."""
        until_ms = self.world.now_ms if self.left_ms is None else self.left_ms
        return (until_ms - self.since_ms) // 1000

    def position(self) -> int:
        """1 for the head."""
        return 1 + self.queue.members.index(self)

    def wait_params(self) -> Pairs:
        """What a wait document request adds, true at this instant."""
        return (
            ("QueueSid", self.queue.sid),
            ("QueuePosition", str(self.position())),
            ("QueueTime", str(self.waited_s())),
            ("AvgQueueTime", str(average_wait_s(self.queue, self.world.now_ms))),
            ("CurrentQueueSize", str(len(self.queue.members))),
            ("MaxQueueSize", str(self.queue.max_size)),
        )


class Queues:
    """The account's queues by name."""

    def __init__(self, world: World) -> None:
        self._world = world

    def find(self, name: str) -> Queue | None:
        """The queue of that name."""
        return next((queue for queue in self._world.queues.values() if queue.name == name), None)

    def create(self, name: str, max_size: int | None = None) -> Queue:
        """A new queue; the caller has checked that the name is free."""
        world = self._world
        size = world.knobs.queue_default_max if max_size is None else max_size
        queue = Queue(world.sid("QU"), name, size, world.now_ms, world.now_ms)
        world.queues[queue.sid] = queue
        world.ordinals[queue.sid] = world.count("queue")
        world.log.add("queue", what="created", leg=None, queue=name, size=0)
        return queue

    def enter(self, queue: Queue, leg: Leg) -> Member | None:
        """Stand in line; None when the queue is full."""
        if len(queue.members) >= queue.max_size:
            return None
        member = Member(self._world, queue, leg, self._world.now_ms, self._world.count("member"))
        queue.members.append(member)
        queue.since_ms += member.since_ms
        queue.updated_ms = self._world.now_ms
        self._world.log.add(
            "queue", what="entered", leg=leg.handle, queue=queue.name, size=len(queue.members)
        )
        return member


def average_wait_s(queue: Queue, now_ms: int) -> int:
    """Mean wait of the present members, whole seconds; 0 when there are none."""
    if not queue.members:
        return 0
    size = len(queue.members)
    return (size * now_ms - queue.since_ms) // size // 1000
