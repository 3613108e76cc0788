"""The static fallback chain: what is written, what `check` finds, how it is served, and that it reaches somebody."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import requests

from helpline.adapters.carriers.twilio.chain_check import MOST_BYTES
from helpline.adapters.carriers.twilio.twiml import FRAGMENT
from helpline.adapters.snapshots import FileSnapshots
from helpline.bootstrap import Service, service_of
from helpline.cli.demo_data import read_documents
from helpline.cli.fallback import check_chain, stale, write_chain
from helpline.cli.fallback_server import FallbackServer
from helpline.cli.main import run
from helpline.cli.outcome import Refused
from helpline.config import Mode
from helpline.domain.hours import Interval
from helpline.domain.people import Roster, Shift, Tier
from helpline.domain.snapshot import Snapshot
from helpline.services.fallback_chain import MOST_RINGS, ROUNDS
from tests import builders
from tests.demo import free_base
from tests.environ import environ_for_tests

ROOT = Path(__file__).parents[2]
VERA, BRUNO = builders.psychologist("vera", 1), builders.psychologist("bruno", 2)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A service with a snapshot on disk and neither Redis nor SQL: vera on duty today, bruno on standby."""
    settings = builders.settings(
        "sqlite:////nowhere/helpline.db", tmp_path, HELPLINE_REDIS_URL="unix://app:x@/no/sock"
    )
    now = datetime.now(UTC)
    span = Interval(now - timedelta(hours=1), now + timedelta(hours=8))
    shifts = (Shift("p2", Tier.STANDBY, span), Shift("p1", Tier.ON_DUTY, span))
    rules, flows = read_documents(ROOT)
    snapshot = Snapshot(Roster((BRUNO, VERA), shifts), (), rules, flows)
    FileSnapshots(settings.home_dir / "snapshot").replace(snapshot)
    return service_of(settings)


def _xml(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  # our own text


def _tags(text: str) -> list[str]:
    return [element.tag for element in _xml(text)]


def test_the_chain_rings_who_is_planned_on_duty_first_and_ends_with_a_way_on(
    service: Service, tmp_path: Path
) -> None:
    people = write_chain(service, tmp_path / "chain")

    text = (tmp_path / "chain" / "index.xml").read_text()
    assert people == 2
    one_round = ["Dial", "Say", "Dial", "Say"]
    assert _tags(text) == ["Say", *one_round * ROUNDS, "Say", "Hangup"]
    assert text.index(VERA.endpoints[0].address) < text.index(BRUNO.endpoints[0].address)
    assert all(number in text for number in ("le 15", "114", "3114"))
    dials = _xml(text).findall("Dial")
    assert all(set(dial.attrib) == {"callerId", "timeout"} for dial in dials)
    assert {dial[0].get("url") for dial in dials} == {f"{builders.FALLBACK}/screen.xml{FRAGMENT}"}


@pytest.fixture
def large_house(tmp_path: Path) -> Service:
    """Eighty on duty: all of them made a document of 78 kB. The carrier takes 64, and says an English sentence instead."""
    settings = builders.settings(
        "sqlite:////nowhere/helpline.db", tmp_path, HELPLINE_REDIS_URL="unix://app:x@/no/sock"
    )
    now = datetime.now(UTC)
    span = Interval(now - timedelta(hours=1), now + timedelta(hours=8))
    people = tuple(builders.psychologist(f"psy{nth}", nth) for nth in range(1, 81))
    shifts = tuple(Shift(person.id, Tier.ON_DUTY, span) for person in people)
    rules, flows = read_documents(ROOT)
    FileSnapshots(settings.home_dir / "snapshot").replace(Snapshot(Roster(people, shifts), (), rules, flows))
    return service_of(settings)


def test_of_a_large_house_the_chain_rings_as_many_as_one_document_holds(
    large_house: Service, tmp_path: Path
) -> None:
    written = write_chain(large_house, tmp_path / "chain")

    text = (tmp_path / "chain" / "index.xml").read_bytes()
    assert len(text) <= MOST_BYTES
    assert (written, _tags(text.decode()).count("Dial")) == (MOST_RINGS, MOST_RINGS)
    assert check_chain(large_house, tmp_path / "chain") == []


def test_whoever_writes_it_is_told_that_not_all_are_in_it(
    large_house: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    in_environment(large_house, tmp_path, monkeypatch)

    assert run(["fallback", "write", "chain"]) == 0

    assert f"{MOST_RINGS} people (the first of 80 planned" in capsys.readouterr().out


def test_a_mailbox_presses_no_key_so_the_screen_hangs_up(service: Service, tmp_path: Path) -> None:
    write_chain(service, tmp_path / "chain")

    screen = (tmp_path / "chain" / "screen.xml").read_text()
    assert _tags(screen) == ["Gather", "Hangup"]
    gather = _xml(screen)[0]
    assert (gather.get("numDigits"), gather.get("method")) == ("1", "GET")
    assert gather.get("action") == f"{builders.FALLBACK}/accepted.xml{FRAGMENT}"
    assert _tags((tmp_path / "chain" / "accepted.xml").read_text()) == []


def test_the_files_are_for_their_owner_alone_and_nothing_else_is_left(
    service: Service, tmp_path: Path
) -> None:
    write_chain(service, tmp_path / "chain")
    write_chain(service, tmp_path / "chain")

    files = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "chain").iterdir()}
    assert files == dict.fromkeys(("index.xml", "screen.xml", "accepted.xml", "sorry.xml"), 0o600)


