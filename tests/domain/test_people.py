"""Who is planned when, and what must never be shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from helpline.domain.hours import Interval
from helpline.domain.people import Endpoint, EndpointKind, Psychologist, Roster, Shift, Tier

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MORNING = Interval(NOON - timedelta(hours=4), NOON)
AFTERNOON = Interval(NOON, NOON + timedelta(hours=4))

VERA = Psychologist(
    "p1",
    "vera",
    "Véra Lambert",
    (
        Endpoint("e1", EndpointKind.CLIENT, "vera-softphone"),
        Endpoint("e2", EndpointKind.PHONE, "+33639980101"),
    ),
    frozenset({"internes"}),
)
BRUNO = Psychologist("p2", "bruno", "Bruno Petit", (Endpoint("e3", EndpointKind.PHONE, "+33639980102"),))


def roster(*shifts: Shift) -> Roster:
    return Roster((VERA, BRUNO), shifts)


def test_shifts_change_hands_at_the_instant_itself() -> None:
    planned = roster(Shift("p1", Tier.ON_DUTY, MORNING), Shift("p2", Tier.ON_DUTY, AFTERNOON))

    assert planned.on_duty(NOON - timedelta(microseconds=1)) == (VERA,)
    assert planned.on_duty(NOON) == (BRUNO,)
    assert planned.on_duty(NOON + timedelta(hours=4)) == ()


def test_on_duty_wins_over_standby_when_both_are_planned() -> None:
    planned = roster(Shift("p1", Tier.STANDBY, MORNING), Shift("p1", Tier.ON_DUTY, MORNING))
    now = MORNING.starts_at

    assert planned.planned("p1", now) is Tier.ON_DUTY
    assert planned.on_duty(now) == (VERA,)
    assert planned.standby(now) == ()


def test_who_is_not_planned_is_in_no_tier() -> None:
    planned = roster(Shift("p1", Tier.STANDBY, MORNING))

    assert planned.planned("p2", MORNING.starts_at) is None
    assert planned.standby(MORNING.starts_at) == (VERA,)


def test_a_shift_of_somebody_who_left_does_not_stop_the_line() -> None:
    planned = roster(Shift("p9", Tier.ON_DUTY, MORNING), Shift("p1", Tier.ON_DUTY, MORNING))

    assert planned.on_duty(MORNING.starts_at) == (VERA,)


def test_people_and_endpoints_are_found_by_what_names_them() -> None:
    planned = roster()

    assert planned.psychologist("p2") is BRUNO
    assert planned.by_handle("vera") is VERA
    assert planned.owner_of("e3") is BRUNO
    assert planned.endpoint("e2") == VERA.endpoints[1]
    assert planned.psychologist("p9") is planned.by_handle("x") is planned.endpoint("e9") is None


def test_no_representation_shows_a_number_or_a_name() -> None:
    shown = repr(roster(Shift("p1", Tier.ON_DUTY, MORNING)))

    for private in ("0639980101", "639980101", "639980102", "vera-softphone", "Lambert", "Petit"):
        assert private not in shown
    assert "vera" in shown


@pytest.mark.parametrize(
    "twin",
    [
        Psychologist("p1", "other", "Autre"),
        Psychologist("p3", "vera", "Autre"),
        Psychologist("p3", "other", "Autre", (Endpoint("e1", EndpointKind.PHONE, "+33639980199"),)),
    ],
)
def test_a_roster_refuses_two_of_one_name_without_telling_it(twin: Psychologist) -> None:
    with pytest.raises(ValueError, match="twice") as refused:
        Roster((VERA, twin))

    assert "639980" not in str(refused.value)
