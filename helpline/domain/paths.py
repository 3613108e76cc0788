"""The webhook paths the carrier is given: a role and, where one leg is meant, an attempt.

Never a query string, never a carrier's id, never our call id (design §5): what stands in
a path ends in proxies' logs. The attempt is random and dies with the call. Hosts and the
retry fragment are added by the carrier's adapter.
"""

from __future__ import annotations

from typing import Final

INCOMING: Final = "/voice/incoming"
WAIT: Final = "/voice/wait"
KEYS: Final = "/voice/keys"
LEFT: Final = "/voice/left"
ENDED: Final = "/voice/ended"

SOUND_PREFIX: Final = "/sound/"


def join(attempt: str) -> str:
    """Where a caller goes to meet the psychologist of `attempt`."""
    return f"/voice/join/{attempt}"


def hold(attempt: str) -> str:
    """What a caller hears on hold, out of the room of `attempt`; asked again until they are back."""
    return f"/voice/hold/{attempt}"


def offer(attempt: str) -> str:
    """What the psychologist's leg of `attempt` hears when it is answered."""
    return f"/voice/offer/{attempt}"


def claim(attempt: str) -> str:
    """Where the keys pressed on the psychologist's leg go."""
    return f"/voice/claim/{attempt}"


def leg(attempt: str) -> str:
    """Status news of the psychologist's leg."""
    return f"/voice/leg/{attempt}"


def room(attempt: str) -> str:
    """News of the conference named `attempt`."""
    return f"/voice/room/{attempt}"


def done(attempt: str) -> str:
    """Asked when a dialled or joined leg has come back from its bridge."""
    return f"/voice/done/{attempt}"


def sound(name: str) -> str:
    """One of our sound files, by the name it has in `helpline/data/sounds` without suffix."""
    return f"{SOUND_PREFIX}{name}"
