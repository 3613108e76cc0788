"""The rule of the sweep, held against every interleaving of a small world."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.sweep_explore import Broken, explore
from tests.domain.sweep_model import Kind, Scenario, Wrong

R, U, N = Kind.RECORDED, Kind.UNENDED, Kind.UNSEEN

ONE_SWEEPER = {
    "three legs, Redis lost once": Scenario((R, U, N), losses=1),
    "the carrier's clock is 4 s ahead": Scenario((R, N), losses=1, skew_s=4),
    "the carrier's clock is 4 s behind": Scenario((R, N), losses=1, skew_s=-4),
    "SQL away": Scenario((R, N), losses=1, refusals=1),
    "SQL's answer lost": Scenario((R, N), losses=1, lost_answers=1),
    "all of it, one leg": Scenario((N,), losses=1, refusals=1, lost_answers=1, crashes=1, not_yets=1),
    "the same, with a record": Scenario((U,), losses=1, refusals=1, lost_answers=1, crashes=1, not_yets=1),
    "a list that leaves a leg out": Scenario((R, N), short_lists=1, crashes=1),
}
TWO_SWEEPERS = {
    "two legs": Scenario((R, N), sweepers=2, ticks=1),
    "Redis lost": Scenario((N,), sweepers=2, losses=1, ticks=1),
    "Redis lost, with a record": Scenario((R,), sweepers=2, losses=1, ticks=1),
    "one dies": Scenario((N,), sweepers=2, crashes=1, ticks=1),
    "SQL's answer lost": Scenario((N,), sweepers=2, lost_answers=1, ticks=1),
    "not deleted at once": Scenario((R,), sweepers=2, not_yets=1, ticks=1),
}
LONG = {
    "two sweepers, Redis lost, one dies": Scenario((R,), sweepers=2, losses=1, crashes=1, ticks=1),
    "two sweepers, Redis lost, not deleted": Scenario((N,), sweepers=2, losses=1, not_yets=1, ticks=1),
    "two sweepers, more time": Scenario((U,), sweepers=2, losses=1, ticks=2),
    "two legs, every fault": Scenario(
        (R, N), losses=1, refusals=1, lost_answers=1, crashes=1, not_yets=1, skew_s=-4
    ),
}


@pytest.mark.parametrize("name", ONE_SWEEPER)
def test_one_sweeper_counts_every_leg_once_and_leaves_none(name: str) -> None:
    assert explore(ONE_SWEEPER[name]) > 100


@pytest.mark.parametrize("name", TWO_SWEEPERS)
def test_two_sweepers_are_as_good_as_one(name: str) -> None:
    assert explore(TWO_SWEEPERS[name]) > 1_000


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", LONG)
def test_many_faults_at_once(name: str) -> None:
    assert explore(LONG[name]) > 10_000


# Each safeguard is there for a reason: without it the model finds the world that breaks.
NEEDED = {
    Wrong.DELETES_BEFORE_COMMIT: Scenario((R,), ticks=1),
    Wrong.RECEIPT_DRAWN_AT_COMMIT: Scenario((N,), lost_answers=1),
    Wrong.COMMITS_UNCONDITIONALLY: Scenario((N,), sweepers=2, losses=1, ticks=1),
    Wrong.GENERATION_IGNORED: Scenario((R,), sweepers=2, ticks=1),
    Wrong.FORGETS_BY_THE_LIST_ALONE: Scenario((R,), not_yets=1, short_lists=1),
    Wrong.WATCHES_ONLY_WHAT_IT_ERASES: Scenario((R,), sweepers=2, ticks=1),
    Wrong.COUNTS_WHATEVER_IS_UNKNOWN: Scenario((R,), losses=1, not_yets=1),
    Wrong.DELETES_WHATEVER_IS_UNKNOWN: Scenario((R,), losses=1),
}


@pytest.mark.parametrize("wrong", NEEDED)
def test_the_model_fails_without(wrong: Wrong) -> None:
    scenario = NEEDED[wrong]
    with_it_switched_off = replace(scenario, wrong=wrong)

    with pytest.raises(Broken):
        explore(with_it_switched_off)


def test_every_wrong_turn_is_tried() -> None:
    assert set(NEEDED) == set(Wrong) - {Wrong.NOTHING}
