"""Races of waiting and of the far end of a call. R12, R17, R20 of the carrier study."""

from __future__ import annotations

from helpline.domain.presence import State
from helpline.emulator.verdict import Allowed
from tests.e2e.races.conftest import GoHome
from tests.e2e.races.skews import Skew, answers_until_talk
from tests.phone import Line


def test_r12_a_wait_document_that_fails_leads_on_in_french(line: Line, skew: Skew, home: GoHome) -> None:
    """Error, silence or a cut line of ours in the middle of the wait: nobody is lost, nobody hears English."""
    skew.onto(line)
    caller = line.caller().dials()
    line.after(skew.s(1_500, 30_000))
    fault = skew.one_of("500", "503", "hang", "reset", "refuse")
    path = skew.one_of("/voice/wait", "/voice/*")
    rule = {"path": path, "fault": fault, "times": skew.one_of(1, 2, 3)}
    line.control.set_faults({"web": rule})
    line.after(skew.s(0, 20_000))
    line.control.set_faults({})

    answers_until_talk(line, caller, line.vera, 90)

    assert not caller.hears("application error")
    counts = home(line, Allowed(silence_ms=9_000))
    assert sum(counts.values()) == 1


def test_r17_a_wait_document_is_never_empty(line: Line, skew: Skew, home: GoHome) -> None:
    """Sounds missing or not: the carrier, which asks again at once, is never sent round in a tight loop."""
    skew.onto(line)
    line.control.set_faults({"media": skew.one_of([], ["*"], ["*attente*"])})
    line.caller().dials(skew.one_of("0800288038", "0826000401"))
    line.after(skew.s(60_000, 120_000))

    log = line.control.log()
    asked = [r["at_ms"] for r in log if r["kind"] == "document" and r["path"] == "/voice/wait"]

    assert len(asked) >= 4
    assert min(later - earlier for earlier, later in zip(asked, asked[2:], strict=False)) >= 4_000
    home(line)


def test_r20_a_talk_that_reaches_the_carriers_limit_ends_well(line: Line, skew: Skew, home: GoHome) -> None:
    """The carrier ends a leg after four hours (here: less); it is a talk, and she is free again."""
    skew.onto(line, call_limit_ms=skew.ms(40_000, 90_000))
    caller = line.caller().dials()
    answers_until_talk(line, caller, line.vera)

    line.until(caller.is_over, 100)

    line.until(lambda: not line.vera.is_up(), 10)
    line.until(lambda: line.vera.state in (State.WRAP_UP, State.AVAILABLE), 10)
    assert not line.bruno.rings()
    assert home(line) == {"spoke": 1}
