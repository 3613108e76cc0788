"""One whole run: set up, play, deal, heal, wait, judge, tell."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpline.domain.errors import LiveStateDown
from helpline.services import keep_duty
from helpline.services.switchboard import Switchboard
from tests.chaos import judge
from tests.chaos.dealer import Dealer, Dealt
from tests.chaos.desk import Desk
from tests.chaos.house import CHARS_PER_S, ChaosParts, people_of
from tests.chaos.plan import Plan
from tests.chaos.player import Player
from tests.chaos.stores import Stores, compare
from tests.demo import plain_environ

GO_HOME_S = 90.0
"""After the last fault, besides the longest talk and its interruptions: everybody has gone home by then."""

GO_HOME_TALKS = 4
"""Mean talks that the last of a run may need: who is cut off at the end of one talks once more."""

ERASED_S = 60.0
EMPTY_S = 30.0
LOOKS = 5


@dataclass
class Result:
    """What a run gave. `times`: seconds of its phases."""

    plan: Plan
    log: list[dict[str, Any]]
    dealt: Dealt
    found: list[judge.Finding]
    times: dict[str, float] = field(default_factory=dict)


class Breaks:
    """Psychologists who take a break, as the desk would do it; what of it counted, with its moments."""

    def __init__(self, sw: Switchboard, plan: Plan, started: float, dealt: Dealt) -> None:
        self._sw, self._plan, self._started, self._dealt = sw, plan, started, dealt
        self.away: list[tuple[str, int, int]] = []

    def run(self) -> None:
        people = self._sw.book.roster.psychologists
        moments = [(at, True, who) for at, _, who in self._plan.breaks]
        moments += [(at + for_s, False, who) for at, for_s, who in self._plan.breaks]
        begun: dict[int, int] = {}
        for at_s, begins, who in sorted(moments):
            time.sleep(max(0.0, self._started + at_s - time.monotonic()))
            try:
                if begins and keep_duty.begin_break(self._sw, people[who].id):
                    begun[who] = int(time.time() * 1000)
                elif not begins:
                    self._end(people[who].handle, people[who].id, begun.pop(who, None))
            except LiveStateDown:
                continue
        for who, begun_ms in begun.items():
            self._end(people[who].handle, people[who].id, begun_ms)

    def _end(self, handle: str, person: str, begun_ms: int | None) -> None:
        """A break that Redis has forgotten in between counted only until then."""
        now_ms = int(time.time() * 1000)
        lost = min((at for at in self._dealt.redis_lost_ms if begun_ms and at > begun_ms), default=now_ms)
        if begun_ms is not None:
            self.away.append((handle, begun_ms, min(lost, now_ms)))
        keep_duty.end_break(self._sw, person)


def run(plan: Plan, told: Callable[[str], None] = print, folder: Path | None = None) -> Result:
    people = people_of(plan.size.people)
    with tempfile.TemporaryDirectory() as temporary:
        home = folder or Path(temporary)
        begun = time.monotonic()
        with ChaosParts(plain_environ(home), home, people) as house:
            told(f"  up in {time.monotonic() - begun:.1f} s")
            return _play(house, plan, told)


def _play(house: ChaosParts, plan: Plan, told: Callable[[str], None]) -> Result:
    control = house.control
    control.set_knobs({"seed": plan.seed, "say_chars_per_s": CHARS_PER_S})
    telephones = {person.endpoints[0].address: person.handle for person in house.people}
    before = presences(house)
    started = time.monotonic()
    started_ms = int(time.time() * 1000)
    dealer = Dealer(house, plan, started)
    breaks = Breaks(house.service.switchboard, plan, started, dealer.dealt)
    helpers = [threading.Thread(target=task, daemon=True) for task in (dealer.run, breaks.run)]
    for helper in helpers:
        helper.start()
    desk = Desk(house.service.switchboard, {person.handle: person.id for person in house.people})
    player = Player(control, plan, telephones, desk, started)
    player.run(plan.size.span_s + GO_HOME_S + GO_HOME_TALKS * plan.size.talk_s)
    for helper in helpers:
        helper.join(60)
    played = time.monotonic() - started
    erased = _until_erased(player)
    told(f"  played in {played:.0f} s, erased after {erased:.0f} s more")
    time.sleep(EMPTY_S)
    player.look()
    world = judge.World(
        people=telephones,
        never=frozenset(person.handle for person in house.people[-2:]),
        away=tuple(breaks.away),
        ours=frozenset(line.number_e164 for line in house.service.switchboard.book.rules.lines.values()),
        outages=tuple(dealer.dealt.outages),
        third=frozenset(player.third),
    )
    stores = Stores(
        end_states=house.counts("end_state"),
        presented=sum(house.counts("presented").values()),
        keys=keys(house),
        presences=presences(house),
        presences_before=before,
    )
    found = [*judge.findings(player.log, world), *compare(player.log, stores)]
    if "due" in stores.keys:
        told(f"  due: {due_rows(house)}")
    result = Result(plan, player.log, dealer.dealt, found, {"played": played, "erased": erased})
    told(f"  at the desk: {desk.pressed}")
    tell(result, started_ms, told)
    return result


def _until_erased(player: Player) -> float:
    """Until the carrier knows no leg any more, or none is erased for a while; seconds it took."""
    begun = last = time.monotonic()
    known = -1
    while time.monotonic() - last < ERASED_S:
        player.look()
        legs = [record for record in player.log if record["kind"] == "leg"]
        left = len({r["leg"] for r in legs} - {r["leg"] for r in legs if r["what"] == "erased"})
        if left == 0:
            break
        if left != known:
            known, last = left, time.monotonic()
        time.sleep(1)
    return time.monotonic() - begun


def presences(house: ChaosParts) -> Mapping[str, str]:
    """Handle to state, of those who have one."""
    found = house.service.switchboard.offers.presences()
    names = {person.id: person.handle for person in house.people}
    return {names[who]: presence.state.value for who, presence in found.items()}


def keys(house: ChaosParts) -> frozenset[str]:
    """What stays in Redis: seen in each of several looks. The clock's own work comes and goes every second."""
    looks = []
    with house.redis_direct() as client:
        for _ in range(LOOKS):
            looks.append(frozenset(str(key) for key in client.keys("*")))
            time.sleep(0.7)
    return frozenset.intersection(*looks)


