"""A ring plan and its one short text."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from helpline.domain.ring_plan import RingStep, Who, plan_from_text, plan_to_text, with_wrap_up

_names = st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True)
_step = st.builds(
    RingStep,
    st.integers(0, 600),
    st.sampled_from(Who),
    st.integers(5, 60),
    st.lists(_names, max_size=3).map(tuple),
)
plans = st.lists(_step, max_size=5).map(tuple)


@given(plan=plans)
def test_a_plan_survives_being_written_down(plan: tuple[RingStep, ...]) -> None:
    assert plan_from_text(plan_to_text(plan)) == plan


@given(plan=plans)
def test_a_text_read_and_written_again_is_the_same_text(plan: tuple[RingStep, ...]) -> None:
    text = plan_to_text(plan)
    assert plan_to_text(plan_from_text(text)) == text


def test_the_text_of_every_kind_of_step() -> None:
    plan = (
        RingStep(0, Who.ON_DUTY, 25),
        RingStep(10, Who.SKILL, 20, ("internes",)),
        RingStep(20, Who.NAMED, 25, ("vera", "bruno")),
        RingStep(40, Who.STANDBY, 30),
        RingStep(45, Who.WRAP_UP, 25),
    )
    assert plan_to_text(plan) == (
        "0:on_duty:25;10:skill:20:internes;20:named:25:vera,bruno;40:standby:30;45:wrap_up:25"
    )


@pytest.mark.parametrize("text", ["0", "0:on_duty", "x:on_duty:25", "0:everybody:25", "0:named:25:a:b"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not enough|invalid literal|not a valid|too many"):
        plan_from_text(text)


def test_who_is_coding_may_be_rung_after_45_s_where_a_rule_says_nothing_of_it() -> None:
    duty, standby = RingStep(0, Who.ON_DUTY, 25), RingStep(60, Who.STANDBY, 25)

    assert with_wrap_up((duty, standby), 20) == (duty, RingStep(45, Who.WRAP_UP, 20), standby)


@given(plan=plans)
def test_a_plan_has_one_step_for_them_or_its_own(plan: tuple[RingStep, ...]) -> None:
    own = [step for step in plan if step.who is Who.WRAP_UP]
    whole = with_wrap_up(plan, 25)

    assert [step for step in whole if step.who is Who.WRAP_UP] == (own or [RingStep(45, Who.WRAP_UP, 25)])
    assert with_wrap_up(whole, 25) == whole
