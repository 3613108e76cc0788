"""Calls of the working copy. Keys: docs/internals/live_state.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias, cast

from helpline.adapters.redis.records import (
    call_from_hash,
    call_to_hash,
    presence_from_hash,
    waiting_from_hash,
)
from helpline.adapters.redis.scripts import Json, Scripts, as_fields
from helpline.domain.call import LiveCall, Stage
from helpline.domain.presence import Presence
from helpline.domain.waiting import Wanted
from helpline.ports import AttackMode, Change, Gate, LineView, NewFiche, Reception, Roll, Saved

_Flat: TypeAlias = "list[str]"
"""Field and value in turns."""

_Everybody: TypeAlias = "list[str | _Flat]"
"""Psychologist and her presence in turns."""

_View: TypeAlias = "tuple[list[tuple[str, int, _Flat]], _Everybody, int]"
"""As `read_line` writes it: id, how many are rung and the fields of each call; everybody; ready."""

_InLine: TypeAlias = "tuple[str, _Flat, int, _Everybody]"


def pairs(flat: Sequence[str]) -> dict[str, str]:
    """Field and value in turns."""
    return dict(zip(flat[::2], flat[1::2], strict=True))


@lru_cache(maxsize=256)
def _presence(who: str, flat: tuple[str, ...]) -> Presence:
    """Most are what they were at the look before; to read one takes longer than to find it here."""
    return presence_from_hash(who, pairs(flat))


class _People(Mapping[str, Presence]):
    """Everybody's presence, each read when it is asked for: most who look stop at the first who is there."""

    def __init__(self, everybody: _Everybody) -> None:
        names, flats = cast("list[str]", everybody[::2]), cast("list[_Flat]", everybody[1::2])
        self._flats = dict(zip(names, flats, strict=True))
        self._read: dict[str, Presence] = {}

    def __getitem__(self, who: str) -> Presence:
        if who not in self._read:
            self._read[who] = _presence(who, tuple(self._flats[who]))
        return self._read[who]

    def __iter__(self) -> Iterator[str]:
        return iter(self._flats)

    def __len__(self) -> int:
        return len(self._flats)


class _Page(NamedTuple):
    """As `roll` answers: who just waits, leg to call; who else lives; who has ended, call to moment (ms)."""

    waits: Mapping[str, str]
    lives: Sequence[str]
    over: Mapping[str, str]


_SAVED = {1: Saved.DONE, 0: Saved.CHANGED, -1: Saved.LATE}


def order_of(wanted: Wanted | None) -> list[Json]:
    """The candidates as Lua reads them: [[psychologist, endpoint], …]."""
    return [[psychologist, endpoint] for psychologist, endpoint in wanted.order] if wanted else []


def _fiche(new: NewFiche | None) -> Json:
    return [new.fiche_id, new.row_id, new.psychologist, new.codes] if new else ""


def _view(found: _View, now_ms: int) -> LineView:
    calls, everybody, ready = found
    waiting = tuple(waiting_from_hash(call, pairs(flat), live, now_ms) for call, live, flat in calls)
    return LineView(waiting, _People(everybody), bool(ready))


