from __future__ import annotations

import re
from itertools import pairwise

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.emulator.line import SERVER, B, Line, doc

ENQUEUE = doc('<Enqueue waitUrl="/w" action="/q">attente</Enqueue>')
TWENTY_SECONDS = doc('<Pause length="20"/>')


@pytest.mark.parametrize("most", [1000, 100])
def test_t29_the_first_caller_creates_the_queue_and_hears_its_wait_document(line: Line, most: int) -> None:
    line.control.set_knobs({"queue_default_max": most})
    line.script(w=TWENTY_SECONDS)

    line.dial(ENQUEUE)

    (asked,) = line.server.at("/w")
    assert asked["QueueSid"].startswith("QU")
    assert (asked["QueuePosition"], asked["CurrentQueueSize"], asked["MaxQueueSize"]) == ("1", "1", str(most))
    assert asked["QueueTime"] in ("0", "1")
    assert asked.method == "POST"
    assert asked["CallStatus"] == "in-progress"
    assert "AvgQueueTime" in asked.form
    assert re.fullmatch(r"QU[0-9a-f]{32}", asked["QueueSid"])
    assert [queue.friendly_name for queue in line.sdk.queues.list()] == ["attente"]


def test_t30_the_wait_document_is_asked_for_again_and_positions_move_up(line: Line) -> None:
    line.script(w=TWENTY_SECONDS)
    first = line.dial(ENQUEUE)
    second = line.dial(from_=B)
    line.wait(45)
    line.control.hang_up(first)
    line.wait(20)

    mine = [asked for asked in line.server.at("/w") if asked["From"] != B]
    theirs = [asked for asked in line.server.at("/w") if asked["From"] == B]
    assert [asked["QueueTime"] for asked in mine] == ["0", "20", "40"]
    assert [round((after.at_ms - before.at_ms) / 1000) for before, after in pairwise(mine)] == [20, 20]
    assert [asked["QueuePosition"] for asked in mine] == ["1", "1", "1"]
    assert [asked["QueuePosition"] for asked in theirs] == ["2", "2", "2", "1"]
    assert line.control.call(second)["state"] == "in_progress"


def test_t31_leave_leads_to_the_action_whose_document_runs(line: Line) -> None:
    def wait(form: dict[str, str]) -> str:
        return doc("<Leave/>") if int(form["QueueTime"]) >= 60 else TWENTY_SECONDS

    line.script(w=wait, q=doc("<Say>sorti</Say>"))

    call = line.dial(ENQUEUE, wait_s=70)

    (told,) = line.server.at("/q")
    assert told["QueueResult"] == "leave"
    assert told["QueueSid"].startswith("QU")
    assert int(told["QueueTime"]) >= 60
    assert line.heard(call) == ["sorti"]


def test_t31_leave_without_an_action_falls_to_the_next_verb(line: Line) -> None:
    line.script(w=doc("<Leave/>"))

    call = line.dial(doc('<Enqueue waitUrl="/w">attente</Enqueue><Say>suite</Say>'))

    assert line.heard(call) == ["suite"]


def test_t32_hanging_up_in_the_queue_asks_for_the_action_and_runs_nothing(line: Line) -> None:
    line.script(w=TWENTY_SECONDS, q=doc("<Say>jamais</Say>"))
    call = line.dial(ENQUEUE, wait_s=5)

    line.control.hang_up(call)
    line.wait(60)

    assert line.server.paths() == ["/voice", "/w", "/q", "/numstatus"]
    told = line.server.at("/q")[0]
    assert (told["QueueResult"], told["CallStatus"]) == ("hangup", "completed")
    assert line.server.at("/numstatus")[0]["CallStatus"] == "completed"
    assert line.heard(call) == []
    assert line.sdk.queues.list()[0].current_size == 0


def test_t33_a_full_queue_is_told_at_once_without_times(line: Line) -> None:
    line.script(w=TWENTY_SECONDS, q=doc("<Say>complet</Say>"))
    line.sdk.queues.create(friendly_name="attente", max_size=1)
    line.dial(ENQUEUE)

    call = line.dial(from_=B)

    (told,) = line.server.at("/q")
    assert told["QueueResult"] == "queue-full"
    assert "QueueSid" not in told.form
    assert "QueueTime" not in told.form
    assert line.heard(call) == ["complet"]
    assert 14207 in line.codes()


@pytest.mark.parametrize("broken", [(500, "", "text/html"), doc("<Dial>+33639985001</Dial>"), "<Foo/>"])
def test_t34_a_broken_wait_document_ends_the_wait_with_an_error(line: Line, broken: object) -> None:
    line.script(w=broken, q=doc("<Say>suite</Say>"))  # type: ignore[arg-type]  # rows of one table

    call = line.dial(ENQUEUE)

    told = line.server.at("/q")[0]
    assert (told["QueueResult"], told["CallStatus"]) == ("error", "in-progress")
    assert line.heard(call) == ["suite"]
    assert line.server.at("/fallback") == []


