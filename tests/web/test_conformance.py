"""The server's half of the carrier study's cases T05, T06, T21, T26, T43, T50, T54 and T62, against our own web.

T01 to T04: `test_refused.py`; the other half of T06: `test_odd_values.py`. The carrier here is the offline one, whole,
where a case needs its behaviour; else a request of `carrier.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from helpline.adapters.carriers.twilio.twiml import Twiml
from helpline.domain.call import EndState, Stage
from helpline.domain.presence import State
from helpline.emulator.knobs import WITHHELD_FORMS
from helpline.ports import RestOutcome
from helpline.services.fallback_chain import standby_chain
from tests import builders
from tests.phone import Line
from tests.web.carrier import LEG, envelope
from tests.web.conftest import Web
from tests.web.documents import verbs

OURS = {"+33199000001", "+33199000002", "+33199000003"}
ENVELOPE = {
    "CallSid", "AccountSid", "From", "Caller", "To", "Called", "CallStatus", "ApiVersion", "Direction",
}  # fmt: skip


def documents(line: Line, leg: str) -> list[dict[str, str]]:
    """What the carrier sent for each document of a leg, in order."""
    log = line.control.log()
    return [r["params"] for r in log if r["kind"] == "document" and r["leg"] == leg]


# ---- T05 the envelope of a call that comes in


def test_t05_the_carriers_first_request_is_answered_and_the_next_says_in_progress(line: Line) -> None:
    caller = line.caller().dials()
    line.after(2)

    first, second = documents(line, caller.handle)[:2]

    assert set(first) >= ENVELOPE
    assert "ParentCallSid" not in first
    assert (first["CallStatus"], second["CallStatus"]) == ("ringing", "in-progress")
    assert caller.hears("Appel anonyme, non enregistré")
    assert line.only_call().leg_id == first["CallSid"]


def test_t05_only_what_is_needed_of_it_is_needed(web: Web) -> None:
    """Geography is allowed to be empty, and so is everything that the edge drops."""
    needed = {
        name: value
        for name, value in envelope().items()
        if name in ("CallSid", "AccountSid", "To", "CallStatus", "Direction")
    }

    assert verbs(web.carrier.post("/voice/incoming", needed).text) == ["Enqueue"]


# ---- T06 withheld: what the legs going out show


@pytest.mark.parametrize("form", WITHHELD_FORMS, ids=lambda form: form or "empty")
def test_t06_whatever_stands_for_a_withheld_number_the_leg_to_her_shows_ours(form: str, line: Line) -> None:
    line.control.set_knobs({"withheld_form": form})

    caller = line.caller(withheld=True).dials()

    line.vera.accepts()
    line.until_talk(caller, line.vera)
    out = [r["from"] for r in line.control.log() if r["kind"] == "leg" and r["direction"] != "inbound"]
    assert out
    assert set(out) <= OURS


# ---- T21 the caller hangs up while the first document is on its way


def test_t21_who_hung_up_before_the_first_document_arrived_is_no_waiting_caller(line: Line) -> None:
    line.control.set_faults({"web": {"path": "/voice/incoming", "fault": "slow", "ms": 3_000}})
    caller = line.caller().dials()
    line.after(1)

    line.control.hang_up(caller.handle)

    line.after(6)
    news = [r["params"]["CallStatus"] for r in line.control.log() if r.get("path") == "/voice/ended"]
    assert news == ["no-answer"]
    assert not [call for call in line.live() if call.stage is not Stage.ENDED]
    assert not line.vera.rings()
    line.until(lambda: line.vera.state is State.AVAILABLE, 5)
    assert line.until_counted() == {"left_in_welcome": 1}


# ---- T26 hanging up while a key is asked for


def test_t26_who_hangs_up_at_a_question_sends_no_key_and_is_a_call_that_ended(web: Web) -> None:
    """Of a question in the wait, or one before it: the end comes as the number's news alone."""
    web.arrives()
    web.carrier.post("/voice/wait", envelope(CallStatus="in-progress", QueueTime="0"))
    web.clock.now += 30_000

    assert web.carrier.post("/voice/ended", envelope(CallStatus="completed")).status == 204

    call = web.sw.calls.by_leg(LEG)
    assert call is not None
    assert (call.stage, call.end_state) == (Stage.ENDED, EndState.LEFT_IN_LINE)
    assert web.sw.calls.line(50, web.clock.now).waiting == ()


# ---- T43 the caller gives up while somebody is rung


