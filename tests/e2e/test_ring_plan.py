"""Who is rung when, on the whole stepped line: plans, order, misses, codes, the account's rate."""

from __future__ import annotations

from dataclasses import replace

from helpline.domain.accept_code import accept_code
from helpline.domain.alarms import AlarmKind
from helpline.domain.people import Endpoint, EndpointKind
from helpline.domain.presence import State
from helpline.domain.ring_plan import RingStep, Who
from helpline.domain.routing.rules import RingPlan
from helpline.services import keep_duty
from helpline.services.claim_call import answer_offer
from helpline.services.desk_view import desk_of
from helpline.services.offer_call import HEAD_OF_LINE
from tests import builders
from tests.e2e.conftest import MakeLine
from tests.phone import Caller, Handset, Line

vera = builders.psychologist("vera", 1)
bruno = builders.psychologist("bruno", 2)
dora = builders.psychologist("dora", 3, skills=frozenset({"internes"}))
at_two = replace(vera, endpoints=(Endpoint("e1b", EndpointKind.CLIENT, "client:vera"), *vera.endpoints))
ANCIEN = "0826000401"


def with_plan(line: Line, *steps: RingStep, wrap_up_s: int = 120) -> Line:
    """Every rule of this line rings by this plan."""
    rules = line.book.rules
    planned = tuple(replace(r, then=replace(r.then, ring_plan=RingPlan(steps))) for r in rules.rules)
    line.book.rules = replace(rules, rules=planned, wrap_up_s=wrap_up_s)
    return line


def who_needs_dora_waits(line: Line, how_many: int) -> Line:
    """The former number needs a skill that only Dora has, who is talking: so many wait for her."""
    ruled = line.book.rules
    skilled = tuple(
        replace(r, then=replace(r.then, skills=("internes",))) if "ancien_0826" in str(r.when) else r
        for r in ruled.rules
    )
    line.book.rules = replace(ruled, rules=skilled)
    first = line.caller().dials(ANCIEN)
    line.dora.accepts()
    line.until_talk(first, line.dora)
    for _ in range(how_many):
        line.caller().dials(ANCIEN)
    return line


def rung_after_s(line: Line, who: Handset, most_s: float) -> float:
    began = line.stepper.now_ms
    line.until(who.rings, most_s)
    return (line.stepper.now_ms - began) / 1000


def has_a_talk(line: Line, who: Handset) -> Caller:
    """A talk of a minute; afterwards she is coding."""
    caller = line.caller().dials()
    who.accepts()
    line.until_talk(caller, who)
    line.after(60)
    caller.hangs_up()
    line.until(lambda: who.state is State.WRAP_UP, 5)
    return caller


# ---- steps


def test_a_skill_is_rung_first_and_then_the_others(make_line: MakeLine) -> None:
    line = with_plan(
        make_line(vera, dora), RingStep(0, Who.SKILL, 25, ("internes",)), RingStep(12, Who.ON_DUTY, 25)
    )
    line.caller().dials()

    line.until(line.dora.rings, 2)
    assert 10 < rung_after_s(line, line.vera, 13) <= 13


def test_whoever_somebody_free_can_take_is_rung_for_however_many_wait_before_them(
    make_line: MakeLine,
) -> None:
    line = who_needs_dora_waits(make_line(vera, dora), HEAD_OF_LINE)
    line.after(2)
    assert line.vera.times_rung() == 0

    line.caller().dials()

    line.until(line.vera.rings, 3)


def test_who_waits_behind_callers_that_need_somebody_else_is_told_that_nobody_answers(
    make_line: MakeLine,
) -> None:
    line = who_needs_dora_waits(make_line(vera, dora), 2)
    line.after(1)
    caller = line.caller().dials()

    line.after(150)

    assert line.vera.times_rung() > 1
    assert caller.hears("Personne n'a encore pu vous répondre")


