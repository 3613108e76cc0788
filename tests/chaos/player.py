"""The people of a run: callers who dial, wait, talk and hang up; psychologists whose telephones ring.

It follows the carrier's log, as people follow what they hear, and acts through the control API. Nothing here knows
the service: neither its stores nor its pages.
"""

from __future__ import annotations

import heapq
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from helpline.cli.control_client import ControlClient, ControlRefused
from tests.chaos.desk import Desk
from tests.chaos.plan import Arrival, Plan, Talk

LOOK_S = 0.05
AT_LAST_S = 10.0
DEBRIEF_S = 5.0
"""How long she and a third party talk on when their caller has left."""

ASKS = re.compile(r"(?:appuyez sur|tapez|composez) (\d(?:[ ,.]*\d)*)")
"""What a psychologist presses to take the call: one key, or the code that was drawn for this ring."""

PASS_KEY = "9"
Record = Mapping[str, Any]


@dataclass
class _Call:
    arrival: Arrival
    handle: str
    talks: int = 0
    in_talk: bool = False
    acting: bool = False  # she is busy with them at her desk: being on hold is no goodbye
    hers: str = ""  # the leg they have talked with last


@dataclass
class _Leg:
    """A leg to a psychologist. `answers`: what she does once she is asked."""

    who: str
    number: str
    does: str = ""