@pytest.mark.parametrize("status", ["canceled", "no-answer"])
def test_t43_who_gives_up_while_she_is_rung_is_counted_and_nothing_else_is_offered(
    status: str, line: Line
) -> None:
    """By the queue: the action says hang-up, its answer is empty. By the chain: no action, the number's news."""
    line.control.set_knobs({"dial_status_on_parent_hangup": status})
    caller = line.caller().dials()
    line.until(line.vera.rings, 5)
    line.after(9)

    line.control.hang_up(caller.handle)

    line.until(lambda: not line.vera.rings() and not line.bruno.rings(), 5)
    line.after(1)
    left = [r for r in line.control.log() if r["kind"] == "document" and r["path"] == "/voice/left"]
    assert [(r["params"]["QueueResult"], r["params"]["CallStatus"]) for r in left] == [
        ("hangup", "completed")
    ]
    assert line.until_counted() == {"left_in_line": 1}


def test_t43_who_gives_up_while_the_chain_rings_ends_her_ringing(line: Line) -> None:
    line.control.set_faults({"web": {"path": "/voice/incoming", "fault": "refuse"}})
    caller = line.caller().dials()
    line.until(line.vera.rings, 20)

    line.control.hang_up(caller.handle)

    line.until(lambda: not line.vera.rings(), 5)
    line.control.set_faults({})
    assert sum(line.until_counted().values()) == 1


# ---- T50 every Dial says which number it shows


def test_t50_no_dial_of_ours_leaves_out_the_number_it_shows() -> None:
    book = builders.book(builders.roster(builders.psychologist("vera", 1), builders.psychologist("bruno", 2)))
    shown = {line.id: line.shown_number_e164 for line in book.rules.lines.values()}
    twiml = Twiml(builders.ORIGIN, "ie1", shown, f"{builders.FALLBACK}/screen.xml")
    now = datetime.fromtimestamp(builders.NIGHT_MS / 1000, UTC)

    dials = re.findall(r"<Dial[^>]*>\s*<Number", twiml.render(standby_chain(book.roster, now, "entraide")))

    assert len(dials) == 6
    assert all(re.search(r'callerId="(\+33199000001)"', dial) for dial in dials)


# ---- T54 the psychologist's side drops


def test_t54_her_leaving_the_room_brings_the_caller_back_to_the_line_and_never_hangs_up(line: Line) -> None:
    caller = line.caller().dials()
    line.vera.accepts()
    line.until_talk(caller, line.vera)

    line.vera.hangs_up()

    line.until(lambda: line.only_call().stage is Stage.WAITING, 20)
    room = [r for r in line.control.log() if str(r.get("path", "")).startswith("/voice/room/")]
    reasons = [r["params"].get("ReasonParticipantLeft") for r in room]
    assert "participant_hung_up" in reasons
    assert "participant_updated_via_api" in reasons
    assert not caller.is_over()
    line.until(lambda: line.bruno.rings() or line.vera.rings(), 3)


# ---- T62 changing and ending legs


@pytest.fixture
def order(line: Line) -> Callable[[str, str], RestOutcome]:
    """`order(leg, what)`: what the carrier makes of an order for a leg by its handle."""
    carrier = line.stepper.service.carrier

    def give(leg: str, what: str) -> RestOutcome:
        sids = (r["sid"] for r in line.control.log() if r["kind"] == "leg" and r["leg"] == leg)
        return carrier.end(next(sids)) if what == "end" else carrier.move(next(sids), what)

    return give


def test_t62_a_ringing_leg_is_ended_and_one_that_is_over_cannot_be_moved(
    line: Line, order: Callable[[str, str], RestOutcome]
) -> None:
    caller = line.caller().dials()
    line.until(line.vera.rings, 5)
    hers = line.vera.handle_of_leg()

    assert order(hers, "end") is RestOutcome.DONE
    line.after(1)
    assert order(hers, "/voice/offer/x") is RestOutcome.NOT_LIVE
    assert order(hers, "end") is RestOutcome.NOT_LIVE
    line.control.hang_up(caller.handle)
    line.after(1)
    assert order(caller.handle, "/voice/join/x") is RestOutcome.NOT_LIVE


def test_t62_ending_a_leg_the_carrier_still_queues_needs_no_news_to_free_her(
    line: Line, order: Callable[[str, str], RestOutcome]
) -> None:
    """No callback will ever come of it: the reconciler finds that she has no leg."""
    line.control.set_faults({"callbacks": {"path": "/voice/leg/*", "drop": 1.0}})
    line.caller().dials()
    line.until(line.vera.rings, 5)

    assert order(line.vera.handle_of_leg(), "end") is RestOutcome.DONE

    line.until(lambda: not line.vera.rings(), 1)
    line.until(lambda: line.vera.times_rung() == 2, 20)
