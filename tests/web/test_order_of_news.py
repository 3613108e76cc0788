"""News late, twice, before its time or of nobody: attacks 4, 11 to 14, and calls we do not know."""

from __future__ import annotations

from typing import Any

import pytest

from helpline.domain.call import Stage
from helpline.domain.offer import OfferState
from helpline.domain.presence import State
from helpline.web.app import create_app
from tests import builders
from tests.leak.surfaces import NOT_OF_A_CALL
from tests.live import live
from tests.phone import Line
from tests.web.carrier import LEG, Carrier, envelope
from tests.web.conftest import Web
from tests.web.documents import holds, verbs, words

HERS = {"To": "+33639985001", "Called": "+33639985001", "Direction": "outbound-api"}
HER_LEG = "CA" + "cd" * 16
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


# ---- attack 4: replays


def replayer(line: Line) -> Carrier:
    """Somebody who has caught signed requests of the line and sends them again."""
    return Carrier(create_app(line.stepper.service), builders.ORIGIN)


def caught(line: Line, path: str) -> dict[str, str]:
    """The parameters of the first request the carrier made to `path`."""
    log = line.control.log()
    return next(dict(r["params"]) for r in log if r["kind"] in ("document", "callback") and r["path"] == path)


def of_calls(content: dict[str, Any]) -> dict[str, Any]:
    return {
        k: v
        for k, v in content.items()
        if k.partition(":")[0] in ("call", "calls", "sid", "offer", "offers", "waiting")
    }


@pytest.mark.parametrize("path", ["/voice/incoming", "/voice/wait"])
def test_a_replay_while_the_call_waits_says_the_same_again_and_rings_nobody_more(
    path: str, line: Line, stored: Any
) -> None:
    line.caller().dials()
    line.until(line.vera.rings, 5)
    line.after(3)
    rung = line.vera.times_rung() + line.bruno.times_rung()
    calls = line.live()

    for _ in range(3):
        assert replayer(line).post(path, caught(line, path)).status == 200
    line.after(5)

    assert [call.id for call in line.live()] == [call.id for call in calls]
    assert line.only_call().stage is Stage.WAITING
    assert line.vera.times_rung() + line.bruno.times_rung() == rung


def test_a_replay_in_the_talk_disturbs_nobody(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    rung = line.vera.times_rung() + line.bruno.times_rung()

    for path in ("/voice/incoming", "/voice/wait"):
        replayer(line).post(path, caught(line, path))
    line.after(30)

    assert caller.talks_with(line.vera)
    assert line.only_call().stage is Stage.TALKING
    assert line.vera.times_rung() + line.bruno.times_rung() == rung
    caller.hangs_up()
    assert line.until_counted() == {"spoke": 1}


REPLAYS = [
    (path, later_s)
    for later_s in (1, 3_600, 12 * 3_600)
    for path in ("/voice/incoming", "/voice/wait", "/voice/left", "/voice/done/")
]
"""Half a day: somebody is still on duty who could be rung for nothing."""


def test_a_replay_of_a_call_the_carrier_has_forgotten_rings_nobody_and_leaves_no_record(
    line: Line, stored: Any
) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    caller.hangs_up()
    assert line.until_counted() == {"spoke": 1}
    line.until(lambda: not of_calls(stored()) and line.vera.state is State.AVAILABLE, 200)
    documents = [
        r["path"] for r in line.control.log() if r["kind"] == "document" and r["leg"] == caller.handle
    ]
    rung = line.vera.times_rung() + line.bruno.times_rung()

    for path, later_s in REPLAYS:
        whole = next(found for found in documents if found.startswith(path))
        request = caught(line, whole) | {"CallStatus": "in-progress"}
        # Only the clock moves: nobody steps through half a day, ten seconds at a time.
        line.stepper.clock.now = max(line.stepper.clock.now, builders.NIGHT_MS + 1_000 * later_s)

        assert replayer(line).post(whole, request).status == 200
        line.after(12)

        assert (path, later_s, of_calls(stored())) == (path, later_s, {})
        assert line.vera.state is line.bruno.state is State.AVAILABLE

    assert line.vera.times_rung() + line.bruno.times_rung() == rung
    line.after(120)
    assert line.counts() == {"spoke": 1}


def test_the_replay_a_month_later_finds_nobody_on_duty_and_leaves_no_record_either(
    line: Line, stored: Any
) -> None:
    caller = line.caller().dials()
    line.after(3)
    caller.hangs_up()
    line.until_counted()
    line.until(lambda: not of_calls(stored()), 200)
    request = caught(line, "/voice/incoming")
    line.stepper.clock.now += 30 * DAY_MS
    line.after(1)

    answer = replayer(line).post("/voice/incoming", request)
    line.after(12)

    assert verbs(answer.text) == ["Gather"]
    assert of_calls(stored()) == {}


def test_replays_of_a_call_that_nobody_was_there_for_leave_no_record_either(line: Line, stored: Any) -> None:
    line.vera.goes_off_duty()
    line.bruno.goes_off_duty()
    caller = line.caller().dials()
    line.until(caller.is_over, 60)
    assert line.until_counted() == {"diverted": 1}
    line.until(lambda: not of_calls(stored()), 200)

    replayer(line).post("/voice/incoming", caught(line, "/voice/incoming"))
    line.after(12)

    assert of_calls(stored()) == {}
    line.after(70)
    assert line.counts() == {"diverted": 1}


def test_replayed_news_of_a_forgotten_call_changes_nothing(line: Line, stored: Any) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)
    caller.hangs_up()
    line.until_counted()
    line.stepper.clock.now += 10 * MINUTE_MS  # until the fiche is sealed
    line.until(lambda: {key.partition(":")[0] for key in stored()} <= NOT_OF_A_CALL, 60)
    news = [r for r in line.control.log() if r["kind"] == "callback"]
    assert {r["path"].split("/")[2] for r in news} == {"leg", "room", "ended"}
    before = stored()

    for record in news:
        answer = replayer(line).post(record["path"], dict(record["params"]))
        assert (answer.status, answer.body) == (204, b"")

    assert stored() == before


