from __future__ import annotations

from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.emulator.line import P1, SERVER, Asked, B, Line, doc

EVENTS = 'statusCallback="/ce" statusCallbackEvent="start end join leave"'


def room(name: str = "R", attributes: str = "", action: str = 'action="/d"', more: str = "") -> str:
    """A document that joins a room."""
    return doc(
        f'<Dial {action}><Conference beep="false" {EVENTS} {attributes}>{name}</Conference></Dial>{more}'
    )


WAITING = room(attributes='startConferenceOnEnter="false" endConferenceOnExit="true" waitUrl="/cw"')
SILENT = room(attributes='waitUrl=""')


def events(line: Line) -> list[Asked]:
    """Room reports in the order of their numbers."""
    return sorted(line.server.at("/ce"), key=lambda asked: int(asked["SequenceNumber"]))


def names(line: Line) -> list[str]:
    """What the room reported."""
    return [asked["StatusCallbackEvent"] for asked in events(line)]


def join_p1(line: Line, document: str) -> Any:
    """A leg to P1, answered, which runs `document`."""
    line.script(offer=document)
    leg = line.ring(P1)
    line.wait(1)
    line.control.answer(P1)
    line.wait(1)
    return leg


def test_t51_a_caller_alone_waits_with_a_document_that_is_asked_for_once(line: Line) -> None:
    line.script(cw=doc("<Say>patientez</Say>"))

    call = line.dial(WAITING, wait_s=20)

    (joined,) = line.server.at("/ce")
    assert (joined["StatusCallbackEvent"], joined["SequenceNumber"]) == ("participant-join", "1")
    assert joined["CallSid"] == line.sid(call)
    assert (joined["StartConferenceOnEnter"], joined["EndConferenceOnExit"]) == ("false", "true")
    assert (joined["Muted"], joined["Hold"], joined["Coaching"]) == ("false", "false", "false")
    assert len(line.server.at("/cw")) == 1
    assert line.server.at("/cw")[0].method == "POST"
    assert line.sdk.conferences.list()[0].status == "in-progress"
    assert line.control.call(call)["heard"][-1]["kind"] == "silence"


@pytest.mark.parametrize("order", [True, False])
def test_t52_the_second_participant_starts_the_room(line: Line, order: bool) -> None:
    line.control.set_knobs({"join_before_start": order})
    line.script(cw=doc('<Play loop="0">/music.mp3</Play>'))
    call = line.dial(WAITING)

    leg = join_p1(line, SILENT)

    last = ["participant-join", "conference-start"] if order else ["conference-start", "participant-join"]
    assert names(line) == ["participant-join", *last]
    assert [asked["SequenceNumber"] for asked in events(line)] == ["1", "2", "3"]
    assert line.control.call(call)["with"] == [P1]
    assert line.control.call(call)["heard"][-1]["kind"] == "talk"
    assert leg.sid in [asked.form.get("CallSid") for asked in events(line)]