def test_somebody_named_is_rung_from_her_step_on_though_on_standby(make_line: MakeLine) -> None:
    line = with_plan(
        make_line(vera, bruno, dora, standby=("bruno", "dora")),
        RingStep(0, Who.ON_DUTY, 25),
        RingStep(10, Who.NAMED, 25, ("dora",)),
    )
    line.caller().dials()

    assert 9 < rung_after_s(line, line.dora, 12) <= 11
    line.after(10)
    assert line.bruno.times_rung() == 0


def test_who_is_coding_is_rung_after_45_seconds_and_gets_the_rest_of_her_time_back(
    make_line: MakeLine,
) -> None:
    line = make_line(vera)
    has_a_talk(line, line.vera)
    until = desk_of(line.sw, "p1", ()).wrap_up_until_ms

    line.caller().dials()

    assert 44 < rung_after_s(line, line.vera, 50) < 47
    line.vera.declines()
    assert line.vera.state is State.WRAP_UP
    assert desk_of(line.sw, "p1", ()).wrap_up_until_ms == until


def test_a_plan_may_say_when_coding_gives_way(make_line: MakeLine) -> None:
    line = with_plan(make_line(vera), RingStep(0, Who.ON_DUTY, 25), RingStep(10, Who.WRAP_UP, 25))
    has_a_talk(line, line.vera)

    line.caller().dials()

    assert 9 < rung_after_s(line, line.vera, 12) < 12


# ---- order


def test_two_misses_leave_a_telephone_alone_and_her_desk_says_so(make_line: MakeLine) -> None:
    line = make_line(vera, bruno)
    line.caller().dials()
    line.until(lambda: line.vera.times_rung() == 2, 60)
    line.until(lambda: bool(desk_of(line.sw, "p1", ()).suspended), 40)

    assert desk_of(line.sw, "p1", ()).suspended == (EndpointKind.PHONE,)
    rung = line.vera.times_rung()
    line.after(60)
    assert line.vera.times_rung() == rung
    assert line.bruno.times_rung() > 3, "the last one that can be rung keeps ringing"
    assert AlarmKind.LAST_ENDPOINT_DOES_NOT_ANSWER in {a.kind for a in line.sw.alarms.standing()}


def test_her_button_lets_it_ring_again(make_line: MakeLine) -> None:
    line = make_line(vera, bruno)
    line.caller().dials()
    line.until(lambda: bool(desk_of(line.sw, "p1", ()).suspended), 90)
    rung = line.vera.times_rung()

    keep_duty.ring_again(line.sw, "p1")

    assert desk_of(line.sw, "p1", ()).suspended == ()
    line.until(lambda: line.vera.times_rung() > rung, 30)


def test_an_accepted_call_ends_the_alarm(make_line: MakeLine) -> None:
    line = make_line(vera)
    caller = line.caller().dials()
    line.until(lambda: line.vera.times_rung() == 3, 90)
    assert [a.kind for a in line.sw.alarms.standing()] == [AlarmKind.LAST_ENDPOINT_DOES_NOT_ANSWER]

    line.vera.accepts()
    line.until_talk(caller, line.vera)

    assert line.sw.alarms.standing() == ()
    line.is_sound()


def test_a_browser_that_is_gone_and_her_telephone_are_one_ring(make_line: MakeLine) -> None:
    """It ends unanswered at once: the telephone rings in the same step, before anybody else is asked."""
    line = make_line(at_two, dora, standby=("dora",))
    line.control.set_client("vera", {"registered": False})
    caller = line.caller().dials()
    phone = at_two.endpoints[1].address

    line.until(lambda: line.control.phone(phone)["state"] == "ringing", 3)

    assert line.dora.times_rung() == 0
    presence = line.sw.offers.presence("p1")
    assert presence is not None
    assert (presence.missed_in_row, presence.suspended) == (0, frozenset())
    assert not caller.is_over()


# ---- the account's rate


