"""Who is rung for whom: the order of the line, the order of the psychologists, and how many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from helpline.domain.people import Tier
from helpline.domain.presence import Presence, State
from helpline.domain.waiting import (
    AT_ONCE_MAX,
    Candidate,
    PlanStep,
    Waiting,
    Wanted,
    how_many_at_once,
    next_step_ms,
    plan_from_text,
    plan_offers,
    plan_to_text,
    tiers_reached,
)

NOW = 10_000_000
PLAN = (PlanStep(0, Tier.ON_DUTY, 25), PlanStep(20, Tier.STANDBY, 30))


def person(
    name: str,
    state: State = State.AVAILABLE,
    *,
    tier: Tier = Tier.ON_DUTY,
    idle_since_ms: int = 0,
    missed: int = 0,
    skills: Sequence[str] = (),
    endpoints: tuple[str, ...] = ("phone",),
) -> Candidate:
    presence = Presence(name, state, tier, idle_since_ms=idle_since_ms, missed_in_row=missed)
    return Candidate(presence, endpoints, frozenset(skills))


def waiting(call: str, waited_s: int = 0, **changes: object) -> Waiting:
    since_ms = NOW - 1000 * waited_s
    at: dict[str, object] = {"call": call, "key_ms": since_ms, "since_ms": since_ms, "plan": PLAN}
    return Waiting(**{**at, **changes})  # type: ignore[arg-type]  # a test's own changes


def rung(wanted: Sequence[Wanted]) -> dict[str, list[str]]:
    """Who is promised to which call."""
    return {w.call: [who for who, _ in w.order[: w.how_many]] for w in wanted}


def order_for(call: Waiting, *people: Candidate) -> list[str]:
    wanted = plan_offers([call], people, NOW)
    return [who for w in wanted for who, _ in w.order]


@pytest.mark.parametrize(
    ("free", "in_line", "expected"),
    [(0, 1, 0), (1, 1, 1), (1, 9, 1), (3, 1, 3), (5, 2, 2), (9, 2, 4), (6, 1, 5), (40, 1, 5), (4, 0, 0)],
)
def test_free_divided_by_waiting_are_rung_at_once_between_one_and_five(
    free: int, in_line: int, expected: int
) -> None:
    assert how_many_at_once(free, in_line) == expected


@given(free=st.integers(1, 60), in_line=st.integers(1, 60), most=st.integers(1, 9))
def test_more_free_never_ring_fewer_and_more_waiting_never_ring_more(
    free: int, in_line: int, most: int
) -> None:
    at_once = how_many_at_once(free, in_line, most)

    assert 1 <= at_once <= most
    assert how_many_at_once(free + 1, in_line, most) >= at_once >= how_many_at_once(free, in_line + 1, most)


def test_the_one_person_on_duty_is_rung_for_the_one_caller() -> None:
    (wanted,) = plan_offers([waiting("c1")], [person("vera", endpoints=("e1", "e2"))], NOW)

    assert wanted == Wanted("c1", (("vera", "e1"),), 1, 25)


def test_the_oldest_caller_comes_first_and_of_two_alike_the_first_by_name() -> None:
    line = [waiting("c3", 5), waiting("c2", 5), waiting("c1", 1), waiting("c0", 9)]

    assert rung(plan_offers(line, [person("vera"), person("bruno"), person("carla")], NOW)) == {
        "c0": ["bruno"],
        "c2": ["carla"],
        "c3": ["vera"],
    }


def test_a_bonus_goes_before_a_longer_wait() -> None:
    line = [waiting("long", 30), waiting("bonus", 10, key_ms=NOW - 130_000)]

    assert rung(plan_offers(line, [person("vera")], NOW)) == {"bonus": ["vera"]}


def test_who_rings_for_a_call_already_counts_among_the_free() -> None:
    ringing = waiting("c1", live_offers=2)

    assert rung(plan_offers([ringing], [person("vera")], NOW)) == {"c1": ["vera"]}
    assert plan_offers([ringing, waiting("c2")], [person("vera")], NOW)[0].call == "c2"


def test_who_let_it_ring_fewer_times_comes_first_whether_for_this_call_or_in_a_row() -> None:
    call = waiting("c1", tried=(("bruno", 1), ("carla", 2)))

    assert order_for(call, person("carla"), person("bruno"), person("vera", missed=3), person("dora")) == [
        "dora",
        "bruno",
        "carla",
        "vera",
    ]


def test_the_least_flexible_with_the_needed_skill_comes_first() -> None:
    call = waiting("c1", skills=("internes",))

    both = person("bruno", skills=("internes", "anglais"))
    assert order_for(call, both, person("vera", skills=("internes",)), person("carla")) == ["vera", "bruno"]


def test_among_equals_the_longest_idle_comes_first() -> None:
    people = [
        person("vera", idle_since_ms=9),
        person("bruno", idle_since_ms=7),
        person("carla", idle_since_ms=8),
    ]

    assert order_for(waiting("c1"), *people) == ["bruno", "carla", "vera"]


def test_who_had_just_lost_this_caller_comes_first_even_out_of_her_wrap_up() -> None:
    call = waiting("c1", first_choice="vera", tried=(("vera", 2),))

    assert order_for(call, person("bruno"), person("vera", State.WRAP_UP)) == ["vera", "bruno"]


def test_a_wrap_up_gives_way_to_no_other_caller() -> None:
    assert order_for(waiting("c1", first_choice="bruno"), person("vera", State.WRAP_UP)) == []


@pytest.mark.parametrize("state", [s for s in State if s not in (State.AVAILABLE, State.WRAP_UP)])
def test_first_choice_or_not_nobody_is_rung_who_is_busy_away_or_on_a_break(state: State) -> None:
    assert order_for(waiting("c1", first_choice="vera"), person("vera", state)) == []


def test_each_ring_she_missed_goes_on_to_her_next_endpoint() -> None:
    vera = person("vera", endpoints=("browser", "phone"))

    chosen = [
        plan_offers([waiting("c1", tried=(("vera", n),))], [vera], NOW)[0].order[0][1] for n in (0, 1, 2)
    ]

    assert chosen == ["browser", "phone", "browser"]


def test_standby_waits_for_its_step_while_anybody_on_duty_is_there() -> None:
    standby = person("dora", tier=Tier.STANDBY)
    busy = person("vera", State.TALKING)

    assert order_for(waiting("c1", 19), busy, standby) == []
    assert order_for(waiting("c1", 20), busy, standby) == ["dora"]


def test_once_their_step_is_due_standby_come_after_all_on_duty() -> None:
    standby = person("dora", tier=Tier.STANDBY)

    assert order_for(waiting("c1", 60), standby, person("vera", missed=4)) == ["vera", "dora"]


def test_standby_is_rung_at_once_when_nobody_is_on_duty_at_all() -> None:
    standby = person("dora", tier=Tier.STANDBY)

    assert order_for(waiting("c1"), standby) == ["dora"]
    assert order_for(waiting("c1"), person("vera", State.OFFLINE), standby) == ["dora"]


def test_nobody_on_duty_with_the_needed_skill_is_nobody_on_duty() -> None:
    call = waiting("c1", skills=("internes",))

    assert order_for(call, person("vera"), person("dora", tier=Tier.STANDBY, skills=("internes",))) == [
        "dora"
    ]


def test_standby_is_rung_at_once_when_who_is_on_duty_has_declined_and_no_other_is_free() -> None:
    declined = waiting("c1", 3, cooled=frozenset({"vera"}))
    standby = person("dora", tier=Tier.STANDBY)

    assert order_for(declined, person("vera"), person("bruno", State.TALKING), standby) == ["dora"]
    assert order_for(declined, person("vera"), person("bruno"), standby) == ["bruno"]


def test_who_declined_is_not_rung_again_for_that_call_but_for_others() -> None:
    line = [waiting("c1", 5, cooled=frozenset({"vera"})), waiting("c2", 1)]

    assert rung(plan_offers(line, [person("vera")], NOW)) == {"c2": ["vera"]}


def test_the_ring_lasts_as_long_as_the_longest_step_reached() -> None:
    people = [person("vera"), person("dora", tier=Tier.STANDBY)]

    assert plan_offers([waiting("c1", 5)], people, NOW)[0].ring_s == 25
    assert plan_offers([waiting("c1", 20)], people, NOW)[0].ring_s == 30


def test_a_step_named_twice_keeps_its_first_ring_time_and_an_early_one_its_own() -> None:
    twice = waiting("c1", 30, plan=(*PLAN, PlanStep(10, Tier.ON_DUTY, 60)))

    assert tiers_reached(twice, NOW, on_duty_exhausted=False) == {Tier.ON_DUTY: 25, Tier.STANDBY: 30}
    assert tiers_reached(waiting("c1"), NOW, on_duty_exhausted=True) == {Tier.ON_DUTY: 25, Tier.STANDBY: 30}


def test_the_plan_says_when_it_widens_next() -> None:
    assert next_step_ms(waiting("c1", 5), NOW) == NOW + 15_000
    assert next_step_ms(waiting("c1", 20), NOW) is None


_steps = st.lists(
    st.builds(PlanStep, st.integers(0, 600), st.sampled_from(Tier), st.integers(5, 60)), max_size=4
).map(tuple)


@given(steps=_steps)
def test_a_plan_survives_being_written_down(steps: tuple[PlanStep, ...]) -> None:
    assert plan_from_text(plan_to_text(steps)) == steps


_NAMES = [f"p{n}" for n in range(7)]
_SKILLS = st.sets(st.sampled_from(["internes", "anglais"])).map(frozenset)
_people = st.lists(
    st.builds(
        person,
        st.sampled_from(_NAMES),
        st.sampled_from(State),
        tier=st.sampled_from(Tier),
        idle_since_ms=st.integers(0, 5),
        missed=st.integers(0, 2),
        skills=_SKILLS,
    ),
    max_size=7,
    unique_by=lambda p: p.presence.psychologist,
)
_calls = st.builds(
    waiting,
    st.sampled_from([f"c{n}" for n in range(6)]),
    st.integers(0, 60),
    skills=_SKILLS.map(tuple),
    live_offers=st.integers(0, 3),
    cooled=st.sets(st.sampled_from(_NAMES), max_size=3).map(frozenset),
    tried=st.dictionaries(st.sampled_from(_NAMES), st.integers(1, 3), max_size=3).map(
        lambda d: tuple(d.items())
    ),
    first_choice=st.none() | st.sampled_from(_NAMES),
)
_lines = st.lists(_calls, max_size=6, unique_by=lambda c: c.call)


def _could_take(p: Candidate, call: Waiting) -> bool:
    """Qualified, free and not cooling, said another way than the code says it."""
    name, state = p.presence.psychologist, p.presence.state
    lost_this_caller = state is State.WRAP_UP and name == call.first_choice
    return (
        (state is State.AVAILABLE or lost_this_caller)
        and name not in call.cooled
        and all(skill in p.skills for skill in call.skills)
    )


@given(line=_lines, people=_people)
def test_only_the_qualified_and_free_are_rung_and_nobody_for_two_callers(
    line: list[Waiting], people: list[Candidate]
) -> None:
    by_name = {p.presence.psychologist: p for p in people}
    calls = {c.call: c for c in line}

    wanted = plan_offers(line, people, NOW)

    promised = [who for names in rung(wanted).values() for who in names]
    assert len(promised) == len(set(promised))
    for w in wanted:
        assert all(_could_take(by_name[who], calls[w.call]) for who, _ in w.order)
        assert 1 <= w.how_many + calls[w.call].live_offers <= AT_ONCE_MAX


@given(line=_lines, people=_people)
def test_no_caller_waits_unrung_beside_somebody_on_duty_who_is_qualified_free_and_not_promised(
    line: list[Waiting], people: list[Candidate]
) -> None:
    wanted = rung(plan_offers(line, people, NOW))

    promised = {who for names in wanted.values() for who in names}
    for call in line:
        if call.live_offers == 0 and call.call not in wanted:
            left = [p for p in people if p.presence.psychologist not in promised and _could_take(p, call)]
            assert all(p.presence.tier is Tier.STANDBY for p in left)
            # And standby may only be left alone while it is not their turn.
            assert not left or NOW - call.since_ms < 20_000


@given(line=_lines, people=_people)
def test_callers_are_served_in_the_order_of_their_keys_and_the_plan_is_the_same_however_the_line_is_read(
    line: list[Waiting], people: list[Candidate]
) -> None:
    keys = {c.call: (c.key_ms, c.call) for c in line}

    wanted = plan_offers(line, people, NOW)

    served = [keys[w.call] for w in wanted]
    assert served == sorted(served)
    assert plan_offers(line[::-1], people[::-1], NOW) == wanted


@given(line=_lines, people=_people)
def test_once_a_plan_is_carried_out_only_who_is_rung_for_already_may_be_offered_more(
    line: list[Waiting], people: list[Candidate]
) -> None:
    wanted = {w.call: w for w in plan_offers(line, people, NOW)}
    promised = {who for names in rung(tuple(wanted.values())).values() for who in names}
    after = [_with_offers(c, wanted.get(c.call)) for c in line]
    left = [p for p in people if p.presence.psychologist not in promised]

    again = plan_offers(after, left, NOW)

    assert all(c.live_offers > 0 for c in after if c.call in {w.call for w in again})


def _with_offers(call: Waiting, wanted: Wanted | None) -> Waiting:
    made = min(wanted.how_many, len(wanted.order)) if wanted else 0
    return replace(call, live_offers=call.live_offers + made)
