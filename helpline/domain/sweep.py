"""What becomes of one finished leg: the rule of the sweep, and nothing else.

The carrier's list of finished legs is the to-do list. For each leg the sweep asks
`judge` with what Redis still remembers of it, and does what it says. Nothing here
reads a store or a clock. `tests/domain/test_sweep_model.py` walks every
interleaving of two sweepers, a loss of Redis and an absence of SQL over this very
function; the reasons behind each line are in `docs/internals/sweep.md`.

All comparisons between calls use the carrier's end times, so a wrong clock of ours
can delay a leg but not count it twice. The one exception is the start of the epoch,
which is ours; `EPOCH_MARGIN_MS` is how far the two clocks may differ there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from helpline.domain.traffic import CallOutcome, TrafficRow

# How much later than the loss of Redis a leg must have ended (by the carrier's clock)
# before its missing record proves that it was never counted.
EPOCH_MARGIN_MS = 5_000

# A receipt is kept this long after the sweep that counted it: long enough for any
# sweeper that died between its commit and its marks to have been replaced.
RECEIPT_KEPT_MS = 24 * 3_600 * 1_000


@dataclass(frozen=True, slots=True)
class LegMemory:
    """What Redis remembers of one finished leg.

    `call_id` is our id of the inbound call, None when no record is left (or the leg
    was outbound). `line` and `outcome` are the record's; `outcome` is None until the
    call's end step has run. `receipt` is the random id under which this leg is counted,
    None until one is fixed. `counted` is the mark set after the count was committed.
    """

    call_id: str | None = None
    line: str | None = None
    outcome: CallOutcome | None = None
    receipt: str | None = None
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Horizon:
    """The instants a judgement is made against, all in milliseconds since 1970 UTC.

    `counted_until_ms` is the carrier's end time of the latest leg ever counted, None
    before the first. `epoch_began_ms` is when the present Redis began to hold records.
    """

    now_ms: int
    erase_after_ms: int
    epoch_began_ms: int
    counted_until_ms: int | None


class Verdict(StrEnum):
    """What the sweep does with one finished leg."""

    WAIT = "wait"  # it ended a moment ago: a later round
    END_FIRST = "end_first"  # its record has no end state yet: run the call's end step, ask again
    COUNT_RECORD = "count_record"  # count it in the classes of its record
    COUNT_UNKNOWN = "count_unknown"  # count it by what the carrier says of it
    DELETE = "delete"  # nothing (more) to count: delete it at the carrier


def judge(*, inbound: bool, ended_ms: int, memory: LegMemory, horizon: Horizon) -> Verdict:
    """Say what to do with one finished leg; `ended_ms` is the carrier's end time.

    Assumes that memory was read after the leg was listed, in the epoch the horizon
    names; an older horizon would count a leg again whose mark died with its Redis.
    """
    if ended_ms > horizon.now_ms - horizon.erase_after_ms:
        return Verdict.WAIT
    if not inbound or memory.counted:
        return Verdict.DELETE
    if memory.call_id is not None:
        return Verdict.END_FIRST if memory.outcome is None else Verdict.COUNT_RECORD
    return Verdict.COUNT_UNKNOWN if _never_counted(ended_ms, horizon) else Verdict.DELETE


def _never_counted(ended_ms: int, horizon: Horizon) -> bool:
    """Whether a leg without record and mark cannot have been counted before.

    Later than everything counted: certainly not. Earlier, but of this epoch: its mark
    would still be there. Earlier and of an older epoch: it was counted, and record and
    mark were lost together.
    """
    if horizon.counted_until_ms is None or ended_ms > horizon.counted_until_ms:
        return True
    return ended_ms > horizon.epoch_began_ms + EPOCH_MARGIN_MS


@dataclass(frozen=True, slots=True)
class CountedCall:
    """One finished call on its way into the traffic counters."""

    receipt: str
    ended_ms: int
    rows: tuple[TrafficRow, ...]


@dataclass(frozen=True, slots=True)
class LedgerState:
    """Where counting stands in SQL: the number a sweep must still find when it commits."""

    sweep_no: int
    counted_until_ms: int | None


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one sweep did, in legs; carries no id.

    `listed` finished legs seen, `counted` new in the traffic counters, `erased`
    deleted at the carrier, `refused` not deleted though asked, `waiting` left for a
    later round, `forgotten` wiped from Redis since the carrier no longer lists them.
    `superseded` is true when another sweep, or a new epoch, made this one stop before
    it counted anything. `oldest_ended_ms` is the earliest end time of a leg still at
    the carrier, for the alarms at 1 h, 24 h and 15 days.
    """

    listed: int = 0
    counted: int = 0
    erased: int = 0
    refused: int = 0
    waiting: int = 0
    forgotten: int = 0
    superseded: bool = False
    oldest_ended_ms: int | None = None


def latest_end_ms(calls: Sequence[CountedCall]) -> int:
    """The carrier's latest end time among calls counted together (at least one)."""
    return max(call.ended_ms for call in calls)


def hour_of(instant_ms: int) -> datetime:
    """The UTC hour an instant lies in: all that traffic keeps of a call's time."""
    return datetime.fromtimestamp(instant_ms / 1000, tz=UTC).replace(minute=0, second=0, microsecond=0)
