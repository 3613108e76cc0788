"""The verbs that only speak, wait or lead on."""

from __future__ import annotations

from helpline.emulator.documents import DocumentFailed
from helpline.emulator.player import Context, Flow, Goto, Next, Scene
from helpline.emulator.state import EndedBy, Status
from helpline.emulator.twiml import Verb, spoken
from helpline.emulator.verbs.attributes import number
from helpline.emulator.world import World

REPEATS_FOR_ZERO = 1000  # loop="0" is not for ever


def loops(scene: Scene, verb: Verb) -> int:
    """How often a Say or Play is repeated."""
    count = number(scene, verb, "loop", 1, 13510)
    return REPEATS_FOR_ZERO if count == 0 else count


def say_ms(world: World, words: str) -> int:
    """How long words take to be spoken, at so many characters a second."""
    return -(-len(words) * 1000 // world.knobs.say_chars_per_s)


def play_ms(world: World, url: str) -> int:
    """The length of a recording: by its URL, else by the end of its path, else the default."""
    media = world.settings.media
    if url in media:
        return media[url]
    return next((ms for end, ms in media.items() if url.endswith(end)), world.knobs.play_default_ms)


def sound_of(scene: Scene, verb: Verb) -> tuple[str, str, int]:
    """Kind, text and milliseconds of one Say, Play or Pause, once through."""
    world = scene.player.world
    if verb.name == "Say":
        words = spoken(verb)
        return "say", words, say_ms(world, words)
    if verb.name == "Play":
        digits = verb.get("digits")
        # What stands behind "#" are connection settings, no part of the recording's address.
        url = scene.document.resolve("play", verb.text).url.partition("#")[0] if verb.text else ""
        return "play", url or digits, 500 * len(digits) if digits and not url else play_ms(world, url)
    return "silence", "", 1000 * number(scene, verb, "length", 1, 13910)


async def say(scene: Scene, verb: Verb) -> Next:
    """Speak."""
    if not spoken(verb):
        scene.player.world.alert(
            13520, "nothing to say", leg=scene.leg, level="warning", url=scene.document.url
        )
        return Flow.ON
    return await _sound(scene, verb)


async def play(scene: Scene, verb: Verb) -> Next:
    """Play a recording. It is not fetched: its length is known by table, and a fault can make it missing."""
    _, url, _ = sound_of(scene, verb)
    world = scene.player.world
    if world.faults.media_missing(url):
        world.alert(11200, f"recording {url} cannot be had", leg=scene.leg, url=url)
        if world.knobs.play_failure == "fail":
            raise DocumentFailed(11200, url, "recording cannot be had")
        return Flow.ON
    return await _sound(scene, verb)


async def _sound(scene: Scene, verb: Verb) -> Next:
    kind, text, ms = sound_of(scene, verb)
    for _ in range(loops(scene, verb)):
        scene.player.legs.hear(scene.leg, kind, text)
        await scene.player.world.kernel.sleep(ms)
    hush(scene)
    return Flow.ON


def hush(scene: Scene) -> None:
    """The sound is over. What follows at the same instant replaces the silence before anyone can hear it."""
    scene.player.quiet(scene.leg)


async def pause(scene: Scene, verb: Verb) -> Next:
    """Wait; as a first verb the call keeps ringing meanwhile."""
    scene.player.quiet(scene.leg)
    _, _, ms = sound_of(scene, verb)
    await scene.player.world.kernel.sleep(ms)
    return Flow.ON


async def redirect(scene: Scene, verb: Verb) -> Next:
    """Another document; an empty one means this document again."""
    return Goto(scene.document.resolve("redirect", verb.text, verb.get("method", "POST")))


async def reject(scene: Scene, verb: Verb) -> Next:
    """Refuse the call, free and unanswered when it is the first verb; later it ends an answered call."""
    leg, world = scene.leg, scene.player.world
    reason = verb.get("reason", "rejected")
    if reason not in ("rejected", "busy"):
        world.alert(13810, f"reject reason {reason}", leg=leg, level="warning", url=scene.document.url)
    if leg.is_answered:
        return Flow.HANG_UP
    status = Status.BUSY if reason == "busy" else Status(world.knobs.reject_default_status)
    scene.player.legs.hear(leg, "tone", "busy" if status is Status.BUSY else "not in service")
    scene.player.legs.end(leg, status, EndedBy.SERVICE)
    return Flow.HANG_UP


async def hang_up(scene: Scene, verb: Verb) -> Next:
    """End the call."""
    return Flow.HANG_UP


async def leave(scene: Scene, verb: Verb) -> Next:
    """Out of the queue; outside one it does nothing."""
    return Flow.LEAVE if scene.context is Context.WAIT else Flow.ON
