"""The verbs of the carrier, one coroutine each: `await verb(scene, element)` gives what comes next."""

from __future__ import annotations

from helpline.emulator.outbound import Outbound
from helpline.emulator.player import VerbRunner
from helpline.emulator.rooms import Rooms
from helpline.emulator.verbs import basic
from helpline.emulator.verbs.conference import RoomDial
from helpline.emulator.verbs.dial import Dial
from helpline.emulator.verbs.enqueue import enqueue
from helpline.emulator.verbs.gather import gather


def registry(outbound: Outbound, rooms: Rooms) -> dict[str, VerbRunner]:
    """Every verb that can be run, by name."""
    return {
        "Say": basic.say,
        "Play": basic.play,
        "Pause": basic.pause,
        "Redirect": basic.redirect,
        "Reject": basic.reject,
        "Hangup": basic.hang_up,
        "Leave": basic.leave,
        "Gather": gather,
        "Enqueue": enqueue,
        "Dial": Dial(outbound, RoomDial(rooms)),
    }