VERA_PHONE = VERA.endpoints[0].address
STRANGER = "index.xml rings 1 number(s) of nobody who is planned now"
NOT_OURS = "index.xml would show a number that is not ours"
UNSCREENED = "index.xml rings somebody without screen.xml by GET: a mailbox would take the call"
RING = "index.xml has a Dial that does not ring for 20 s"
OLDER = "index.xml is not what would be written now: run `helpline fallback write`"


def _text(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    """Change one file of the chain as somebody might who does not know better."""

    def spoil(folder: Path) -> None:
        text = (folder / name).read_text()
        changed = change(text)
        assert changed != text
        (folder / name).write_text(changed)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (lambda folder: None, []),
        (lambda folder: (folder / "screen.xml").unlink(), ["screen.xml cannot be read"]),
        (_text("index.xml", lambda text: "<Response>"), ["index.xml is not XML"]),
        (
            lambda folder: (folder / "index.xml").chmod(0o644),
            ["index.xml has mode 644, not 600: it holds psychologists' numbers"],
        ),
        (
            _text("index.xml", lambda text: text.replace(VERA_PHONE, "+33639985099")),
            ["index.xml does not ring vera, who is planned now", STRANGER],
        ),
        (_text("index.xml", lambda text: text.replace("+33199000001", "+33639980001")), [NOT_OURS]),
        (_text("index.xml", lambda text: text.replace(' method="GET"', "")), [UNSCREENED]),
        (_text("index.xml", lambda text: text.replace('timeout="20"', 'timeout="60"')), [RING]),
        (
            _text("index.xml", lambda text: text.replace("<Dial ", '<Dial action="https://x.test/" ')),
            ["index.xml has a Dial with an action, which nobody answers while we are away"],
        ),
        (
            _text("index.xml", lambda text: text.replace("114", "cent")),
            ["index.xml does not name 114 at its end", "index.xml does not name 3114 at its end"],
        ),
        (
            _text(
                "index.xml", lambda text: text.replace("<Hangup />", "<Redirect>https://x.test/</Redirect>")
            ),
            [
                "index.xml holds <Redirect>: only Say, Dial and Hangup can stand in a static chain",
                "index.xml does not end with a sentence and one Hangup",
            ],
        ),
        (
            _text("index.xml", lambda text: text + " " * 70_000),
            ["index.xml is longer than the 64 KB the carrier takes"],
        ),
        (
            _text("screen.xml", lambda text: text.replace("<Hangup />", "")),
            ["screen.xml is not one question and then Hangup: a mailbox would take the call"],
        ),
        (
            _text("screen.xml", lambda text: text.replace("accepted.xml", "other.xml")),
            ["screen.xml does not lead a key to accepted.xml by GET"],
        ),
        (
            _text("accepted.xml", lambda text: "<Response><Hangup/></Response>"),
            ["accepted.xml is not empty: the carrier would not bridge"],
        ),
        (_text("index.xml", lambda text: text.replace("Nous appelons", "On appelle")), [OLDER]),
    ],
)
def test_check_tells_what_is_wrong_without_a_number(
    service: Service, tmp_path: Path, spoil: Callable[[Path], object], finding: list[str]
) -> None:
    write_chain(service, tmp_path / "chain")

    spoil(tmp_path / "chain")

    assert check_chain(service, tmp_path / "chain") == finding


def test_the_partner_line_comes_last_and_is_asked_for_no_key(service: Service, tmp_path: Path) -> None:
    fixed = builders.with_partner(builders.book(service.switchboard.book.roster))
    service = replace(service, switchboard=replace(service.switchboard, book=fixed))
    write_chain(service, tmp_path / "chain")

    file = tmp_path / "chain" / "index.xml"
    last = _xml(file.read_text()).findall("Dial")[-1]
    assert (last[0].text, last[0].get("url")) == (builders.PARTNER_E164, None)
    assert check_chain(service, tmp_path / "chain") == []

    plain = replace(fixed, rules=replace(fixed.rules, partner=""))
    without = replace(service, switchboard=replace(service.switchboard, book=plain))
    assert STRANGER in check_chain(without, tmp_path / "chain")
    write_chain(without, tmp_path / "chain")
    assert check_chain(service, tmp_path / "chain") == ["index.xml does not end with the partner line"]


