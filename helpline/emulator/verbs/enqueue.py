"""Enqueue: stand in line, hear the wait document again and again, leave by one of several ways."""

from __future__ import annotations

from helpline.emulator.documents import DocumentFailed, DocumentRequest
from helpline.emulator.kernel import Outcome
from helpline.emulator.legs import LegEnded
from helpline.emulator.player import Context, Flow, Goto, Next, Redirected, Scene
from helpline.emulator.queues import Member, Queues
from helpline.emulator.state import Why
from helpline.emulator.twiml import Verb
from helpline.emulator.verbs.attributes import method, number, warn

BUSY_CYCLE_MS = 1_000


async def enqueue(scene: Scene, verb: Verb) -> Next:
    """Put the caller in a queue, created when the name is new, until they leave it.

    The action is told how it ended (QueueResult). Its answer is run for leave, queue-full and error; for a hang-up
    or a redirect it is asked for and ignored.
    """
    name = verb.text
    if not 1 <= len(name) <= 64:
        scene.player.world.alert(
            14204 if not name else 14205, "queue name", leg=scene.leg, url=scene.document.url
        )
        return _after(scene, verb, "error", None)
    if scene.player.world.faults.queue_broken(name):
        return _after(scene, verb, "system-error", None)
    queues = Queues(scene.player.world)
    queue = queues.find(name) or queues.create(name)
    if len(queue.members) >= min(queue.max_size, number(scene, verb, "maxQueueSize", queue.max_size)):
        warn(scene, 14207, f"queue {name} is full")
        return _after(scene, verb, "queue-full", None)
    member = queues.enter(queue, scene.leg)
    assert member is not None
    scene.player.legs.occupy(scene.leg, member)
    return await _stand(scene, verb, member)


async def _stand(scene: Scene, verb: Verb, member: Member) -> Next:
    """Wait, then say how it ended. A leg that ends or is redirected has left the queue before it is told here."""
    player, leg = scene.player, scene.leg
    try:
        result = await _wait_loop(scene, verb, member)
    except LegEnded:
        player.tell_action(leg, _action(scene, verb, "hangup", member))
        raise
    except Redirected as redirect:
        await player.tell_old_action(leg, _action(scene, verb, "redirected", member), redirect)
        raise
    player.legs.vacate(leg, Why.OVER)
    if result == "hangup":
        player.tell_action(leg, _action(scene, verb, "hangup", member))
        return Flow.HANG_UP
    return _after(scene, verb, result, member)


async def _wait_loop(scene: Scene, verb: Verb, member: Member) -> str:
    """The QueueResult with which the wait ended. A wait document that runs out is asked for again, for ever."""
    player, leg = scene.player, scene.leg
    url = verb.attributes.get("waitUrl")
    if not url:
        player.legs.hear(leg, "silence" if url == "" else "music", "" if url == "" else "hold music")
        await Outcome[None]()
    request = scene.document.resolve("wait", url or "", method(verb, "waitUrlMethod"))
    while True:
        began_ms = player.world.now_ms
        try:
            result = await player.perform(leg, request, Context.WAIT, member.wait_params)
        except DocumentFailed:
            return "error"
        if result is Flow.LEAVE:
            return "leave"
        if result is Flow.HANG_UP:
            return "hangup"
        if player.world.now_ms - began_ms < BUSY_CYCLE_MS:
            warn(scene, 14202, "wait document lasts less than a second: busy loop")
            await player.world.kernel.sleep(1)  # so that time goes on even where the network takes none


def _action(scene: Scene, verb: Verb, result: str, member: Member | None) -> DocumentRequest | None:
    """The action request of this Enqueue; None when it has no action. Times are only told of who really waited."""
    url = verb.get("action")
    if not url:
        return None
    params = [("QueueResult", result)]
    if member is not None:
        params += [("QueueSid", member.queue.sid), ("QueueTime", str(member.waited_s()))]
    return scene.document.resolve("action", url, method(verb), tuple(params))


def _after(scene: Scene, verb: Verb, result: str, member: Member | None) -> Next:
    scene.player.world.log.add("queue", what="result", leg=scene.leg.handle, queue=verb.text, result=result)
    request = _action(scene, verb, result, member)
    return Goto(request) if request is not None else Flow.ON
