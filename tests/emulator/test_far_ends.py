"""Handsets and clients at the far end of a Dial."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.line import P1, Line, doc
from tests.emulator.test_dial import STATUS, dial, number


@pytest.mark.parametrize("rings", [True, False])
def test_t46_a_client_that_is_not_registered_ends_at_once(line: Line, rings: bool) -> None:
    line.control.set_knobs({"client_unregistered_ringing": rings})

    line.dial(dial(f"<Client {STATUS}>vera</Client>"))

    assert line.server.at("/d")[0]["DialCallStatus"] == "no-answer"
    assert line.server.at("/s")[-1]["CallDuration"] == "0"
    assert ("ringing" in [asked["CallStatus"] for asked in line.server.at("/s")]) is rings
    assert line.server.at("/d")[0].at_ms - line.server.at("/voice")[0].at_ms < 500


def test_t46_one_device_accepts_and_the_other_is_told(line: Line) -> None:
    line.control.set_client("vera", {"registered": True, "devices": 2})
    nouns = '<Client><Identity>vera</Identity><Parameter name="offer" value="o1"/></Client>'
    call = line.dial(dial(nouns), wait_s=2)
    rang = line.control.client("vera")

    line.control.accept("vera")
    line.wait(1)

    assert (rang["state"], rang["parameters"]) == ("ringing", {"offer": "o1"})
    assert line.control.call(call)["with"] == ["client:vera"]
    events = [(event["event"], event["devices"]) for event in line.control.client("vera")["events"]]
    assert events == [("incoming", 2), ("cancel", 1)]


@pytest.mark.parametrize("status", ["busy", "no-answer"])
def test_a_client_that_rejects(line: Line, status: str) -> None:
    line.control.set_knobs({"client_reject_status": status})
    line.control.set_client("vera", {"registered": True})
    line.dial(dial("<Client>vera</Client>"))

    line.control.reject("vera")
    line.wait(1)

    assert line.server.at("/d")[0]["DialCallStatus"] == status


def test_a_star_ends_the_leg_when_asked_for(line: Line) -> None:
    call = line.dial(dial(number(), attributes='action="/d" hangupOnStar="true"'))
    line.control.answer(P1)
    line.wait(2)

    line.control.press(call, "*")
    line.wait(1)

    assert line.control.phone(P1)["state"] == "idle"
    assert line.control.call(call)["state"] == "ended"
    assert line.server.at("/d")[0]["CallStatus"] == "in-progress"


def test_a_handset_in_a_call_is_busy_for_the_next(line: Line) -> None:
    line.dial(dial(number()), wait_s=1)

    line.dial(dial(number()), wait_s=1)

    assert [told["DialCallStatus"] for told in line.server.at("/d")] == ["busy"]


@pytest.mark.parametrize("status", ["no-answer", "failed"])
def test_a_handset_that_is_off(line: Line, status: str) -> None:
    line.control.set_knobs({"off_status": status})
    line.control.set_phone(P1, {"is": "off"})

    line.dial(dial(number(attributes=STATUS)), wait_s=4)

    assert line.server.at("/d")[0]["DialCallStatus"] == status
    assert "ringing" not in [asked["CallStatus"] for asked in line.server.at("/s")]


def test_a_mailbox_answers_and_hangs_up_by_itself(line: Line) -> None:
    line.control.set_phone(P1, {"is": "mailbox"})
    line.script(offer=doc('<Gather numDigits="1" timeout="200"><Say>tapez un</Say></Gather>'))
    leg: Any = line.ring()

    line.wait(5)
    talking = line.control.phone(P1)["state"]
    line.wait(90)

    assert talking == "talking"
    assert line.sdk.calls(leg.sid).fetch().status == "completed"


@pytest.mark.parametrize(("status", "after_s"), [("busy", 1), ("no-answer", 40)])
def test_a_page_in_a_call_is_busy_at_once_or_lets_the_second_ring_on_unheard(
    line: Line, status: str, after_s: int
) -> None:
    line.control.set_knobs({"client_busy_status": status})
    line.control.set_client("vera", {"registered": True})
    line.dial(dial("<Client>vera</Client>"))
    line.control.accept("vera")

    line.dial(dial("<Client>vera</Client>"), wait_s=0.8)
    early = len(line.server.at("/d"))
    line.wait(after_s)

    assert early == (1 if status == "busy" else 0)
    assert line.server.at("/d")[0]["DialCallStatus"] == status
    assert [event["event"] for event in line.control.client("vera")["events"]] == ["incoming"]