def due_rows(house: ChaosParts) -> list[tuple[str, int]]:
    """What is due by kind, and in how many ms; an effect's name has our own ids only."""
    now_ms = house.service.switchboard.clock.now_ms()
    with house.redis_direct() as client:
        rows = client.zrange("due", 0, -1, withscores=True)
    return [(str(member).partition(":")[0], int(at) - now_ms) for member, at in rows]


def tell(result: Result, started_ms: int, told: Callable[[str], None]) -> None:
    """The table of faults, calls by end, and each finding with its story."""
    plan, log = result.plan, result.log
    told(f"  faults dealt (seed {plan.seed}):")
    for (kind, part), count in sorted(result.dealt.counted.items()):
        told(f"    {kind + ' ' + part:<24} {count:4d}")
    told(
        f"    could not be dealt or ended {len(result.dealt.failed):4d} {dict(Counter(result.dealt.failed))}"
    )
    struck = Counter(str(r["what"]) for r in log if r["kind"] == "fault" and r["what"] != "rules set")
    for what, count in sorted(struck.items()):
        told(f"    at the carrier: {what:<18} {count:4d}")
    told("  calls by end:")
    for end, count in sorted(judge.ends(log).items()):
        told(f"    {end:<34} {count:4d}")
    long = [i.end_ms - i.start_ms for i in judge.silences_of(log) if i.end_ms - i.start_ms > 5_000]
    told(f"    silences over 5 s: {len(long)}, the longest {max(long, default=0) / 1000:.1f} s")
    told(f"  findings: {len(result.found)}")
    for rule, count in Counter(finding.rule for finding in result.found).items():
        told(f"    {rule:<12} {count}")
    shown: Counter[str] = Counter()
    for finding in result.found:
        shown[finding.rule] += 1
        told(f"  {finding.rule}: {finding.text}")
        if finding.legs and shown[finding.rule] <= 3:
            told(judge.story(log, finding.legs, started_ms))
