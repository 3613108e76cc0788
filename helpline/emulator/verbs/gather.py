"""Gather: keys pressed during or after a prompt."""

from __future__ import annotations

from dataclasses import dataclass, field

from helpline.emulator.kernel import Outcome
from helpline.emulator.player import Flow, Goto, Next, Scene
from helpline.emulator.twiml import Verb
from helpline.emulator.verbs.attributes import flag, method, number
from helpline.emulator.verbs.basic import loops, sound_of

UNLIMITED = 10_000


@dataclass
class KeyPad:
    """Keys so far. `news` is set by each key and renewed by who waits for it; `full` ends the input."""

    finish: str
    limit: int
    digits: str = ""
    pressed: bool = False
    full: bool = False
    news: Outcome[None] = field(default_factory=Outcome)

    def press(self, key: str) -> None:
        """Take one key; what comes after the end of the input is lost."""
        if self.full:
            return
        self.pressed = True
        if self.finish and key == self.finish:
            self.full = True
        else:
            self.digits += key
            self.full = len(self.digits) >= self.limit
        self.news.set(None)


async def gather(scene: Scene, verb: Verb) -> Next:
    """Collect keys. Input leads to the action; silence falls through, unless an empty result was asked for.

    The time without a key counts from the end of the prompt and starts again with each key.
    """
    pad = KeyPad(verb.get("finishOnKey", "#"), number(scene, verb, "numDigits", UNLIMITED, 13314))
    scene.leg.listener = pad.press
    try:
        await _prompt(scene, verb, pad)
        await _collect(scene, pad, 1000 * number(scene, verb, "timeout", 5, 13313))
    finally:
        if scene.leg.listener == pad.press:
            scene.leg.listener = None
    scene.player.quiet(scene.leg)
    if not pad.digits and not flag(scene, verb, "actionOnEmptyResult", False, 13338):
        return Flow.ON
    params = (("Digits", pad.digits), *((("FinishedOnKey", pad.finish),) if pad.full and pad.finish else ()))
    return Goto(scene.document.resolve("action", verb.get("action"), method(verb), params))


async def _prompt(scene: Scene, verb: Verb, pad: KeyPad) -> None:
    """Speak until the first key."""
    for child in verb.children:
        kind, text, ms = sound_of(scene, child)
        for _ in range(loops(scene, child) if child.name != "Pause" else 1):
            scene.player.legs.hear(scene.leg, kind, text)
            if pad.pressed or await scene.player.world.kernel.wait(pad.news, ms):
                return


async def _collect(scene: Scene, pad: KeyPad, timeout_ms: int) -> None:
    scene.player.quiet(scene.leg)
    while not pad.full:
        if pad.news.done:
            pad.news = Outcome()
        if not await scene.player.world.kernel.wait(pad.news, timeout_ms):
            return
