"""Each rule of the verdict is broken once in a log, and found. A verdict that cannot fail proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.judge import Finding, World, ends, findings, story
from tests.chaos.stores import Stores, compare

VERA, BRUNO, NEVER = "+33639986000", "+33639986001", "+33639986099"
OURS = "+33199000001"
WORLD = World(
    people={VERA: "vera", BRUNO: "bruno", NEVER: "nadia"},
    never=frozenset({"nadia"}),
    away=(("bruno", 0, 10_000),),
    ours=frozenset({OURS}),
)
Log = list[dict[str, Any]]


class Evidence:
    """A log in the making; times in seconds."""

    def __init__(self) -> None:
        self.log: Log = []

    def add(self, at_s: float, kind: str, **fields: Any) -> None:
        self.log.append({"at_ms": round(1000 * at_s), "kind": kind, **fields})

    def leg(self, at_s: float, leg: str, what: str, to: str = OURS, **fields: Any) -> None:
        direction = "inbound" if leg[0] == "c" else "outbound-api"
        shown = {"from": OURS, "direction": direction, "to": to, "status": what, "parent": None}
        self.add(at_s, "leg", leg=leg, what=what, **{**shown, **fields})

    def arrives(self, at_s: float, leg: str = "c1") -> None:
        self.leg(at_s, leg, "ringing")
        self.leg(at_s + 0.1, leg, "in-progress")
        self.hears(at_s + 0.1, leg, "say", "Bonjour")

    def hears(self, at_s: float, leg: str, sound: str, text: str = "") -> None:
        self.add(at_s, "sound", leg=leg, sound=sound, text=text)

    def rings(self, at_s: float, leg: str, to: str = VERA, **fields: Any) -> None:
        self.leg(at_s, leg, "initiated", to, **fields)

    def talks(self, at_s: float, caller: str, leg: str) -> None:
        self.hears(at_s, caller, "talk", leg)
        self.hears(at_s, leg, "talk", caller)

    def ends(self, at_s: float, leg: str, by: str = "far_end", to: str = OURS) -> None:
        self.leg(at_s, leg, "completed", to, ended_by=by)
        self.leg(at_s + 60, leg, "erased", to, ended_by=by)

    def sorted(self) -> Log:
        return sorted(self.log, key=lambda record: int(record["at_ms"]))


def a_talk(seen: Evidence, caller: str = "c1", leg: str = "l1", at_s: float = 100) -> None:
    """One caller reaches Vera and hangs up after a minute."""
    seen.arrives(at_s, caller)
    seen.rings(at_s + 0.5, leg)
    seen.hears(at_s + 1, leg, "say", "appuyez sur 1")
    seen.talks(at_s + 4, caller, leg)
    seen.ends(at_s + 64, caller)
    seen.ends(at_s + 65, leg, "service", VERA)


def silent(seen: Evidence) -> None:
    seen.arrives(10, "c9")
    seen.hears(12, "c9", "silence")
    seen.ends(30, "c9")


def ended_by_us(seen: Evidence) -> None:
    seen.arrives(10, "c9")
    seen.ends(12, "c9", "service")


def english_error(seen: Evidence) -> None:
    seen.arrives(10, "c9")
    seen.hears(11, "c9", "say", "We are sorry, an application error has occurred.")
    seen.ends(12, "c9")


def rings_for_ever(seen: Evidence) -> None:
    seen.leg(10, "c9", "ringing")
    seen.ends(60, "c9")


def two_psychologists(seen: Evidence) -> None:
    seen.arrives(10, "c9")
    seen.hears(12, "c9", "talk", "l8,l9")
    seen.ends(20, "c9")


def two_callers_at_once(seen: Evidence) -> None:
    """Over two legs of hers, the second by the static chain, so that only the talks themselves tell."""
    seen.arrives(120, "c9")
    seen.rings(121, "l9", parent="c9")
    seen.talks(122, "c9", "l9")
    seen.ends(130, "c9")
    seen.ends(131, "l9", to=VERA)


def rung_while_talking(seen: Evidence) -> None:
    seen.rings(120, "l9")
    seen.ends(121, "l9", to=VERA)


def rung_twice(seen: Evidence) -> None:
    seen.rings(10, "l8")
    seen.rings(12, "l9")
    seen.ends(20, "l8", to=VERA)
    seen.ends(20, "l9", to=VERA)


def rung_without_a_shift(seen: Evidence) -> None:
    seen.rings(10, "l9", NEVER)
    seen.ends(12, "l9", to=NEVER)


def rung_on_a_break(seen: Evidence) -> None:
    seen.rings(5, "l9", BRUNO)
    seen.ends(6, "l9", to=BRUNO)


def shows_the_caller(seen: Evidence) -> None:
    seen.rings(20, "l9", BRUNO, **{"from": "+33639980000"})
    seen.ends(21, "l9", to=BRUNO)


def rung_long_after_the_chain_has_joined_her(seen: Evidence) -> None:
    seen.arrives(200, "c9")
    seen.rings(201, "l8", parent="c9")
    seen.talks(202, "c9", "l8")
    seen.rings(220, "l9")
    seen.ends(220.1, "l9", to=VERA)
    seen.ends(230, "c9")
    seen.ends(231, "l8", to=VERA)


def never_ends(seen: Evidence) -> None:
    seen.arrives(150, "c9")


def never_erased(seen: Evidence) -> None:
    seen.arrives(10, "c9")
    seen.leg(12, "c9", "completed", ended_by="far_end")


def ended_twice(seen: Evidence) -> None:
    seen.arrives(10, "c9")
    seen.leg(11, "c9", "completed", ended_by="far_end")
    seen.ends(12, "c9")


def forbidden_word(seen: Evidence) -> None:
    seen.add(10, "forbidden", text="P3 broken: a document asked for a recording", words=["x"])


def emulator_fails(seen: Evidence) -> None:
    seen.add(10, "fault", what="emulator error", text="KeyError")


PLANTED: list[tuple[Callable[[Evidence], None], str]] = [
    (silent, "P1"),
    (ended_by_us, "P1"),
    (english_error, "P1"),
    (rings_for_ever, "P1"),
    (two_psychologists, "P5"),
    (two_callers_at_once, "P5"),
    (rung_while_talking, "P5"),
    (rung_long_after_the_chain_has_joined_her, "P5"),
    (rung_twice, "rung twice"),
    (rung_without_a_shift, "off duty"),
    (rung_on_a_break, "off duty"),
    (shows_the_caller, "P2"),
    (never_ends, "not over"),
    (never_erased, "not erased"),
    (ended_twice, "ended twice"),
    (forbidden_word, "P3"),
    (emulator_fails, "emulator"),
]


def test_a_run_without_fault_is_clean() -> None:
    seen = Evidence()
    a_talk(seen)

    assert findings(seen.sorted(), WORLD) == []


@pytest.mark.parametrize(("plant", "rule"), PLANTED)
def test_what_is_planted_is_found(plant: Callable[[Evidence], None], rule: str) -> None:
    seen = Evidence()
    a_talk(seen)

    plant(seen)

    found = findings(seen.sorted(), WORLD)
    assert rule in {finding.rule for finding in found}, found


def test_a_silence_in_an_outage_is_excused_but_not_for_ever() -> None:
    seen = Evidence()
    silent(seen)  # from 12 s to 30 s
    excused = replace(WORLD, outages=((14_000, 18_000), (13_000, 16_000)))
    short = replace(WORLD, outages=((14_000, 15_000),))

    assert findings(seen.sorted(), excused) == []
    assert [finding.rule for finding in findings(seen.sorted(), short)] == ["P1"]

    seen.arrives(100, "c8")
    seen.hears(101, "c8", "silence")
    seen.ends(170, "c8")
    for_ever = replace(WORLD, outages=((0, 200_000),))
    assert [finding.legs for finding in findings(seen.sorted(), for_ever)] == [("c8",)]


def test_a_structure_may_be_called_for_two_callers() -> None:
    seen = Evidence()
    a_talk(seen)
    seen.arrives(10, "c9")
    for at_s, leg in ((11, "l8"), (13, "l9")):
        seen.rings(at_s, leg, "+33199002001")
    seen.talks(12, "c9", "l8")
    for leg in ("l8", "l9"):
        seen.ends(20, leg, to="+33199002001")
    seen.ends(21, "c9")

    assert findings(seen.sorted(), WORLD) == []


def test_a_third_party_whom_she_has_called_is_no_crowd() -> None:
    seen = Evidence()
    two_psychologists(seen)

    assert findings(seen.sorted(), replace(WORLD, third=frozenset({"c9"}))) == []


def test_the_static_chain_may_try_who_is_talking_or_on_a_break() -> None:
    seen = Evidence()
    a_talk(seen)

    for at_s, leg, number in ((5, "l8", BRUNO), (120, "l9", VERA)):
        seen.rings(at_s, leg, number, parent="c1")
        seen.ends(at_s + 0.1, leg, to=number)

    assert findings(seen.sorted(), WORLD) == []


def test_an_order_on_its_way_when_she_signs_off_is_no_finding() -> None:
    seen = Evidence()
    a_talk(seen)

    seen.rings(2, "l9", BRUNO)
    seen.ends(3, "l9", to=BRUNO)

    assert findings(seen.sorted(), WORLD) == []


STORES = Stores(
    end_states={"spoke": 1},
    presented=1,
    keys=frozenset({"epoch", "psys", "psy:p1", "lease:reconcile", "rq:workers"}),
    presences={"vera": "available"},
    presences_before={"vera": "available"},
)


@pytest.mark.parametrize(
    ("stores", "rule"),
    [
        (replace(STORES, end_states={"spoke": 2}), "counts"),
        (replace(STORES, end_states={}), "counts"),
        (replace(STORES, presented=0), "counts"),
        (replace(STORES, keys=STORES.keys | {"call:1"}), "Redis"),
        (replace(STORES, keys=STORES.keys | {"rq:job:1"}), "Redis"),
        (replace(STORES, presences={"vera": "talking"}), "presence"),
        (replace(STORES, presences={}), "presence"),
    ],
)
def test_what_our_stores_say_is_held_against_the_carriers_log(stores: Stores, rule: str) -> None:
    seen = Evidence()
    a_talk(seen)

    assert compare(seen.sorted(), STORES) == []
    assert [finding.rule for finding in compare(seen.sorted(), stores)] == [rule]


def test_a_findings_story_shows_those_they_met() -> None:
    seen = Evidence()
    a_talk(seen)

    told = story(seen.sorted(), Finding("P1", "…", ("c1",)).legs, 100_000)

    assert "leg=l1" in told
    assert ends(seen.sorted()) == {"spoke, hung up": 1}