class RedisLiveCalls:
    """`ports.LiveCalls` on Redis."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def arrive(
        self,
        call: LiveCall,
        wanted: Wanted | None,
        attempts: Sequence[str],
        now_ms: int,
        most_waiting: int = 0,
    ) -> bool:
        args: dict[str, Json] = {
            "id": call.id,
            "leg_id": call.leg_id,
            "fields": dict(call_to_hash(call)),
            "order": order_of(wanted),
            "want": wanted.how_many if wanted else 0,
            "ring_s": wanted.ring_s if wanted else 25,
            "passing": list(wanted.passing) if wanted else [],
            "wrap_up": wanted.wrap_up if wanted else False,
            "attempts": list(attempts),
            "most": most_waiting,
        }
        reply = self._scripts.run("arrive", now_ms, args)
        return isinstance(reply, list) and int(reply[1]) == 1

    def by_leg(self, leg_id: str) -> LiveCall | None:
        found = cast("list[str]", self._scripts.run("call_of_leg", 0, {"leg_id": leg_id}))
        h = pairs(found[1:])
        return call_from_hash(found[0], h) if h.get("stage") else None

    def in_line(self, leg_id: str) -> tuple[LiveCall, LineView] | None:
        reply = self._scripts.run("in_line", 0, {"leg_id": leg_id})
        if not reply:
            return None
        found = cast("_InLine", reply)
        h = pairs(found[1])
        if not h.get("stage"):
            return None
        return call_from_hash(found[0], h), LineView((), _People(found[3]), bool(found[2]))

    def get(self, call_id: str) -> LiveCall | None:
        h = self._scripts.hash(f"call:{call_id}")
        return call_from_hash(call_id, h) if h.get("stage") else None

    def save(self, call: LiveCall, change: Change, now_ms: int) -> Saved:
        args: dict[str, Json] = {
            "id": call.id,
            "rev": call.rev,
            "event": change.event.value if change.event else "",
            "set": as_fields(change.set),
            "del": list(change.drop),
            "effects": [[member, at] for member, at in change.effects],
            "release": change.release,
            "keep": change.keep or "",
            "most": change.most_waiting,
            "fiche": _fiche(change.fiche),
            "seal_at": change.seal_at_ms or "",
        }
        return _SAVED[int(str(self._scripts.run("save", now_ms, args)))]

    def roll(self) -> Roll:
        pages = list(self._pages())
        waits = frozenset(leg for page in pages for leg in page.waits)
        others = self._whole({call for page in pages for call in page.lives})
        over = {call: int(float(at)) for page in pages for call, at in page.over.items()}
        # The others were read a moment later: who is in both lists has moved on.
        return Roll(waits.difference(call.leg_id for call in others), tuple(others), over)

    def _pages(self) -> Iterator[_Page]:
        """All calls in short. One that comes or goes meanwhile may be missing; one may come twice."""
        cursor = "0"
        while True:
            reply = cast("list[str]", self._scripts.run("roll", 0, {"cursor": cursor}))
            waits, lives, over = (text.split() for text in reply[1:])
            yield _Page(pairs(waits), lives, pairs(over))
            cursor = reply[0]
            if cursor == "0":
                return

    def _whole(self, ids: Collection[str]) -> list[LiveCall]:
        """These calls, but who has ended; sorted, so that nothing depends on Redis's order."""
        found = sorted(ids)
        hashes = self._scripts.hashes([f"call:{call_id}" for call_id in found])
        read = (call_from_hash(call, h) for call, h in zip(found, hashes, strict=True) if h.get("stage"))
        return [call for call in read if call.stage is not Stage.ENDED]

    def line(self, limit: int, now_ms: int, *, of_each_need: bool = False) -> LineView:
        args: dict[str, Json] = {"limit": limit, "of_each_need": of_each_need}
        return _view(cast("_View", self._scripts.run("read_line", now_ms, args)), now_ms)

    def reception(self, leg_id: str, limit: int, room: int, people: int, now_ms: int) -> Reception:
        args: dict[str, Json] = {"leg_id": leg_id, "limit": limit, "room": room, "people": people}
        known, *found = cast("list[str]", self._scripts.run("reception", now_ms, args))
        if known:
            return Reception(self.get(known), Gate(0, None))
        waiting, until_ms, planned, *view = found
        seen = _view(cast("_View", view[0]), now_ms) if view else None
        return Reception(None, Gate(int(waiting), int(until_ms) or None), seen, planned=bool(planned))

    def gate(self, now_ms: int) -> Gate:
        waiting, until_ms = cast("list[object]", self._scripts.run("gate", now_ms, {}))
        return Gate(int(str(waiting)), int(str(until_ms)) or None)

    def set_attack(self, until_ms: int | None, by: str, now_ms: int) -> None:
        self._scripts.run("attack", now_ms, {"until": until_ms or 0, "by": by})

    def attack_mode(self, now_ms: int) -> AttackMode | None:
        until_ms = self.gate(now_ms).attack_until_ms
        h = self._scripts.hash("attack:by")
        if until_ms is None:
            return None
        return AttackMode(until_ms, h.get("who", ""), int(float(h.get("at_ms", "0"))) or None)

    def forget(self, call_id: str, now_ms: int) -> None:
        self._scripts.run("forget", now_ms, {"call": call_id})

    def epoch(self) -> tuple[str, int] | None:
        h = self._scripts.hash("epoch")
        return (h["id"], int(h["began_ms"])) if "began_ms" in h else None

    def draft_epoch(self, draft: str, now_ms: int) -> tuple[str, int]:
        mark = self._scripts.run("draft_epoch", now_ms, {"draft": draft})
        return (str(mark[0]), int(str(mark[1]))) if isinstance(mark, list) else (draft, now_ms)

    def begin_epoch(self, epoch_id: str, now_ms: int, draft: str = "") -> bool:
        return self._scripts.run("begin_epoch", now_ms, {"id": epoch_id, "draft": draft}) == 1

    def ask_for_a_look(self, now_ms: int) -> None:
        self._scripts.run("look", now_ms, {})

    def look_asked_ms(self) -> int | None:
        asked = self._scripts.hash("epoch").get("look_ms")
        return int(asked) if asked else None

    def hold(self, name: str, holder: str, for_ms: int, now_ms: int) -> bool:
        reply = self._scripts.run("lease", now_ms, {"name": name, "holder": holder, "for_ms": for_ms})
        return reply == 1
