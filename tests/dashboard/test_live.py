"""Event streams on a real socket: what is sent and when, how many there may be, and what ends one."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import redis
from flask import Flask
from werkzeug.serving import make_server

from dashboard import live
from helpline.adapters.redis.news import RedisNews
from helpline.domain.errors import LiveStateDown
from helpline.services import keep_duty
from tests.dashboard.conftest import HOST, Pages

pytestmark = pytest.mark.loopback


@dataclass
class Told:
    """Hints as the test gives them. `fails` is a Redis that does not answer."""

    hints: list[str] = field(default_factory=list)
    fails: bool = False
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, for_s: float) -> frozenset[str]:
        if self.fails:
            raise LiveStateDown("redis: away")
        with self.arrived:
            self.arrived.wait_for(lambda: bool(self.hints), timeout=min(for_s, 0.05))
            heard, self.hints = frozenset(self.hints), []
        return heard

    def close(self) -> None:
        """Nothing is open."""

    def tell(self, what: str) -> None:
        with self.arrived:
            self.hints.append(what)
            self.arrived.notify()


@dataclass
class Page:
    """A page that shows one word."""

    word: str = "un"
    allowed: bool = True
    gone: bool = False
    now_ms: int = 0
    away: bool = False

    def look(self) -> str:
        if self.away:
            raise LiveStateDown("redis: away")
        return self.word

    def watch(self) -> live.Watch[str]:
        return live.Watch(
            self.look,
            lambda word: f"<p>{word}</p>",
            lambda: self.allowed,
            lambda: self.gone,
            lambda: self.now_ms,
        )


def script(page: Page, *steps: Callable[[], None]) -> list[str]:
    """What a stream says when one step happens at each of its looks, until its browser is gone."""
    stream = live.Stream(frozenset({"board"}))
    left = list(steps)

    def wait(_: float) -> None:
        if left:
            left.pop(0)()
        else:
            page.gone = True

    stream.wait = wait  # type: ignore[method-assign]
    said = list(live.events(stream, page.watch()))
    assert said[0].startswith("retry:")
    return said[1:]


def test_the_whole_state_comes_at_once_and_again_only_when_it_differs() -> None:
    page = Page()
    said = script(page, lambda: None, lambda: setattr(page, "word", "deux"), lambda: None)
    assert said == ["data: <p>un</p>\n\n", "data: <p>deux</p>\n\n"]


def test_a_quiet_stream_says_every_fifteen_seconds_that_it_lives() -> None:
    page = Page()

    def later() -> None:
        page.now_ms += 5_000

    assert script(page, *[later] * 6) == ["data: <p>un</p>\n\n", ":\n\n", ":\n\n"]


def test_a_state_that_cannot_be_read_is_said_once_and_comes_back() -> None:
    page = Page()
    said = script(
        page,
        lambda: setattr(page, "away", True),
        lambda: None,
        lambda: setattr(page, "away", False),
    )
    assert said == ["data: <p>un</p>\n\n", "event: away\ndata:\n\n", "data: <p>un</p>\n\n"]


def test_a_session_that_is_over_ends_the_stream_within_ten_seconds() -> None:
    page = Page()

    def revoked() -> None:
        page.allowed, page.now_ms = False, page.now_ms + live.ASK_AGAIN_MS

    assert script(page, revoked, lambda: None, lambda: None)[-1] == "event: over\ndata:\n\n"


def test_several_lines_are_one_message() -> None:
    assert live.message("<p>\nun\n</p>") == "data: <p>\ndata: un\ndata: </p>\n\n"


def test_a_hint_wakes_those_it_is_for_and_a_burst_is_one_look() -> None:
    told = Told()
    hub = live.Hub(told, 10)
    board, desk = hub.join("board"), hub.join("desk:p1")
    assert board is not None
    assert desk is not None
    told.tell("board")
    told.tell("board")

    begin = time.monotonic()
    board.wait(5)
    assert time.monotonic() - begin < 1
    begin = time.monotonic()
    desk.wait(0.2)
    board.wait(0.2)
    assert time.monotonic() - begin >= 0.4
    hub.leave(board)
    hub.leave(desk)


def test_when_the_listener_is_deaf_everybody_looks() -> None:
    told = Told(fails=True)
    hub = live.Hub(told, 10)
    stream = hub.join("desk:p1")
    assert stream is not None
    begin = time.monotonic()
    stream.wait(5)
    assert time.monotonic() - begin < 3
    assert stream.ask_again
    hub.leave(stream)


def test_there_are_only_so_many_streams_and_a_place_left_is_a_place_free() -> None:
    hub = live.Hub(Told(), 2)
    first, second = hub.join("board"), hub.join("board")
    assert first is not None
    assert second is not None
    assert hub.join("board") is None
    hub.leave(first)
    assert hub.join("board") is not None


def test_redis_tells_what_changed_to_whom_it_concerns(pages: Pages, redis_app: redis.Redis) -> None:
    news = RedisNews(redis_app)
    news.wait(0.1)
    keep_duty.begin_break(pages.sw, "p1")
    assert news.wait(1.0) == {"desk:p1", "board"}
    news.tell("sessions")
    assert news.wait(1.0) == {"sessions"}
    news.close()


# ---- over a socket


@dataclass
class Served:
    """The pages on a port of their own."""

    port: int
    pages: Pages

    def opens(self, path: str, token: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        headers = {
            "Host": f"127.0.0.1:{self.port}",
            "Cookie": f"__Host-session={token}",
            "Accept": "text/event-stream",
        }
        connection.request("GET", path, headers=headers)
        return connection.getresponse()


@pytest.fixture
def served(pages: Pages) -> Iterator[Served]:
    app: Flask = pages.app
    app.config["LIVE_STREAMS"] = 2
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Served(server.server_port, pages)
    with app.app_context():
        hub = live.hub()
    deadline = time.monotonic() + 10
    while hub.is_listening and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not hub.is_listening, "a stream outlived its browser"
    server.shutdown()
    server.server_close()
    thread.join()


def message(answer: http.client.HTTPResponse) -> str:
    """The next message that is not a comment."""
    lines: list[str] = []
    while True:
        line = answer.readline().decode().rstrip("\n")
        if line.startswith("data:"):
            lines.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and lines:
            return "\n".join(lines)


def test_a_change_is_on_the_stream_at_once_and_a_new_stream_begins_with_all_of_it(served: Served) -> None:
    vera = served.pages.signed_in("vera")
    first = served.opens("/live/desk", vera.cookie)
    assert (first.status, first.getheader("Content-Type")) == (200, "text/event-stream; charset=utf-8")
    assert first.getheader("Cache-Control") == "no-store"
    assert "Disponible" in message(first)

    begin = time.monotonic()
    keep_duty.begin_break(served.pages.sw, "p1")
    assert 'data-is="break"' in message(first)
    assert time.monotonic() - begin < 1.5

    first.close()
    with contextlib.closing(served.opens("/live/desk", vera.cookie)) as stream:
        again = message(stream)
    assert 'data-is="break"' in again
    assert again.count('id="desk-call"') == 1


def test_one_stream_too_many_is_asked_to_poll(served: Served) -> None:
    vera = served.pages.signed_in("vera")
    held = [served.opens("/live/board", vera.cookie) for _ in range(2)]
    for stream in held:
        message(stream)

    refused = served.opens("/live/board", vera.cookie)
    assert (refused.status, refused.getheader("Retry-After")) == (503, "2")
    assert "Qui est là" in vera.get("/board/state").text
    for stream in held:
        stream.close()


def test_streams_have_roles_like_every_page(served: Served) -> None:
    alix = served.pages.signed_in("alix")
    assert served.opens("/live/desk", alix.cookie).status == 403
    assert served.opens("/live/board", "nobody").status == 401
    with contextlib.closing(served.opens("/live/board", alix.cookie)) as stream:
        assert HOST not in message(stream)
