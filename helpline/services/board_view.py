"""The board: how the line stands now. Staff by name; of callers only how many and how long.

Nothing here is kept, and nothing is said of a person over time.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpline.domain.alarms import Alarm
from helpline.domain.call import Stage
from helpline.domain.people import EndpointKind, Tier
from helpline.domain.presence import State
from helpline.ports import AttackMode
from helpline.services.switchboard import Switchboard

_IN_TALK = (Stage.CLAIMED, Stage.TALKING)
_HEAD = 500
"""Callers counted; more than the line can hold on its worst day (design §1)."""


@dataclass(frozen=True, slots=True)
class PersonShown:
    name: str
    state: State
    tier: Tier
    browser_closed: bool = False
    """She has a browser to be rung, and it is not open: a warning, no state."""


@dataclass(frozen=True, slots=True)
class BoardView:
    """`longest_since_ms` is when the caller waiting longest arrived: the page counts up from it."""

    waiting: int
    longest_since_ms: int | None
    in_talk: int
    people: tuple[PersonShown, ...]
    ready: bool
    """False while the working copy is being rebuilt: then the figures are not whole."""
    alarms: tuple[Alarm, ...] = ()
    """What is wrong now, longest first."""
    attack: AttackMode | None = None
    """None when it is off."""

    @property
    def free(self) -> int:
        return sum(person.state is State.AVAILABLE for person in self.people)

    def longest_wait_s(self, now_ms: int) -> int:
        """Whole seconds, 0 when nobody waits."""
        return 0 if self.longest_since_ms is None else max(0, now_ms - self.longest_since_ms) // 1000


def board_of(sw: Switchboard) -> BoardView:
    """The line as it stands. Psychologists in the order of the roster, who is away and on no leg left out. Raises LiveStateDown."""
    now_ms = sw.clock.now_ms()
    view = sw.calls.line(_HEAD, now_ms)
    people = []
    for person in sw.book.roster.psychologists:
        presence = view.presences.get(person.id)
        if presence is not None and (presence.apart or presence.state is not State.OFFLINE):
            has_browser = any(endpoint.kind is EndpointKind.CLIENT for endpoint in person.endpoints)
            closed = has_browser and presence.browser_until_ms <= now_ms
            state = State.TALKING if presence.apart else presence.state
            people.append(PersonShown(person.name, state, presence.tier, closed))
    since = [call.since_ms for call in view.waiting]
    return BoardView(
        waiting=len(view.waiting),
        longest_since_ms=min(since) if since else None,
        in_talk=sum(call.stage in _IN_TALK for call in sw.calls.roll().others),
        people=tuple(people),
        ready=view.ready,
        alarms=sw.alarms.standing(),
        attack=sw.calls.attack_mode(now_ms),
    )
