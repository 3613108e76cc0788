"""The emulator's log as a story: one line a record that a person would notice, none with a number or an id.

Pure: records in, lines out. A caller is a letter ("A"), a psychologist her handle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Record = Mapping[str, Any]

ENDED_BY: Final = {
    "far_end": "hangs up",
    "service": "is hung up on by us",
    "carrier": "is cut off by the carrier",
}
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class Storyteller:
    """Remembers who is who. `people`: number or client name to handle. `published`: our number to how it is printed."""

    people: Mapping[str, str]
    published: Mapping[str, str]
    began_ms: int | None = None
    _names: dict[str, str] = field(default_factory=dict)
    _refused: dict[str, int] = field(default_factory=dict)

    def name_of(self, leg: str | None) -> str:
        """A leg's person; "somebody" for one never heard of."""
        return self._names.get(leg or "", "somebody")

    def line(self, at_ms: int, text: str) -> str:
        """A line of the story: seconds since the first one, three decimals for the milliseconds."""
        if self.began_ms is None:
            self.began_ms = at_ms
        return f"{(at_ms - self.began_ms) / 1000:8.3f}  {text}"

    def tell(self, record: Record) -> str | None:
        """The line of one record; None for what nobody would notice."""
        tellers: dict[str, Callable[[Record], str | None]] = {
            "leg": self._leg,
            "sound": self._sound,
            "key": self._key,
            "queue": self._queue,
            "document": self._document,
            "rest": self._rest,
            "fault": lambda record: f"FAULT: {record.get('what', '?')}",
            "forbidden": lambda _: "FORBIDDEN: something that P3 rules out",
        }
        told = tellers.get(str(record["kind"]))
        text = told(record) if told is not None else None
        return None if text is None else self.line(int(record["at_ms"]), text)

    def _leg(self, record: Record) -> str | None:
        leg, what = str(record["leg"]), str(record["what"])
        inbound = record["direction"] == "inbound"
        if leg not in self._names:
            self._names[leg] = self._new_name(record, inbound)
        who = self._names[leg]
        if what == "erased":
            return f"the carrier has deleted its record of {who}'s leg"
        if record.get("ended_by"):
            return self._ended(record, who, inbound)
        if inbound:
            dialled = self.published.get(str(record["to"]), "us")
            return {"ringing": f"{who} dials {dialled}", "in-progress": f"the line answers {who}"}.get(what)
        return {
            "queued": f"we ask the carrier to ring {who}",
            "ringing": f"{who}'s phone rings",
            "in-progress": f"{who} picks up",
        }.get(what)

    def _new_name(self, record: Record, inbound: bool) -> str:
        if not inbound:
            return self.people.get(str(record["to"]), "somebody of the roster")
        callers = sum(name in _LETTERS for name in self._names.values())
        return _LETTERS[callers % len(_LETTERS)]

    def _ended(self, record: Record, who: str, inbound: bool) -> str:
        if not inbound and not record.get("answered", True):
            return f"{who}'s phone stops ringing"
        return f"{who} {ENDED_BY.get(str(record['ended_by']), 'is gone')}"

    def _sound(self, record: Record) -> str | None:
        who, kind = self.name_of(record["leg"]), record["sound"]
        if kind == "say":
            return f"{who} hears: « {record['text']} »"
        if kind == "play":
            return f"{who} hears a recording"
        if kind == "talk" and str(record["leg"]).startswith("c"):
            others = " and ".join(self.name_of(leg) for leg in str(record["text"]).split(",") if leg)
            return f"{who} and {others} talk" if others else None
        return None

    def _key(self, record: Record) -> str:
        heeded = "" if record["taken"] else ", unheeded"
        return f"{self.name_of(record['leg'])} presses {record['key']}{heeded}"

    def _queue(self, record: Record) -> str | None:
        who = self.name_of(record["leg"])
        if record["what"] == "entered":
            return f"{who} stands in the waiting line"
        if record["what"] == "left":
            return f"{who} leaves the waiting line after {int(record.get('waited_ms', 0))} ms"
        return None

    def _document(self, record: Record) -> str | None:
        """Only what went wrong, and how long the first one took: nobody hears the others come."""
        path = "/".join(str(record["path"]).split("/")[:3])
        if record["status"] != 200:
            return f"{path} fails for {self.name_of(record['leg'])}: {record['error'] or record['status']}"
        if record["role"] == "voice":
            return f"{path} took {record['ms']} ms, network included"
        return None

    def _rest(self, record: Record) -> str | None:
        """A refused deletion once for each leg, however often it is tried."""
        leg = str(record["leg"])
        if record["operation"] != "calls.delete" or record["code"] != 20009:
            return None
        self._refused[leg] = self._refused.get(leg, 0) + 1
        if self._refused[leg] > 1:
            return None
        return f"the carrier does not delete its record of {self.name_of(leg)}'s leg yet (20009): next round"