def test_the_older_callers_first_offer_leaves_before_anybodys_second(make_line: MakeLine) -> None:
    people = tuple(builders.psychologist(f"p{n}", n) for n in range(1, 5))
    line = make_line(*people, leg_rate=1.0, HELPLINE_LEGS_PER_S="1")
    line.book.rules = replace(line.book.rules, at_once_max=2)
    line.stepper.paused.add("effects")
    older = line.caller().dials()
    line.after(0.5)
    younger = line.caller().dials()
    line.after(0.5)
    first, second = (call.id for call in sorted(line.live(), key=lambda call: call.line_key_ms))
    line.stepper.paused.clear()
    line.after(8)

    sent = [o for call in (first, second) for o in line.sw.offers.of_call(call) if o.sent_ms is not None]
    sent.sort(key=lambda offer: offer.sent_ms or 0)
    assert [offer.call for offer in sent] == [first, second, first, second]
    assert not older.is_over()
    assert not younger.is_over()


def test_a_leg_not_yet_sent_is_withdrawn_when_its_caller_has_gone(make_line: MakeLine) -> None:
    line = make_line(vera, bruno, leg_rate=1.0, HELPLINE_LEGS_PER_S="0.2")
    caller = line.caller().dials()
    line.after(1)

    caller.hangs_up()
    line.after(20)

    assert line.vera.times_rung() + line.bruno.times_rung() == 1


# ---- on the telephone


def test_each_ring_has_its_own_code_and_only_that_one_takes_the_call(make_line: MakeLine) -> None:
    line = make_line(vera)
    caller = line.caller().dials()
    line.vera.answers()
    line.vera.is_asked()
    first = line.vera.code()
    (offer,) = line.sw.offers.of_call(line.only_call().id)
    assert first == accept_code(offer.attempt)

    line.vera.hangs_up()
    line.vera.answers()
    line.vera.is_asked()
    assert line.vera.code() != first
    line.vera.presses(first)
    line.after(3)
    assert not caller.talks_with(line.vera)
    assert line.vera.is_up(), "asked again"

    line.vera.presses(line.vera.code())
    line.until_talk(caller, line.vera)


def test_two_wrong_codes_are_a_miss_and_the_next_is_rung(make_line: MakeLine) -> None:
    line = make_line(vera, bruno, standby=("bruno",))
    line.caller().dials()
    line.vera.answers()
    for _ in range(2):
        line.vera.is_asked()
        line.vera.presses("999")
        line.after(6)

    line.until(lambda: not line.vera.is_up(), 10)
    presence = line.sw.offers.presence("p1")
    assert presence is not None
    assert presence.missed_in_row == 1


def test_nine_is_a_decline_and_no_code_begins_with_it(make_line: MakeLine) -> None:
    line = make_line(vera, bruno, standby=("bruno",))
    line.caller().dials()
    line.vera.answers()
    line.vera.is_asked()

    line.vera.presses("9")

    line.until(line.bruno.rings, 8)
    line.after(30)
    assert line.vera.times_rung() == 1


def test_a_code_pressed_after_the_decline_takes_no_call(make_line: MakeLine) -> None:
    line = make_line(vera)
    caller = line.caller().dials()
    line.vera.answers()
    line.vera.is_asked()
    (offer,) = line.sw.offers.of_call(line.only_call().id)
    answer_offer(line.sw, offer.attempt, "9")

    answer_offer(line.sw, offer.attempt, line.vera.code())

    line.after(5)
    assert not caller.talks_to()
    assert line.vera.state is State.AVAILABLE


def test_the_keys_of_a_greeting_take_no_call(make_line: MakeLine) -> None:
    """Tones of a mailbox, one after the other, whatever they are: all single keys, and the old « 1 »."""
    line = make_line(vera)
    caller = line.caller().dials()
    for tones in ("1", "1234", "5678", "*#0"):
        line.vera.answers()
        line.vera.presses(tones)
        line.until(lambda: not line.vera.is_up(), 30)
        assert caller.talks_to() == []
    line.is_sound()


def test_the_desk_shows_the_code_that_her_telephone_says(make_line: MakeLine) -> None:
    line = make_line(vera)
    line.caller().dials()
    line.vera.answers()
    line.vera.is_asked()

    offer = desk_of(line.sw, "p1", ()).offer

    assert offer is not None
    assert offer.code.replace(", ", "") == line.vera.code()
