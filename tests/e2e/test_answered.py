"""The call that everything is for."""

from __future__ import annotations

from helpline.domain.call import Stage
from helpline.domain.presence import State
from tests.phone import Line


def test_a_caller_is_answered_and_counted_and_nothing_is_left(line: Line) -> None:
    caller = line.caller().dials()

    line.vera.accepts()
    line.until(lambda: caller.talks_with(line.vera), 15)

    assert caller.hears("Appel anonyme, non enregistré")
    assert line.only_call().stage is Stage.TALKING
    assert line.vera.state is State.TALKING
    line.until(lambda: line.bruno.state is State.AVAILABLE, 5)

    line.after(120)
    caller.hangs_up()

    line.until(lambda: line.vera.state is State.WRAP_UP, 5)
    assert line.until_counted() == {"spoke": 1}
    assert line.counts("duration") == {"lt15": 1}
    assert line.vera.state is State.AVAILABLE
    assert not line.control.broken()
