"""The test telephone: a line, its callers and its psychologists, in sentences.

    caller = line.caller()
    caller.dials()
    line.vera.answers()
    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera))

Stepped: nothing sleeps, and every wait has an end in virtual time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import redis
import requests
import werkzeug.test
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from helpline.adapters.carriers.twilio.numbers import point_numbers
from helpline.adapters.memory import FixedBook
from helpline.adapters.sql.engine import make_engine
from helpline.bootstrap_carrier import carrier_client
from helpline.cli.stepped import Stepper, WsgiAdapter
from helpline.cli.story_player import keys_asked_for
from helpline.domain.call import LiveCall
from helpline.domain.people import Psychologist
from helpline.domain.presence import State
from helpline.emulator import rest_app
from helpline.emulator.verdict import Allowed, promises_broken, silences
from helpline.services import keep_duty
from helpline.services.call_third import bring_together, call_third, let_third_go
from helpline.services.hand_over import hand_over
from helpline.services.hold_caller import hold_caller, resume_caller
from helpline.services.switchboard import Switchboard
from tests import builders
from tests.live import live

ENTRAIDE = "0800288038"


class Caller:
    """Somebody who dials. `number` None withholds it."""

    def __init__(self, line: Line, number: str | None) -> None:
        self.line = line
        self.number = number
        self.handle = ""

    def dials(self, to: str = ENTRAIDE) -> Caller:
        self.handle = self.line.control.dial(self.number, to)
        return self

    def hangs_up(self) -> None:
        self.line.control.hang_up(self.handle)
        self.line.after(1)

    def presses(self, keys: str) -> None:
        self.line.control.press(self.handle, keys)

    @property
    def state(self) -> str:
        return str(self.line.control.call(self.handle)["state"])

    def is_over(self) -> bool:
        return self.state == "ended"

    def heard(self) -> list[dict[str, Any]]:
        return list(self.line.control.call(self.handle)["heard"])

    def hears(self, words: str) -> bool:
        return any(words in item.get("text", "") for item in self.heard())

    def talks_with(self, who: Handset | Place) -> bool:
        return who.number in self.talks_to()

    def talks_to(self) -> list[str]:
        """Whom this caller is joined with, as they were dialled."""
        return list(self.line.control.call(self.handle)["with"])


class Handset:
    """A psychologist with her telephone."""

    def __init__(self, line: Line, person: Psychologist) -> None:
        self.line = line
        self.person = person
        self.number = person.endpoints[0].address

    @property
    def phone(self) -> dict[str, Any]:
        return self.line.control.phone(self.number)

    def handle_of_leg(self) -> str:
        return str(self.phone["leg"])

    def rings(self) -> bool:
        return self.phone["state"] == "ringing"

    def is_up(self) -> bool:
        return self.phone["state"] == "talking"

    def answers(self) -> None:
        """Waits for the ring, at most a minute, and picks up."""
        self.line.until(self.rings, 60)
        self.line.control.answer(self.number)
        self.line.after(0.5)

    def accepts(self) -> None:
        """Picks up if needed, waits for the question and presses the code it says."""
        if not self.is_up():
            self.answers()
        self.is_asked()
        self.line.control.phone_press(self.number, self.code())
        self.line.after(0.2)

    def is_asked(self) -> None:
        """Waits until her telephone has said what to press."""
        self.line.until(lambda: bool(self.code()), 10)

    def code(self) -> str:
        """What the last question on this telephone asks for; empty before it."""
        asked = (keys_asked_for(item.get("text", "")) for item in reversed(self.phone["heard"]))
        return next(filter(None, asked), "")

    def presses(self, keys: str) -> None:
        self.line.control.phone_press(self.number, keys)
        self.line.after(0.2)

    def declines(self) -> None:
        """Refuses while it rings."""
        self.line.until(self.rings, 60)
        self.line.control.decline(self.number)
        self.line.after(0.5)

    def hangs_up(self) -> None:
        self.line.control.phone_hang_up(self.number)
        self.line.after(0.5)

    def hears(self, words: str) -> bool:
        return any(words in item.get("text", "") for item in self.phone["heard"])

    def times_rung(self) -> int:
        me = self.number
        legs = (record for record in self.line.control.log() if record["kind"] == "leg")
        return sum(1 for leg in legs if leg["to"] == me and leg["what"] == "ringing")

    @property
    def state(self) -> State:
        presence = self.line.sw.offers.presence(self.person.id)
        return presence.state if presence else State.OFFLINE

    # ---- at her desk, in a talk

    def holds(self) -> None:
        self._presses(hold_caller)

    def resumes(self) -> None:
        self._presses(resume_caller)

    def calls_third(self, key: str) -> None:
        """`key` of `whom_to_call`: `s:<structure>` or `p:<psychologist>`."""
        assert call_third(self.line.sw, self.person.id, key), f"cannot call {key}:\n{self.line.story()}"

    def brings_together(self) -> None:
        self._presses(bring_together)

    def hands_over(self) -> None:
        self._presses(hand_over)

    def lets_third_go(self) -> None:
        self._presses(let_third_go)

    def _presses(self, button: Callable[[Switchboard, str], bool]) -> None:
        assert button(self.line.sw, self.person.id), f"{button.__name__} was refused:\n{self.line.story()}"

    def goes_on_duty(self) -> None:
        keep_duty.go_on_duty(self.line.sw, self.person.id)

    def goes_off_duty(self) -> None:
        keep_duty.go_off_duty(self.line.sw, self.person.id)


class Place:
    """A structure of the directory, with its telephone."""

    def __init__(self, line: Line, number: str) -> None:
        self.line = line
        self.number = number

    @property
    def phone(self) -> dict[str, Any]:
        return self.line.control.phone(self.number)

    def rings(self) -> bool:
        return self.phone["state"] == "ringing"

    def is_up(self) -> bool:
        return self.phone["state"] == "talking"

    def answers(self) -> None:
        self.line.until(self.rings, 60)
        self.line.control.answer(self.number)
        self.line.after(0.5)

    def hangs_up(self) -> None:
        self.line.control.phone_hang_up(self.number)
        self.line.after(0.5)

    def hears(self, words: str) -> bool:
        return any(words in item.get("text", "") for item in self.phone["heard"])

    def talks_to(self) -> list[str]:
        return list(self.phone["with"])


class Line:
    """A whole line, stepped."""

    def __init__(
        self, stepper: Stepper, people: tuple[Psychologist, ...], fallback_url: str | None = None
    ) -> None:
        self.stepper = stepper
        self.control = stepper.control
        self.sw = stepper.service.switchboard
        assert isinstance(self.sw.book, FixedBook)
        self.book = self.sw.book
        self.psychologists = {person.handle: Handset(self, person) for person in people}
        self.places = {
            place.id: Place(self, place.verified_number_e164)
            for place in self.book.structures
            if place.verified_number_e164
        }
        self._callers = 0
        self.is_closed = False
        session = requests.Session()
        session.mount("http://", WsgiAdapter(rest_app(stepper.carrier)))
        client = carrier_client(stepper.service.settings, self.sw.book, session)
        point_numbers(client, stepper.service.settings.public_origin, fallback_url)
        self.after(1)

    def __getattr__(self, name: str) -> Handset:
        try:
            return self.__dict__["psychologists"][name]
        except KeyError:
            raise AttributeError(name) from None

    def close(self) -> None:
        """Let go of Redis and the database; a test that plays many lines closes each when it is over."""
        self.stepper.service.close()
        self.is_closed = True

    def caller(self, *, withheld: bool = False) -> Caller:
        self._callers += 1
        return Caller(self, None if withheld else f"063998{self._callers:04d}")

    def after(self, seconds: float) -> None:
        self.stepper.run(round(seconds * 1000))

    def until(self, what: Callable[[], bool], seconds: float = 60) -> None:
        """Let time pass until `what` holds; fails after `seconds` of virtual time."""
        assert self.stepper.run(round(seconds * 1000), until=what), f"not within {seconds} s:\n{self.story()}"

    def leg_id(self, caller: Caller) -> str:
        """The carrier's id of a caller's leg."""
        legs = (r for r in self.control.log() if r["kind"] == "leg" and r["leg"] == caller.handle)
        return str(next(legs)["sid"])

    def keys(self, admin: redis.Redis) -> list[str]:
        """Every key in Redis, sorted."""
        return sorted(str(key) for key in admin.keys("*"))

    def replay(self, path: str) -> int:
        """Send the last signed request to `path` once more, byte for byte; the status."""
        sent = [r for r in self.control.log() if r["kind"] == "document" and r["path"] == path]
        params = dict(sent[-1]["params"])
        settings = self.stepper.service.settings
        url = settings.public_origin + path
        signature = RequestValidator(settings.carrier.auth_token).compute_signature(url, params)
        client = werkzeug.test.Client(self.stepper.apps[settings.public_origin])
        answer = client.post(path, data=params, headers={"X-Twilio-Signature": signature})
        return answer.status_code

    def silent_ms(self, caller: Caller) -> int:
        """The longest silence this caller has heard so far."""
        found = silences(self.control.log(), caller.handle, 1, self.stepper.now_ms)
        return max((interval.end_ms - interval.start_ms for interval in found), default=0)

    def until_talk(self, caller: Caller, who: Handset, seconds: float = 25) -> None:
        """Until both are in one room and the news of it has reached us."""
        self.until(lambda: caller.talks_with(who), seconds)
        self.after(0.5)

    def story(self, last: int = 60) -> str:
        """The end of the carrier's log, one line a record: what to read when a story fails."""
        start = builders.NIGHT_MS
        lines = []
        for record in self.control.log()[-last:]:
            rest = {k: v for k, v in record.items() if k not in ("n", "at_ms", "kind", "params")}
            lines.append(f"{(record['at_ms'] - start) / 1000:9.3f} {record['kind']:9} {rest}")
        return "\n".join(lines)

    def is_sound(self, *, third_party: bool = False) -> None:
        """No promise was broken so far, as far as the carrier's own log can tell."""
        allowed = Allowed(third_party=third_party)
        broken = [*self.control.broken(), *promises_broken(self.control.log(), allowed)]
        assert not broken, f"{broken}\n{self.story()}"

    def live(self) -> list[LiveCall]:
        return live(self.sw.calls)

    def only_call(self) -> LiveCall:
        (call,) = self.live()
        return call

    def counts(self, measure: str = "end_state") -> dict[str, int]:
        """The traffic counters of one measure, over all hours."""
        engine = make_engine(self.stepper.service.settings.database_url)
        with engine.connect() as db:
            rows = db.execute(
                text("select cls, sum(n) from traffic where measure = :m group by cls"), {"m": measure}
            )
            found = {str(cls): int(n) for cls, n in rows}
        engine.dispose()
        return found

    def is_erased(self) -> bool:
        """Every leg that is over is gone at the carrier too."""
        # Its own memory, not its lists: asked at every instant those take longer than all else of a night.
        return not any(leg.status.final for leg in self.stepper.carrier.world.legs.values())

    def until_counted(self, seconds: float = 400) -> dict[str, int]:
        """Let the sweep count and erase; the end states counted."""
        self.until(lambda: not live(self.sw.calls), seconds)
        self.until(self.is_erased, seconds)
        self.after(1)
        return self.counts()