def test_a_replay_of_a_finished_call_not_yet_erased_is_counted_once(line: Line) -> None:
    caller = line.caller().dials()
    line.after(12)
    caller.hangs_up()
    line.after(2)

    for path in ("/voice/incoming", "/voice/wait"):
        assert replayer(line).post(path, caught(line, path)).status == 200
    line.after(10)

    assert not line.live()
    assert line.until_counted() == {"left_in_line": 1}


# ---- attacks 11 to 14


def test_an_end_before_the_beginning_is_taken_and_the_late_beginning_leaves_one_record(line: Line) -> None:
    """The carrier's news overtakes its own first request: one call, counted once."""
    caller = line.caller()
    line.control.set_faults({"web": {"path": "/voice/incoming", "fault": "slow", "ms": 100}})
    caller.dials()
    caller.hangs_up()
    line.after(1)

    assert sum(line.until_counted().values()) == 1
    assert not line.live()


def test_an_end_of_an_unknown_call_is_taken_and_nothing_is_stored(web: Web) -> None:
    before = web.stored()

    for status in ("completed", "no-answer", "busy", "failed", "canceled", "in-progress", "ringing"):
        answer = web.carrier.post("/voice/ended", envelope(CallStatus=status))
        assert (answer.status, answer.body) == (204, b"")

    assert web.stored() == before
    assert verbs(web.arrives()) == ["Enqueue"]
    assert len(live(web.sw.calls)) == 1


def test_three_ends_the_last_ten_minutes_late_are_one_end(web: Web) -> None:
    web.arrives()
    web.carrier.post("/voice/wait", envelope(CallStatus="in-progress", QueueTime="0"))
    web.clock.now += 20_000
    web.carrier.post("/voice/ended", envelope(CallStatus="completed"))
    once = web.stored()

    for later_ms in (0, 1_000, 10 * MINUTE_MS):
        web.clock.now += later_ms
        assert web.carrier.post("/voice/ended", envelope(CallStatus="completed")).status == 204

    assert web.stored() == once
    call = web.sw.calls.by_leg(LEG)
    assert call is not None
    assert call.stage is Stage.ENDED


def test_an_end_after_everything_was_forgotten_brings_no_call_back(line: Line, stored: Any) -> None:
    caller = line.caller().dials()
    line.after(12)
    caller.hangs_up()
    line.until_counted()
    line.until(lambda: not of_calls(stored()), 200)
    before = stored()

    replayer(line).post("/voice/ended", caught(line, "/voice/ended"))

    assert stored() == before
    line.after(70)
    assert line.counts() == {"left_in_line": 1}


@pytest.mark.parametrize("late", ["in-progress", "ringing", "queued", "initiated"])
def test_progress_after_the_end_is_ignored(late: str, web: Web) -> None:
    web.arrives()
    web.carrier.post("/voice/ended", envelope(CallStatus="completed"))
    before = web.stored()

    assert web.carrier.post("/voice/ended", envelope(CallStatus=late)).status == 204

    assert web.stored() == before


