"""The verdict of a run, from the carrier's log alone; `stores` compares what our stores say with it.

Pure functions over the records of the log; `findings` puts them together. Each finding names the legs it is about,
so that their story can be printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpline.emulator.verdict import (
    Allowed,
    InboundLeg,
    Interval,
    by_leg,
    heard,
    inbound_legs,
    mailboxes,
    promises_broken,
)

Record = Mapping[str, Any]

SILENCE_MS = 15_000
"""The longest silence P1 declares: a caller left alone when the news of it is lost. Outages are taken out of it:
the live state, the way to the carrier or web was away, and P1 speaks of one part that dies, not of all in a row."""

LONGEST_SILENCE_MS = 60_000
"""With every outage in it."""

RINGING_MS = 30_000
ORDERED_MS = 3_000
"""An order to ring that was on its way when she signed off."""


LEARNT_MS = 15_000
"""A talk that the static chain has made is known to us after a reconciling, every ten seconds, and its retries."""

HANGING_UP_MS = 1_000
"""A leg may be up for so long after its reason is gone: who declines by key is free when the key is heard."""


@dataclass(frozen=True)
class Finding:
    """One broken rule. `legs`: whose stories show it."""

    rule: str
    text: str
    legs: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """What the harness itself did. people: telephone to handle; never: handles planned nowhere.

    away: (handle, from ms, to ms) she was on a break; ours: numbers a telephone may show; outages: (from ms, to ms).
    third: callers for whom their psychologist has called somebody third.
    """

    people: Mapping[str, str]
    never: frozenset[str] = frozenset()
    away: tuple[tuple[str, int, int], ...] = ()
    ours: frozenset[str] = frozenset()
    outages: tuple[tuple[int, int], ...] = ()
    third: frozenset[str] = frozenset()


def findings(log: Sequence[Record], world: World) -> list[Finding]:
    """Everything the log alone shows."""
    return [
        *_promises(log, world),
        *_silences(log, world),
        *_two_at_once(log, world),
        *_rung(log, world),
        *_foreign_numbers(log, world),
        *_not_over(log),
        *_ended_once(log),
        *(
            Finding("emulator", str(record["text"]))
            for record in log
            if record.get("what") == "emulator error"
        ),
    ]


def _promises(log: Sequence[Record], world: World) -> Iterable[Finding]:
    """Dead lines, crowds, forbidden words."""
    allowed = Allowed(silence_ms=2**63, ringing_ms=RINGING_MS, people=world.people)  # silences: `_silences`
    lives = _lives(log)
    began = {talk.leg: talk.start_ms for talk in reversed(_talks(log))}
    for text in promises_broken(log, allowed):
        words = text.replace(",", " ").split()
        legs = tuple(word for word in words if word[:1] in ("c", "l") and word[1:].isdigit())
        if "while talking" in text and lives[legs[0]].to not in world.people:
            continue  # a structure of the directory, which has more than one caller
        if "while talking" in text and _could_not_know(lives[legs[0]], lives[legs[1]], began[legs[1]]):
            continue
        if " at once " in text and legs[0] in world.third and len(legs) <= 3:
            continue
        yield Finding(text.partition(" ")[0], text, legs)


def _silences(log: Sequence[Record], world: World) -> Iterable[Finding]:
    """Callers who heard nothing for too long."""
    for silence in silences_of(log):
        lasted_ms = silence.end_ms - silence.start_ms
        able_ms = lasted_ms - _overlap_ms(silence, world.outages)
        if able_ms > SILENCE_MS or lasted_ms > LONGEST_SILENCE_MS:
            text = f"{silence.leg} heard nothing for {lasted_ms} ms, {able_ms} ms of them without an outage"
            yield Finding("P1", text, (silence.leg,))


def silences_of(log: Sequence[Record]) -> list[Interval]:
    """Every silence of every caller."""
    parts = by_leg(log)
    until_ms = log[-1]["at_ms"] if log else 0
    return [
        interval
        for leg in inbound_legs(log)
        for interval in heard(parts[leg.handle], leg.handle, until_ms)
        if interval.kind == "silence"
    ]


def _overlap_ms(silence: Interval, outages: Iterable[tuple[int, int]]) -> int:
    """How much of it lies in outages, those that overlap counted once."""
    total, reached = 0, silence.start_ms
    for from_ms, to_ms in sorted(outages):
        from_ms, to_ms = max(from_ms, reached), min(to_ms, silence.end_ms)
        if to_ms > from_ms:
            total, reached = total + to_ms - from_ms, to_ms
    return total


def _could_not_know(rung: _Life, talk: _Life, talk_ms: int) -> bool:
    """The static chain knows nobody's presence, and we learn of its talks by the next look at the carrier.

    In both cases her telephone says busy.
    """
    return rung.by_chain or (talk.by_chain and rung.began_ms - talk_ms < LEARNT_MS)


def _talks(log: Sequence[Record]) -> list[Interval]:
    """Talks as the psychologists' legs heard them."""
    if not log:
        return []
    end_ms = log[-1]["at_ms"]
    found = []
    for leg, records in by_leg(log).items():
        if leg[0] == "l":
            found += [i for i in heard(records, leg, end_ms) if i.kind == "talk" and i.others]
    return found


