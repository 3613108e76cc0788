"""A plan is a function of its seed, and deals what the issue asks for."""

from __future__ import annotations

from collections import Counter

from tests.chaos.plan import KILLED, LONG, SHORT, make_plan


def test_the_same_seed_makes_the_same_plan_and_another_seed_another() -> None:
    plan = make_plan(7, LONG)

    assert plan == make_plan(7, LONG)
    assert plan.ring("psy001", 3) == make_plan(7, LONG).ring("psy001", 3)
    assert plan.talk(4, 0) == make_plan(7, LONG).talk(4, 0)
    assert plan.arrivals != make_plan(8, LONG).arrivals
    assert plan.faults != make_plan(8, LONG).faults


def test_the_long_form_kills_each_part_thirty_times_and_stops_it_ten_times() -> None:
    dealt = Counter((fault.kind, fault.part) for fault in make_plan(7, LONG).faults)

    assert len(make_plan(7, LONG).arrivals) == 1000
    assert all(dealt["kill", part] >= 30 and dealt["stop", part] >= 10 for part in KILLED)


def test_every_kind_of_fault_is_dealt_in_the_short_form_too() -> None:
    kinds = {fault.kind for fault in make_plan(7, SHORT).faults}

    assert kinds == {fault.kind for fault in make_plan(7, LONG).faults}
    assert kinds >= {"kill", "stop", "restart", "reload", "apart", "clock step", "everything", "sql full"}


def test_one_kind_alone_leaves_callers_as_they_are() -> None:
    whole, one = make_plan(7, SHORT), make_plan(7, SHORT, frozenset({"redis cut"}))

    assert one.arrivals == whole.arrivals
    assert {fault.kind for fault in one.faults} == {"redis cut"}


def test_nobody_who_calls_has_a_psychologists_number() -> None:
    numbers = [arrival.number for arrival in make_plan(7, LONG).arrivals]

    assert None in numbers
    assert all(number is None or number < "0639985000" for number in numbers)
