"""Windows and intervals, held against a second, slower way: asking every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpline.domain.hours import (
    PARIS,
    Interval,
    TimeWindow,
    Weekday,
    contains,
    covers,
    gaps,
    intervals,
    merge,
)

SPRING = date(2026, 3, 29)  # 02:00 becomes 03:00
AUTUMN = date(2026, 10, 25)  # 03:00 becomes 02:00

days = st.one_of(
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.sampled_from([night + timedelta(days=shift) for night in (SPRING, AUTUMN) for shift in (-1, 0, 1)]),
)
windows = st.builds(
    lambda start, end: TimeWindow(start, end if end != start else end % 1440 + 1),
    st.integers(0, 1439),
    st.integers(1, 1440),
)


def minutes_of(pieces: tuple[Interval, ...]) -> set[datetime]:
    return {
        piece.starts_at + timedelta(minutes=minute)
        for piece in pieces
        for minute in range(piece.length_s // 60)
    }


def asked_every_minute(window: TimeWindow, on: date) -> set[datetime]:
    """The slow way: walk three days of UTC minutes, and look at the clock in Paris each time."""
    first = datetime(on.year, on.month, on.day, tzinfo=UTC) - timedelta(hours=3)
    found = set()
    for minute in range(55 * 60):
        instant = first + timedelta(minutes=minute)
        local = instant.astimezone(PARIS)
        of_day = local.hour * 60 + local.minute
        evening = local.date() == on and of_day >= window.start_min
        morning = local.date() == on + timedelta(days=1) and of_day < window.end_min
        if window.crosses_midnight and (evening or morning):
            found.add(instant)
        if not window.crosses_midnight and evening and of_day < window.end_min:
            found.add(instant)
    return found


@given(windows, days)
@example(TimeWindow(120, 180), SPRING)
@example(TimeWindow(120, 180), AUTUMN)
@example(TimeWindow(150, 480), AUTUMN)
@example(TimeWindow(1200, 480), SPRING - timedelta(days=1))
@example(TimeWindow(1200, 480), AUTUMN - timedelta(days=1))
@example(TimeWindow(0, 1440), AUTUMN)
def test_a_window_of_a_date_is_what_the_clock_on_the_wall_shows(window: TimeWindow, on: date) -> None:
    assert minutes_of(intervals(window, on)) == asked_every_minute(window, on)


@given(
    windows,
    st.datetimes(timezones=st.just(UTC)).map(
        lambda at: at.replace(year=2026, month=at.month, day=min(at.day, 28))
    ),
)
@example(TimeWindow(1200, 480), datetime(2026, 3, 29, 0, 59, tzinfo=UTC))
@example(TimeWindow(120, 180), datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
@example(TimeWindow(120, 180), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
def test_an_instant_is_in_a_window_when_it_is_in_the_window_of_yesterday_or_today(
    window: TimeWindow, instant: datetime
) -> None:
    local = instant.astimezone(PARIS)

    around = [intervals(window, local.date() - timedelta(days=back)) for back in (1, 0)]

    assert contains(window, local) == any(piece.contains(instant) for pieces in around for piece in pieces)


@pytest.mark.parametrize(
    ("on", "starts", "ends", "hours"),
    [
        (SPRING - timedelta(days=1), "20:00", "08:00", [11]),
        (AUTUMN - timedelta(days=1), "20:00", "08:00", [13]),
        (date(2026, 6, 1), "20:00", "08:00", [12]),
        (SPRING, "00:00", "24:00", [23]),
        (AUTUMN, "00:00", "24:00", [25]),
        (SPRING, "02:00", "03:00", []),
        (AUTUMN, "02:00", "03:00", [2]),
        (AUTUMN, "02:30", "03:00", [0.5, 0.5]),
    ],
)
def test_the_two_nights_last_as_long_as_they_last(
    on: date, starts: str, ends: str, hours: list[float]
) -> None:
    found = intervals(TimeWindow.parse(starts, ends), on)

    assert [piece.length_s / 3600 for piece in found] == hours


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_night_and_day_cover_every_date_without_overlap(on: date) -> None:
    night, day = TimeWindow.parse("20:00", "08:00"), TimeWindow.parse("08:00", "20:00")
    pieces = [*intervals(night, on - timedelta(days=1)), *intervals(day, on), *intervals(night, on)]
    (whole,) = intervals(TimeWindow(0, 1440), on)

    assert covers(pieces, whole)
    assert not any(one.overlaps(other) for one in pieces for other in pieces if one is not other)


starts = st.integers(0, 200)
pieces_of_minutes = st.lists(st.tuples(starts, st.integers(1, 40)), max_size=8)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def at(minute: int, length: int) -> Interval:
    return Interval(EPOCH + timedelta(minutes=minute), EPOCH + timedelta(minutes=minute + length))


@given(pieces_of_minutes, starts, st.integers(1, 100))
def test_gaps_are_the_minutes_nobody_covers(spans: list[tuple[int, int]], start: int, length: int) -> None:
    within = at(start, length)
    pieces = [at(*span) for span in spans]

    uncovered = minutes_of((within,)) - minutes_of(tuple(pieces))

    assert minutes_of(gaps(pieces, within)) == uncovered
    assert covers(pieces, within) == (not uncovered)
    assert minutes_of(merge(pieces)) == minutes_of(tuple(pieces))


def test_who_ends_at_eight_and_who_starts_at_eight_do_not_overlap() -> None:
    night, day = at(0, 60), at(60, 60)

    assert not night.overlaps(day)
    assert not night.contains(day.starts_at)
    assert merge([day, night]) == (at(0, 120),)


@pytest.mark.parametrize(
    "wrong", ["8:00", "25:00", "24:01", "08:60", "08h00", "", "0８:00", "08:00:00", "-1:00"]
)
def test_what_is_not_an_hour_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        TimeWindow.parse("00:00", wrong)


def test_a_window_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="same minute"):
        TimeWindow.parse("08:00", "08:00")


def test_midnight_can_be_written_in_two_ways_at_the_end() -> None:
    assert TimeWindow.parse("20:00", "00:00") == TimeWindow.parse("20:00", "24:00")


def test_an_interval_refuses_what_is_not_utc_or_runs_backwards() -> None:
    with pytest.raises(ValueError, match="aware UTC"):
        Interval(EPOCH.replace(tzinfo=None), EPOCH.replace(tzinfo=None) + timedelta(hours=1))
    with pytest.raises(ValueError, match="aware UTC"):
        Interval(EPOCH.astimezone(PARIS), EPOCH + timedelta(hours=9))
    with pytest.raises(ValueError, match="before it ends"):
        Interval(EPOCH, EPOCH)


def test_a_wall_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        contains(TimeWindow(0, 60), EPOCH.replace(tzinfo=None))


def test_weekdays_are_those_of_the_calendar() -> None:
    assert [Weekday.of(date(2026, 6, day)) for day in range(1, 8)] == list(Weekday)