def test_t39_redirecting_a_waiting_call_stops_the_wait(line: Line) -> None:
    line.script(w=TWENTY_SECONDS, q=doc("<Say>jamais</Say>"), new=doc('<Say>suite</Say><Pause length="60"/>'))
    call = line.dial(ENQUEUE, wait_s=5)
    redirected_ms = line.carrier.now_ms

    answer = line.sdk.calls(line.sid(call)).update(url=f"{SERVER}/new")
    members = line.sdk.queues(line.sdk.queues.list()[0].sid).members.list()
    line.wait(30)

    assert answer.status == "in-progress"
    assert members == []
    assert line.server.paths()[2:] == ["/q", "/new"]
    assert len(line.server.at("/w")) == 1
    action, new = line.server.asked[2:]
    assert (action["QueueResult"], action["CallStatus"], action["QueueTime"]) == (
        "redirected",
        "in-progress",
        "4",
    )
    assert 300 <= action.at_ms - redirected_ms <= 400
    assert 600 <= new.at_ms - redirected_ms <= 750
    assert line.heard(call) == ["suite"]


def test_a_redirect_during_a_pause_takes_over_quickly(line: Line) -> None:
    line.script(new=doc("<Say>suite</Say>"))
    call = line.dial(doc('<Say>a</Say><Pause length="60"/><Say>jamais</Say>'), wait_s=3)
    redirected_ms = line.carrier.now_ms

    line.sdk.calls(line.sid(call)).update(url=f"{SERVER}/new")
    line.wait(1)

    assert line.server.at("/new")[0].at_ms - redirected_ms < 120
    assert line.heard(call) == ["a", "suite"]


def test_a_redirect_during_a_gather_asks_for_no_action(line: Line) -> None:
    line.script(new=doc("<Say>suite</Say>"), g=doc("<Say>jamais</Say>"))
    call = line.dial(doc('<Gather action="/g" timeout="60"><Say>a</Say></Gather>'), wait_s=3)

    line.sdk.calls(line.sid(call)).update(url=f"{SERVER}/new")
    line.wait(1)

    assert line.server.at("/g") == []
    assert line.heard(call) == ["a", "suite"]


def test_a_second_redirect_replaces_the_first(line: Line) -> None:
    line.script(w=TWENTY_SECONDS, new=doc("<Say>premier</Say>"), newer=doc("<Say>second</Say>"))
    call = line.dial(ENQUEUE)
    sid = line.sid(call)

    line.sdk.calls(sid).update(url=f"{SERVER}/new")
    line.wait(0.1)
    line.sdk.calls(sid).update(url=f"{SERVER}/newer")
    line.wait(3)

    assert line.heard(call) == ["second"]


def test_a_gather_in_a_wait_document_stays_in_the_wait(line: Line) -> None:
    line.script(w=doc('<Gather numDigits="1" action="/k"><Pause length="20"/></Gather>'), k=doc("<Leave/>"))
    call = line.dial(ENQUEUE)

    line.control.press(call, "3")
    line.wait(1)

    asked = line.server.at("/k")[0]
    assert asked["Digits"] == "3"
    assert asked["QueuePosition"] == "1"
    assert line.server.at("/q")[0]["QueueResult"] == "leave"


def test_a_hangup_verb_in_a_wait_document_ends_the_call(line: Line) -> None:
    line.script(w=doc("<Say>au revoir</Say><Hangup/>"))

    call = line.dial(ENQUEUE, wait_s=3)

    assert line.control.call(call)["ended_by"] == "service"
    assert line.server.at("/q")[0]["QueueResult"] == "hangup"


def test_an_empty_wait_url_is_silence_and_none_is_music(line: Line) -> None:
    silent = line.dial(doc('<Enqueue waitUrl="" action="/q">attente</Enqueue>'))
    music = line.dial(doc('<Enqueue action="/q">attente</Enqueue>'), from_=B)

    assert line.control.call(silent)["heard"][-1]["kind"] == "silence"
    assert line.control.call(music)["heard"][-1]["kind"] == "music"


def test_a_wait_document_without_length_is_told_as_a_busy_loop(line: Line) -> None:
    line.script(w=doc())

    line.dial(ENQUEUE)

    assert len(line.server.at("/w")) > 10
    assert 14202 in line.codes()


def test_a_queue_of_the_carriers_that_fails_is_told_and_the_call_goes_on(line: Line) -> None:
    line.control.set_faults({"queues": ["att*"]})
    line.script(q=doc("<Say>suite</Say>"))

    call = line.dial(ENQUEUE)

    (told,) = line.server.at("/q")
    assert told["QueueResult"] == "system-error"
    assert "QueueSid" not in told.form
    assert line.heard(call) == ["suite"]


def test_a_member_is_taken_out_by_rest_and_hears_the_new_document(line: Line) -> None:
    line.script(w=TWENTY_SECONDS, q=doc("<Say>jamais</Say>"), new=doc("<Say>dedans</Say>"))
    call = line.dial(ENQUEUE)
    queue = line.sdk.queues(line.sdk.queues.list()[0].sid)

    before = queue.members(line.sid(call)).fetch()
    after = queue.members(line.sid(call)).update(url=f"{SERVER}/new")
    line.wait(2)

    assert (before.position, after.position) == (1, 0)
    assert line.server.at("/q")[0]["QueueResult"] == "redirected"
    assert line.heard(call) == ["dedans"]
    assert queue.fetch().current_size == 0


def test_a_queue_is_renamed_resized_and_deleted_when_it_is_empty(line: Line) -> None:
    line.script(w=TWENTY_SECONDS)
    call = line.dial(ENQUEUE)
    queue = line.sdk.queues.list()[0]

    changed = queue.update(friendly_name="autre", max_size=7)
    with pytest.raises(TwilioRestException) as early:
        queue.delete()
    line.control.hang_up(call)
    line.wait(1)

    assert (changed.friendly_name, changed.max_size) == ("autre", 7)
    assert early.value.code == 22002
    assert queue.delete()
    assert line.sdk.queues.list() == []
