from __future__ import annotations

from helpline.emulator.verdict import (
    Allowed,
    bridges,
    heard,
    inbound_legs,
    promises_broken,
    silences,
    spoke,
)
from tests.emulator.line import P1, P2, SERVER, Line, N, doc

ROOM = '<Dial><Conference waitUrl="" beep="false">R</Conference></Dial>'


def connected(line: Line, *psychologists: str) -> str:
    """A caller in a room with these psychologists."""
    line.script(offer=doc(ROOM))
    for number in psychologists:
        line.sdk.calls.create(to=number, from_=N, url=f"{SERVER}/offer")
    call = line.dial(doc(f"<Say>bonjour</Say>{ROOM}"), wait_s=3)
    for number in psychologists:
        line.control.answer(number)
    line.wait(2)
    return call


def test_a_call_that_ends_with_a_talk_breaks_nothing(line: Line) -> None:
    call = connected(line, P1)
    line.wait(60)
    line.control.hang_up(call)
    line.wait(1)

    log = line.control.log()
    assert promises_broken(log) == []
    assert spoke(log, call)
    (leg,) = inbound_legs(log)
    assert (leg.handle, leg.status, leg.ended_by) == (call, "completed", "far_end")
    talks = [(i.leg, i.others) for i in bridges(log)]
    assert sorted(talks) == [(call, ("l1",)), ("l1", (call,))]
    assert heard(log, call)[0].kind == "ring"


def test_silence_is_measured_from_the_last_sound_to_the_next(line: Line) -> None:
    call = line.dial(
        doc('<Say>quinze lettres.</Say><Pause length="7"/><Say>Composez le 15.</Say>'), wait_s=20
    )

    (silence,) = silences(line.control.log(), call, 5_000)

    assert silence.end_ms - silence.start_ms == 7_000
    assert silences(line.control.log(), call, 7_000) == []
    assert any("heard nothing for 7000 ms" in broken for broken in promises_broken(line.control.log()))


def test_being_cut_off_without_a_word_breaks_the_first_promise(line: Line) -> None:
    line.dial(doc("<Say>bonjour</Say>"), wait_s=5)

    (broken,) = promises_broken(line.control.log())

    assert broken.startswith("P1 broken: c1 was ended")


def test_being_told_a_way_on_keeps_the_first_promise(line: Line) -> None:
    line.dial(doc("<Say>En cas de danger, composez le 3114.</Say>"), wait_s=5)

    assert promises_broken(line.control.log()) == []


def test_an_english_error_breaks_the_first_promise(line: Line) -> None:
    line.configure(voice_fallback_url="")
    line.script(voice=(500, "", "text/html"))

    line.dial(wait_s=6)

    assert any("English" in broken for broken in promises_broken(line.control.log()))


def test_endless_ringing_breaks_the_first_promise(line: Line) -> None:
    line.dial(doc('<Pause length="40"/><Say>composez le 15</Say>'), wait_s=50)

    assert any("rang for" in broken for broken in promises_broken(line.control.log()))


def test_a_mailbox_is_no_human_voice(line: Line) -> None:
    line.control.set_phone(P1, {"is": "mailbox"})
    line.dial(doc(f'<Dial callerId="{N}">{P1}</Dial>'), wait_s=90)

    assert any("without a human" in broken for broken in promises_broken(line.control.log()))


def test_two_psychologists_at_once_break_the_fifth_promise_unless_a_third_party_may_join(line: Line) -> None:
    connected(line, P1, P2)
    line.wait(5)

    assert any("talked to l1, l2 at once" in broken for broken in promises_broken(line.control.log()))
    assert promises_broken(line.control.log(), Allowed(third_party=True)) == []


def test_ringing_somebody_who_talks_breaks_the_fifth_promise(line: Line) -> None:
    connected(line, P1)

    line.ring("client:vera")
    line.wait(2)

    people = {P1: "vera", "client:vera": "vera"}
    assert promises_broken(line.control.log()) == []
    (broken,) = promises_broken(line.control.log(), Allowed(people=people))
    assert broken == "P5 broken: vera was rung by l2 while talking on l1"


def test_an_empty_log_breaks_nothing() -> None:
    assert promises_broken([]) == []
