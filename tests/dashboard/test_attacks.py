"""What a hostile browser, colleague or record of the directory tries, and what comes of it."""

from __future__ import annotations

import contextlib
import gzip
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import cast

import flask
import pytest

from dashboard import live
from dashboard.streams_only import streams_only
from helpline.domain.directory import OrientationType, Structure
from helpline.domain.errors import DatabaseDown
from helpline.domain.presence import State
from helpline.services import keep_duty
from tests import builders
from tests.dashboard import strings
from tests.dashboard.conftest import COOKIE, ORIGIN, PASSWORD, Browser, Pages
from tests.dashboard.test_desk import CARDS, LEG, Desk, problem
from tests.dashboard.test_live import Page, Told

EVIL = '<img src=x onerror="alert(1)">'
PICTURES = Structure("mal", OrientationType.ASSOCIATION, f"{EVIL} 100 % {{{{7*7}}}} %(n)s", "01 99 00 30 03")
GESTURES = ("note", "propose", "choose", "withdraw", "close")


@pytest.fixture
def desk(pages: Pages) -> Desk:
    pages.sw.book.structures = (*CARDS, PICTURES)  # type: ignore[misc]  # the book of tests may change
    return Desk(pages)


@contextlib.contextmanager
def streamed(browser: Browser, path: str) -> Iterator[Iterator[bytes]]:
    """What a stream says, after its `retry` and the state it begins with."""
    answer = browser.get(path, buffered=False)
    yield cast("Iterator[bytes]", iter(answer.response))
    answer.close()
    with browser.app.app_context():
        hub = live.hub()
    deadline = time.monotonic() + 5
    while hub.is_listening and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not hub.is_listening


# ---- what is shown


def test_the_name_of_a_structure_is_text_wherever_it_stands(desk: Desk) -> None:
    """Also among the proposals, where a name once went through the catalogue, which takes all for safe."""
    fiche = desk.talks()
    answer = desk.does(f"/desk/fiche/{fiche}/propose", type="asso", structure="mal")

    for page in (answer.text, desk.browser.get("/desk").text, desk.browser.get("/desk/state").text):
        assert "<img" not in page
        assert "&lt;img src=x" in page
        assert "100 % {{7*7}} %(n)s" in page


def test_the_name_of_a_person_is_text(pages: Pages) -> None:
    pages.database.transaction(
        lambda c: c.exec_driver_sql("update accounts set name = ? where handle = 'vera'", (EVIL,)).close()
    )
    vera = pages.signed_in("vera")
    for path in ("/desk", "/board", "/account", "/nowhere"):
        page = vera.get(path).text
        assert "<img" not in page
        assert "&lt;img src=x" in page


def test_words_in_a_template_are_never_taken_for_html(pages: Pages) -> None:
    with pages.app.test_request_context():
        made = pages.app.jinja_env.from_string("{{ _(text) }}|{{ _('%(n)s cartes', n=text) }}").render(
            text=EVIL
        )
    assert "<img" not in made


def test_no_page_fragment_or_stream_has_the_carriers_id_or_more_of_a_call_than_its_keys(
    desk: Desk, pages: Pages
) -> None:
    desk.talks()
    alix = pages.signed_in("alix")
    said = [
        desk.browser.get(path).text for path in ("/desk", "/desk/state", "/board", "/board/state", "/account")
    ]
    said += [alix.get(path).text for path in ("/board", "/board/state", "/account")]
    said.append(pages.nobody().get("/health/ready").text)
    with streamed(desk.browser, "/live/desk") as stream:
        said += [next(stream).decode() for _ in range(2)]

    assert 'data-is="talking"' in said[-1]
    for text in said:
        assert LEG not in text
        assert not re.search(r"\bCA[0-9a-f]{32}", text)
        assert "the-call" not in text


# ---- what belongs to a colleague


@pytest.mark.parametrize("gesture", GESTURES)
def test_no_gesture_on_a_colleagues_fiche_does_anything(desk: Desk, pages: Pages, gesture: str) -> None:
    fiche = desk.talks()
    desk.does(f"/desk/fiche/{fiche}/note", field="issue", code="termine")
    desk.does(f"/desk/fiche/{fiche}/propose", type="asso", structure="mal")
    before = desk.fiche(fiche)
    words = {"field": "level", "code": "1", "type": "cdom", "structure": "cdom-69", "choice": "retenue"}

    answer = Desk(pages, "bruno").does(f"/desk/fiche/{fiche}/{gesture}", **words)

    assert problem(answer)
    assert fiche not in answer.text
    assert desk.fiche(fiche) == before


