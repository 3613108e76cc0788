"""The digits that take a call: fresh, three, and not to be hit by chance."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
from hypothesis import given

from helpline.adapters.memory import SeededChance
from helpline.domain.accept_code import CODES, accept_code, spelled

_attempts = st.text("0123456789abcdef", min_size=32, max_size=32)


@given(attempt=_attempts)
def test_a_code_is_three_different_digits_none_of_which_declines(attempt: str) -> None:
    code = accept_code(attempt)

    assert len(code) == len(set(code)) == 3
    assert set(code) <= set("12345678")
    assert code not in "12345678"
    assert code not in "87654321"


@given(attempt=_attempts)
def test_asked_again_it_is_the_same(attempt: str) -> None:
    assert accept_code(attempt) == accept_code(attempt)


def test_two_guesses_hit_less_than_once_in_a_hundred_and_fifty_calls() -> None:
    assert len(set(CODES)) == len(CODES) == 324
    assert 2 / len(CODES) < 1 / 150


def test_over_many_offers_every_code_comes_up_about_as_often() -> None:
    chance = SeededChance(1)
    drawn = Counter(accept_code(chance.new_id()) for _ in range(100 * len(CODES)))

    assert set(drawn) == set(CODES)
    assert max(drawn.values()) < 150
    assert min(drawn.values()) > 60


def test_it_is_spoken_digit_by_digit() -> None:
    assert spelled("472") == "4, 7, 2"
