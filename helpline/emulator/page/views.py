"""What the page shows, as plain data: calls, telephones, and rows of what was asked. No identifier of the carrier's,
no parameter of a request, and no caller's number is in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from helpline.emulator.carrier import Carrier
from helpline.emulator.handsets import Handset
from helpline.emulator.log import Record
from helpline.emulator.page.options import Options, readable
from helpline.emulator.settings import DEMO_NUMBERS, e164, national
from helpline.emulator.state import Direction, EndedBy, Leg, Status

View = dict[str, Any]
HEARD = 12  # sounds of a call that are sent: the present one and what led to it
ROWS = frozenset({"document", "callback", "rest", "warning", "forbidden", "fault"})
ENDED_BY = {EndedBy.FAR_END: "far_end", EndedBy.SERVICE: "service", EndedBy.CARRIER: "carrier", None: None}
STATES = {Status.QUEUED: "ringing", Status.RINGING: "ringing", Status.IN_PROGRESS: "talking"}
RANDOM = re.compile(r"[A-Za-z0-9_-]{12,}")  # a segment of a path that says nothing to a reader
DIGITS = re.compile(r"\+?\d{7,}")


def greeting(carrier: Carrier, options: Options) -> View:
    """What can be dialled, and as whom; `run` differs after each start of the carrier.

    The demo's first line is the present one, the others are former.
    """
    numbers = carrier.world.settings.numbers
    lines = [
        {
            "number": own.aliases[0] if own.aliases else own.e164,
            "shown": readable(own.aliases[0] if own.aliases else national(own.e164)),
            "former": numbers == DEMO_NUMBERS and place > 0,
        }
        for place, own in enumerate(numbers)
    ]
    callers = [{"number": number, "shown": readable(national(number))} for number in options.callers]
    run = max((config.created_ms for config in carrier.world.numbers.values()), default=0)
    return {"run": run, "lines": lines, "callers": callers}


@dataclass(frozen=True)
class Names:
    """Who is at the far end of a leg, as the page names them."""

    carrier: Carrier
    options: Options

    def of(self, leg: Leg) -> View:
        """kind: caller (named by handle), phone (by label, else by number), client (by identity)."""
        if leg.direction is Direction.INBOUND:
            return {"kind": "caller", "name": leg.handle}
        if leg.to.startswith("client:"):
            return {"kind": "client", "name": leg.to.removeprefix("client:")}
        return {"kind": "phone", "name": self.phone(leg.to)}

    def phone(self, number: str) -> str:
        """The label of a telephone, else its number as people write it."""
        return self.options.label_of(number) or readable(national(number))

    def of_handle(self, handle: object) -> View | None:
        """The same for a leg known by its handle."""
        leg = self.carrier.world.handles.get(str(handle))
        return None if leg is None else self.of(leg)


def leg_view(leg: Leg, names: Names) -> View:
    """A leg as its far end sees it. heard: the last sounds; first: how many came before these."""
    first = max(0, len(leg.heard) - HEARD)
    return {
        "leg": leg.handle,
        "state": STATES.get(leg.status, "ended"),
        "with": [names.of(other) for other in leg.with_],
        "first": first,
        "heard": [sound_view(sound) for sound in leg.heard[first:]],
        "keys_wanted": leg.listener is not None,
        "ended_by": ENDED_BY[leg.ended_by],
        "began_ms": leg.created_ms,
        "answered_ms": leg.answered_ms,
        "ended_ms": leg.ended_ms,
    }


def sound_view(sound: Record) -> View:
    """A sound heard: words whole, a recording by its name, who one talks with not at all."""
    text = {"play": PurePosixPath(urlsplit(sound["text"]).path).stem, "talk": ""}
    return {"at_ms": sound["at_ms"], "kind": sound["kind"], "text": text.get(sound["kind"], sound["text"])}


def mark(leg: Leg | None) -> tuple[object, ...]:
    """Equal as long as a leg's view is."""
    if leg is None:
        return ()
    return (
        leg.handle, leg.status, len(leg.heard), tuple(other.handle for other in leg.with_), leg.listener is not None,
    )  # fmt: skip


def phone_view(handset: Handset, names: Names) -> View:
    """A telephone. id: what it may be called in the control API, its label where it has one."""
    label = names.options.label_of(handset.number)
    return {
        "id": label or handset.number,
        "shown": names.phone(handset.number),
        "is": handset.kind.value,
        "state": handset.state,
        "call": leg_view(handset.last, names) if handset.last else None,
    }


def declared(carrier: Carrier, options: Options) -> list[Handset]:
    """The telephones with a label, in their order, then the others ever rung."""
    first = [carrier.handsets.get(e164(number)) for number in options.phones.values()]
    return [*first, *(handset for handset in carrier.handsets.known.values() if handset not in first)]


def row_view(record: Record, names: Names) -> View | None:
    """One line of the table; None for a record that is not one. reads: REST only looked something up."""
    if record["kind"] not in ROWS:
        return None
    what = record.get("role") or record.get("operation") or record.get("what") or record.get("code") or ""
    answer = record.get("status") or record.get("error") or record.get("code")
    operation = str(record.get("operation", ""))
    return {
        "n": record["n"],
        "at_ms": record["at_ms"],
        "kind": record["kind"],
        "who": names.of_handle(record.get("leg")),
        "what": str(what),
        "path": short_path(str(record.get("path") or "")) if record["kind"] != "rest" else "",
        "answer": None if answer is None else str(answer),
        "good": _is_good(record),
        "ms": record.get("ms"),
        "state": record.get("params", {}).get("CallStatus") if record["kind"] == "callback" else None,
        "reads": operation.endswith((".list", ".fetch")),
        "level": record.get("level", "error"),
        "text": DIGITS.sub("…", str(record.get("text") or "")),
    }


def _is_good(record: Record) -> bool:
    status = record.get("status")
    return isinstance(status, int) and status < 400


def short_path(path: str) -> str:
    """A path without what is random in it: `/voice/offer/…`."""
    return "/".join("…" if RANDOM.fullmatch(part) else part for part in path.split("/"))
