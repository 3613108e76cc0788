"""Classes at their bounds, one-way rows, and sums that always add up."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpline.domain.traffic import (
    DURATION_CLASSES,
    PRECEDENCE,
    WAIT_CLASSES,
    CallOutcome,
    EndState,
    Measure,
    duration_class,
    first_that_holds,
    rows_for,
    state_of_unknown_leg,
    wait_class,
)

HOUR = datetime(2026, 6, 1, 3, tzinfo=UTC)

outcomes = st.builds(
    CallOutcome,
    st.sampled_from(EndState),
    st.none() | st.sampled_from(WAIT_CLASSES),
    st.none() | st.sampled_from(DURATION_CLASSES),
)


@pytest.mark.parametrize(
    ("wait_ms", "expected"),
    [
        (-1, "lt5"),
        (0, "lt5"),
        (4_999, "lt5"),
        (5_000, "lt20"),
        (19_999, "lt20"),
        (20_000, "lt60"),
        (60_000, "lt180"),
        (179_999, "lt180"),
        (180_000, "lt600"),
        (600_000, "ge600"),
        (10**15, "ge600"),
    ],
)
def test_a_wait_falls_in_the_class_below_its_bound(wait_ms: int, expected: str) -> None:
    assert wait_class(wait_ms) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-1, "lt1"), (0.99, "lt1"), (1, "lt15"), (14.99, "lt15"), (15, "lt30"), (30, "lt60"), (60, "ge60")],
)
def test_a_talk_falls_in_the_class_below_its_bound(minutes: float, expected: str) -> None:
    assert duration_class(int(minutes * 60_000)) == expected


def test_a_call_that_spoke_adds_four_rows_and_crosses_none() -> None:
    rows = rows_for(HOUR, "entraide", CallOutcome(EndState.SPOKE, "lt20", "lt30"))

    assert [(row.measure, row.cls, row.n) for row in rows] == [
        ("presented", "entraide", 1),
        ("end_state", "spoke", 1),
        ("wait_spoke", "lt20", 1),
        ("duration", "lt30", 1),
    ]


def test_the_wait_of_who_left_is_counted_apart() -> None:
    rows = rows_for(HOUR, "entraide", CallOutcome(EndState.LEFT_IN_LINE, "lt60"))

    assert ("wait_left", "lt60") in [(row.measure, row.cls) for row in rows]


@given(st.lists(st.tuples(st.sampled_from(["entraide", "ancien_0826"]), outcomes), max_size=20))
def test_end_states_add_up_to_calls_presented(calls: list[tuple[str, CallOutcome]]) -> None:
    counted: Counter[str] = Counter()
    for line, outcome in calls:
        for row in rows_for(HOUR, line, outcome):
            counted[row.measure] += row.n

    assert counted[Measure.PRESENTED] == counted[Measure.END_STATE] == len(calls)
    assert counted[Measure.WAIT_SPOKE] + counted[Measure.WAIT_LEFT] <= len(calls)
    assert counted[Measure.DURATION] <= len(
        [1 for _, outcome in calls if outcome.end_state is EndState.SPOKE]
    )


@pytest.mark.parametrize(
    "instant",
    [
        HOUR + timedelta(minutes=1),
        HOUR + timedelta(microseconds=1),
        HOUR.replace(tzinfo=None),
        HOUR.astimezone(timezone(timedelta(hours=2))),
    ],
)
def test_nothing_finer_than_an_hour_of_utc_is_counted(instant: datetime) -> None:
    with pytest.raises(ValueError, match="whole hours"):
        rows_for(instant, "entraide", CallOutcome(EndState.REFUSED))


def test_a_class_nobody_declared_is_refused() -> None:
    with pytest.raises(ValueError, match="lt7"):
        rows_for(HOUR, "entraide", CallOutcome(EndState.SPOKE, "lt7", None))


def test_precedence_names_every_state_once_and_the_first_that_holds_wins() -> None:
    assert sorted(PRECEDENCE) == sorted(EndState)
    assert first_that_holds([EndState.LEFT_IN_LINE, EndState.DIVERTED]) is EndState.DIVERTED
    assert first_that_holds(EndState) is EndState.SPOKE
    with pytest.raises(ValueError, match="at least one"):
        first_that_holds([])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("completed", EndState.DIVERTED),
        ("no-answer", EndState.LEFT_IN_WELCOME),
        ("busy", EndState.LEFT_IN_WELCOME),
        ("canceled", EndState.LEFT_IN_WELCOME),
        ("failed", EndState.CARRIER_FAILED),
    ],
)
def test_a_leg_without_record_is_counted_by_its_status(status: str, expected: EndState) -> None:
    assert state_of_unknown_leg(status) is expected


def test_a_leg_that_is_not_over_has_no_end_state() -> None:
    with pytest.raises(ValueError, match="in-progress"):
        state_of_unknown_leg("in-progress")
