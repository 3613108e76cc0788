"""Reading the evidence afterwards: who heard what, who talked to whom, and which promises were broken.

Pure functions over the records of `Control.log()`; nothing here knows the carrier's insides, so the same judgement
holds for a stepped test, a demonstration and a night of chaos.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Record = Mapping[str, Any]

WAY_ON = re.compile(r"\b(15|112|114|3114)\b|\bSAMU\b")  # a spoken number that leads to a human being
ENGLISH_ERROR = "application error"


@dataclass(frozen=True)
class Interval:
    """Something a leg heard, from `start_ms` to `end_ms`. `others`: with whom, for a talk."""

    leg: str
    kind: str
    text: str
    start_ms: int
    end_ms: int

    @property
    def others(self) -> tuple[str, ...]:
        """The legs talked to, by handle; empty unless it is a talk."""
        return tuple(self.text.split(",")) if self.kind == "talk" and self.text else ()


@dataclass(frozen=True)
class InboundLeg:
    """One caller. Instants are epoch ms, None when it has not come to that; ended_by: far_end, service, carrier."""

    handle: str
    began_ms: int
    answered_ms: int | None
    ended_ms: int | None
    status: str
    ended_by: str | None


@dataclass(frozen=True)
class Allowed:
    """What is not held against the service. Defaults are the promises as written.

    silence_ms: longest silence; ringing_ms: longest wait for an answer; third_party: a colleague or SAMU may be in.
    people: endpoint (`client:vera`, `+33…`) to person, so that a person's two endpoints count as one.
    """

    silence_ms: int = 5_000
    ringing_ms: int = 30_000
    third_party: bool = False
    people: Mapping[str, str] | None = None
    until_ms: int | None = None  # when the evidence was taken: calls not over last until then


def inbound_legs(log: Iterable[Record]) -> list[InboundLeg]:
    """Every caller, in order of arrival."""
    seen: dict[str, dict[str, Any]] = {}
    for record in log:
        if record["kind"] != "leg" or record["direction"] != "inbound":
            continue
        leg = seen.setdefault(
            record["leg"], {"began": record["at_ms"], "answered": None, "ended": None, "by": None}
        )
        if record["what"] == "in-progress":
            leg["answered"] = record["at_ms"]
        if record.get("ended_by"):
            leg |= {"ended": record["at_ms"], "by": record["ended_by"]}
        if record["what"] != "erased":
            leg["status"] = record["status"]
    return [
        InboundLeg(handle, leg["began"], leg["answered"], leg["ended"], leg["status"], leg["by"])
        for handle, leg in seen.items()
    ]


def heard(log: Sequence[Record], leg: str, until_ms: int | None = None) -> list[Interval]:
    """What a leg heard, without gaps, from its first sound to its end.

    A leg that is not over hears its last sound until `until_ms`, or until the last record when that is not given.
    """
    if not log:
        return []
    ends = [r["at_ms"] for r in log if r["kind"] == "leg" and r["leg"] == leg and r.get("ended_by")]
    end_ms = ends[0] if ends else max(log[-1]["at_ms"], until_ms or 0)
    sounds = [r for r in log if r["kind"] == "sound" and r["leg"] == leg and r["at_ms"] <= end_ms]
    if not sounds:
        return []
    stops = [*(sound["at_ms"] for sound in sounds[1:]), end_ms]
    lasts = [(sound, stop) for sound, stop in zip(sounds, stops, strict=True) if stop > sound["at_ms"]]
    if not ends and sounds and stops[-1] == sounds[-1]["at_ms"]:
        lasts.append((sounds[-1], end_ms))
    return [Interval(leg, sound["sound"], sound["text"], sound["at_ms"], stop_ms) for sound, stop_ms in lasts]


def silences(log: Sequence[Record], leg: str, min_ms: int, until_ms: int | None = None) -> list[Interval]:
    """Silences of more than `min_ms`."""
    whole = heard(log, leg, until_ms)
    return [i for i in whole if i.kind == "silence" and i.end_ms - i.start_ms > min_ms]


def bridges(log: Sequence[Record]) -> list[Interval]:
    """Every talk, seen from each leg in it: a conference with somebody else, or a Dial that was connected."""
    handles = dict.fromkeys(record["leg"] for record in log if record["kind"] == "sound")
    return [interval for leg in handles for interval in heard(log, leg) if interval.others]


def mailboxes(log: Iterable[Record]) -> set[str]:
    """Legs that were answered by a mailbox."""
    return {r["leg"] for r in log if r["kind"] == "phone" and r["what"] == "mailbox greeting"}


def spoke(log: Sequence[Record], leg: str) -> bool:
    """True when a caller was connected to somebody who is not a mailbox."""
    machines = mailboxes(log)
    return any(set(i.others) - machines for i in heard(log, leg) if i.kind == "talk")


def told_a_way_on(log: Sequence[Record], leg: str) -> bool:
    """True when a caller was told a number that leads to a human being."""
    return _leads_on(heard(log, leg))


def by_leg(log: Iterable[Record]) -> dict[str, list[Record]]:
    """The records of each leg, in order; those of no leg are left out."""
    parts: dict[str, list[Record]] = {}
    for record in log:
        if record.get("leg"):
            parts.setdefault(record["leg"], []).append(record)
    return parts


def promises_broken(log: Sequence[Record], allowed: Allowed | None = None) -> list[str]:
    """Every broken promise, as one sentence that begins with its name; empty when all was kept."""
    if not log:
        return []
    allowed = allowed or Allowed()
    allowed = replace(allowed, until_ms=max(log[-1]["at_ms"], allowed.until_ms or 0))
    parts, machines = by_leg(log), mailboxes(log)
    found: list[str] = []
    for leg in inbound_legs(log):
        sounds = heard(parts[leg.handle], leg.handle, allowed.until_ms)
        found += _dead_line(sounds, leg, allowed, machines)
        found += _crowded(sounds, leg, allowed)
    found += [record["text"] for record in log if record["kind"] == "forbidden"]
    return found + _rung_while_talking(parts, allowed)


def _dead_line(
    sounds: Sequence[Interval], leg: InboundLeg, allowed: Allowed, machines: set[str]
) -> list[str]:
    """P1: a human voice or a way to one; no long silence, no English error, no endless ringing."""
    found = [
        f"P1 broken: {leg.handle} heard nothing for {i.end_ms - i.start_ms} ms from {i.start_ms}"
        for i in sounds
        if i.kind == "silence" and i.end_ms - i.start_ms > allowed.silence_ms
    ]
    if any(ENGLISH_ERROR in i.text for i in sounds if i.kind == "say"):
        found.append(f"P1 broken: {leg.handle} heard an English error")
    last_ms = leg.answered_ms or leg.ended_ms or allowed.until_ms or 0
    if last_ms - leg.began_ms > allowed.ringing_ms:
        found.append(f"P1 broken: {leg.handle} rang for {last_ms - leg.began_ms} ms")
    reached = any(set(i.others) - machines for i in sounds if i.kind == "talk")
    if leg.ended_by == "service" and not reached and not _leads_on(sounds):
        found.append(f"P1 broken: {leg.handle} was ended ({leg.status}) without a human or a way to one")
    return found


def _leads_on(sounds: Iterable[Interval]) -> bool:
    return any(i.kind in ("say", "play") and WAY_ON.search(i.text) for i in sounds)


def _crowded(sounds: Sequence[Interval], leg: InboundLeg, allowed: Allowed) -> list[str]:
    """P5: one psychologist to a caller, one caller to a psychologist."""
    found: list[str] = []
    for talk in sounds:
        others = [other for other in talk.others if other.startswith("l")]
        if len(others) > 1 and not allowed.third_party:
            found.append(
                f"P5 broken: {leg.handle} talked to {', '.join(others)} at once from {talk.start_ms}"
            )
        if any(other.startswith("c") for other in talk.others):
            found.append(f"P5 broken: {leg.handle} was connected to another caller from {talk.start_ms}")
    return found


def _rung_while_talking(parts: Mapping[str, Sequence[Record]], allowed: Allowed) -> list[str]:
    """P5: nobody who talks to a caller is rung for another."""
    people = allowed.people or {}
    talks: dict[str, list[Interval]] = {}
    rung: list[tuple[int, str, str]] = []
    for leg, records in parts.items():
        legs = [record for record in records if record["kind"] == "leg"]
        if not legs or not leg.startswith("l"):
            continue
        who = people.get(legs[0]["to"], legs[0]["to"])
        rung += [(record["at_ms"], who, leg) for record in legs if record["what"] == "initiated"]
        talks.setdefault(who, []).extend(
            i
            for i in heard(records, leg, allowed.until_ms)
            if any(other.startswith("c") for other in i.others)
        )
    return [
        f"P5 broken: {who} was rung by {leg} while talking on {talk.leg}"
        for at_ms, who, leg in sorted(rung)
        for talk in talks.get(who, [])
        if talk.leg != leg and talk.start_ms <= at_ms < talk.end_ms
    ]
