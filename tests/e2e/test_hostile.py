"""What a hostile reading of the call path found. Each failed once. Stepped."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime, timedelta

import pytest
import redis

from helpline.adapters.documents import load_rules
from helpline.domain.alarms import AlarmKind
from helpline.domain.call import Stage
from helpline.domain.errors import LiveStateDown
from helpline.domain.hours import Interval
from helpline.domain.people import Endpoint, EndpointKind, Psychologist, Roster, Shift, Tier
from helpline.domain.presence import Event, State
from helpline.services import keep_duty
from helpline.services.fallback_chain import standby_chain
from helpline.services.leave_line import leave_line
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.phone import Caller, Line

vera = builders.psychologist("vera", 1)
bruno = builders.psychologist("bruno", 2)


def in_talk(line: Line) -> Caller:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    return caller


def use_rules(line: Line, pattern: str, by: str) -> None:
    """The repository's rules with one change."""
    rules = re.sub(pattern, by, (builders.ROOT / "routing_rules.yaml").read_text("utf-8"))
    line.book.rules = load_rules(rules, flows=line.book.flows)


# ---- Redis lost at the worst moment


@pytest.mark.parametrize("ago_ms", [10, 60, 120])
@pytest.mark.parametrize("latency_ms", [20, 150])
def test_redis_lost_on_the_way_into_the_room(
    line: Line, redis_admin: redis.Redis, latency_ms: int, ago_ms: int
) -> None:
    caller = line.caller().dials()
    line.after(9)
    line.control.set_knobs({"latency_ms": latency_ms})
    line.vera.answers()
    line.vera.is_asked()
    line.control.phone_press(line.vera.number, line.vera.code())
    line.after((latency_ms + ago_ms) / 1000)

    redis_admin.flushall()

    line.after(16)
    assert line.silent_ms(caller) < 15_000
    line.vera.accepts()
    line.until(lambda: bool(caller.talks_to()), 60)


