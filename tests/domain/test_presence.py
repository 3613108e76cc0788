"""What a psychologist is doing: its table, whole."""

from __future__ import annotations

import pytest

from helpline.domain.presence import TRANSITIONS, Event, State, advance

# Written by hand, on purpose: a changed row has to be changed in two places.
TABLE = {
    State.OFFLINE: {Event.ON_DUTY: State.AVAILABLE, Event.FOUND_TALKING: State.TALKING},
    State.AVAILABLE: {
        Event.OFF_DUTY: State.OFFLINE,
        Event.BREAK_BEGUN: State.BREAK,
        Event.OFFERED: State.RINGING,
        Event.FOUND_TALKING: State.TALKING,
    },
    State.RINGING: {
        Event.NOT_TAKEN: State.AVAILABLE,
        Event.WRAP_UP_AGAIN: State.WRAP_UP,
        Event.CLAIMED: State.TALKING,
        Event.OFF_DUTY: State.OFFLINE,
        Event.BREAK_BEGUN: State.BREAK,
        Event.FOUND_TALKING: State.TALKING,
    },
    State.TALKING: {Event.TALK_OVER: State.WRAP_UP, Event.CLAIM_LOST: State.AVAILABLE},
    State.WRAP_UP: {
        Event.WRAP_UP_OVER: State.AVAILABLE,
        Event.OFF_DUTY: State.OFFLINE,
        Event.BREAK_BEGUN: State.BREAK,
        Event.OFFERED: State.RINGING,
        Event.FOUND_TALKING: State.TALKING,
    },
    State.BREAK: {
        Event.BREAK_OVER: State.AVAILABLE,
        Event.OFF_DUTY: State.OFFLINE,
        Event.FOUND_TALKING: State.TALKING,
    },
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("event", list(Event))
def test_each_state_answers_each_event_with_the_documented_state_or_with_nothing(
    state: State, event: Event
) -> None:
    assert advance(state, event) is TABLE[state].get(event)


def test_every_state_has_its_place_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State)


def test_every_state_can_be_reached_from_being_off_duty_and_left_again() -> None:
    reached = {State.OFFLINE}
    while new := {to for state in reached for to in TRANSITIONS[state].values()} - reached:
        reached |= new

    assert reached == set(State)
    assert all(any(to is not state for to in TRANSITIONS[state].values()) for state in State)


def test_nobody_is_rung_while_talking_on_a_break_or_off_duty() -> None:
    assert {state for state in State if advance(state, Event.OFFERED)} == {State.AVAILABLE, State.WRAP_UP}


def test_only_who_is_rung_can_accept() -> None:
    assert [state for state in State if advance(state, Event.CLAIMED)] == [State.RINGING]


def test_nothing_but_the_end_of_her_call_takes_a_psychologist_out_of_it() -> None:
    assert set(TRANSITIONS[State.TALKING]) == {Event.TALK_OVER, Event.CLAIM_LOST}


def test_every_event_means_something_somewhere() -> None:
    assert {event for row in TRANSITIONS.values() for event in row} == set(Event)