@pytest.mark.parametrize("order", [True, False])
def test_t53_the_exit_that_ends_the_room_frees_the_others(line: Line, order: bool) -> None:
    line.control.set_knobs({"leave_before_end": order})
    line.script(cw=doc("<Say>patientez</Say>"), d=doc("<Say>fin de la communication</Say>"))
    call = line.dial(WAITING)
    join_p1(line, SILENT)
    line.wait(10)

    line.control.hang_up(call)
    line.wait(1)

    ends = [asked for asked in events(line) if asked["StatusCallbackEvent"] == "conference-end"]
    assert names(line).count("participant-leave") == 2
    assert ends[0]["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert ends[0]["CallSidEndingConference"] == line.sid(call)
    assert (names(line)[-1] == "conference-end") is order
    by_call = {asked["CallSid"]: asked for asked in line.server.at("/d")}
    mine = by_call.pop(line.sid(call))
    assert (mine["DialCallStatus"], mine["CallStatus"]) == ("answered", "completed")
    assert not {"DialCallSid", "DialCallDuration"} & set(mine.form)
    (theirs,) = by_call.values()
    assert (theirs["DialCallStatus"], theirs["CallStatus"]) == ("answered", "in-progress")
    assert line.control.phone(P1)["heard"][-1]["kind"] == "say"


def test_t54_a_psychologist_who_hangs_up_leaves_the_caller_in_the_room(line: Line) -> None:
    line.script(cw=doc("<Say>patientez</Say>"))
    call = line.dial(WAITING)
    join_p1(line, SILENT)

    line.control.phone_hang_up(P1)
    line.wait(1)

    left = events(line)[-1]
    assert (left["StatusCallbackEvent"], left["ReasonParticipantLeft"]) == (
        "participant-leave",
        "participant_hung_up",
    )
    assert left["ParticipantCallStatus"] == "completed"
    assert "conference-end" not in names(line)
    conference = line.sdk.conferences.list(status="in-progress")[0]
    assert [one.call_sid for one in conference.participants.list()] == [line.sid(call)]
    assert line.control.call(call)["state"] == "in_progress"
    assert line.control.call(call)["heard"][-1]["kind"] == "silence"


def test_t54_redirecting_the_caller_left_alone_ends_the_room(line: Line) -> None:
    line.script(cw=doc("<Say>patientez</Say>"), back=doc('<Pause length="60"/>'))
    call = line.dial(WAITING)
    join_p1(line, SILENT)
    line.control.phone_hang_up(P1)
    line.wait(1)

    line.sdk.calls(line.sid(call)).update(url=f"{SERVER}/back")
    line.wait(2)

    left = [asked for asked in events(line) if asked["StatusCallbackEvent"] == "participant-leave"][-1]
    assert left["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert left["ParticipantCallStatus"] == "in-progress"
    assert sorted(names(line)[-2:]) == ["conference-end", "participant-leave"]
    order = [asked.path for asked in line.server.asked if asked.path in ("/d", "/back")]
    assert order[-2:] == ["/d", "/back"]


def test_a_lost_leg_leaves_without_having_hung_up(line: Line) -> None:
    line.dial(SILENT)
    leg = join_p1(line, SILENT)

    line.control.lose("l1")
    line.wait(1)

    left = events(line)[-1]
    assert left["StatusCallbackEvent"] == "participant-leave"
    assert "ReasonParticipantLeft" not in left.form
    assert left["ParticipantCallStatus"] == "failed"
    assert line.sdk.calls(leg.sid).fetch().status == "failed"


ALL_EVENTS = "start end join leave hold modify announcement"


def test_t55_a_participant_is_held_with_a_document_and_taken_back(line: Line) -> None:
    line.script(cw=doc("<Say>patientez</Say>"), h=doc("<Say>gardez la ligne</Say>"))
    call = line.dial(WAITING.replace("start end join leave", ALL_EVENTS))
    join_p1(line, SILENT)
    participant = line.sdk.conferences(line.sdk.conferences.list()[0].sid).participants(line.sid(call))

    held = participant.update(hold=True, hold_url=f"{SERVER}/h")
    line.wait(0.5)
    meanwhile = line.control.call(call)["with"], line.control.phone(P1)["with"], line.heard(call)[-1]
    line.wait(3)
    back = participant.update(hold=False)
    line.wait(1)

    assert (held.hold, back.hold) == (True, False)
    assert line.server.at("/h")[0].method == "GET"
    assert line.server.at("/h")[0]["CallSid"] == line.sid(call)
    told = events(line)[-2:]
    assert [asked["StatusCallbackEvent"] for asked in told] == ["participant-hold", "participant-unhold"]
    assert [asked["Hold"] for asked in told] == ["true", "false"]
    assert {asked["CallSid"] for asked in told} == {line.sid(call)}
    assert meanwhile == ([], [], "gardez la ligne")
    assert (line.control.call(call)["with"], line.control.phone(P1)["with"]) == ([P1], [call])
    assert line.control.call(call)["heard"][-1]["kind"] == "talk"


def test_who_is_held_without_a_document_hears_music_and_can_hang_up(line: Line) -> None:
    call = line.dial(SILENT.replace("start end join leave", ALL_EVENTS))
    join_p1(line, SILENT)
    room = line.sdk.conferences(line.sdk.conferences.list()[0].sid)

    room.participants(line.sid(call)).update(hold=True)
    line.wait(1)
    listed = [one.call_sid for one in room.participants.list(hold=True)]
    music = line.control.call(call)["heard"][-1]["kind"]
    line.control.hang_up(call)
    line.wait(1)

    assert listed == [line.sid(call)]
    assert music == "music"
    assert (names(line)[-1], events(line)[-1]["Hold"]) == ("participant-leave", "true")


def test_an_announcement_is_heard_over_the_talk_and_told(line: Line) -> None:
    line.script(a=doc("<Say>il reste cinq minutes</Say>"), broken=doc("<Gather/>"))
    call = line.dial(SILENT.replace("start end join leave", ALL_EVENTS))
    join_p1(line, SILENT)
    room = line.sdk.conferences(line.sdk.conferences.list()[0].sid)

    room.participants(line.sid(call)).update(announce_url=f"{SERVER}/a")
    line.wait(3)
    one = line.heard(call), [sound["kind"] for sound in line.control.phone(P1)["heard"]]
    room.update(announce_url=f"{SERVER}/a")
    line.wait(3)
    room.update(announce_url=f"{SERVER}/broken")
    line.wait(1)

    assert one[0] == ["il reste cinq minutes"]
    assert "say" not in one[1]
    assert [sound["kind"] for sound in line.control.phone(P1)["heard"]][-2:] == ["say", "talk"]
    assert line.control.call(call)["heard"][-1]["kind"] == "talk"
    assert names(line)[-3:] == ["announcement-end", "announcement-end", "announcement-fail"]
    assert events(line)[-1]["ReasonAnnouncementFailed"] == "13238"
    assert [asked.form.get("CallSid") for asked in events(line)[-3:]] == [line.sid(call), None, None]


def test_it_can_be_changed_whose_exit_ends_the_room(line: Line) -> None:
    call = line.dial(SILENT.replace("start end join leave", ALL_EVENTS))
    leg = join_p1(line, SILENT)
    room = line.sdk.conferences(line.sdk.conferences.list()[0].sid)

    changed = room.participants(leg.sid).update(end_conference_on_exit=True)
    line.wait(1)
    line.control.phone_hang_up(P1)
    line.wait(1)

    assert changed.end_conference_on_exit is True
    assert "participant-modify" in names(line)
    assert room.fetch().status == "completed"
    assert line.server.at("/d")[-1]["CallSid"] in (line.sid(call), leg.sid)


def test_t57_a_label_that_is_taken_keeps_the_second_call_out(line: Line) -> None:
    labelled = room(attributes='waitUrl="" participantLabel="psy"', action="", more="<Say>suite</Say>")
    first = line.dial(labelled)

    second = line.dial(labelled, from_=B)

    assert line.heard(second) == ["suite"]
    assert line.heard(first) == []
    assert 16025 in line.codes()
    (one,) = line.sdk.conferences.list()[0].participants.list()
    assert (one.call_sid, one.label) == (line.sid(first), "psy")


def test_t58_a_participant_who_is_kicked_goes_on_with_the_action(line: Line) -> None:
    line.script(d=doc("<Say>sorti de la salle</Say>"))
    line.dial(SILENT)
    leg = join_p1(line, SILENT)
    conference = line.sdk.conferences.list()[0]

    assert line.sdk.conferences(conference.sid).participants(leg.sid).delete()
    line.wait(1)

    assert names(line)[-1] == "participant-leave"
    assert line.sdk.calls(leg.sid).fetch().status == "in-progress"
    assert line.control.phone(P1)["heard"][-1]["text"] == "sorti de la salle"
    assert [asked["CallSid"] for asked in line.server.at("/d")] == [leg.sid]
    with pytest.raises(TwilioRestException) as error:
        line.sdk.conferences(conference.sid).participants(leg.sid).fetch()
    assert (error.value.status, error.value.code) == (404, 20404)


def test_ending_a_room_by_rest_lets_everybody_go_on(line: Line) -> None:
    line.script(d=doc("<Say>la salle est fermée</Say>"))
    call = line.dial(SILENT)
    join_p1(line, SILENT)
    conference = line.sdk.conferences.list(status="in-progress")[0]

    ended = line.sdk.conferences(conference.sid).update(status="completed")
    line.wait(1)

    assert ended.status == "completed"
    assert line.heard(call) == ["la salle est fermée"]
    assert events(line)[-1]["ReasonConferenceEnded"] == "conference-ended-via-api"
    assert line.sdk.conferences(conference.sid).participants.list() == []


def test_the_first_participants_callback_settings_are_the_rooms(line: Line) -> None:
    line.dial(doc('<Dial><Conference waitUrl="">R</Conference></Dial>'))
    join_p1(line, SILENT)

    assert line.server.at("/ce") == []


def test_a_name_can_be_used_again_once_its_room_has_ended(line: Line) -> None:
    first = line.dial(SILENT)
    line.control.hang_up(first)
    line.wait(1)

    line.dial(SILENT)

    sids = {asked["ConferenceSid"] for asked in line.server.at("/ce")}
    assert len(sids) == 2
    assert [room.status for room in line.sdk.conferences.list()] == ["in-progress", "completed"]


@pytest.mark.parametrize("broken", [(500, "", "text/html"), doc("<Gather/>")])
def test_a_wait_document_of_a_room_that_fails_keeps_the_caller_out(line: Line, broken: Any) -> None:
    line.script(cw=broken, d=doc("<Say>suite</Say>"))

    call = line.dial(WAITING)

    assert line.heard(call) == ["suite"]


def test_a_new_room_is_missing_from_lists_for_a_while_when_the_knob_says_so(line: Line) -> None:
    line.control.set_knobs({"room_list_lag_ms": 3_000})
    line.dial(SILENT)

    early = line.sdk.conferences.list()
    line.wait(3)

    assert early == []
    assert len(line.sdk.conferences.list()) == 1


def test_a_region_is_kept_by_the_room(line: Line) -> None:
    line.dial(room(attributes='waitUrl="" region="ie1"'))

    assert line.sdk.conferences.list()[0].region == "ie1"


def test_a_flag_that_is_none_fails_the_document(line: Line) -> None:
    line.script(fallback=doc("<Say>secours</Say>"))

    call = line.dial(room(attributes='endConferenceOnExit="yes"'))

    assert line.server.at("/fallback")[0]["ErrorCode"] == "13231"
    assert line.heard(call) == ["secours"]


def test_a_room_that_is_full_keeps_the_next_out(line: Line) -> None:
    line.script(d=doc("<Say>complet</Say>"))
    line.dial(SILENT)
    join_p1(line, SILENT)

    third = line.dial(room(attributes='waitUrl="" maxParticipants="2"'), from_=B)

    assert line.heard(third) == ["complet"]
    assert len(line.sdk.conferences(line.sdk.conferences.list()[0].sid).participants.list()) == 2
