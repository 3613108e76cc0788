"""Stories on a line of real processes: what `helpline.cli.story_player` needs, by the control API and the wall clock.

The same files and the same player as stepped; here a wait is real. Counted is what the sweep has added to the traffic
since the story began.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping

import requests
from sqlalchemy import text

from helpline.adapters.sql.engine import make_engine
from helpline.domain.errors import LiveStateDown
from helpline.domain.presence import State
from helpline.services.conclude_talk import conclude_talk
from tests.e2e.real_line import LOOK_S, RealLine
from tests.live import live
from tests.story import press_desk


class RealStoryLine:
    """A real line for a story. Made when the story begins: everybody is free and nothing waits to be counted."""

    def __init__(self, line: RealLine) -> None:
        self.line = line
        self.people: Mapping[str, str] = {name: who.number for name, who in line.psychologists.items()}
        self.structures: Mapping[str, str] = {
            place.id: place.verified_number_e164
            for place in line.sw.book.structures
            if place.verified_number_e164 is not None
        }
        self.telephones = line.control
        self._before = end_states(line)
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def now_ms(self) -> int:
        return round(time.time() * 1000)

    def wait(self, what: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not what():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            time.sleep(min(LOOK_S, left_s))
        return True

    def set_duty(self, off_duty: Collection[str]) -> bool:
        for name in off_duty:
            self.line.psychologists[name].goes_off_duty()
        self.line.until(lambda: all(self._is_off(name) for name in off_duty), 5)
        return True

    def _is_off(self, name: str) -> bool:
        return self.line.psychologists[name].state is State.OFFLINE

    def conclude(self, handle: str) -> bool:
        return conclude_talk(self.line.sw, self.line.psychologists[handle].person.id)

    def press_desk(self, handle: str, words: str, third: str) -> bool:
        return press_desk(self.line, handle, words, third)

    def kill(self, part: str) -> None:
        assert self.line.parts.kill(part), f"{part} was not there to be killed"

    def is_back(self, part: str) -> bool:
        """Web: a caller would be served. Redis: what lives has been rebuilt."""
        try:
            if part == "redis":
                return self.line.sw.calls.epoch() is not None
            ready = f"http://127.0.0.1:{self.line.demo.settings.voice_port}/health/ready"
            return self._session.get(ready, timeout=0.5).status_code == 200
        except (LiveStateDown, requests.RequestException):
            return False

    def counted(self) -> Mapping[str, int]:
        """What the sweep has counted of this story, once nothing is left to count."""
        self.line.until(self._is_swept, 60)
        now = end_states(self.line)
        found = {state: n - self._before.get(state, 0) for state, n in now.items()}
        return {state: n for state, n in found.items() if n}

    def _is_swept(self) -> bool:
        return not live(self.line.sw.calls) and not self.line.service.carrier.finished_legs()


def end_states(line: RealLine) -> dict[str, int]:
    """The traffic's end states over all hours."""
    engine = make_engine(line.demo.settings.database_url)
    with engine.connect() as db:
        rows = db.execute(text("select cls, sum(n) from traffic where measure = 'end_state' group by cls"))
        found = {str(cls): int(n) for cls, n in rows}
    engine.dispose()
    return found
