"""What Redis remembers of finished legs: `ports.FinishedCalls`.

Keys, all of user `app`:
  sid:<leg>         string `c:<call>` or `o:<attempt>`, written by the live state
  call:<call>       hash; read here: line end_state wait_class duration_class receipt
  receipt:<leg>     hash: receipt (what the leg is counted under), counted (the mark)
  done:watched      set of the legs of which something is kept here
  done:forgets      counter: how often something was forgotten; part of the generation
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from helpline.adapters.redis.plain_scripts import PlainScripts, as_list
from helpline.adapters.redis.scripts import Client, Scripts, guarded
from helpline.domain.sweep import LegMemory
from helpline.domain.traffic import DURATION_CLASSES, WAIT_CLASSES, CallOutcome, EndState
from helpline.ports import SweepStart

# A script blocks the server while it runs; 200 legs are some milliseconds.
_CHUNK: Final = 200
_END_STATES: Final = frozenset(state.value for state in EndState)
_NAMES: Final = ("finished_remember", "finished_fix", "finished_mark", "finished_watch", "finished_forget")


class RedisFinishedCalls:
    """Reads records the live state has written, and keeps receipts and marks of its own."""

    def __init__(self, client: Client, live: Scripts) -> None:
        self._client = client
        self._live = live
        self._scripts = PlainScripts(client, _NAMES)

    def begin(self) -> SweepStart | None:
        pipe = self._client.pipeline(transaction=True)
        pipe.hgetall("epoch")
        pipe.get("done:forgets")
        pipe.smembers("done:watched")
        epoch, forgets, watched = guarded(pipe.execute)
        if "began_ms" not in epoch:
            return None
        return SweepStart(
            generation=f"{epoch['id']}:{forgets or 0}",
            epoch_began_ms=int(float(epoch["began_ms"])),
            watched=frozenset(str(leg) for leg in watched),
        )

    def remember(self, leg_ids: Sequence[str], now_ms: int) -> tuple[str, Mapping[str, LegMemory]]:
        """As the port says; "" for a generation that changed while it was read, or is none."""
        generations: set[str] = set()
        memories: dict[str, LegMemory] = {}
        for legs in _chunks(leg_ids) or [[]]:  # the generation is asked for even with no leg
            generation, *found = as_list(self._scripts.run("finished_remember", now_ms, *legs))
            generations.add(str(generation))
            for leg, fields in zip(legs, found, strict=True):
                memories[leg] = _memory([str(field) for field in as_list(fields)])
        return (generations.pop() if len(generations) == 1 else ""), memories

    def fix_receipts(self, proposed: Mapping[str, str], now_ms: int) -> Mapping[str, str]:
        in_force: dict[str, str] = {}
        for legs in _chunks(list(proposed)):
            pairs = [text for leg in legs for text in (leg, proposed[leg])]
            fixed = as_list(self._scripts.run("finished_fix", now_ms, *pairs))
            in_force.update(zip(legs, (str(receipt) for receipt in fixed), strict=True))
        return in_force

    def mark(self, counted: Sequence[str], now_ms: int) -> None:
        for legs in _chunks(counted):
            self._scripts.run("finished_mark", now_ms, *legs)

    def watch(self, leg_ids: Sequence[str], now_ms: int) -> None:
        for legs in _chunks(leg_ids):
            self._scripts.run("finished_watch", now_ms, *legs)

    def forget(self, leg_ids: Sequence[str], now_ms: int) -> None:
        """Wipe records first and marks last: what is left in between still reads as counted."""
        for legs in _chunks(leg_ids):
            calls = [self._call_of(leg) for leg in legs]
            for call in filter(None, calls):
                self._live.run("forget", now_ms, {"call": call})
            pairs = [text for pair in zip(legs, calls, strict=True) for text in pair]
            self._scripts.run("finished_forget", now_ms, *pairs)

    def _call_of(self, leg: str) -> str:
        sid = self._live.text(f"sid:{leg}") or ""
        return sid[2:] if sid.startswith("c:") else ""


def _memory(fields: Sequence[str]) -> LegMemory:
    call, line, end_state, wait, duration, receipt, counted = fields
    return LegMemory(
        call_id=call or None,
        line=line or None,
        outcome=_outcome(end_state, wait, duration),
        receipt=receipt or None,
        counted=counted == "1",
    )


def _outcome(end_state: str, wait: str, duration: str) -> CallOutcome | None:
    """None for a record without an end, and for one we cannot read: it must not stop all others."""
    if end_state not in _END_STATES:
        return None
    return CallOutcome(
        EndState(end_state),
        wait if wait in WAIT_CLASSES else None,
        duration if duration in DURATION_CLASSES else None,
    )


def _chunks(legs: Sequence[str]) -> list[Sequence[str]]:
    return [legs[at : at + _CHUNK] for at in range(0, len(legs), _CHUNK)]
