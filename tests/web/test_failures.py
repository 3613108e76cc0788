"""Any failure inside a webhook: spoken French and the human route, on every route, within a second."""

from __future__ import annotations

import dataclasses
import logging
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from helpline.adapters.clock import SystemClock
from helpline.adapters.memory import FixedBook
from helpline.adapters.redis.connection import connect
from helpline.bootstrap import Service
from helpline.cli.servers.redis import plan_redis, start_redis
from helpline.domain.errors import LiveStateDown
from helpline.services.documents import SAFE_TEXT
from helpline.services.keep_duty import apply_rota
from helpline.web.app import create_app
from tests import builders
from tests.web.carrier import CANARY, LEG, Carrier, envelope
from tests.web.conftest import Web
from tests.web.documents import faults_of, holds, leads_on, verbs, words

HER_PHONE = "+33639985001"
PHONES = (HER_PHONE, "+33639985002", "+33639985003")
ENDED = {"CallStatus": "completed"}
LIVE = {"CallStatus": "in-progress"}
HERS = {"To": HER_PHONE, "Called": HER_PHONE, "Direction": "outbound-api", **LIVE}
CHAIN = ["the standby chain"]

EXPECTED: list[tuple[str, dict[str, str], list[str]]] = [
    ("/voice/incoming", {}, ["Enqueue"]),
    ("/voice/wait", {**LIVE, "QueueTime": "0"}, ["Say"]),
    ("/voice/wait", {**LIVE, "QueueTime": "10"}, ["Say", "Pause"]),
    ("/voice/wait", {**LIVE, "QueueTime": "45"}, ["Leave"]),
    ("/voice/keys", {**LIVE, "Digits": "1"}, ["Enqueue"]),
    ("/voice/left", {**LIVE, "QueueResult": "leave"}, CHAIN),
    ("/voice/left", {**LIVE, "QueueResult": "queue-full"}, CHAIN),
    ("/voice/left", {**LIVE, "QueueResult": "error"}, ["Enqueue"]),
    ("/voice/left", {**LIVE, "QueueResult": "system-error"}, ["Enqueue"]),
    ("/voice/left", {**ENDED, "QueueResult": "hangup"}, []),
    ("/voice/left", {**LIVE, "QueueResult": "redirected"}, []),
    ("/voice/join/ab12", LIVE, ["Dial/Conference"]),
    ("/voice/done/ab12", LIVE, ["Enqueue"]),
    ("/voice/done/ab12", ENDED, []),
    ("/voice/done/ab12", HERS, []),
]
NEWS: list[tuple[str, dict[str, str]]] = [
    ("/voice/ended", ENDED),
    ("/voice/leg/ab12", {**HERS, "CallStatus": "completed"}),
    ("/voice/leg/ab12", HERS),
    ("/voice/room/ab12", {**LIVE, "StatusCallbackEvent": "participant-join"}),
    ("/voice/room/ab12", {**LIVE, "StatusCallbackEvent": "participant-leave"}),
]


