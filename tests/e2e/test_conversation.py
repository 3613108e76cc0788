"""Hold, third party, talk of three, transfer: what each of those on the line hears, whoever drops when."""

from __future__ import annotations

import pytest
import redis

from helpline.domain.call import Stage
from helpline.domain.offer import Offer, OfferState
from helpline.domain.presence import State
from helpline.services.await_recall import await_recall
from helpline.services.call_third import call_third, whom_to_call
from helpline.services.reconcile import reconcile
from tests.e2e.conftest import MakeLine
from tests.phone import Caller, Line


def in_talk(line: Line) -> Caller:
    """A caller who has talked with Vera for five seconds."""
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    line.after(5)
    return caller


def of_three(line: Line, key: str = "s:lac") -> Caller:
    """The same with a third party in: the clinic, or `key`."""
    caller = in_talk(line)
    line.vera.calls_third(key)
    other = line.places[key[2:]] if key.startswith("s:") else line.bruno
    other.answers()
    line.after(3)
    line.vera.brings_together()
    line.until(lambda: caller.talks_with(line.vera) and caller.talks_with(other), 10)
    line.after(1)
    return caller


def test_a_caller_on_hold_hears_words_and_music_and_is_back_in_a_second(line: Line) -> None:
    caller = in_talk(line)

    line.vera.holds()
    line.after(60)

    assert not caller.talks_to()
    assert caller.hears("Votre psychologue revient")
    line.vera.resumes()
    line.until(lambda: caller.talks_with(line.vera), 2)
    line.after(1)
    assert line.only_call().caller_in
    line.is_sound()


def test_transfer_to_a_structure(line: Line) -> None:
    caller = in_talk(line)
    line.vera.calls_third("s:lac")
    clinic = line.places["lac"]
    clinic.answers()
    line.until(lambda: bool(clinic.talks_to()), 5)
    assert clinic.talks_to() == [line.vera.number]
    assert not caller.talks_to()

    line.vera.brings_together()
    line.until(lambda: caller.talks_with(clinic) and caller.talks_with(line.vera), 10)
    assert caller.hears("Une troisième personne est en ligne : Clinique du Lac.")
    line.after(10)
    line.vera.hands_over()
    line.after(2)

    assert caller.talks_to() == [clinic.number]
    assert line.only_call().stage is Stage.HANDED_OVER
    assert line.vera.state is State.WRAP_UP
    line.after(60)
    caller.hangs_up()
    line.after(2)
    assert not clinic.is_up() or clinic.hears("La communication est terminée")
    line.is_sound(third_party=True)
    assert line.until_counted() == {"spoke": 1}


def test_who_marked_a_talk_as_cut_off_is_first_in_the_order_for_a_quarter_of_an_hour(
    make_line: MakeLine,
) -> None:
    line = make_line(HELPLINE_LEGS_PER_S="1")
    caller = in_talk(line)
    caller.hangs_up()
    line.until(lambda: line.vera.state is State.WRAP_UP, 15)
    assert await_recall(line.sw, "p1")
    line.after(20)

    def first_rung() -> str:
        """Who is rung first for a new caller, one leg a second; then they leave."""
        before = len(line.control.log())
        other = line.caller().dials()
        line.until(line.bruno.rings, 5)
        other.hangs_up()
        line.after(15)
        legs = [r for r in line.control.log()[before:] if r["kind"] == "leg" and r["what"] == "initiated"]
        return str(legs[0]["to"])

    assert first_rung() == line.vera.number
    line.after(15 * 60)
    assert first_rung() == line.bruno.number


def test_interrompu_is_only_for_the_end_of_a_talk(line: Line) -> None:
    assert not await_recall(line.sw, "p1")
    in_talk(line)
    assert not await_recall(line.sw, "p1")


def test_only_verified_ten_digit_numbers_and_free_colleagues_can_be_called(line: Line) -> None:
    in_talk(line)
    assert [who.key for who in whom_to_call(line.sw, "p1")] == ["s:samu", "p:p2", "s:lac"]
    for key in ("s:a-verifier", "s:urgences", "s:15", "p:p1", "p:p9", "+33612345678", ""):
        assert not call_third(line.sw, "p1", key)
    line.bruno.goes_off_duty()
    assert not call_third(line.sw, "p1", "p:p2")
    line.vera.calls_third("s:lac")
    assert not call_third(line.sw, "p1", "s:samu")


def test_a_colleague_on_a_leg_that_a_lost_copy_knew_is_in_a_talk_and_cannot_be_called(line: Line) -> None:
    in_talk(line)
    epoch = line.sw.calls.epoch()
    assert epoch is not None
    line.sw.offers.set_apart(["p2"], ["p1", "p2"], epoch[0], line.stepper.now_ms)

    assert "p:p2" not in [who.key for who in whom_to_call(line.sw, "p1")]
    assert not call_third(line.sw, "p1", "p:p2")
    chosen_before = Offer(
        "a-third", line.only_call().id, "p2", "e2", OfferState.DUE, line.stepper.now_ms, third=True
    )
    assert not line.sw.offers.call_third(line.only_call(), chosen_before, line.stepper.now_ms)