def test_a_crash_while_talks_are_adopted_cuts_none(
    line: Line, redis_admin: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = in_talk(line)
    restore = line.sw.offers.restore
    calls = iter([True])

    def dies_once(*given: object, **named: object) -> None:
        if next(calls, False):
            raise LiveStateDown("once")
        restore(*given, **named)

    monkeypatch.setattr(line.sw.offers, "restore", dies_once)
    redis_admin.flushall()

    line.after(60)

    assert caller.talks_with(line.vera)
    assert line.vera.state is State.TALKING


def test_found_talking_after_a_loss_she_still_goes_off_duty(line: Line, redis_admin: redis.Redis) -> None:
    caller = in_talk(line)
    redis_admin.flushall()
    line.after(20)
    caller.hangs_up()
    line.until(lambda: line.vera.state is State.AVAILABLE, 200)

    keep_duty.apply_rota(line.sw, line.stepper.now_ms + 30 * 3_600_000)

    assert line.vera.state is line.bruno.state is State.OFFLINE


def test_after_a_loss_an_adopted_talk_is_ruled_like_any_other(line: Line, redis_admin: redis.Redis) -> None:
    caller = in_talk(line)
    redis_admin.flushall()
    line.after(20)
    line.bruno.goes_off_duty()
    line.vera.goes_off_duty()

    line.vera.hangs_up()

    line.until(caller.is_over, 90)
    assert caller.hears("Aucun psychologue ne peut vous répondre")


# ---- requests that come late


def test_the_action_of_a_room_long_left_has_no_effect(line: Line) -> None:
    caller = in_talk(line)
    line.vera.hangs_up()
    line.until(lambda: caller.hears("La communication est terminée"), 5)
    line.until(line.vera.rings, 25)
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    documents = (r["path"] for r in line.control.log() if r["kind"] == "document")
    first_room = next(path for path in documents if path.startswith("/voice/done/"))

    line.replay(first_room)

    line.after(5)
    assert line.only_call().stage is Stage.TALKING
    line.vera.hangs_up()
    line.until(lambda: line.vera.rings() or line.bruno.rings(), 25)


def test_who_comes_back_from_the_queue_unknown_keeps_their_place(line: Line) -> None:
    line.stepper.paused |= {"effects", "clock"}
    leg = "CA" + "a" * 32

    leave_line(line.sw, leg, "entraide", "error", waited_ms=50_000, over=False)

    call = line.sw.calls.by_leg(leg)
    assert call is not None
    assert line.stepper.now_ms - call.arrived_ms == 50_000


# ---- who is rung


def test_who_signed_off_during_an_ambiguous_order_is_not_rung(line: Line) -> None:
    line.bruno.goes_off_duty()
    line.control.set_faults({"rest": {"path": "calls.create", "fault": "503", "times": 1}})
    line.caller().dials()
    line.after(1)

    line.vera.goes_off_duty()

    line.after(20)
    assert line.vera.times_rung() == 0


def test_the_next_shift_brings_its_own_tier(line: Line) -> None:
    two_o_clock = datetime(2026, 6, 14, 2, tzinfo=UTC)
    night = Interval(datetime(2026, 6, 13, tzinfo=UTC), two_o_clock)
    morning = Interval(two_o_clock, datetime(2026, 6, 14, 10, tzinfo=UTC))
    shifts = (Shift("p1", Tier.STANDBY, night), Shift("p1", Tier.ON_DUTY, morning))
    line.book.roster = Roster(line.book.roster.psychologists, shifts)
    at_ms = int(two_o_clock.timestamp() * 1000)
    for who in ("p1", "p2"):
        line.sw.offers.happen(who, Event.OFF_DUTY, at_ms - 7_200_000)
    keep_duty.apply_rota(line.sw, at_ms - 1_800_000)

    keep_duty.apply_rota(line.sw, at_ms + 1_000)

    presence = line.sw.offers.presence("p1")
    assert presence is not None
    assert presence.tier is Tier.ON_DUTY


def test_two_dead_endpoints_of_one_person_are_not_rung_in_a_tight_loop(make_line: MakeLine) -> None:
    dead = (Endpoint("e8", EndpointKind.CLIENT, "client:n"), Endpoint("e9", EndpointKind.CLIENT, "client:n2"))
    line = make_line(Psychologist("p9", "nadia", "Nadia", dead))
    line.caller().dials()
    line.after(30)

    legs = [r for r in line.control.log() if r["kind"] == "leg" and r["what"] == "initiated"]
    assert 4 <= len(legs) <= 20


@pytest.mark.parametrize(
    ("pattern", "by"),
    [(r"\n +- \{after_s: \d+, who: standby\}", ""), (r"skills: \[\]", "skills: [anglais]")],
    ids=["a plan without standby", "a skill nobody has"],
)
def test_who_can_never_be_rung_for_is_led_on(make_line: MakeLine, pattern: str, by: str) -> None:
    line = make_line(bruno, standby=("bruno",))
    use_rules(line, pattern, by)

    caller = line.caller().dials()

    line.until(caller.is_over, 120)
    assert caller.hears("Aucun psychologue ne peut vous répondre")


def test_standby_starts_at_once_when_the_last_on_duty_signs_off_from_wrap_up(make_line: MakeLine) -> None:
    line = make_line(vera, bruno, standby=("bruno",))
    caller = in_talk(line)
    line.after(5)
    caller.hangs_up()
    line.until(lambda: line.vera.state is State.WRAP_UP, 30)
    line.caller().dials()
    line.after(3)
    assert line.bruno.times_rung() == 0

    line.vera.goes_off_duty()

    line.until(line.bruno.rings, 2)


def test_callers_nobody_rings_for_are_led_to_the_chain(line: Line) -> None:
    """Effects kept down: the line answers, but nothing of ours can ring anybody."""
    line.stepper.paused.add("effects")
    caller = line.caller().dials()

    line.until(line.vera.rings, 180)
    line.vera.answers()
    line.vera.presses("1")

    line.until(lambda: caller.talks_with(line.vera), 15)


# ---- the due list and the rate


def test_what_is_put_under_an_expired_lease_is_not_lost(line: Line) -> None:
    line.stepper.paused |= {"effects", "clock"}
    line.after(1)
    due, now_ms = line.sw.due, line.stepper.now_ms
    due.put("rest:zz", now_ms - 10_000, now_ms)
    taken = due.take(1_000, now_ms)
    assert taken is not None
    assert taken[0] == "rest:zz"

    due.put("rest:zz", now_ms + 1_500, now_ms + 1_500)
    due.done("rest:zz", taken[1], now_ms + 1_600)

    again = due.take(1_000, now_ms + 1_700)
    assert again is not None
    assert again[0] == "rest:zz"


# ---- rules that change while we run


def test_a_new_line_can_be_shown_at_once(line: Line) -> None:
    rules = line.book.rules
    only = dataclasses.replace(next(iter(rules.lines.values())), id="nouvelle")
    line.book.rules = dataclasses.replace(rules, lines={"nouvelle": only})
    now = datetime.fromtimestamp(builders.NIGHT_MS / 1000, UTC)

    text = line.stepper.service.renderer.render(standby_chain(line.book.roster, now, "nouvelle"))

    assert only.shown_number_e164 in text


def test_a_new_wrap_up_time_holds_for_the_next_talk(line: Line) -> None:
    line.book.rules = dataclasses.replace(line.book.rules, wrap_up_s=7)

    in_talk(line).hangs_up()

    line.until(lambda: line.vera.state is State.WRAP_UP, 5)
    line.until(lambda: line.vera.state is State.AVAILABLE, 9)


# ---- suspended telephones


def vera_is_suspended(line: Line, redis_app: redis.Redis) -> None:
    """Her one telephone has let it ring twice in a row."""
    redis_app.hset("psy:p1", f"suspended:{vera.endpoints[0].id}", line.stepper.now_ms)


def test_who_declines_leaves_the_caller_to_a_suspended_telephone(
    make_line: MakeLine, redis_app: redis.Redis
) -> None:
    line = make_line(vera, bruno)
    vera_is_suspended(line, redis_app)
    line.caller().dials()

    line.bruno.declines()

    line.until(line.vera.rings, 3)


def test_who_is_coding_leaves_the_caller_to_a_suspended_telephone(
    make_line: MakeLine, redis_app: redis.Redis
) -> None:
    line = make_line(vera, bruno)
    vera_is_suspended(line, redis_app)
    caller = line.caller().dials()
    line.bruno.accepts()
    line.until_talk(caller, line.bruno)
    line.after(5)
    caller.hangs_up()
    line.until(lambda: line.bruno.state is State.WRAP_UP, 5)

    line.caller().dials()

    line.until(lambda: line.vera.rings() or line.bruno.rings(), 3)


def test_while_another_caller_is_rung_for_a_suspended_telephone_rings(
    make_line: MakeLine, redis_app: redis.Redis
) -> None:
    line = make_line(vera, bruno)
    vera_is_suspended(line, redis_app)
    line.caller().dials()
    line.until(line.bruno.rings, 3)

    line.caller().dials()

    line.until(line.vera.rings, 3)


def test_standby_is_rung_at_once_where_everybody_on_duty_is_suspended(
    make_line: MakeLine, redis_app: redis.Redis
) -> None:
    dora = builders.psychologist("dora", 3)
    line = make_line(vera, dora, standby=("dora",))
    vera_is_suspended(line, redis_app)

    line.caller().dials()

    line.until(line.dora.rings, 3)


def test_standby_is_rung_at_once_while_everybody_on_duty_is_on_a_break(make_line: MakeLine) -> None:
    dora = builders.psychologist("dora", 3)
    line = make_line(vera, dora, standby=("dora",))
    keep_duty.begin_break(line.sw, "p1")

    line.caller().dials()

    line.until(line.dora.rings, 3)


# ---- declined by key


@pytest.mark.parametrize("latency_ms", [20, 150])
def test_who_declines_one_caller_by_key_is_rung_for_the_next(make_line: MakeLine, latency_ms: int) -> None:
    line = make_line(vera)
    line.control.set_knobs({"latency_ms": latency_ms})
    line.caller().dials()
    line.after(1)
    line.caller().dials()
    line.vera.answers()
    line.vera.is_asked()

    line.vera.presses("9")

    line.until(line.vera.rings, 10)
    line.is_sound()


# ---- duty


def test_who_stays_past_her_shift_by_hand_stays(make_line: MakeLine) -> None:
    line = make_line(vera)
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    now = datetime.fromtimestamp(line.stepper.now_ms / 1000, UTC)
    over = Interval(now - timedelta(hours=8), now)
    line.book.roster = Roster(line.book.roster.psychologists, (Shift("p1", Tier.ON_DUTY, over),))
    keep_duty.apply_rota(line.sw, line.stepper.now_ms)
    presence = line.sw.offers.presence("p1")
    assert presence is not None
    assert presence.leaving

    line.vera.goes_on_duty()

    line.after(30)
    caller.hangs_up()
    line.until(lambda: line.vera.state is not State.TALKING, 5)
    assert line.vera.state is State.WRAP_UP


def test_a_talk_that_outlasts_the_pause_between_two_shifts_costs_her_no_shift(make_line: MakeLine) -> None:
    line = make_line(vera)
    caller = in_talk(line)
    now = datetime.fromtimestamp(line.stepper.now_ms / 1000, UTC)
    first = Shift("p1", Tier.ON_DUTY, Interval(now - timedelta(hours=8), now + timedelta(minutes=1)))
    second = Shift("p1", Tier.ON_DUTY, Interval(now + timedelta(minutes=5), now + timedelta(hours=8)))
    line.book.roster = Roster(line.book.roster.psychologists, (first, second))
    line.after(480)
    assert caller.talks_with(line.vera)

    caller.hangs_up()

    line.after(180)
    assert line.vera.state is State.AVAILABLE


def test_a_call_that_was_to_go_by_is_not_kept_for_the_next_shift(line: Line) -> None:
    caller = in_talk(line)
    keep_duty.let_next_go_by(line.sw, "p1")
    line.vera.goes_off_duty()
    caller.hangs_up()
    line.until(lambda: line.vera.state is State.OFFLINE, 5)

    line.vera.goes_on_duty()

    presence = line.sw.offers.presence("p1")
    assert presence is not None
    assert not presence.lets_next_go_by


# ---- alarms


def test_a_suspended_telephone_that_became_the_last_one_raises_the_alarm(
    make_line: MakeLine, redis_app: redis.Redis
) -> None:
    line = make_line(vera, bruno)
    vera_is_suspended(line, redis_app)
    redis_app.hset("psy:p1", f"missed:{vera.endpoints[0].id}", 2)
    line.bruno.goes_off_duty()
    line.caller().dials()

    line.until(lambda: line.vera.times_rung() == 2, 60)

    assert AlarmKind.LAST_ENDPOINT_DOES_NOT_ANSWER in {a.kind for a in line.sw.alarms.standing()}


@pytest.mark.parametrize("how", ["a colleague is back", "nobody is there any more"])
def test_the_alarm_of_the_last_telephone_is_over_when_it_is_the_last_no_more(
    make_line: MakeLine, how: str
) -> None:
    line = make_line(vera, bruno)
    keep_duty.begin_break(line.sw, "p2")
    caller = line.caller().dials()
    line.until(lambda: bool(line.sw.alarms.standing()), 90)
    caller.hangs_up()
    line.after(20)
    assert line.sw.alarms.standing()

    if how == "a colleague is back":
        keep_duty.end_break(line.sw, "p2")
    else:
        line.vera.goes_off_duty()
        line.bruno.goes_off_duty()

    line.after(15)
    assert not line.sw.alarms.standing()


# ---- parts that die later, files that change later


def test_the_chain_rings_when_the_effects_die_after_a_first_ring(line: Line) -> None:
    caller = line.caller().dials()
    line.until(lambda: line.vera.times_rung() + line.bruno.times_rung() == 2, 5)
    line.stepper.paused.add("effects")
    rung = line.vera.times_rung()

    line.until(lambda: line.vera.times_rung() > rung, 300)

    assert not caller.is_over()


def test_the_question_put_to_her_survives_a_new_release_of_its_flow(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.answers()
    line.vera.is_asked()
    old = line.book.flows["proposition"]
    moved = {("q" if name == "question" else name): node for name, node in old.nodes.items()}
    line.book.flows = {
        **line.book.flows,
        "proposition": dataclasses.replace(old, version="other", start="q", nodes=moved),
    }

    line.vera.presses(line.vera.code())
    line.after(2)
    if not caller.talks_to():
        line.vera.accepts()

    line.until_talk(caller, line.vera)


def test_who_waits_for_a_skill_is_not_sent_away_because_others_are_free(make_line: MakeLine) -> None:
    dora = builders.psychologist("dora", 3, skills=frozenset({"internes"}))
    line = make_line(vera, dora)
    use_rules(line, r"skills: \[\]", "skills: [internes]")
    first = line.caller().dials()
    line.dora.accepts()
    line.until_talk(first, line.dora)
    second = line.caller().dials()

    line.after(115)

    assert line.sw.calls.by_leg(line.leg_id(second)).stage is Stage.WAITING
    assert line.vera.times_rung() == 0


def test_a_third_party_is_rung_where_she_can_be_reached(make_line: MakeLine, redis_app: redis.Redis) -> None:
    other = Endpoint("e1x", EndpointKind.PHONE, "+33639985078")
    line = make_line(dataclasses.replace(vera, endpoints=(*vera.endpoints, other)), bruno)
    vera_is_suspended(line, redis_app)
    caller = line.caller().dials()
    line.bruno.accepts()
    line.until_talk(caller, line.bruno)
    line.after(3)

    line.bruno.calls_third("p:p1")

    line.until(lambda: line.control.phone(other.address)["state"] == "ringing", 5)


@pytest.mark.parametrize(("planned", "found"), [(False, State.OFFLINE), (True, State.AVAILABLE)])
def test_who_was_taken_off_the_roster_is_on_duty_again_only_if_planned(
    line: Line, planned: bool, found: State
) -> None:
    line.vera.goes_off_duty()
    line.vera.goes_on_duty()
    roster = line.book.roster
    line.book.roster = Roster((bruno,), tuple(s for s in roster.shifts if s.psychologist_id == "p2"))
    line.after(15)

    line.book.roster = roster if planned else Roster(roster.psychologists, line.book.roster.shifts)
    line.after(15)

    assert line.vera.state is found
