"""Rightly signed requests with values nobody would expect: attacks 7, 8, 15 to 19.

Signed means that the carrier sent it, so the answer is never a refusal: French, valid, on the way to a human; and
nothing of the value is stored, logged or said.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from helpline.adapters.carriers.twilio.inbox import ALLOWED, FORM, Edge, EdgeSettings
from helpline.adapters.memory import FixedBook
from helpline.domain.call import Stage
from helpline.domain.ivr.flow import Flow, FlowKind
from helpline.domain.ivr.nodes import EnqueueNode, GatherNode, SpokenText
from helpline.domain.offer import OfferState
from helpline.domain.routing.rules import RuleSet
from tests import builders
from tests.leak.needles import of_number, search
from tests.leak.surfaces import as_bytes, flat
from tests.live import live
from tests.web.carrier import ACCOUNT, CANARY, LEG, TOKEN, Carrier, envelope
from tests.web.conftest import Web
from tests.web.documents import faults_of, holds, leads_on, verbs, words

HERS = {
    "To": "+33639985001",
    "Called": "+33639985001",
    "Direction": "outbound-api",
    "CallStatus": "in-progress",
}
WITHHELD = (
    *("anonymous", "ANONYMOUS", "RESTRICTED", "unknown", "", "+266696687", "+7378742833", "+86282452253"),
    *("+2562533", "+8656696", "+7748283", "sip:x@y.example", "client:x", "private", "0", "é\u202e\x00"),
)


def leg(n: int) -> str:
    return f"CA{n:032x}"


def leads_nowhere_wrong(xml: str) -> None:
    assert faults_of(xml) == []
    assert leads_on(xml)


# ---- attack 7 and T06: withheld callers


def test_a_hundred_withheld_callers_at_once_are_a_hundred_calls(web: Web) -> None:
    for n in range(100):
        shown = WITHHELD[n % len(WITHHELD)]
        assert verbs(web.arrives(leg(n), From=shown, Caller=shown)) == ["Enqueue"]

    calls = live(web.sw.calls)
    assert {call.leg_id for call in calls} == {leg(n) for n in range(100)}
    assert {call.stage for call in calls} == {Stage.WAITING}
    assert len({call.id for call in calls}) == 100
    assert {call.line for call in calls} == {"entraide"}
    # All are alike but for who they are, when they came and who is rung: no mark of how the number was withheld.
    alike = {(c.rule, c.plan, c.bonus_s, c.skills, c.wait_flow, c.nobody_flow, c.plain) for c in calls}
    assert len(alike) == 1


def test_no_caller_can_be_seen_to_have_called_before(web: Web) -> None:
    """The same number twice: the records differ only in what is random."""
    documents = [web.arrives(leg(n)) for n in range(2)]

    assert documents[0] == documents[1]
    assert search(of_number(CANARY, "caller"), {"Redis": as_bytes(flat(web.stored()))}) == []


def test_a_caller_without_the_field_is_served_too(web: Web) -> None:
    fields = {name: value for name, value in envelope().items() if name not in ("From", "Caller")}

    assert verbs(web.carrier.post("/voice/incoming", fields).text) == ["Enqueue"]


# ---- attack 8: leg ids that are none


@pytest.mark.parametrize(
    "odd",
    [
        *(
            "",
            "CA",
            "CA" + "a" * 31,
            "CA" + "a" * 33,
            LEG.upper(),
            LEG.lower(),
            LEG + "\n",
            "../" * 11,
            "CA" + "g" * 32,
        ),
        *(
            "CA" + "a" * 31 + "\x00",
            "'; drop table calls; --",
            "CA" + "é" * 32,
            "*",
            LEG + " ",
            "sid:" + LEG,
            "9" * 5000,
        ),
    ],
    ids=lambda text: repr(text[:12]),
)
def test_a_leg_id_that_is_none_gets_a_way_to_a_human_and_no_key(odd: str, web: Web) -> None:
    before = web.stored()
    live = {"CallSid": odd, "CallStatus": "in-progress"}

    leads_nowhere_wrong(web.carrier.post("/voice/incoming", envelope(odd)).text)
    assert holds(web.carrier.post("/voice/wait", envelope(**live, QueueTime="0")).text)
    assert holds(web.carrier.post("/voice/wait", envelope(**live, QueueTime="10")).text)
    # They are not in our line, nobody will be rung for them: after a while the chain rings somebody.
    assert verbs(web.carrier.post("/voice/wait", envelope(**live, QueueTime="45")).text) == ["Leave"]
    assert "Dial/Number" in verbs(web.carrier.post("/voice/left", envelope(**live, QueueResult="leave")).text)
    leads_nowhere_wrong(web.carrier.post("/voice/keys", envelope(**live, Digits="1")).text)
    leads_nowhere_wrong(web.carrier.post("/voice/join/ab12", envelope(**live)).text)
    assert web.carrier.post("/voice/ended", envelope(odd, CallStatus="completed")).status == 204
    assert web.carrier.post("/voice/leg/ab12", envelope(odd, **HERS)).status == 204
    assert (
        web.carrier.post("/voice/room/ab12", envelope(odd, StatusCallbackEvent="participant-join")).status
        == 204
    )
    assert web.stored() == before


@pytest.mark.parametrize(
    "attempt", ["..", "%2e%2e", "a" * 4_000, "%00", "%C3%A9", "*", "'; drop", "{}", "call:x"]
)
@pytest.mark.parametrize("role", ["join", "done", "offer", "claim", "leg", "room"])
def test_an_attempt_that_is_none_creates_no_key(role: str, attempt: str, web: Web) -> None:
    before = web.stored()

    answer = web.carrier.post(f"/voice/{role}/{attempt}".replace(" ", "%20"), envelope(**HERS))

    assert answer.status in (200, 204, 404)
    assert web.stored() == before


# ---- attack 15: keys


KEYS = (
    "",
    "#",
    "*",
    "1" * 40,
    "-1",
    "1e1",
    "１",
    "abc",
    "²",
    "1\n",
    " 1",
    "99",
    "\x00",
    "0639980123",
    "</Say><Dial>1</Dial>",
)


@pytest.mark.parametrize("digits", KEYS, ids=repr)
def test_an_odd_key_of_a_psychologist_is_asked_again_once_and_never_claims(digits: str, web: Web) -> None:
    attempt = web.an_attempt()
    web.sw.offers.change(attempt, (OfferState.DUE,), OfferState.RINGING, now_ms=web.clock.now, leg_id=leg(7))
    asked = web.carrier.post(f"/voice/offer/{attempt}", envelope(leg(7), **HERS)).text
    assert verbs(asked) == ["Gather"]

    again = web.carrier.post(f"/voice/claim/{attempt}", envelope(leg(7), **HERS, Digits=digits)).text
    last = web.carrier.post(f"/voice/claim/{attempt}", envelope(leg(7), **HERS, Digits=digits)).text

    assert again == asked
    assert verbs(last) == ["Hangup"]
    call = web.sw.calls.by_leg(LEG)
    assert call is not None
    assert call.stage is Stage.WAITING
    assert digits_kept_nowhere(web, digits)


def digits_kept_nowhere(web: Web, digits: str) -> bool:
    return len(digits) < 4 or digits.encode() not in as_bytes(flat(web.stored()))


@pytest.fixture
def menu(make_web: Callable[..., Web]) -> Web:
    """A line whose call flow asks for a key first: 1 and anything unclear lead into the line."""
    plain = builders.book(builders.roster(builders.psychologist("vera", 1)))
    asks = GatherNode((SpokenText("question"),), {"1": "file"}, "file", tries=2)
    nodes = {"choix": asks, "file": EnqueueNode("entraide", (SpokenText("bienvenue"),), "attente")}
    texts = {
        **plain.flows["accueil"].texts,
        "question": {"fr": "Pour parler, appuyez sur 1. Danger : le 15, le 3114."},
    }
    flow = Flow("accueil", "v2", FlowKind.CALL, ("fr",), "choix", nodes, texts)
    return make_web(book=FixedBook(plain.rules, {**plain.flows, "accueil": flow}, plain.roster))


@pytest.mark.parametrize("digits", KEYS, ids=repr)
def test_an_odd_key_of_a_caller_is_asked_again_once_and_then_leads_to_a_human(digits: str, menu: Web) -> None:
    asked = menu.arrives()
    assert verbs(asked) == ["Gather"]
    assert faults_of(asked) == []

    again = menu.carrier.post("/voice/keys", envelope(CallStatus="in-progress", Digits=digits)).text
    last = menu.carrier.post("/voice/keys", envelope(CallStatus="in-progress", Digits=digits)).text

    assert again == asked
    assert verbs(last) == ["Enqueue"]
    call = menu.sw.calls.by_leg(LEG)
    assert call is not None
    assert call.stage is Stage.WAITING
    assert digits_kept_nowhere(menu, digits)


@pytest.mark.parametrize("digits", KEYS, ids=repr)
def test_a_key_where_none_was_asked_for_leads_to_a_human(digits: str, web: Web) -> None:
    web.arrives()
    before = web.stored()

    leads_nowhere_wrong(web.carrier.post("/voice/keys", envelope(Digits=digits)).text)
    leads_nowhere_wrong(web.carrier.post("/voice/keys", envelope(leg(9), Digits=digits)).text)

    assert web.stored() == before


# ---- attack 16: markup


MARKUP = (
    "</Say><Dial>+33639980001</Dial><Say>",
    "<break time='10s'/>",
    "&lt;&amp;",
    "🙂" * 50,
    "]]>",
    "${jndi:x}",
    "{{7*7}}",
)


@pytest.mark.parametrize("markup", MARKUP)
@pytest.mark.parametrize(
    "route", ["incoming", "wait", "keys", "left", "join/ab12", "offer/ab12", "claim/ab12", "done/ab12"]
)
def test_markup_is_never_interpreted_stored_or_logged(
    route: str, markup: str, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    names = (
        "Digits",
        "SpeechResult",
        "QueueResult",
        "CallStatus",
        "StatusCallbackEvent",
        "CallerName",
        "DialCallStatus",
    )

    answer = web.carrier.post(f"/voice/{route}", envelope(**dict.fromkeys(names, markup)))

    assert answer.status == 200
    assert faults_of(answer.text) == []
    assert markup not in answer.text
    assert "Dial/Number" not in verbs(answer.text)
    assert markup.encode() not in as_bytes(flat(web.stored()))
    assert not [record for record in caplog.records if markup in record.getMessage()]


# ---- attack 17: everything else the carrier sends about a person


CANARIES = {
    **dict.fromkeys(("From", "Caller", "ForwardedFrom", "CalledVia"), CANARY),
    **{
        f"{who}{what}": f"ville {CANARY}"
        for who in ("From", "Caller")
        for what in ("City", "State", "Zip", "Country")
    },
    "CallerName": "Dr Canari",
    "CallToken": CANARY,
    "AddOns": '{"results": {"number": "0639980123"}}',
    "SipHeader_X-Caller": f"sip:{CANARY}@operator.example",
    "StirVerstat": "TN-Validation-Passed-A",
    "StirPassportToken": "eyJ-canari",
    "SpeechResult": "je m'appelle Canari",
    "RecordingUrl": "https://example.org/canari",
    "ParentCallSid": "CA" + "cd" * 16,
    "Memory": "canari",
}


def test_nothing_but_the_allow_list_reaches_any_code_behind_the_edge() -> None:
    seen: list[dict[str, Any]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append({**environ, "read": environ["wsgi.input"].read()})
        start_response("204 No Content", [])
        return [b""]

    edge = Edge(app, EdgeSettings(builders.ORIGIN, ACCOUNT, [TOKEN]), lambda to: "entraide", lambda: 0)  # type: ignore[arg-type]
    headers = {
        "HTTP_COOKIE": CANARY,
        "HTTP_X_CALLER": CANARY,
        "HTTP_X_FORWARDED_FOR": CANARY,
        "HTTP_REFERER": CANARY,
    }
    carrier = Carrier(edge, builders.ORIGIN)

    assert carrier.post("/voice/incoming", envelope(**CANARIES, Digits="1"), **headers).status == 204

    (environ,) = seen
    everything = as_bytes(flat({k: v for k, v in environ.items() if k not in ("wsgi.errors", "wsgi.input")}))
    assert search(of_number(CANARY, "caller"), {"environment": everything}) == []
    assert b"anari" not in everything
    assert environ["read"] == b""
    assert environ[FORM]["Leg"] == LEG
    assert set(environ[FORM]) <= {*ALLOWED, "Leg", "Line"}
    assert not [name for name in environ if name.startswith("HTTP_")]
    # The signature is a keyed hash of the number.
    assert carrier.signature("/voice/incoming", envelope(**CANARIES, Digits="1")).encode() not in everything


def test_what_the_carrier_says_about_a_person_is_neither_stored_nor_logged_nor_said(
    web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = [
        web.carrier.post(route, envelope(**CANARIES, CallStatus="in-progress")).body
        for route in (
            "/voice/incoming",
            "/voice/wait",
            "/voice/left",
            "/voice/keys",
            "/voice/ended",
            "/voice/join/a1",
        )
    ]
    surfaces = {
        "Redis": as_bytes(flat(web.stored())),
        "logs": as_bytes(f"{r.getMessage()} {r.args}" for r in caplog.records),
        "answers": b"\n".join(said),
    }

    assert web.sw.calls.by_leg(LEG) is not None
    assert search(of_number(CANARY, "caller"), surfaces) == []
    assert not any(b"anari" in content for content in surfaces.values())


# ---- attacks 18 and 19: durations and times of the carrier's


@pytest.mark.parametrize("duration", ["-1", "1000000000000", "NaN", "", None, "1e3", "½"])
@pytest.mark.parametrize(
    "stamp", ["Thu, 01 Jan 1970 00:00:00 +0000", "Fri, 01 Jan 2099 00:00:00 -1200", "gestern", ""]
)
def test_durations_and_times_that_are_sent_play_no_part(duration: str | None, stamp: str, web: Web) -> None:
    """The classes come from our own clock."""
    odd = {"Timestamp": stamp} | (
        {} if duration is None else {"CallDuration": duration, "Duration": duration}
    )
    web.arrives(**odd)
    web.carrier.post("/voice/wait", envelope(CallStatus="in-progress", QueueTime="0", **odd))
    web.clock.now += 30_000

    assert web.carrier.post("/voice/ended", envelope(CallStatus="completed", **odd)).status == 204

    call = web.sw.calls.by_leg(LEG)
    assert call is not None
    assert call.stage is Stage.ENDED
    record = {k.decode(): v.decode() for k, v in web.stored()[f"call:{call.id}"].items()}
    assert record["end_state"] == "left_in_line"
    assert record["wait_class"] == "lt60"
    assert record["ended_ms"] == str(builders.NIGHT_MS + 30_000)


@pytest.mark.parametrize("status", ["", "COMPLETED", "done", "unknown", "completed ", "in-progress"])
def test_a_status_we_do_not_know_ends_nothing(status: str, web: Web) -> None:
    web.arrives()

    assert web.carrier.post("/voice/ended", envelope(CallStatus=status)).status == 204

    call = web.sw.calls.by_leg(LEG)
    assert call is not None
    assert call.stage is Stage.WAITING


def test_a_called_number_that_is_not_ours_is_answered_all_the_same(web: Web) -> None:
    for n, to in enumerate(("+33199000009", "", "0800288038", "client:x", "é" * 100)):
        leads_nowhere_wrong(web.arrives(leg(n), To=to, Called=to))
    assert len(live(web.sw.calls)) == 5


def test_the_rules_of_the_repository_are_what_these_tests_run_on(web: Web) -> None:
    assert isinstance(web.sw.book.rules, RuleSet)
    assert {"accueil", "attente", "proposition"} <= set(web.sw.book.flows)
    assert "Entraide médecins et internes" in words(
        web.carrier.post("/voice/wait", envelope(QueueTime="0")).text
    )