def test_a_colleague_who_is_consulted_is_not_rung_for_a_caller_and_a_structure_shows_our_number(
    line: Line,
) -> None:
    of_three(line, "p:p2")
    rung = line.bruno.times_rung()
    line.caller().dials()
    line.after(25)
    assert line.bruno.times_rung() == rung
    legs = [r for r in line.control.log() if r["kind"] == "leg" and r["what"] == "initiated"]
    assert {leg["from"] for leg in legs} == {"+33199000001"}


def test_web_away_while_on_hold_leads_the_caller_to_a_human(line: Line) -> None:
    caller = in_talk(line)
    line.vera.holds()
    line.after(3)

    line.control.set_faults({"web": {"path": "/voice/*", "fault": "refuse"}})

    line.until(lambda: caller.hears("Nous appelons un psychologue"), 22)
    line.until(line.bruno.rings, 60)
    assert line.silent_ms(caller) <= 5_000


def test_rest_away_the_caller_comes_back_by_the_second_way(line: Line) -> None:
    caller = in_talk(line)
    line.vera.holds()
    line.after(5)
    line.control.set_faults({"rest": {"operation": "calls.update", "fault": "500"}})

    line.vera.resumes()

    line.until(lambda: caller.talks_with(line.vera), 20)
    line.after(30)
    assert caller.talks_with(line.vera)
    line.is_sound()


def test_redis_lost_on_hold_they_find_each_other_again(line: Line, redis_admin: redis.Redis) -> None:
    caller = in_talk(line)
    line.vera.holds()
    line.after(5)

    redis_admin.flushall()

    line.until(lambda: caller.talks_with(line.vera), 22)
    assert caller.hears("Une troisième personne peut être en communication")
    line.until(lambda: line.vera.state is State.TALKING, 15)
    assert line.only_call().stage is Stage.TALKING
    line.after(60)
    assert caller.talks_with(line.vera)
    line.is_sound()


@pytest.mark.parametrize("key", ["s:lac", "p:p2"])
def test_redis_lost_in_a_talk_of_three_it_goes_on_and_can_be_handed_over(
    line: Line, redis_admin: redis.Redis, key: str
) -> None:
    caller = of_three(line, key)

    redis_admin.flushall()

    line.after(30)
    assert len(caller.talks_to()) == 2
    assert line.only_call().is_of_three
    assert line.vera.state is State.TALKING
    line.vera.hands_over()
    line.after(20)
    assert len(caller.talks_to()) == 1
    assert not caller.talks_with(line.vera)
    caller.hangs_up()
    assert line.until_counted() == {"spoke": 1}


def test_redis_lost_after_a_transfer_the_talk_goes_on(line: Line, redis_admin: redis.Redis) -> None:
    caller = of_three(line)
    line.vera.hands_over()
    line.after(5)

    redis_admin.flushall()

    line.after(30)
    assert caller.talks_with(line.places["lac"])
    assert line.only_call().stage is Stage.HANDED_OVER
    line.places["lac"].hangs_up()
    line.until(lambda: caller.hears("La communication est terminée de notre côté"), 5)


def test_the_reconciler_ends_and_moves_nothing_of_a_talk_of_three(line: Line) -> None:
    caller = of_three(line)
    before = line.only_call()

    for _ in range(3):
        reconcile(line.sw, line.stepper.service.carrier)
        line.after(10)

    assert len(caller.talks_to()) == 2
    assert line.only_call() == before
    line.is_sound(third_party=True)


def test_news_of_the_structures_leaving_lost_the_caller_is_found_alone(line: Line) -> None:
    caller = of_three(line)
    line.vera.hands_over()
    line.after(5)
    line.control.set_faults({"callbacks": {"path": "/voice/*", "drop": 1.0}})
    line.places["lac"].hangs_up()
    line.control.set_faults({})

    line.until(lambda: caller.hears("La communication est terminée de notre côté"), 15)


def test_nothing_of_a_debrief_is_left_once_it_is_over(line: Line, redis_admin: redis.Redis) -> None:
    caller = of_three(line)
    caller.hangs_up()
    assert line.until_counted() == {"spoke": 1}
    line.after(120)
    assert line.vera.state is State.TALKING
    assert not [key for key in line.keys(redis_admin) if key.startswith("call:")]

    line.vera.hangs_up()
    line.after(3)

    assert not line.places["lac"].is_up()
    line.until(line.is_erased, 300)
    line.after(120)
    assert not [key for key in line.keys(redis_admin) if key.startswith(("offer", "sid:", "call:"))]
    assert redis_admin.zrange("due", 0, -1, withscores=True) == []