@dataclass
class Player:
    """`run` until every caller has come and gone."""

    control: ControlClient
    plan: Plan
    people: Mapping[str, str]  # number to handle
    desk: Desk
    started: float
    log: list[dict[str, Any]] = field(default_factory=list)
    third: set[str] = field(default_factory=set)  # callers for whom somebody third was called
    _todo: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _calls: dict[str, _Call] = field(default_factory=dict)
    _legs: dict[str, _Leg] = field(default_factory=dict)
    _rings: Counter[str] = field(default_factory=Counter)
    _over: set[str] = field(default_factory=set)
    _debriefs: set[str] = field(default_factory=set)
    _nth: int = 0

    def run(self, at_most_s: float) -> None:
        """Ends when everybody has been and nobody is on the line; after `at_most_s` in any case."""
        for arrival in self.plan.arrivals:
            self._at(arrival.at_s, lambda arrival=arrival: self._dial(arrival))  # type: ignore[misc]  # bound now
        while self._now() < at_most_s:
            self.look()
            self._due()
            come = len(self._calls) == len(self.plan.arrivals)
            if come and self._over >= self._debriefs.union(self._calls):
                return
            time.sleep(LOOK_S)

    def look(self) -> None:
        """Follow what has happened since the last look."""
        after = self.log[-1]["n"] if self.log else 0
        for record in self.control.log(after):
            self.log.append(record)
            kind = record["kind"]
            if kind == "leg":
                self._leg(record)
            elif kind == "sound":
                self._sound(record)

    def _now(self) -> float:
        return time.monotonic() - self.started

    def _at(self, at_s: float, do: Callable[[], None]) -> None:
        self._nth += 1
        heapq.heappush(self._todo, (at_s, self._nth, do))

    def _in(self, seconds: float, do: Callable[[], None]) -> None:
        self._at(self._now() + seconds, do)

    def _due(self) -> None:
        while self._todo and self._todo[0][0] <= self._now():
            _, _, do = heapq.heappop(self._todo)
            try:
                do()
            except ControlRefused:
                continue  # it was over, or had stopped ringing, in between

    # ---- callers

    def _dial(self, arrival: Arrival) -> None:
        handle = self.control.dial(arrival.number, arrival.to)
        self._calls[handle] = _Call(arrival, handle)
        self._in(arrival.patience_s, lambda: self._loses_patience(handle, 0))
        for after_s, key in arrival.keys:
            self._in(after_s, lambda key=key: self._presses(handle, key))  # type: ignore[misc]  # bound now

    def _presses(self, handle: str, key: str) -> None:
        if handle not in self._over and not self._calls[handle].in_talk:
            self.control.press(handle, key)

    def _loses_patience(self, handle: str, talks: int) -> None:
        call = self._calls[handle]
        if call.talks == talks and not call.in_talk and handle not in self._over:
            self.control.hang_up(handle)

    def _sound(self, record: Record) -> None:
        call = self._calls.get(record["leg"])
        if call is not None:
            others = [other for other in record["text"].split(",") if other[:1] == "l"]
            talks = record["sound"] == "talk" and bool(others)
            if talks and not call.in_talk:
                self._talk(call, others[0])
            elif call.in_talk and not talks:
                self._left(call)
        elif record["sound"] == "say" and (asked := ASKS.search(record["text"])):
            self._asked(record["leg"], re.sub(r"\D", "", asked[1]))

    def _talk(self, call: _Call, other: str) -> None:
        call.in_talk = True
        nth, call.talks = call.talks, call.talks + 1
        talk = self.plan.talk(call.arrival.nth, nth)
        leg, call.hers = self._legs.get(other), other

        def ends() -> None:
            if call.talks != nth + 1 or not call.in_talk:
                return
            if talk.ends == "caller":
                self.control.hang_up(call.handle)
            elif talk.ends == "caller lost":
                self.control.lose(call.handle)
            elif talk.ends == "psychologist lost":
                self.control.lose(other)
            elif leg is not None and talk.ends == "concludes":
                # A talk that the static chain has made is on no desk: `_at_last` ends it.
                self._until(lambda: self.desk.press(leg.who, "concludes"), 6)
            elif leg is not None:
                self.control.phone_does(leg.number, "hangup")

        self._in(talk.for_s, ends)
        self._in(talk.for_s + AT_LAST_S, lambda: self._at_last(call, nth))
        if leg is not None and talk.does:
            self._in(talk.at_s, lambda: self._acts(call, leg.who, talk, nth))

    def _at_last(self, call: _Call, nth: int) -> None:
        """Who was to end it is no longer there, or could not."""
        if call.talks == nth + 1 and call.in_talk:
            self.control.hang_up(call.handle)

    def _acts(self, call: _Call, who: str, talk: Talk, nth: int) -> None:
        """She holds them, or calls somebody third; what she began she ends, as long as it takes."""
        if call.talks != nth + 1 or not call.in_talk:
            return
        call.acting = True

        def over() -> None:
            call.acting = False

        def resumes() -> bool:
            done = self.desk.press(who, "resumes")
            call.acting = call.acting and not done
            return done

        def let_go() -> bool:
            return self.desk.press(who, "lets go") or resumes()

        if talk.does == "holds":
            self._until(lambda: self.desk.press(who, "holds"), 2)
            self._in(3.0, lambda: self._until(resumes, 30))
            self._in(19.0, over)  # a talk that the static chain has made is on no desk, and cannot be held
            return
        self.third.add(call.handle)
        self._until(lambda: self.desk.press(who, "calls", talk.nth), 2)
        self._in(2.0, lambda: self._until(lambda: self.desk.press(who, "brings together"), 12))
        last = "hands over" if talk.does == "hands over" else "lets go"
        self._in(9.0, lambda: self._until(lambda: self.desk.press(who, last), 6))
        self._in(16.0, lambda: self._until(let_go, 6))
        self._in(22.0, over)

    def _until(self, press: Callable[[], bool], tries: int) -> None:
        """Press until it does something, twice a second, so many times at most."""
        if not press() and tries > 1:
            self._in(0.5, lambda: self._until(press, tries - 1))

    def _left(self, call: _Call) -> None:
        """She has left, or was cut off. Some stay to be put through again."""
        call.in_talk = False
        talk = self.plan.talk(call.arrival.nth, call.talks - 1)
        patience_s = call.arrival.patience_s if talk.stays or call.acting else 1.0
        talks = call.talks
        self._in(patience_s, lambda: self._loses_patience(call.handle, talks))

    # ---- psychologists

    def _leg(self, record: Record) -> None:
        handle = record["leg"]
        if record.get("ended_by"):
            self._over.add(handle)
            if handle in self.third and (hers := self._calls[handle].hers):
                self._debriefs.add(hers)
                self._in(DEBRIEF_S, lambda: self.control.hang_up(hers))
            return
        if handle[0] == "l" and record["what"] == "ringing":
            self._rung(handle, record["to"])

    def _rung(self, handle: str, number: str) -> None:
        who = self.people.get(number, number)  # a structure of the directory: somebody picks up there too
        self._rings[who] += 1
        ring = self.plan.ring(who, self._rings[who])
        self._legs[handle] = _Leg(who, number, ring.does)
        if ring.does == "misses":
            return
        what = "decline" if ring.does == "declines" else "answer"
        self._in(ring.after_s, lambda: self._does(handle, what))

    def _does(self, handle: str, what: str, **body: str) -> None:
        if handle not in self._over:
            self.control.phone_does(self._legs[handle].number, what, **body)

    def _asked(self, handle: str, code: str) -> None:
        leg = self._legs.get(handle)
        if leg is None:
            return
        keys = {"accepts": code, "passes": PASS_KEY}
        if leg.does in keys:
            self._in(0.3, lambda: self._does(handle, "press", keys=keys[leg.does]))
        elif leg.does == "hangs up":
            self._in(0.3, lambda: self._does(handle, "hangup"))