@pytest.mark.parametrize("late", ["in-progress", "ringing", "queued", "initiated"])
@pytest.mark.parametrize("end", ["completed", "no-answer", "busy", "failed", "canceled"])
def test_progress_of_a_psychologists_leg_after_its_end_is_ignored(end: str, late: str, web: Web) -> None:
    attempt = web.an_attempt()
    web.sw.offers.change(attempt, (OfferState.DUE,), OfferState.RINGING, now_ms=web.clock.now, leg_id=HER_LEG)
    path = f"/voice/leg/{attempt}"
    web.carrier.post(path, envelope(HER_LEG, **HERS, CallStatus=end))
    offer = web.sw.offers.get(attempt)
    assert offer is not None
    assert offer.state is OfferState.SETTLED
    before = web.stored()

    assert web.carrier.post(path, envelope(HER_LEG, **HERS, CallStatus=late)).status == 204
    assert web.carrier.post(path, envelope(HER_LEG, **HERS, CallStatus=end)).status == 204

    assert web.stored() == before


def test_an_end_before_the_order_was_answered_settles_the_offer(web: Web) -> None:
    attempt = web.an_attempt()
    web.sw.offers.change(attempt, (OfferState.DUE,), OfferState.SENDING, now_ms=web.clock.now)

    web.carrier.post(f"/voice/leg/{attempt}", envelope(HER_LEG, **HERS, CallStatus="busy"))

    offer = web.sw.offers.get(attempt)
    assert offer is not None
    assert offer.state is OfferState.SETTLED


def test_news_of_another_leg_than_the_offers_changes_nothing(web: Web) -> None:
    attempt = web.an_attempt()
    web.sw.offers.change(attempt, (OfferState.DUE,), OfferState.RINGING, now_ms=web.clock.now, leg_id=HER_LEG)
    before = web.stored()

    for status in ("completed", "in-progress", "busy"):
        other = envelope("CA" + "ef" * 16, **HERS, CallStatus=status)
        assert web.carrier.post(f"/voice/leg/{attempt}", other).status == 204

    assert web.stored() == before


# ---- calls we do not know


def test_a_live_call_unknown_to_us_is_adopted_with_its_time_in_the_queue(web: Web) -> None:
    answer = web.carrier.post("/voice/wait", envelope(CallStatus="in-progress", QueueTime="37"))

    call = web.sw.calls.by_leg(LEG)
    assert call is not None
    assert call.stage is Stage.WAITING
    assert call.line == "entraide"
    assert call.arrived_ms == builders.NIGHT_MS - 37_000
    assert not call.confirmed
    assert holds(answer.text)
    assert words(answer.text)


def test_an_adopted_call_comes_before_one_that_arrived_after_it(web: Web) -> None:
    web.arrives("CA" + "01" * 16)
    web.clock.now += 1_000
    web.carrier.post("/voice/wait", envelope(CallStatus="in-progress", QueueTime="37"))

    waiting = web.sw.calls.line(50, web.clock.now).waiting
    legs = [call.leg_id for one in waiting if (call := web.sw.calls.get(one.call)) is not None]
    assert legs == [LEG, "CA" + "01" * 16]


def test_an_old_number_is_still_the_line_of_an_adopted_call(web: Web) -> None:
    fields = envelope(CallStatus="in-progress", QueueTime="5", To="+33199000002", Called="+33199000002")

    web.carrier.post("/voice/wait", fields)

    call = web.sw.calls.by_leg(LEG)
    assert call is not None
    assert call.line == "ancien_0826"


def test_who_left_the_queue_and_is_unknown_is_put_back_and_adopted(web: Web) -> None:
    answer = web.carrier.post(
        "/voice/left", envelope(CallStatus="in-progress", QueueResult="leave", QueueTime="50")
    )

    assert verbs(answer.text) == ["Enqueue"]
    assert len(live(web.sw.calls)) == 1


def test_who_comes_back_from_a_room_unknown_to_us_goes_to_the_line(web: Web) -> None:
    caller = web.carrier.post("/voice/done/ab12", envelope(CallStatus="in-progress"))
    hers = web.carrier.post("/voice/done/ab12", envelope(HER_LEG, **HERS, CallStatus="in-progress"))

    assert verbs(caller.text) == ["Enqueue"]
    assert verbs(hers.text) == []


@pytest.mark.parametrize("role", ["offer", "claim"])
def test_an_unknown_attempt_is_asked_again_three_times_then_it_is_taken(role: str, web: Web) -> None:
    path = f"/voice/{role}/{'7' * 31}{'0' if role == 'offer' else '1'}"
    before = web.stored()
    fields = envelope(HER_LEG, **HERS, CallStatus="in-progress", Digits="1")

    said = [verbs(web.carrier.post(path, fields).text) for _ in range(4)]

    assert said == [["Say", "Pause", "Redirect"]] * 3 + [["Say", "Hangup"]]
    assert web.stored() == before


def test_the_room_of_an_unknown_attempt_is_served_all_the_same(web: Web) -> None:
    assert verbs(web.carrier.post("/voice/join/ab12", envelope(CallStatus="in-progress")).text) == [
        "Dial/Conference"
    ]