def test_a_chain_of_yesterday_is_a_warning(service: Service, tmp_path: Path) -> None:
    write_chain(service, tmp_path / "chain")
    now_ms = int(time.time() * 1000)

    assert list(stale(tmp_path / "chain", now_ms)) == []
    (warning,) = stale(tmp_path / "chain", now_ms + 25 * 3_600_000)
    assert "25 hours ago" in warning


@pytest.mark.parametrize(
    ("address", "findings"),
    [
        ("https://repli.test", 2),
        ("https://repli.test/4f90382cf2db097aa329", 1),
        ("https://u:p@repli.test/chain", 1),
        ("https://u:p@repli.test/4f90382cf2db097aa329", 0),
    ],
)
def test_in_production_the_address_must_not_be_guessed(
    service: Service, tmp_path: Path, address: str, findings: int
) -> None:
    settings = replace(service.settings, fallback_origin=address, mode=Mode.PRODUCTION)
    service = replace(service, settings=settings)
    write_chain(service, tmp_path / "chain")

    found = [text for text in check_chain(service, tmp_path / "chain") if text.startswith("HELPLINE_")]

    assert len(found) == findings
    assert not any("repli" in text for text in found)


def test_where_a_file_cannot_be_put_none_with_numbers_is_left_beside_it(
    service: Service, tmp_path: Path
) -> None:
    (tmp_path / "chain" / "index.xml").mkdir(parents=True)

    with pytest.raises(OSError, match="directory"):
        write_chain(service, tmp_path / "chain")

    assert not [file.name for file in (tmp_path / "chain").iterdir() if file.name.startswith(".")]


def in_environment(service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command finds the settings of `service`, whose snapshot lies below `folder`."""
    names = {
        "HELPLINE_PUBLIC_ORIGIN": service.settings.public_origin,
        "HELPLINE_DATABASE_URL": service.settings.database_url,
        "HELPLINE_REDIS_URL": "unix://app:x@/no/sock",
        "HELPLINE_FALLBACK_ORIGIN": str(service.settings.fallback_origin),
    }
    for name, value in environ_for_tests(**names).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)


def test_a_folder_that_cannot_be_written_is_a_refusal_in_one_line(
    service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    in_environment(service, tmp_path, monkeypatch)
    (tmp_path / "file").touch()

    assert run(["fallback", "write", str(tmp_path / "file" / "chain")]) == 1

    assert capsys.readouterr().err.splitlines() == [
        f"fallback chain: {tmp_path / 'file' / 'chain'}: Not a directory"
    ]


def test_without_an_origin_no_chain_is_written(service: Service, tmp_path: Path) -> None:
    service = replace(service, settings=replace(service.settings, fallback_origin=None))

    with pytest.raises(Refused, match="HELPLINE_FALLBACK_ORIGIN"):
        write_chain(service, tmp_path / "chain")

    assert not (tmp_path / "chain" / "index.xml").exists()


@pytest.fixture
def origin(service: Service, tmp_path: Path) -> Iterator[str]:
    """The file server as a process of its own."""
    write_chain(service, tmp_path / "chain")
    (tmp_path / "chain" / "secret.xml").write_text("<Response/>")
    port = free_base()
    process = subprocess.Popen(
        [sys.executable, "-m", "helpline.cli.fallback_server", tmp_path / "chain", str(port)]
    )
    deadline = time.monotonic() + 10
    while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    assert process.wait(5) == 0


@pytest.mark.loopback
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_server_gives_what_is_written_by_get_and_nothing_else(
    origin: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = requests.get(f"{origin}/index.xml?From=%2B33639980001", timeout=5)

    assert (found.status_code, found.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    assert found.text == (tmp_path / "chain" / "index.xml").read_text()
    assert requests.get(f"{origin}/", timeout=5).text == found.text
    for name in ("screen.xml", "accepted.xml", "sorry.xml"):
        assert requests.get(f"{origin}/{name}", timeout=5).text == (tmp_path / "chain" / name).read_text()
    for path in ("/secret.xml", "/%2e%2e/snapshot/snapshot.json", "/chain"):
        assert requests.get(origin + path, timeout=5).status_code == 404
    assert requests.post(f"{origin}/index.xml", timeout=5).status_code == 501
    # The request line had a number in it: not a word of it may be printed.
    assert capfd.readouterr() == ("", "")


@pytest.mark.loopback
def test_a_whole_line_that_asks_at_once_is_not_turned_away(tmp_path: Path) -> None:
    """Chaos, seed 22: web was killed, sixteen callers asked in the same instant, and three heard the carrier's error."""
    server = FallbackServer(tmp_path, free_base())  # busy: nobody is taken in yet
    asking = [socket.socket() for _ in range(200)]
    try:
        for one in asking:
            one.settimeout(1)  # the carrier's own patience
            one.connect(server.server_address)
    finally:
        for one in asking:
            one.close()
        server.server_close()