class Broken:
    """A port that fails whatever is asked of it."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def fails(*_: object, **__: object) -> Any:
            raise self._error

        return fails


def said(xml: str) -> list[str]:
    """The verbs of a document; of the standby chain only that it is one: everybody planned is rung, then the way on."""
    names = verbs(xml)
    if "Dial/Number" not in names:
        return names
    assert names[0] == "Say"
    assert names[-2:] == ["Say", "Hangup"]
    assert {"+33639985001", "+33639985002"} == {number for number in PHONES if f">{number}<" in xml}
    assert "3114" in words(xml)
    return CHAIN


def with_ports(service: Service, **ports: object) -> Carrier:
    """The same service with some of its ports broken, behind the same edge."""
    switchboard = dataclasses.replace(service.switchboard, **ports)  # type: ignore[arg-type]
    return Carrier(create_app(dataclasses.replace(service, switchboard=switchboard)), builders.ORIGIN)


ERRORS = (
    LiveStateDown("redis: TimeoutError"),
    KeyError(CANARY),
)


@pytest.fixture(params=ERRORS, ids=lambda error: type(error).__name__)
def broken(request: pytest.FixtureRequest, web: Web) -> Carrier:
    """The web application with a live state that raises."""
    port = Broken(request.param)
    return with_ports(web.service, calls=port, offers=port, due=port, fiches=port)


@pytest.mark.parametrize(("route", "changes", "expected"), EXPECTED)
def test_a_caller_hears_french_and_is_led_on_whatever_fails(
    route: str, changes: dict[str, str], expected: list[str], broken: Carrier
) -> None:
    answer = broken.post(route, envelope(**changes))

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert said(answer.text) == expected
    assert faults_of(answer.text) == []
    assert CANARY not in answer.text
    if route == "/voice/wait":
        assert holds(answer.text)
    elif expected:
        assert leads_on(answer.text)


@pytest.mark.parametrize("route", ["/voice/offer/{}", "/voice/claim/{}"])
def test_a_psychologist_is_told_to_wait_three_times_and_then_that_it_is_taken(
    route: str, broken: Carrier, request: pytest.FixtureRequest
) -> None:
    attempt = f"{abs(hash(request.node.name)):x}"
    path = route.format(attempt)

    for _ in range(3):
        answer = broken.post(path, envelope(**HERS, Digits="1"))
        assert verbs(answer.text) == ["Say", "Pause", "Redirect"]
        assert words(answer.text) == "Un instant."
        assert f"https://voix.test{path}#" in answer.text

    assert verbs(answer.text) == ["Say", "Pause", "Redirect"]
    last = broken.post(path, envelope(**HERS, Digits="1"))
    assert verbs(last.text) == ["Say", "Hangup"]
    assert words(last.text) == "Cet appel est déjà pris. Merci."


@pytest.mark.parametrize(("route", "changes"), NEWS)
def test_news_that_fails_is_taken_silently(route: str, changes: dict[str, str], broken: Carrier) -> None:
    answer = broken.post(route, envelope(**changes))

    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize(("route", "changes", "_"), EXPECTED)
def test_an_error_of_ours_is_logged_as_type_and_place_and_nothing_else(
    route: str, changes: dict[str, str], _: object, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    port = Broken(KeyError(f"{CANARY} {LEG}"))
    with_ports(web.service, calls=port, offers=port).post(route, envelope(**changes))

    lines = [record.getMessage() for record in caplog.records]
    assert all(line.startswith("webhook failed: KeyError at ") for line in lines)
    assert all(record.exc_info is None for record in caplog.records)
    assert not any(CANARY[3:] in line or LEG in line for line in lines)
    assert len(lines) <= 1


@pytest.mark.parametrize(("route", "changes", "_"), EXPECTED)
def test_when_even_the_book_cannot_be_read_the_caller_is_led_on(
    route: str, changes: dict[str, str], _: object, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    port = Broken(RuntimeError("nothing works"))
    nothing = with_ports(web.service, calls=port, offers=port, book=port)

    answer = nothing.post(route, envelope(**changes))

    assert answer.status == 200
    assert faults_of(answer.text) == []
    over = (
        changes.get("CallStatus") == "completed"
        or changes == HERS
        or changes.get("QueueResult") == "redirected"
    )
    if route == "/voice/wait":
        assert holds(answer.text)
    elif not over:
        assert leads_on(answer.text)


@pytest.mark.parametrize("route", ["/voice/offer/{}", "/voice/claim/{}"])
def test_when_nothing_can_be_read_a_psychologists_leg_never_enters_the_callers_queue(
    route: str, web: Web
) -> None:
    port = Broken(RuntimeError("nothing works"))
    nothing = with_ports(web.service, calls=port, offers=port, book=port)

    answer = nothing.post(route.format("9f9f"), envelope(**HERS))

    assert verbs(answer.text) == ["Hangup"]


def test_a_document_that_cannot_be_rendered_is_replaced_by_one_that_can(web: Web) -> None:
    """A line without a shown number: the standby chain cannot be said, the caller goes back to the queue."""
    book = builders.book(builders.roster(builders.psychologist("vera", 1)))
    renderer = dataclasses.replace(web.service.renderer, shown={})  # type: ignore[type-var]
    service = dataclasses.replace(web.service, renderer=renderer)
    port = Broken(LiveStateDown("away"))

    answer = with_ports(service, calls=port, book=book).post(
        "/voice/left", envelope(**LIVE, QueueResult="leave")
    )

    assert answer.status == 200
    assert verbs(answer.text) == ["Enqueue"]


@pytest.mark.parametrize("field", ["²", "9" * 5_000, "-1", "1e1", "NaN", "", "１２", "0x10", "\x00"])
def test_an_odd_queue_time_does_not_throw_a_caller_out_of_the_queue(field: str, broken: Carrier) -> None:
    answer = broken.post("/voice/wait", envelope(**LIVE, QueueTime=field))

    assert answer.status == 200
    assert faults_of(answer.text) == []
    assert holds(answer.text)


def test_flows_that_are_gone_leave_the_safe_sentence(web: Web) -> None:
    book = builders.book(builders.roster(builders.psychologist("vera", 1)))
    port = Broken(LiveStateDown("away"))
    bare = with_ports(web.service, calls=port, book=FixedBook(book.rules, {}, book.roster))

    assert words(bare.post("/voice/wait", envelope(**LIVE, QueueTime="0")).text) == SAFE_TEXT
    assert verbs(bare.post("/voice/incoming", envelope()).text) == ["Enqueue"]


def test_an_error_outside_the_webhooks_is_short_and_says_nothing(web: Web) -> None:
    answer = with_ports(web.service, calls=Broken(KeyError(CANARY))).send(
        "/health/ready", b"", REQUEST_METHOD="GET", CONTENT_LENGTH="0"
    )

    assert (answer.status, answer.body) == (503, b"")


# ---- Redis stopped or hung, for real


class ThatNight:
    """The real clock, which asks Redis too, moved to the night for which the psychologists are planned."""

    def __init__(self, real: SystemClock) -> None:
        self._real = real
        self._shift_ms = builders.NIGHT_MS - real.now_ms()

    def now_ms(self) -> int:
        return self._real.now_ms() + self._shift_ms


@pytest.fixture
def own_redis() -> Iterator[Any]:
    server = start_redis(plan_redis(admin=True))
    yield server
    if server.process is not None and server.process.poll() is None:
        server.process.send_signal(signal.SIGCONT)
    server.stop()


@pytest.mark.parametrize("how", ["stopped", "hung"])
def test_with_redis_stopped_or_hung_every_route_answers_within_a_second(
    how: str, own_redis: Any, make_service: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    app: redis.Redis = connect(own_redis.url_app)
    service, clock = make_service(app, app, clock=ThatNight(SystemClock(app)))
    carrier = Carrier(create_app(service), builders.ORIGIN)
    service.switchboard.calls.begin_epoch("e", clock.now_ms())
    apply_rota(service.switchboard, clock.now_ms())
    # While Redis answers, so does the live state: what follows is not a service that never worked.
    assert verbs(carrier.post("/voice/incoming", envelope()).text) == ["Enqueue"]
    assert service.switchboard.calls.by_leg(LEG) is not None

    if how == "hung":
        own_redis.process.send_signal(signal.SIGSTOP)
    else:
        own_redis.stop()

    slowest = 0.0
    for route, changes, expected in EXPECTED:
        began = time.monotonic()
        answer = carrier.post(route, envelope(**changes))
        slowest = max(slowest, time.monotonic() - began)
        assert (route, answer.status, said(answer.text)) == (route, 200, expected)
        assert faults_of(answer.text) == []
    for route, changes in NEWS:
        began = time.monotonic()
        assert carrier.post(route, envelope(**changes)).status == 204
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 1.0
    assert not [record for record in caplog.records if CANARY[3:] in record.getMessage()]
