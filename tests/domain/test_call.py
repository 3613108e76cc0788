"""The life of a call: its table, whole, and how a call that is over is counted."""

from __future__ import annotations

from dataclasses import fields

import hypothesis.strategies as st
import pytest
from hypothesis import given

from helpline.domain.call import TRANSITIONS, Event, LiveCall, Stage, advance, outcome_of
from helpline.domain.traffic import (
    DURATION_CLASSES,
    PRECEDENCE,
    WAIT_CLASSES,
    EndState,
    duration_class,
    wait_class,
)

WELCOME_MS = 8_000
MINUTE_MS = 60_000

# Written by hand, on purpose: a changed row has to be changed in two places.
TABLE = {
    Stage.MENU: {Event.ENQUEUED: Stage.WAITING, Event.LED_ON: Stage.LED_ON, Event.GONE: Stage.ENDED},
    Stage.WAITING: {
        Event.CLAIMED: Stage.CLAIMED,
        Event.BRIDGED: Stage.TALKING,
        Event.LED_ON: Stage.LED_ON,
        Event.GONE: Stage.ENDED,
    },
    Stage.CLAIMED: {
        Event.BRIDGED: Stage.TALKING,
        Event.RELEASED: Stage.WAITING,
        Event.LED_ON: Stage.LED_ON,
        Event.GONE: Stage.ENDED,
    },
    Stage.TALKING: {
        Event.PSYCHOLOGIST_LEFT: Stage.ALONE,
        Event.PSYCHOLOGIST_LOST: Stage.WAITING,
        Event.CONCLUDED: Stage.CLOSING,
        Event.HANDED_OVER: Stage.HANDED_OVER,
        Event.GONE: Stage.ENDED,
    },
    Stage.HANDED_OVER: {
        Event.PSYCHOLOGIST_LEFT: Stage.ALONE,
        Event.PSYCHOLOGIST_LOST: Stage.WAITING,
        Event.GONE: Stage.ENDED,
    },
    Stage.ALONE: {
        Event.BACK_IN_LINE: Stage.WAITING,
        Event.BRIDGED: Stage.TALKING,
        Event.GONE: Stage.ENDED,
    },
    Stage.LED_ON: {Event.ENQUEUED: Stage.WAITING, Event.GONE: Stage.ENDED},
    Stage.CLOSING: {Event.BACK_IN_LINE: Stage.WAITING, Event.GONE: Stage.ENDED},
    Stage.ENDED: {},
}


def call(**changes: object) -> LiveCall:
    at: dict[str, object] = {
        "id": "c",
        "leg_id": "l",
        "line": "entraide",
        "stage": Stage.WAITING,
        "arrived_ms": 0,
    }
    return LiveCall(**{**at, **changes})  # type: ignore[arg-type]  # a test's own changes


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("event", list(Event))
def test_each_stage_answers_each_event_with_the_documented_stage_or_with_nothing(
    stage: Stage, event: Event
) -> None:
    expected = TABLE[stage].get(event)

    assert advance(stage, event) is expected
    moved = call(stage=stage).moved_on(event)
    assert (moved.stage if moved else None) is expected


def test_every_stage_has_its_place_in_the_table() -> None:
    assert set(TRANSITIONS) == set(Stage)


def test_nothing_brings_an_ended_call_back() -> None:
    assert not TRANSITIONS[Stage.ENDED]


def test_every_stage_can_be_reached_from_where_a_call_begins() -> None:
    reached = {Stage.MENU}
    while new := {to for stage in reached for to in TRANSITIONS[stage].values()} - reached:
        reached |= new

    assert reached == set(Stage)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.ENDED])
def test_a_caller_can_go_at_any_stage(stage: Stage) -> None:
    assert advance(stage, Event.GONE) is Stage.ENDED


def test_every_event_means_something_somewhere() -> None:
    assert {event for row in TRANSITIONS.values() for event in row} == set(Event)


def test_only_a_call_that_waits_can_be_claimed() -> None:
    assert [stage for stage in Stage if advance(stage, Event.CLAIMED)] == [Stage.WAITING]


def test_what_moves_on_is_the_stage_and_nothing_else() -> None:
    before = call(bonus_s=30, skills=("internes",), spoke_ms=5)
    after = before.moved_on(Event.CLAIMED)

    assert after is not None
    changed = [f.name for f in fields(before) if getattr(before, f.name) != getattr(after, f.name)]
    assert changed == ["stage"]