def test_a_colleague_neither_ends_her_talk_nor_moves_her_presence_nor_has_her_browser_rung(
    desk: Desk, pages: Pages
) -> None:
    desk.talks()
    bruno = Desk(pages, "bruno")
    before = desk.sw.offers.presence(desk.her)
    for her in ({"psychologist": "p1"}, {"who": "p1"}, {"id": "p1"}):
        assert problem(bruno.does("/desk/conclude", **her))
        bruno.does("/desk/presence", to="off", **her)
        bruno.does("/desk/softphone", **her)

    assert desk.sw.offers.presence(desk.her) == before
    assert desk.sw.offers.presences()["p2"].state is State.OFFLINE


def test_who_left_the_roster_can_sign_off_and_nothing_more(
    desk: Desk, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_duty.begin_break(pages.sw, "p1")
    monkeypatch.setattr(pages.sw.book, "roster", builders.roster(builders.psychologist("bruno", 2)))

    for path in ("/desk", "/desk/state", "/board"):
        assert desk.browser.get(path).status_code == 200
    assert "tableau de garde" in problem(desk.does("/desk/presence", to="available"))
    assert desk.does("/desk/softphone").status_code == 204
    presence = desk.sw.offers.presence("p1")
    assert presence is not None
    assert (presence.state, presence.browser_until_ms) == (State.BREAK, 0)
    assert not problem(desk.does("/desk/presence", to="off"))


# ---- what cannot be read

ODD = ("", "np\0", "é" * 500, "../../etc/passwd", "\ud7ff\ufffe", "{{7*7}}", "1e999", "[]", "call:the-call")


@pytest.mark.parametrize("gesture", GESTURES)
def test_a_gesture_of_nonsense_is_refused_and_never_an_error_of_ours(desk: Desk, gesture: str) -> None:
    fiche = desk.talks()
    for odd in ODD:
        for words in (
            {"field": odd, "code": odd},
            {"field": "level", "code": odd or "x"},
            {"field": "level", "code": "1", "on": odd or "x"},
            {"type": odd, "structure": odd, "choice": odd},
            {"type": "asso", "structure": "mal", "choice": odd or "x"},
        ):
            answer = desk.does(f"/desk/fiche/{fiche}/{gesture}", **words)
            assert answer.status_code in (200, 400)
            assert len(odd) < 4 or odd not in problem(answer)
    assert desk.fiche(fiche).codes.level is None


@pytest.mark.parametrize(
    ("path", "words", "named"),
    [
        ("note", {"field": "caller", "code": "Dr Martin"}, "Qui appelle ?"),
        ("note", {"field": "difficulties", "code": "ZZZ"}, "Difficultés évoquées"),
        ("note", {"field": "help_asked", "code": "ZZZ"}, "Aide demandée"),
        ("note", {"field": "Dr Martin", "code": "1"}, "pas de champ"),
        ("note", {"field": "level", "code": "1", "on": "oui"}, "Niveau"),
        ("propose", {"type": "clinique"}, "Pistes proposées"),
        ("choose", {"type": "asso", "structure": "mal", "choice": "peut-être"}, "Pistes proposées"),
        ("choose", {"type": "asso", "structure": "mal", "choice": "retenue"}, "Pistes proposées"),
    ],
)
def test_a_refusal_names_the_field_as_the_screen_does(
    desk: Desk, path: str, words: dict[str, str], named: str
) -> None:
    said = problem(desk.does(f"/desk/fiche/{desk.talks()}/{path}", **words))

    assert named in said
    assert "Martin" not in said


def test_an_unknown_move_is_400_with_a_reason_and_without_a_script_a_page(desk: Desk) -> None:
    answer = desk.does("/desk/presence", to="asleep")
    assert (answer.status_code, "Ma disponibilité" in problem(answer)) == (400, True)
    assert desk.browser.post("/desk/presence", {"to": "asleep"}).status_code == 400


@pytest.mark.parametrize("gesture", GESTURES)
def test_an_address_that_is_no_fiche_reaches_no_other_record(desk: Desk, gesture: str) -> None:
    desk.talks()
    for fiche in ("call:the-call", "a:b", "%00", "é", "x" * 65, "%2e%2e", "*"):
        answer = desk.does(f"/desk/fiche/{fiche}/{gesture}", field="level", code="1")
        assert answer.status_code == 400
        assert "Fiche" in problem(answer)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"to": "off"}'),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("application/x-www-form-urlencoded", b"%ff%fe=%00&to=%zz&to"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"to=+ACI-"),
        ("text/plain", b"\xff" * 1_000),
        ("application/x-www-form-urlencoded", b"a=1&" * 15_000),
        ("application/x-www-form-urlencoded", b"to=" + b"x" * 70_000),
    ],
)
def test_a_body_that_cannot_be_read_changes_nothing_and_is_no_error_of_ours(
    desk: Desk, kind: str, body: bytes
) -> None:
    before = desk.sw.offers.presence(desk.her)
    for path in ("/desk/presence", "/account/look"):
        answer = desk.browser._open(
            path,
            method="POST",
            data=body,
            content_type=kind,
            headers={"X-CSRF-Token": desk.token, "X-Desk": "1"},
        )
        assert answer.status_code in (303, 400, 413)
    assert desk.sw.offers.presence(desk.her) == before


