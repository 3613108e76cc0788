"""Instants, wall-clock windows and the two nights of the year where they disagree.

Instants are aware UTC datetimes and intervals of them are half-open: who ends at 08:00
and who starts at 08:00 never overlap and never leave a gap. Windows ("20:00" to "08:00")
are wall time in Europe/Paris, because that is what people plan in. A window holds at an
instant when the clock on the wall, read at that instant, lies in it. So on the night in
October an hour that is shown twice is in the window twice, and on the night in March an
hour that is never shown is in no window.

Windows count in whole minutes. The time-zone rules come from the standard `zoneinfo`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

PARIS: Final = ZoneInfo("Europe/Paris")
MINUTES_A_DAY: Final = 24 * 60


class Weekday(StrEnum):
    """A day of the week by its English short name, as rules write it."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @classmethod
    def of(cls, day: date) -> Weekday:
        """The weekday of a date, or of the wall-clock date of a datetime."""
        return tuple(cls)[day.weekday()]


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The instants from `starts_at` up to, not including, `ends_at`. Both aware UTC."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        for instant in (self.starts_at, self.ends_at):
            if instant.utcoffset() != timedelta(0):
                raise ValueError("an interval takes aware UTC datetimes")
        if self.starts_at >= self.ends_at:
            raise ValueError("an interval starts before it ends")

    def contains(self, instant: datetime) -> bool:
        return self.starts_at <= instant < self.ends_at

    def overlaps(self, other: Interval) -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    @property
    def length_s(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds())


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Wall minutes from `start_min` (0 to 1439) up to `end_min` (1 to 1440), half-open.

    An end at or before the start means "of the next day"; equal minutes would be either
    nothing or everything and are refused. The whole day is 0 to 1440.
    """

    start_min: int
    end_min: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_min < MINUTES_A_DAY or not 0 < self.end_min <= MINUTES_A_DAY:
            raise ValueError("a window lies between 00:00 and 24:00")
        if self.start_min == self.end_min:
            raise ValueError("a window cannot start and end at the same minute; the whole day is 00:00-24:00")

    @classmethod
    def parse(cls, starts: str, ends: str) -> TimeWindow:
        """From "20:00" and "08:00". Raises ValueError for anything but HH:MM up to 24:00."""
        # An end of "00:00" and one of "24:00" are the same wall time; only the second is in range.
        end_min = _minutes(ends) or MINUTES_A_DAY
        return cls(_minutes(starts), end_min)

    @property
    def crosses_midnight(self) -> bool:
        return self.end_min < self.start_min

    def __str__(self) -> str:
        return f"{_clock(self.start_min)}-{_clock(self.end_min)}"


def _minutes(text: str) -> int:
    digits = text[:2] + text[3:]
    if len(text) != 5 or text[2] != ":" or not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{text!r} is not a time such as 08:00")
    hours, minutes = int(text[:2]), int(text[3:])
    if minutes > 59 or hours * 60 + minutes > MINUTES_A_DAY:
        raise ValueError(f"{text!r} is not a time between 00:00 and 24:00")
    return hours * 60 + minutes


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def contains(window: TimeWindow, local: datetime) -> bool:
    """Whether the wall clock shown by `local` (aware, in the helpline's zone) lies in `window`."""
    if local.tzinfo is None:
        raise ValueError("a wall time needs its zone")
    minute = local.hour * 60 + local.minute
    if window.crosses_midnight:
        return minute >= window.start_min or minute < window.end_min
    return window.start_min <= minute < window.end_min


def intervals(window: TimeWindow, on: date) -> tuple[Interval, ...]:
    """The instants of the `window` that opens on the local date `on`, in order, merged.

    Usually one interval. None when the window lies wholly in the hour that the night in
    March leaves out; two when its edge lies in the hour that the night in October repeats.
    """
    if not window.crosses_midnight:
        return merge(_on_one_day(on, window.start_min, window.end_min))
    evening = _on_one_day(on, window.start_min, MINUTES_A_DAY)
    morning = _on_one_day(on + timedelta(days=1), 0, window.end_min)
    return merge([*evening, *morning])


def _on_one_day(on: date, start_min: int, end_min: int) -> list[Interval]:
    """The same for a window inside one date: one interval for each offset the date has."""
    wall = datetime.combine(on, time(0))
    found = []
    for starts_at, ends_at, offset in _offsets(on):
        first = max(starts_at, (wall + timedelta(minutes=start_min) - offset).replace(tzinfo=UTC))
        last = min(ends_at, (wall + timedelta(minutes=end_min) - offset).replace(tzinfo=UTC))
        if first < last:
            found.append(Interval(first, last))
    return found


def _offsets(on: date) -> list[tuple[datetime, datetime, timedelta]]:
    """The local date `on` cut where its UTC offset changes: (from, to, offset), in UTC."""
    starts_at = datetime.combine(on, time(0), PARIS).astimezone(UTC)
    ends_at = datetime.combine(on + timedelta(days=1), time(0), PARIS).astimezone(UTC)
    before, after = _offset(starts_at), _offset(ends_at)
    if before == after:
        return [(starts_at, ends_at, before)]
    low, high = starts_at, ends_at
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=int((high - low).total_seconds()) // 120)
        low, high = (middle, high) if _offset(middle) == before else (low, middle)
    return [(starts_at, high, before), (high, ends_at, after)]


def _offset(instant: datetime) -> timedelta:
    return instant.astimezone(PARIS).utcoffset() or timedelta(0)


def merge(pieces: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same instants as `pieces`, in order, with what touches or overlaps joined."""
    joined: list[Interval] = []
    for piece in sorted(pieces):
        if joined and piece.starts_at <= joined[-1].ends_at:
            joined[-1] = Interval(joined[-1].starts_at, max(joined[-1].ends_at, piece.ends_at))
        else:
            joined.append(piece)
    return tuple(joined)


def gaps(pieces: Iterable[Interval], within: Interval) -> tuple[Interval, ...]:
    """The instants of `within` that none of `pieces` covers, in order."""
    found = []
    reached = within.starts_at
    for piece in merge(pieces):
        if reached < min(piece.starts_at, within.ends_at):
            found.append(Interval(reached, min(piece.starts_at, within.ends_at)))
        reached = max(reached, piece.ends_at)
    if reached < within.ends_at:
        found.append(Interval(reached, within.ends_at))
    return tuple(found)


def covers(pieces: Iterable[Interval], within: Interval) -> bool:
    """Whether every instant of `within` lies in one of `pieces`."""
    return not gaps(pieces, within)