def test_the_place_in_the_line_is_the_arrival_less_the_bonus() -> None:
    assert call(arrived_ms=500_000, bonus_s=120).line_key_ms == 380_000


def _ended(ended_ms: int, **changes: object) -> tuple[EndState, str | None, str | None]:
    outcome = outcome_of(call(**changes), ended_ms, WELCOME_MS)
    return outcome.end_state, outcome.wait_class, outcome.duration_class


@pytest.mark.parametrize(
    ("changes", "ended_ms", "expected"),
    [
        # Gone before the carrier asked what they hear: they heard nothing but ringing.
        ({}, 3_000, (EndState.LEFT_IN_WELCOME, "lt5", None)),
        ({"first_wait_ms": 1_000}, 8_999, (EndState.LEFT_IN_WELCOME, "lt20", None)),
        ({"first_wait_ms": 1_000}, 9_000, (EndState.LEFT_IN_LINE, "lt20", None)),
        ({"first_wait_ms": 1_000}, 700_000, (EndState.LEFT_IN_LINE, "ge600", None)),
        # Led on before having heard the welcome, or long after: diverted all the same, no class.
        ({"led_on": True}, 3_000, (EndState.DIVERTED, None, None)),
        ({"led_on": True, "first_wait_ms": 0}, 90_000, (EndState.DIVERTED, None, None)),
        # Spoke once: nothing that came later undoes it.
        (
            {"spoke_ms": 30_000, "talked_ms": 20 * MINUTE_MS},
            40 * MINUTE_MS,
            (EndState.SPOKE, "lt60", "lt30"),
        ),
        ({"spoke_ms": 30_000, "talked_ms": 1_000, "led_on": True}, 90_000, (EndState.SPOKE, "lt60", "lt1")),
        # Still talking when the caller hung up: the last stretch counts too.
        (
            {"spoke_ms": 4_000, "talked_ms": 14 * MINUTE_MS, "talking_since_ms": 20 * MINUTE_MS},
            22 * MINUTE_MS,
            (EndState.SPOKE, "lt5", "lt30"),
        ),
        # A clock of the carrier's that is behind ours makes no negative time.
        (
            {"spoke_ms": 4_000, "talking_since_ms": 9_000, "arrived_ms": 5_000},
            8_000,
            (EndState.SPOKE, "lt5", "lt1"),
        ),
    ],
)
def test_a_call_is_counted_by_what_holds_first(
    changes: dict[str, object], ended_ms: int, expected: tuple[EndState, str | None, str | None]
) -> None:
    assert _ended(ended_ms, **changes) == expected


_ms = st.integers(0, 3 * 3_600_000)


@given(
    arrived=_ms,
    spoke=st.none() | _ms,
    since=st.none() | _ms,
    first_wait=st.none() | _ms,
    talked=_ms,
    led_on=st.booleans(),
    ended=_ms,
)
def test_every_call_has_one_end_state_with_the_classes_that_belong_to_it(
    arrived: int,
    spoke: int | None,
    since: int | None,
    first_wait: int | None,
    talked: int,
    led_on: bool,
    ended: int,
) -> None:
    held = {
        EndState.SPOKE: spoke is not None,
        EndState.DIVERTED: led_on,
        EndState.LEFT_IN_WELCOME: first_wait is None or ended < first_wait + WELCOME_MS,
        EndState.LEFT_IN_LINE: True,
    }

    state, wait, duration = _ended(
        ended,
        arrived_ms=arrived,
        spoke_ms=spoke,
        talking_since_ms=since,
        first_wait_ms=first_wait,
        talked_ms=talked,
        led_on=led_on,
    )

    assert state is next(s for s in PRECEDENCE if held.get(s))
    assert (duration in DURATION_CLASSES) if state is EndState.SPOKE else (duration is None)
    assert (wait is None) if state is EndState.DIVERTED else (wait in WAIT_CLASSES)
    if state is EndState.SPOKE and spoke is not None:
        assert wait == wait_class(max(0, spoke - arrived))
        assert duration == duration_class(talked + (max(0, ended - since) if since is not None else 0))
    elif wait is not None:
        assert wait == wait_class(max(0, ended - arrived))
