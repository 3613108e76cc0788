"""Hold, third party, talk of three, transfer: what each of those on the line hears, whoever drops when."""

from __future__ import annotations

from helpline.domain.call import Stage
from helpline.domain.presence import State
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