def _two_at_once(log: Sequence[Record], world: World) -> Iterable[Finding]:
    """One psychologist in two talks, over two legs, at the same time."""
    to = _numbers(log)
    machines = mailboxes(log)
    last: dict[str, Interval] = {}
    for talk in sorted(_talks(log), key=lambda talk: talk.start_ms):
        who = world.people.get(to.get(talk.leg, ""))
        if who is None or talk.leg in machines:
            continue
        before = last.get(who)
        if before and before.leg != talk.leg and talk.start_ms < before.end_ms:
            legs = (before.leg, talk.leg, *before.others, *talk.others)
            yield Finding("P5", f"{who} was in two talks at once, on {before.leg} and {talk.leg}", legs)
        if before is None or talk.end_ms > before.end_ms:
            last[who] = talk


def _rung(log: Sequence[Record], world: World) -> Iterable[Finding]:
    """Nobody planned nowhere, nobody on a break, nobody on two legs of ours at once."""
    legs = _lives(log)
    before: dict[str, list[str]] = {}
    for leg, life in legs.items():
        who = world.people.get(life.to)
        if who is None:
            continue
        if who in world.never:
            yield Finding("off duty", f"{who} is planned nowhere and was rung by {leg}", (leg,))
        if life.by_chain:
            continue  # the static chain knows no presence
        yield from _on_a_break(leg, life.began_ms, who, world)
        for other in before.setdefault(who, []):
            if legs[other].ended_ms - life.began_ms > HANGING_UP_MS:
                yield Finding("rung twice", f"{who} was rung by {leg} while {other} was up", (other, leg))
        before[who].append(leg)


@dataclass
class _Life:
    to: str
    began_ms: int
    by_chain: bool
    ended_ms: int


def _lives(log: Sequence[Record]) -> dict[str, _Life]:
    """The legs that left, in the order they did; one that has not ended ends with the log."""
    lives: dict[str, _Life] = {}
    for record in log:
        if record["kind"] != "leg" or record["leg"][0] != "l":
            continue
        if record["what"] == "initiated":
            life = _Life(record["to"], record["at_ms"], bool(record.get("parent")), log[-1]["at_ms"])
            lives[record["leg"]] = life
        elif record.get("ended_by") and record["what"] != "erased" and record["leg"] in lives:
            lives[record["leg"]].ended_ms = record["at_ms"]
    return lives


def _on_a_break(leg: str, at_ms: int, who: str, world: World) -> Iterable[Finding]:
    for handle, from_ms, to_ms in world.away:
        if handle == who and from_ms + ORDERED_MS <= at_ms < to_ms:
            yield Finding("off duty", f"{who} was on a break and was rung by {leg}", (leg,))


def _foreign_numbers(log: Sequence[Record], world: World) -> Iterable[Finding]:
    for record in log:
        outbound = record["kind"] == "leg" and record["leg"][0] == "l" and record["what"] == "initiated"
        if world.ours and outbound and record["from"] not in world.ours:
            yield Finding("P2", f"{record['leg']} showed a number that is not ours", (record["leg"],))


def _not_over(log: Sequence[Record]) -> Iterable[Finding]:
    """Every leg ends, and every leg is erased at the carrier."""
    ended, erased, seen = set(), set(), {}
    for record in log:
        if record["kind"] == "leg":
            seen[record["leg"]] = record
            if record.get("ended_by"):
                ended.add(record["leg"])
            if record["what"] == "erased":
                erased.add(record["leg"])
    for leg in seen:
        if leg not in ended:
            yield Finding("not over", f"{leg} is still up", (leg,))
        elif leg not in erased:
            yield Finding("not erased", f"{leg} is still known to the carrier", (leg,))


def _ended_once(log: Sequence[Record]) -> Iterable[Finding]:
    ends = Counter(
        r["leg"] for r in log if r["kind"] == "leg" and r.get("ended_by") and r["what"] != "erased"
    )
    for leg, count in ends.items():
        if count > 1:
            yield Finding("ended twice", f"{leg} ended {count} times", (leg,))


def _numbers(log: Sequence[Record]) -> dict[str, str]:
    return {record["leg"]: record["to"] for record in log if record["kind"] == "leg"}


def ends(log: Sequence[Record]) -> Counter[str]:
    """Callers by how it went for them, for the table."""
    machines = mailboxes(log)
    parts = by_leg(log)
    found: Counter[str] = Counter()
    for leg in inbound_legs(log):
        found[_end_of(leg, heard(parts.get(leg.handle, []), leg.handle), machines)] += 1
    return found


def _end_of(leg: InboundLeg, sounds: Sequence[Interval], machines: set[str]) -> str:
    spoke = any(set(i.others) - machines for i in sounds if i.kind == "talk")
    by = {"far_end": "hung up", "service": "ended by us", "carrier": "cut off"}.get(
        leg.ended_by or "", "on the line"
    )
    return f"{'spoke' if spoke else 'did not speak'}, {by}"


def story(log: Sequence[Record], legs: Iterable[str], started_ms: int, last: int = 60) -> str:
    """What happened to these legs and to those they met, one line a record."""
    wanted = set(legs)
    for record in log:
        if record["kind"] == "sound" and record["leg"] in wanted and record["sound"] == "talk":
            wanted |= {other for other in record["text"].split(",") if other}
    kept = ("leg", "what", "to", "status", "ended_by", "parent", "sound", "text", "role", "path", "error", "operation",
            "room", "queue", "why", "result", "key", "taken", "ms")  # fmt: skip
    lines = [
        f"{(r['at_ms'] - started_ms) / 1000:9.3f} {r['kind']:9} "
        + " ".join(f"{name}={r[name]}" for name in kept if r.get(name) not in (None, ""))
        for r in log
        if r.get("leg") in wanted
    ]
    return "\n".join(lines[-last:])
