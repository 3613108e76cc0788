"""Who is rung for whom: the order of the line, the order of the psychologists, and how many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from helpline.domain.people import Tier
from helpline.domain.presence import Presence, State
from helpline.domain.ring_plan import Plan, RingStep, Who, with_wrap_up
from helpline.domain.waiting import (
    AT_ONCE_MAX,
    Candidate,
    Waiting,
    Wanted,
    how_many_at_once,
    next_step_ms,
    plan_offers,
)

NOW = 10_000_000
PLAN: Plan = (RingStep(0, Who.ON_DUTY, 25), RingStep(20, Who.STANDBY, 30))


def person(
    name: str,
    state: State = State.AVAILABLE,
    *,
    tier: Tier = Tier.ON_DUTY,
    idle_since_ms: int = 0,
    missed: int = 0,
    skills: Sequence[str] = (),
    endpoints: tuple[str, ...] = ("phone",),
    suspended: Sequence[str] = (),
    passes: bool = False,
) -> Candidate:
    presence = Presence(
        name,
        state,
        tier,
        idle_since_ms=idle_since_ms,
        missed_in_row=missed,
        suspended=frozenset(suspended),
        lets_next_go_by=passes,
    )
    return Candidate(presence, endpoints, frozenset(skills), handle=name)


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


def test_who_missed_a_ring_comes_last_until_she_takes_a_call_even_after_standby() -> None:
    standby = person("dora", tier=Tier.STANDBY)
    people = (person("vera", missed=3), person("bruno", missed=1), standby, person("carla"))

    assert order_for(waiting("c1", 30), *people) == ["carla", "dora", "bruno", "vera"]


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
    call = waiting("c1", first_choice="vera")

    assert order_for(call, person("bruno"), person("vera", State.WRAP_UP, missed=2)) == ["vera", "bruno"]


def test_who_waits_for_a_caller_to_dial_again_comes_before_all_others_but_for_as_long_only() -> None:
    def awaiting(until_ms: int) -> Candidate:
        vera = person("vera", idle_since_ms=NOW, missed=3)
        return replace(vera, presence=replace(vera.presence, recall_until_ms=until_ms))

    assert order_for(waiting("c1"), person("bruno"), awaiting(NOW + 1)) == ["vera", "bruno"]
    assert order_for(waiting("c1"), person("bruno"), awaiting(NOW)) == ["bruno", "vera"]
    lost = waiting("c1", first_choice="bruno")
    assert order_for(lost, awaiting(NOW + 1), person("bruno")) == ["bruno", "vera"]


def test_who_waits_for_a_caller_to_dial_again_is_rung_at_once_though_she_is_on_standby() -> None:
    vera = person("vera", tier=Tier.STANDBY)
    awaiting = replace(vera, presence=replace(vera.presence, recall_until_ms=NOW + 1))

    assert order_for(waiting("c1"), person("bruno"), vera) == ["bruno"]
    assert order_for(waiting("c1"), person("bruno"), awaiting) == ["vera", "bruno"]


def test_a_wrap_up_gives_way_to_no_other_caller() -> None:
    assert order_for(waiting("c1", first_choice="bruno"), person("vera", State.WRAP_UP)) == []


@pytest.mark.parametrize("state", [s for s in State if s not in (State.AVAILABLE, State.WRAP_UP)])
def test_first_choice_or_not_nobody_is_rung_who_is_busy_away_or_on_a_break(state: State) -> None:
    assert order_for(waiting("c1", first_choice="vera"), person("vera", state)) == []


def test_who_the_carrier_shows_on_a_lost_leg_is_not_rung_though_she_is_available() -> None:
    vera, bruno = person("vera"), person("bruno", suspended=["phone"])
    vera = replace(vera, presence=replace(vera.presence, apart=True))

    assert order_for(waiting("c1"), vera) == []
    assert order_for(waiting("c1"), vera, bruno) == ["bruno"], "nobody else can be rung: suspensions give way"


def test_each_ring_that_came_to_nothing_goes_on_to_her_next_endpoint() -> None:
    vera = person("vera", endpoints=("browser", "phone"))
    tries = [(), (("browser", 1),), (("browser", 1), ("phone", 1)), (("browser", 2), ("phone", 1))]

    chosen = [plan_offers([waiting("c1", tried=t)], [vera], NOW)[0].order[0][1] for t in tries]

    assert chosen == ["browser", "phone", "browser", "phone"]


def test_a_suspended_endpoint_is_left_alone_and_who_has_no_other_is_not_rung() -> None:
    vera = person("vera", endpoints=("browser", "phone"), suspended=["browser"])
    bruno = person("bruno", suspended=["phone"])

    assert plan_offers([waiting("c1")], [vera, bruno], NOW)[0].order == (("vera", "phone"),)


@pytest.mark.parametrize("other", [State.TALKING, State.BREAK, State.OFFLINE])
def test_a_suspended_endpoint_rings_all_the_same_when_nothing_else_can_be_rung(other: State) -> None:
    people = (person("vera", suspended=["phone"]), person("bruno", other))

    assert order_for(waiting("c1"), *people) == ["vera"]


def test_standby_is_rung_at_once_where_all_on_duty_are_suspended_or_on_a_break() -> None:
    dora = person("dora", tier=Tier.STANDBY)

    assert order_for(waiting("c1", 5), person("vera", suspended=["phone"]), dora) == ["dora"]
    assert order_for(waiting("c1", 5), person("vera", State.BREAK), dora) == ["dora"]


@pytest.mark.parametrize("bruno", [State.WRAP_UP, State.RINGING])
def test_a_suspension_keeps_no_caller_waiting_for_who_is_busy(bruno: State) -> None:
    people = (person("vera", suspended=["phone"]), person("bruno", bruno))

    assert order_for(waiting("c1"), *people) == ["vera"]


def test_a_suspension_holds_while_another_is_rung_for_this_caller() -> None:
    people = (person("vera", suspended=["phone"]), person("bruno", State.RINGING))

    assert order_for(waiting("c1", live_offers=1), *people) == []


def test_who_declined_leaves_the_caller_to_a_suspended_endpoint() -> None:
    people = (person("vera", suspended=["phone"]), person("bruno"))

    assert order_for(waiting("c1", cooled=frozenset({"bruno"})), *people) == ["vera"]


def passing(call: Waiting, *people: Candidate) -> tuple[str, ...]:
    return tuple(who for wanted in plan_offers([call], people, NOW) for who in wanted.passing)


def test_who_lets_the_next_call_go_by_is_not_rung_for_it_while_another_can_be() -> None:
    people = (person("vera", passes=True), person("bruno", idle_since_ms=5))

    assert order_for(waiting("c1"), *people) == ["bruno"]
    assert passing(waiting("c1"), *people) == ("vera",)


def test_exactly_one_call_goes_by() -> None:
    people = (person("vera", passes=True), person("bruno"), person("carla"))

    assert rung(plan_offers([waiting("c1", 9), waiting("c2", 1)], people, NOW)) == {
        "c1": ["bruno"],
        "c2": ["carla", "vera"],
    }
    assert order_for(waiting("c2", passed=frozenset({"vera"})), person("vera"), person("bruno")) == ["bruno"]
    assert "vera" in order_for(waiting("c3"), person("vera"), person("bruno"))


def test_standby_is_rung_at_once_for_the_call_she_lets_go_by() -> None:
    assert order_for(waiting("c1"), person("vera", passes=True), person("dora", tier=Tier.STANDBY)) == [
        "dora"
    ]


def test_letting_a_call_go_by_never_leaves_a_caller_unrung() -> None:
    people = (person("vera", passes=True), person("bruno", State.TALKING))

    assert order_for(waiting("c1"), *people) == ["vera"]
    assert passing(waiting("c1"), *people) == ()
    assert order_for(waiting("c1", live_offers=1), *people) == []


def test_the_caller_she_lost_is_not_the_call_that_goes_by() -> None:
    assert (
        order_for(waiting("c1", first_choice="vera"), person("vera", passes=True), person("bruno"))[0]
        == "vera"
    )


def test_a_step_for_a_skill_reaches_those_on_duty_who_have_it() -> None:
    plan = (RingStep(0, Who.SKILL, 20, ("internes",)), RingStep(15, Who.ON_DUTY, 25))
    able = person("bruno", skills=("internes",))
    standby = person("dora", tier=Tier.STANDBY, skills=("internes",))

    assert order_for(waiting("c1", 14, plan=plan), person("vera"), able, standby) == ["bruno"]
    assert order_for(waiting("c1", 15, plan=plan), person("vera"), able, standby) == ["bruno", "vera"]


def test_the_next_step_starts_at_once_where_nobody_has_the_skill() -> None:
    plan = (RingStep(0, Who.SKILL, 20, ("internes",)), RingStep(15, Who.ON_DUTY, 25))

    assert order_for(waiting("c1", plan=plan), person("vera")) == ["vera"]


def test_a_step_with_names_reaches_these_people_in_whatever_tier() -> None:
    plan = (*PLAN[:1], RingStep(10, Who.NAMED, 25, ("dora", "carla")))
    people = (
        person("vera"),
        person("dora", tier=Tier.STANDBY),
        person("emma", tier=Tier.STANDBY),
        person("carla", State.OFFLINE),
    )

    assert order_for(waiting("c1", 9, plan=plan), *people) == ["vera"]
    assert order_for(waiting("c1", 10, plan=plan), *people) == ["vera", "dora"]


def test_who_is_coding_is_rung_from_her_step_on_and_after_the_others() -> None:
    plan = with_wrap_up(PLAN, 25)
    coding, free = person("vera", State.WRAP_UP), person("dora", tier=Tier.STANDBY)
    busy = person("bruno", State.TALKING)

    assert order_for(waiting("c1", 44, plan=plan), coding, busy) == []
    assert order_for(waiting("c1", 45, plan=plan), coding, busy) == ["vera"]
    assert order_for(waiting("c1", 45, plan=plan), coding, free, busy) == ["dora", "vera"]
    assert order_for(waiting("c1", 44, plan=(*PLAN, RingStep(60, Who.WRAP_UP, 25))), coding, busy) == []


def test_among_equals_the_earlier_step_comes_first() -> None:
    plan = (RingStep(0, Who.NAMED, 25, ("vera",)), RingStep(5, Who.ON_DUTY, 25))
    people = (person("vera", idle_since_ms=9), person("bruno", idle_since_ms=1))

    assert order_for(waiting("c1", 5, plan=plan), *people) == ["vera", "bruno"]


def test_standby_waits_for_its_step_while_anybody_on_duty_is_there() -> None:
    standby = person("dora", tier=Tier.STANDBY)
    busy = person("vera", State.TALKING)

    assert order_for(waiting("c1", 19), busy, standby) == []
    assert order_for(waiting("c1", 20), busy, standby) == ["dora"]


def test_once_their_step_is_due_standby_come_after_all_on_duty() -> None:
    standby = person("dora", tier=Tier.STANDBY)

    assert order_for(waiting("c1", 60), standby, person("vera", idle_since_ms=9)) == ["vera", "dora"]


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


def test_the_plan_says_when_it_widens_next() -> None:
    assert next_step_ms(waiting("c1", 5), NOW) == NOW + 15_000
    assert next_step_ms(waiting("c1", 20), NOW) is None


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
        suspended=st.sampled_from([(), ("phone",)]),
        passes=st.booleans(),
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
    passed=st.sets(st.sampled_from(_NAMES), max_size=2).map(frozenset),
    plan=st.sampled_from([PLAN, with_wrap_up(PLAN, 25), (*PLAN, RingStep(30, Who.NAMED, 20, ("p0", "p1")))]),
    first_choice=st.none() | st.sampled_from(_NAMES),
)
_lines = st.lists(_calls, max_size=6, unique_by=lambda c: c.call)


def _could_take(p: Candidate, call: Waiting) -> bool:
    """Qualified, free and not cooling, said another way than the code says it."""
    name, state = p.presence.psychologist, p.presence.state
    may_code_no_longer = any(step.who is Who.WRAP_UP for step in call.plan) or name == call.first_choice
    return (
        (state is State.AVAILABLE or (state is State.WRAP_UP and may_code_no_longer))
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
def test_no_caller_waits_unrung_beside_somebody_on_duty_who_is_available_and_not_promised(
    line: list[Waiting], people: list[Candidate]
) -> None:
    wanted = rung(plan_offers(line, people, NOW))

    promised = {who for names in wanted.values() for who in names}
    for call in line:
        if call.live_offers == 0 and call.call not in wanted:
            left = [p for p in people if p.presence.psychologist not in promised and _could_take(p, call)]
            left = [p for p in left if p.presence.state is State.AVAILABLE]
            if NOW - call.since_ms < 30_000:
                # Standby may be left alone while it is not their turn.
                left = [p for p in left if p.presence.tier is Tier.ON_DUTY]
            # A suspension lasts while another can be rung; letting a call go by never matters here.
            assert all(p.presence.suspended for p in left)
            assert not left or any(_rings_now_or_soon(p, call) for p in people)


def _rings_now_or_soon(p: Candidate, call: Waiting) -> bool:
    able = all(skill in p.skills for skill in call.skills)
    here = p.presence.state in (State.AVAILABLE, State.RINGING, State.WRAP_UP)
    return able and here and not p.presence.suspended


@given(line=_lines, people=_people)
def test_whoever_lets_a_call_go_by_is_not_rung_for_it_and_for_one_call_only(
    line: list[Waiting], people: list[Candidate]
) -> None:
    wanted = plan_offers(line, people, NOW)

    passing = [who for w in wanted for who in w.passing]
    assert len(passing) == len(set(passing))
    for w in wanted:
        assert not set(w.passing) & {who for who, _ in w.order}


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
