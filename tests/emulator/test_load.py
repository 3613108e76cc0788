"""Many callers at once, stepped: who dials when, who stays how long, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from helpline.emulator import ControlError
from helpline.emulator.log import Log
from tests.emulator.line import Line, N, doc

WAITING = {"voice": doc('<Enqueue waitUrl="/wait">q</Enqueue>'), "wait": doc('<Pause length="5"/>')}


def loaded(line: Line, **wish: Any) -> dict[str, Any]:
    line.script(**WAITING)
    return line.control.start_load({"live": 20, "new_per_s": 5, "for_s": 20, **wish})


def test_so_many_dial_in_a_second_and_so_many_are_there_at_a_time(line: Line) -> None:
    loaded(line)

    line.wait(10)
    assert line.control.load()["placed"] == 51
    line.wait(5)
    assert 12 <= line.control.load()["live"] <= 28
    line.wait(20)

    found = line.control.load()
    assert (found["placed"], found["ended"], found["live"], found["over"]) == (100, 100, 0, True)
    assert (found["cut"], found["failed"]) == (0, 0)
    assert found["requests"] == len(line.server.asked) > 200
    assert all(call["ended_by"] == "caller" for call in line.control.calls())


def test_a_call_that_its_server_ended_is_cut_and_a_failed_request_is_told(line: Line) -> None:
    loaded(line, for_s=1)
    line.script(voice=[doc("<Say>au revoir</Say>"), (500, "", "text/html"), WAITING["voice"]])

    line.wait(30)

    found = line.control.load()
    assert (found["placed"], found["cut"]) == (5, 2)
    assert found["failed"] == 1


def test_a_load_stops_when_told_and_only_one_is_under_way(line: Line) -> None:
    loaded(line)
    line.wait(2)

    with pytest.raises(ControlError, match="under way"):
        line.control.start_load({})
    line.control.stop_load()
    line.wait(20)

    assert line.control.load()["placed"] == 11
    assert line.control.load()["over"]
    assert not line.control.start_load({"for_s": 1})["over"]


@pytest.mark.parametrize(
    ("wish", "where"),
    [
        ({"live": 0}, "live"), ({"new_per_s": "many"}, "new_per_s"), ({"for_s": -1}, "for_s"), ({"live": True}, "live"),
        ({"to": "0199000099"}, "to"), ({"to": []}, "to"), ({"to": [N, 7]}, "to"), ({"volume": 11}, "volume"),
        ({"for_s": 1e9}, "for_s"),
    ],
)  # fmt: skip
def test_a_wrong_load_names_what_is_wrong(line: Line, wish: dict[str, Any], where: str) -> None:
    with pytest.raises(ControlError) as error:
        line.control.start_load(wish)

    assert (error.value.status, error.value.where) == (400, where)


def test_no_load_is_404_and_a_reset_forgets_it(line: Line) -> None:
    loaded(line)
    line.control.reset()

    with pytest.raises(ControlError) as error:
        line.control.load()
    assert error.value.status == 404


def test_a_bounded_log_keeps_the_newest_and_their_numbers() -> None:
    log = Log(lambda: 7, keeps=10)
    for n in range(100):
        log.add("key", value=n)

    kept = log.after(0)
    assert 10 <= len(kept) < 20
    assert [record["n"] for record in kept] == [record["value"] + 1 for record in kept]
    assert (kept[-1]["n"], log.count) == (100, 100)
    assert [record["n"] for record in log.after(98)] == [99, 100]
    assert log.after(100) == []