@pytest.mark.parametrize("cookie", ["\xff\xfe", "é", "\ud83d", "a" * 4_000, '"', ";;;=", "../.."])
def test_a_cookie_that_is_none_of_ours_is_nobody(pages: Pages, cookie: str) -> None:
    raw = f"{COOKIE}={cookie}".encode("utf-8", "surrogatepass").decode("latin-1")
    answer = pages.nobody()._open("/account", method="GET", headers={"Cookie": raw})
    assert answer.status_code == 303


# ---- sessions


def test_signing_in_again_ends_the_session_the_browser_had(pages: Pages) -> None:
    vera = pages.signed_in("vera")
    copied = Browser(pages.app, token=vera.cookie)
    answer = vera.post("/sign-in", {"handle": "bruno", "password": PASSWORD})

    assert answer.status_code == 303
    assert "Bruno" in vera.get("/account").text
    assert copied.get("/account").status_code == 303


def test_while_sql_is_away_signing_out_takes_the_session_off_the_browser(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera = pages.signed_in("vera")
    token = vera.csrf_token()

    def away(digest: str) -> None:
        raise DatabaseDown("sql: away")

    monkeypatch.setattr(pages.service.sign_in.sessions, "close", away)
    answer = vera.post("/sign-out", {"csrf_token": token})

    assert answer.status_code == 303
    assert not vera.cookie


def test_a_name_with_a_nul_never_reaches_sql(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(pages.service.sign_in.accounts, "by_handle", asked.append)
    answer = pages.nobody().post("/sign-in", {"handle": "ve\0ra", "password": "x"})
    assert (answer.status_code, asked) == (401, [])


def test_a_whole_network_of_ipv6_is_one_place(pages: Pages) -> None:
    codes = [
        pages.nobody()
        .post(
            "/sign-in", {"handle": f"n{n}", "password": "x"}, headers={"X-Forwarded-For": f"2001:db8::{n:x}"}
        )
        .status_code
        for n in range(21)
    ]
    assert codes[-2:] == [401, 429]


# ---- streams


def test_a_stream_ends_when_she_gets_another_role(pages: Pages) -> None:
    vera = pages.signed_in("vera")
    change = "update accounts set role = 'administrator' where handle = 'vera'"
    with streamed(vera, "/live/desk") as said:
        _ = next(said), next(said)
        pages.database.transaction(lambda c: c.exec_driver_sql(change).close())
        pages.clock.now += live.ASK_AGAIN_MS

        assert b"event: over" in b"".join(said)


def test_signing_out_everywhere_ends_a_stream_of_another_browser(pages: Pages) -> None:
    one, two = pages.signed_in("vera"), pages.signed_in("vera")
    with streamed(two, "/live/board") as said:
        _ = next(said), next(said)
        timer = threading.Timer(0.3, lambda: one.post("/account/sign-out-everywhere"))
        timer.start()

        assert b"event: over" in b"".join(said)  # the clock of this test stands still: only the hint ends it
        timer.join()


def test_nobody_takes_the_streams_of_all() -> None:
    hub = live.Hub(Told(), 100)
    held = [hub.join("board", owner="vera") for _ in range(live.MOST_OF_ONE)]
    assert None not in held
    assert hub.join("board", owner="vera") is None
    other = hub.join("board", owner="bruno")
    assert other is not None
    for stream in (*held, other):
        assert stream is not None
        hub.leave(stream)


def test_a_fault_of_ours_in_a_stream_is_said_as_away_logged_once_by_its_place_and_over_when_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    page, left = Page(), [True, True, False]
    stream = live.Stream(frozenset({"board"}))

    def look() -> str:
        if left and left[0]:
            raise ValueError("0639980001")
        return "un"

    def wait(for_s: float) -> None:
        page.gone = not left
        del left[:1]

    stream.wait = wait  # type: ignore[method-assign]
    watch = live.Watch(look, str, lambda: True, lambda: page.gone, lambda: 0)
    with caplog.at_level(logging.ERROR):
        said = list(live.events(stream, watch))

    assert said[1:] == [live.AWAY, "data: un\n\n"]
    assert caplog.text.count("stream failed: ValueError") == 1
    assert "0639980001" not in caplog.text


@pytest.mark.loopback
def test_a_browser_that_never_reads_is_let_go() -> None:
    ours, theirs = socket.socketpair()
    live.let_go_of_the_slow(ours, 1)
    with ours, theirs, pytest.raises(OSError, match="unavailable"):
        ours.sendall(b"x" * 10_000_000)


def test_what_is_no_stream_is_refused_with_headers() -> None:
    sent: list[tuple[str, list[tuple[str, str]]]] = []
    app = streams_only(flask.Flask("pages"))
    body = app({"PATH_INFO": "/account"}, lambda status, headers: sent.append((status, headers)))  # type: ignore[arg-type]

    assert list(body) == [b"streams only\n"]
    assert sent[0][0].startswith("404")
    assert {"Content-Security-Policy", "X-Content-Type-Options", "Cache-Control"} <= {
        n for n, _ in sent[0][1]
    }


# ---- weight


def test_html_is_packed_for_whoever_is_signed_in_and_not_where_a_stranger_chose_a_part_of_it(
    desk: Desk,
) -> None:
    packed = {"Accept-Encoding": "gzip, br"}
    for path in ("/desk", "/desk/state", "/board"):
        answer = desk.browser.get(path, headers=packed)
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Cache-Control"] == "no-store"
        assert len(answer.data) == int(answer.headers["Content-Length"]) < 10_000
        assert b"<" in gzip.decompress(answer.data)
    for path in ("/desk?next=guess", "/sign-in?next=/guess"):
        assert "Content-Encoding" not in desk.browser.get(path, headers=packed).headers
    assert (
        "Content-Encoding" not in desk.browser.get("/desk", headers={"Accept-Encoding": "gzip;q=0"}).headers
    )
    stream = desk.browser.client.head("/live/desk", base_url=ORIGIN, headers=packed)
    assert stream.mimetype == "text/event-stream"
    assert "Content-Encoding" not in stream.headers


def bytes_of_page(browser: Browser, path: str) -> dict[str, int]:
    """On the wire of a first visit, headers apart: the page, and all that it and its modules and styles name."""
    wanted, weighed = [path], {}
    while wanted:
        name = wanted.pop()
        answer = browser.get(name, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, name
        weighed[name] = len(answer.data)
        is_packed = answer.headers.get("Content-Encoding") == "gzip"
        text = (gzip.decompress(answer.data) if is_packed else answer.data).decode("utf-8", "ignore")
        named = re.findall(r"""(?:src|href)="(/static/[^"]+)\"""", text) if name == path else []
        if name.endswith((".js", ".css")):
            here = name.rsplit("/", 1)[0]
            for found in re.findall(r"""(?:from |url\()["'](\.[^"']+)["']""", text):
                parts = f"{here}/{found}".split("/")
                while ".." in parts or "." in parts:
                    at = next(i for i, part in enumerate(parts) if part in ("..", "."))
                    del parts[at - 1 if parts[at] == ".." else at : at + 1]
                named.append("/".join(parts))
        wanted += [one for one in named if one not in weighed and one not in wanted]
    return weighed


@pytest.mark.parametrize("path", ["/sign-in", "/desk", "/board", "/account"])
def test_a_first_visit_weighs_at_most_120_kb_and_nothing_it_names_is_missing(desk: Desk, path: str) -> None:
    browser = desk.pages.nobody() if path == "/sign-in" else desk.browser
    weighed = bytes_of_page(browser, path)

    assert any(name.endswith("img/tick.svg") for name in weighed)
    assert sum(weighed.values()) <= 120_000, weighed


def test_a_picture_in_a_style_sheet_is_named_where_it_is_looked_for() -> None:
    """In a variable it is looked for beside Pico's sheet, which uses the variable: a 404 for each ticked box."""
    for sheet in strings.FOLDER.glob("**/static/**/*.css"):
        if "vendor" not in sheet.parts:
            assert re.findall(r"--[\w-]+:[^;]*url\(", sheet.read_text("utf-8")) == []


def test_the_desk_and_the_board_are_in_the_language_chosen(desk: Desk) -> None:
    desk.talks()
    desk.browser.post("/account/look", {"language": "en"})
    page = desk.browser.get("/desk").text
    assert "Kind of call" in page
    assert "Burn-out, overload" in page
    assert "Longest wait" in desk.browser.get("/board").text
